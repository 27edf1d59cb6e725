"""Lids and irises: what has to be known about an eye to shut it and to turn it."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg as _linalg  # noqa: F401  # makes sparse.linalg known

from avatar.engine.face import mesh
from avatar.engine.face.geometry import smoothstep
from avatar.engine.face.yuv import Patch, patch_from_rgb, yuv_from_rgb
from avatar.engine.types import Image

Array = NDArray[np.float32]

GAZE_PX = 0.42  # of the iris's radius, for 15 degrees
LASH_REACH = (0.06, 0.42)  # of the eye's length: lid rim and lashes above the opening
PATCH = np.array([0.75, 0.62])  # of the eye's length, to each side, up and down
BELOW_LID = 0.05  # of the eye's length: how far a shut lid covers the lower one's edge


@dataclass(frozen=True)
class Eye:
    """One eye on a patch of the canvas whose first pixel is `origin` (x, y).

    lid: (rows, columns, 4) float32: pixels below the open lid's edge, height of the opening in
      pixels, pixels of rim and lashes above the edge, weight of the gaze.
    shut: the photo with plain skin over the eye, transparent at its outermost pixels.
    down: unit vector from the upper to the lower lid. iris_px: radius.
    lash: Y, U, V of the line that closed lids make; lash_px: half its thickness.
    """

    origin: tuple[int, int]
    lid: Array
    shut: Patch
    down: Array
    iris_px: float
    lash: Array
    lash_px: float


def find_eyes(canvas: Image, landmarks: Array) -> tuple[Eye, Eye]:
    """The person's left eye, then the right."""
    left = _eye(
        canvas,
        landmarks,
        mesh.LEFT_EYE_UPPER,
        mesh.LEFT_EYE_LOWER,
        mesh.LEFT_BROW_LOWER,
        mesh.LEFT_IRIS,
    )
    right = _eye(
        canvas,
        landmarks,
        mesh.RIGHT_EYE_UPPER,
        mesh.RIGHT_EYE_LOWER,
        mesh.RIGHT_BROW_LOWER,
        mesh.RIGHT_IRIS,
    )
    return left, right


def _eye(
    canvas: Image,
    landmarks: Array,
    upper: tuple[int, ...],
    lower: tuple[int, ...],
    brow: tuple[int, ...],
    iris: tuple[int, ...],
) -> Eye:
    points = landmarks[:, :2]
    corners = points[[upper[0], upper[-1]]]
    length = float(np.linalg.norm(corners[1] - corners[0]))
    right = (corners[1] - corners[0]) / length
    down = np.array([-right[1], right[0]], np.float32)
    centre = corners.mean(0)
    iris_px = float(np.linalg.norm(points[list(iris[1:])] - points[iris[0]], axis=1).mean())

    low = np.maximum(np.floor(centre - PATCH * length), 0).astype(int)
    high = np.minimum(np.ceil(centre + PATCH * length), np.array(canvas.shape[1::-1])).astype(int)
    low -= low % 2
    high -= high % 2
    at = np.stack(
        np.meshgrid(
            np.arange(low[0], high[0], dtype=np.float32),
            np.arange(low[1], high[1], dtype=np.float32),
        ),
        axis=-1,
    )
    x, y = (at - centre) @ right, (at - centre) @ down
    upper_x, upper_y = _along(points[list(upper)], centre, right, down)
    lower_x, lower_y = _along(points[list(lower)], centre, right, down)
    brow_x, brow_y = _along(points[list(brow)], centre, right, down)

    top = np.interp(x, upper_x, upper_y).astype(np.float32)
    bottom = np.interp(x, lower_x, lower_y).astype(np.float32)
    inside = np.clip(1 - (2 * x / (length * 1.06)) ** 2, 0, 1)
    edge = top + 0.02 * (bottom - top)
    opening = np.maximum(bottom - edge + BELOW_LID * length, 0) * np.minimum(1, 3 * inside)
    axes = _EyeAxes(centre, right, down, length)
    rim_x, rim_y, lash = _rim(canvas, axes, (upper_x, upper_y), (brow_x, brow_y))
    beside = 1 - smoothstep(0.5, 0.62, np.abs(x) / length)
    rim = np.interp(x, rim_x, rim_y) * beside
    covered = (y > edge - rim) & (y < bottom + 1.3 * BELOW_LID * length * beside)
    covered &= np.abs(x) < 0.6 * length
    patch = canvas[low[1] : high[1], low[0] : high[0]]
    shut = _skin_over(patch, covered, 0.4 * length)

    iris_at = points[iris[0]] - centre
    away_x = np.abs(x - iris_at @ right) / iris_px
    reach_x = np.maximum(length / 2 / iris_px - np.abs(float(iris_at @ right)) / iris_px, 1.3)
    weight = 1 - smoothstep(1.0, float(max(reach_x, 1.35)), away_x)
    soft = max(1.5, 0.10 * float(opening.max()))
    weight = weight * smoothstep(0, soft, y - top) * smoothstep(0, soft, bottom - y)
    lid = np.stack([y - edge, opening, rim, weight], axis=-1)
    return Eye(
        origin=(int(low[0]), int(low[1])),
        lid=lid.astype(np.float32),
        shut=patch_from_rgb(shut, _all_but_edge(x.shape)),
        down=down,
        iris_px=iris_px,
        lash=lash,
        lash_px=max(0.9, 0.018 * length + 0.06 * float(np.median(rim_y))),
    )


