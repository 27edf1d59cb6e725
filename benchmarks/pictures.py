"""The pictures of docs/performer.md, drawn anew: python -m benchmarks.pictures docs/images

Of Grace Hopper's portrait (US Navy, public domain), which comes with matplotlib.
"""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

import sys
from pathlib import Path

import cv2
import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from avatar.engine.face import analyse
from avatar.engine.face.fields import FIELDS
from avatar.engine.face.motion import motion
from avatar.engine.face.puppet import Puppet
from avatar.engine.face.rig import Rig
from avatar.engine.face.yuv import Patch, rgb_from_frame
from avatar.engine.order import load_photo
from avatar.engine.types import Image, Performance

WIDTH = 1200
SIZE = 720, 1280  # of the frames the pictures are cut from
QUALITY = 66
GAP = 6
LABEL_PX = 22
SHAPES: dict[str, dict[str, float]] = {
    "at rest": {},
    "m, p, b": {"press": 1},
    "f, v": {"jaw": 0.12, "tuck": 1, "upper": 0.2},
    "th, l": {"jaw": 0.4, "tongue": 1},
    "ee": {"jaw": 0.25, "wide": 1, "upper": 0.4, "lower": 0.5},
    "ah": {"jaw": 0.8},
    "oh": {"jaw": 0.5, "pucker": 0.55},
    "oo": {"jaw": 0.2, "pucker": 1},
}
WARPS: dict[str, dict[str, float]] = {
    "jaw": {"jaw": 1},
    "wide": {"wide": 1},
    "pucker": {"pucker": 1},
    "smile": {"smile": 1},
    "brow": {"brow": 1},
    "head turned": {"head_yaw": 12},
}
GRID_PX = 30  # between two lines
DIMMED = 0.55


def main(folder: Path) -> None:
    photo = load_photo(Path(get_data_path()) / "sample_data" / "grace_hopper.jpg")
    puppet = Puppet(photo, analyse(photo), *SIZE, device="cpu")
    for name, picture in (
        ("shapes", shapes(puppet)),
        ("layers", layers(puppet)),
        ("fields", fields(puppet)),
    ):
        path = folder / f"performer-{name}.jpg"
        Pictures.fromarray(picture).save(path, quality=QUALITY, optimize=True)
        print(f"{path}: {picture.shape[1]}x{picture.shape[0]}, {path.stat().st_size // 1024} KB")


def shapes(puppet: Puppet) -> Image:
    """Mouths of the sounds, by name."""
    cut = _around_mouth(puppet.rig, 0.62, 0.55)
    return _sheet({name: puppet.picture(**curves)[cut] for name, curves in SHAPES.items()}, 4)


def layers(puppet: Puppet) -> Image:
    """What a frame is put together from."""
    rig, mouth = puppet.rig, puppet.rig.mouth
    x0, y0 = mouth.origin
    rows, columns = mouth.upper_lip.y.shape
    cut = slice(y0, y0 + rows), slice(x0, x0 + columns)
    inside = _rgb(mouth.interior.back)
    for patch in (mouth.interior.jaw, mouth.interior.teeth):
        alpha = patch.alpha[..., None] / np.float32(255)
        inside = (inside + alpha * (_rgb(patch) - inside.astype(np.float32))).astype(np.uint8)
    near = _around_mouth(rig, 0.62, 0.55)
    within = (
        slice(near[0].start - y0, near[0].stop - y0),
        slice(near[1].start - x0, near[1].stop - x0),
    )
    shown = {
        "photo": _framed(rig)[cut],
        "upper layer": _see_through(mouth.upper_lip),
        "lower layer": _see_through(mouth.lower_lip),
        "behind both": inside,
        "a frame": puppet.picture(jaw=0.7, upper=0.2)[cut],
    }
    return _sheet({name: picture[within] for name, picture in shown.items()}, 5)


def fields(puppet: Puppet) -> Image:
    """Where the points of an even grid go."""
    rig = puppet.rig
    low = np.array(rig.face.origin)
    size = rig.face.step * np.array(rig.face.upper.shape[2:0:-1])
    rows = slice(int(low[1] + 0.2 * size[1]), min(rig.height, int(low[1] + 0.8 * size[1])))
    columns = slice(max(0, int(low[0])), min(rig.width, int(low[0] + size[0])))
    drawn = {}
    for name, curves in WARPS.items():
        picture = cv2.GaussianBlur(puppet.picture(**curves), (0, 0), 3)
        picture = (DIMMED * picture).astype(np.uint8)
        for line in _lines(rig, curves):
            cv2.polylines(picture, [np.round(16 * line).astype(np.int32)], False, *LINE)
        drawn[name] = picture[rows, columns]
    return _sheet(drawn, 3)