@dataclass(frozen=True)
class _EyeAxes:
    centre: Array
    right: Array
    down: Array
    length: float


def _rim(
    canvas: Image, axes: _EyeAxes, upper: tuple[Array, Array], brow: tuple[Array, Array]
) -> tuple[Array, Array, Array]:
    """How far rim and lashes reach above the opening (pixels, along x), and their colour in YUV.

    From the opening upward, until the colour is that of the skin on the way to the brow.
    """
    length = axes.length
    xs = np.linspace(-0.5 * length, 0.5 * length, 33, dtype=np.float32)
    edge, brow_y = np.interp(xs, *upper), np.interp(xs, *brow)
    share = np.linspace(0, 1, 80, dtype=np.float32)[:, None]
    away = share * np.maximum(edge - brow_y, 0.3 * length)  # pixels above the opening
    at = axes.centre + xs[None, :, None] * axes.right + (edge - away)[..., None] * axes.down
    seen = cv2.remap(
        canvas, at.astype(np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    lab = cv2.cvtColor(seen, cv2.COLOR_RGB2LAB).astype(np.float32)
    skin = np.median(lab[24:52], axis=0)
    unlike = cv2.blur(np.linalg.norm(lab - skin, axis=-1), (1, 3))
    plain = unlike < 0.35 * unlike[:12].max(0) + 5
    rows = np.where(plain.any(0), plain.argmax(0), 20)
    reach = np.take_along_axis(away, rows[None], 0)[0]
    reach = _even(
        np.clip(1.25 * reach + 0.02 * length, LASH_REACH[0] * length, LASH_REACH[1] * length)
    )
    pixels = seen[:12].reshape(-1, 3).astype(np.float32)
    luma = pixels.mean(1)
    dark = pixels[luma <= np.quantile(luma, 0.15)].mean(0)
    return xs, reach, yuv_from_rgb(dark)


def _skin_over(patch: Image, covered: NDArray[np.bool_], texture_px: float) -> Array:
    """The patch with `covered` filled smoothly from its rim, with the grain of the cheek below."""
    photo = patch.astype(np.float32)
    shrink = max(1, round(covered.shape[1] / 90))
    size = -(-covered.shape[1] // shrink), -(-covered.shape[0] // shrink)
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    width = max(3, round(0.12 * texture_px) | 1)
    around = cv2.dilate(covered.astype(np.uint8), np.ones((width, width), np.uint8))
    hole = cv2.resize(around.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    hole[[0, -1]] = hole[:, [0, -1]] = False
    filled = cv2.resize(
        _membrane(small, hole), covered.shape[1::-1], interpolation=cv2.INTER_CUBIC
    )
    grain = 0.7 * np.clip(photo - cv2.GaussianBlur(photo, (0, 0), 0.06 * texture_px + 1), -10, 10)
    # Rows of the cheek, up and down again: what is right under the eye has lashes of its own.
    strip = max(2, round(0.7 * texture_px))
    first = min(len(photo) - strip, len(photo) // 2 + round(0.6 * texture_px))
    rows = np.arange(len(photo))
    grain = grain[first + np.abs(rows % (2 * strip - 2) - (strip - 1))]
    soft = cv2.GaussianBlur(around.astype(np.float32), (0, 0), width / 4)
    inside = smoothstep(0.35, 0.8, soft)[..., None]
    return (photo + inside * (filled + grain - photo)).astype(np.float32)


def _membrane(image: Array, hole: NDArray[np.bool_]) -> Array:
    """Fill a hole so that each pixel is the mean of its four neighbours."""
    n_hole = int(hole.sum())
    if not n_hole:
        return image
    number = np.full(hole.shape, -1)
    number[hole] = np.arange(n_hole)
    rows, columns = np.nonzero(hole)
    known = np.zeros((n_hole, image.shape[2]))
    pairs_from, pairs_to = [], []
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        neighbour = number[rows + down, columns + right]
        outside = neighbour < 0
        known[outside] += image[rows[outside] + down, columns[outside] + right]
        pairs_from.append(np.flatnonzero(~outside))
        pairs_to.append(neighbour[~outside])
    i, j = np.concatenate(pairs_from), np.concatenate(pairs_to)
    matrix = sparse.identity(n_hole, format="csc") * 4.0 - sparse.csc_matrix(
        (np.ones(len(i)), (i, j)), shape=(n_hole, n_hole)
    )
    result = image.copy()
    result[hole] = sparse.linalg.splu(matrix.tocsc()).solve(known)
    return result


def _even(values: Array) -> Array:
    """Without outliers, and smooth."""
    row = cv2.medianBlur(values.astype(np.float32).reshape(1, -1), 5)
    return cv2.GaussianBlur(row, (0, 0), 3, borderType=cv2.BORDER_REPLICATE)[0]


def _all_but_edge(shape: tuple[int, ...]) -> Array:
    inner = np.zeros(shape, np.float32)
    inner[2:-2, 2:-2] = 1
    return inner


def _along(points: Array, centre: Array, right: Array, down: Array) -> tuple[Array, Array]:
    x, y = (points - centre) @ right, (points - centre) @ down
    order = np.argsort(x)
    return x[order], y[order]