LINE = (255, 214, 90), 1, cv2.LINE_AA, 4  # colour, thickness, kind, fractional bits


def _lines(rig: Rig, curves: dict[str, float]) -> list[NDArray[np.float32]]:
    """Lines of an even grid, (n, 2) pixels each, moved as the curves say."""
    named = {name: np.array([value], np.float32) for name, value in curves.items()}
    moved = motion(rig, Performance(fps=25, n_frames=1, curves=named), 0, 1)
    face = rig.face
    at = np.stack(
        np.meshgrid(
            face.origin[0] + face.step * np.arange(face.upper.shape[2], dtype=np.float32),
            face.origin[1] + face.step * np.arange(face.upper.shape[1], dtype=np.float32),
        ),
        axis=-1,
    )
    weights = moved.face[0].copy()
    weights[FIELDS.index("rest")] = 0
    upper, lower = (np.einsum("k,krcd->rcd", weights, layer) for layer in (face.upper, face.lower))
    to = at + np.where(face.below[..., None], lower, upper)
    head = np.einsum("db,brc->rcd", moved.head[0], rig.head.basis)
    first, step = rig.head.at[0, 0], float(rig.head.at[0, 1, 0] - rig.head.at[0, 0, 0])
    to = to + cv2.remap(head, ((at - first) / step).astype(np.float32), None, cv2.INTER_LINEAR)
    every = max(1, round(GRID_PX / face.step))
    lines = list(to[::every])
    for column in range(0, to.shape[1], every):  # torn where the lips part
        edges = np.flatnonzero(np.diff(face.below[:, column])) + 1
        lines += np.split(to[:, column], edges)
    return lines


def _around_mouth(rig: Rig, side: float, down: float) -> tuple[slice, slice]:
    """Rows and columns about the middle of the lips; side, down in S."""
    x0, y0, x1, y1 = rig.mouth.box
    x, y, half = (x0 + x1) // 2, (y0 + y1) // 2, int(side * rig.scale_px)
    return slice(y - int(0.32 * rig.scale_px), y + int(down * rig.scale_px)), slice(
        x - half, x + half
    )


def _sheet(pictures: dict[str, Image], columns: int) -> Image:
    """Pictures of one size with their names, in rows, WIDTH pixels wide."""
    width = (WIDTH - GAP * (columns - 1)) // columns
    font = ImageFont.load_default(LABEL_PX)
    tiles = []
    for name, picture in pictures.items():
        height = round(picture.shape[0] * width / picture.shape[1])
        kind = cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_CUBIC
        scaled = cv2.resize(picture, (width, height), interpolation=kind)
        tile = Pictures.new("RGB", (width, height + LABEL_PX + 12), "white")
        tile.paste(Pictures.fromarray(scaled))
        ImageDraw.Draw(tile).text(
            (width // 2, height + 4), name, fill="#222222", font=font, anchor="ma"
        )
        tiles.append(np.asarray(tile))
    rows = -(-len(tiles) // columns)
    height = tiles[0].shape[0]
    sheet = np.full((rows * (height + GAP) - GAP, WIDTH, 3), 255, np.uint8)
    for k, tile in enumerate(tiles):
        y, x = (k // columns) * (height + GAP), (k % columns) * (width + GAP)
        sheet[y : y + height, x : x + width] = tile
    return sheet


def _framed(rig: Rig) -> Image:
    planes = [plane.ravel() for plane in (rig.y, rig.u, rig.v)]
    return rgb_from_frame(np.concatenate(planes).reshape(-1, rig.width))


def _rgb(patch: Patch) -> Image:
    planes = [plane.ravel() for plane in (patch.y, patch.u, patch.v)]
    return rgb_from_frame(np.concatenate(planes).reshape(-1, patch.y.shape[1]))


def _see_through(patch: Patch) -> Image:
    """Over a chequered ground."""
    rows, columns = np.indices(patch.y.shape) // 12
    ground = np.where((rows + columns) % 2, 225, 190)[..., None].astype(np.float32)
    alpha = patch.alpha[..., None] / np.float32(255)
    return (ground + alpha * (_rgb(patch) - ground)).astype(np.uint8)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
