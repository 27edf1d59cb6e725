"""A photo made ready to move: everything that is the same in each of its frames."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh
from avatar.engine.face.backdrop import Background, set_before
from avatar.engine.face.eyes import Eye, find_eyes
from avatar.engine.face.fields import FIELDS, UPPER_CLOSES, FaceFields, face_fields
from avatar.engine.face.framing import frame_photo
from avatar.engine.face.geometry import MouthFrame, floats, mouth_frame, smoothstep
from avatar.engine.face.head import MARGIN, STEP, HeadFields, head_fields
from avatar.engine.face.interior import Interior, draw_interior
from avatar.engine.face.portrait import Face
from avatar.engine.face.yuv import Patch, cut_patch, planes_from_rgb
from avatar.engine.types import Image

Array = NDArray[np.float32]

RIM_SHADE, RIM_REACH = 0.5, 0.014  # darkest share, S
# S beyond corners and lip line: where the lips are put together, and how much of the photo is
# kept for it, as a head turned by 15 degrees makes it look far beside the mouth.
PUT_TOGETHER = (-0.11, -0.10), (0.11, 0.10)
LOOKED_UP = (-0.62, -0.42), (0.62, 0.62)


@dataclass(frozen=True)
class MouthRig:
    """Patches on the canvas from `origin` (x, y) on, all of one size.

    upper_lip, lower_lip: the photo, their alphas what belongs to each layer of skin.
    box: (x0, y0, x1, y1) canvas pixels in which closed lips are put together.
    down: unit vector down the face; jaw_px: how far jaw=1 takes the lower teeth.
    shadow_px: how far the lips' shadow reaches into the mouth.
    bite: (rows, columns) uint8, 255 where teeth may lie over the lower lip.
    """

    origin: tuple[int, int]
    upper_lip: Patch
    lower_lip: Patch
    interior: Interior
    box: tuple[int, int, int, int]
    down: Array
    jaw_px: float
    shadow_px: float
    bite: NDArray[np.uint8]


@dataclass(frozen=True)
class Rig:
    """y (height, width), u and v (height/2, width/2) uint8: the framed photo, BT.709 limited.

    With a background of its own it is the person alone, their colours carried on around them.
    """

    width: int
    height: int
    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
    scale_px: float  # distance of the outer eye corners
    face_px: float  # width of the face
    forehead_y: float  # top of the forehead
    lips_y: float  # lower edge of the lower lip
    head: HeadFields
    face: FaceFields
    mouth: MouthRig
    eyes: tuple[Eye, Eye]  # the person's left, right
    behind: Patch | None  # a still background; its alpha is the share of person before it


def build_rig(
    image: Image,
    face: Face,
    width: int,
    height: int,
    *,
    nearer: float = 1.0,
    background: Background | None = None,
) -> Rig:
    """background: instead of the photo's own, which moves with the head.

    nearer: as for `frame_photo`, which also says what InputError is raised for.
    """
    framed = frame_photo(image, face, width, height, nearer=nearer)
    behind = None
    if background is not None:
        framed, behind = set_before(framed, face, background)
    mouth = mouth_frame(framed.canvas, framed.landmarks)
    fields = face_fields(mouth, framed.landmarks, glasses=face.glasses)
    y, u, v = planes_from_rgb(framed.canvas)
    return Rig(
        width=width,
        height=height,
        y=y,
        u=u,
        v=v,
        scale_px=mouth.scale_px,
        face_px=float(np.ptp(framed.landmarks[:, 0])),
        forehead_y=float(framed.landmarks[mesh.FOREHEAD_TOP, 1]),
        lips_y=float(framed.landmarks[mesh.LOWER_LIP_BOTTOM, 1]),
        head=head_fields(framed),
        face=fields,
        mouth=_mouth_rig(framed.canvas, (y, u, v), face, mouth, fields),
        eyes=find_eyes(framed.canvas, framed.landmarks, glasses=face.glasses),
        behind=behind,
    )


def _mouth_rig(
    canvas: Image,
    planes: tuple[NDArray[np.uint8], ...],
    face: Face,
    mouth: MouthFrame,
    fields: FaceFields,
) -> MouthRig:
    height, width = canvas.shape[:2]
    around = _span(mouth, *LOOKED_UP)
    x0, y0, x1, y1 = _clipped(around, width, height)
    at = np.stack(
        np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32)),
        axis=-1,
    )
    open_px = fields.jaw_rest * fields.jaw_px / mouth.scale_px

    def left(x: Array) -> Array:
        """What the lips close beyond what the jaw does."""
        lens = np.clip(1 - mouth.across(x) ** 2, 0, 1) ** 0.8
        return mouth.lower_at(x) - mouth.upper_at(x) - open_px * lens

    closed = (
        lambda x: mouth.upper_at(x) + UPPER_CLOSES * left(x),
        lambda x: mouth.lower_at(x) - (1 - UPPER_CLOSES) * left(x),
    )
    photo = cut_patch(planes, (x0, y0, x1, y1))
    upper, lower = _lip_layers(mouth, at)
    over, under = (_rim_shaded(photo, mouth, at, above=above) for above in (True, False))
    return MouthRig(
        origin=(x0, y0),
        upper_lip=over._replace(alpha=upper),
        lower_lip=under._replace(alpha=lower),
        interior=draw_interior(canvas, face, mouth, at, closed),
        box=_clipped(_span(mouth, *PUT_TOGETHER), width, height),
        down=mouth.down,
        jaw_px=fields.jaw_px,
        shadow_px=0.035 * mouth.scale_px,
        bite=_bite(mouth, at),
    )


def _lip_layers(mouth: MouthFrame, at: Array) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Alpha of the two skin layers; beyond the corners they overlap more and more softly."""
    x, y = mouth.local(at)
    beyond = np.maximum(np.abs(mouth.across(x)) - 1, 0) * 0.3
    pixel = 1 / mouth.scale_px
    soft = 1.4 * pixel + 0.5 * beyond
    upper = np.clip((mouth.upper_at(x) - y) / soft + 0.5, 0, 1)
    overlap = soft / 2 + 1.5 * pixel + 0.3 * beyond
    lower = np.clip((y - mouth.lower_at(x) + overlap) / soft + 0.5, 0, 1)
    return np.rint(255 * upper).astype(np.uint8), np.rint(255 * lower).astype(np.uint8)


def _bite(mouth: MouthFrame, at: Array) -> NDArray[np.uint8]:
    """Not at the corners, wherever those are drawn to."""
    across = np.abs(mouth.across(mouth.local(at)[0]))
    return np.rint(255 * (1 - smoothstep(0.6, 0.9, across))).astype(np.uint8)


def _rim_shaded(photo: Patch, mouth: MouthFrame, at: Array, *, above: bool) -> Patch:
    """Parted lips have no dark line between them; where they will meet they need one."""
    if not mouth.parted:
        return photo
    x, y = mouth.local(at)
    edge = mouth.upper_at(x) - y if above else y - mouth.lower_at(x)
    inside = np.clip((1 - np.abs(mouth.across(x))) / 0.08, 0, 1)
    parted = np.clip((mouth.lower_at(x) - mouth.upper_at(x)) / 0.02, 0, 1)
    shade = 1 - RIM_SHADE * np.exp(-((np.maximum(edge, 0) / RIM_REACH) ** 2)) * inside * parted
    luma = 16 + (photo.y - 16.0) * shade
    return photo._replace(y=np.clip(np.rint(luma), 0, 255).astype(np.uint8))


def _span(
    mouth: MouthFrame, low: tuple[float, float], high: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Canvas box around corners and lip line with margins in S."""
    x = floats([mouth.left_corner + low[0], mouth.right_corner + high[0]])
    y = floats([mouth.upper_edge.min() + low[1], mouth.lower_edge.max() + high[1]])
    corners = mouth.canvas(floats([x[0], x[1], x[0], x[1]]), floats([y[0], y[0], y[1], y[1]]))
    (left, top), (right, bottom) = corners.min(0), corners.max(0)
    return float(left), float(top), float(right), float(bottom)


def _clipped(
    box: tuple[float, float, float, float], width: int, height: int
) -> tuple[int, int, int, int]:
    """Even pixels within the canvas."""
    x0, y0 = max(0, int(np.floor(box[0]))) & ~1, max(0, int(np.floor(box[1]))) & ~1
    x1, y1 = min(width, int(box[2]) + 2) & ~1, min(height, int(box[3]) + 2) & ~1
    return x0, y0, x1, y1


def mouth_box(rig: Rig, weights: Array) -> tuple[int, int, int, int]:
    """The mouth's box for a row of `Motion.face`: as far down as its jaw goes, on the canvas."""
    x0, y0, x1, y1 = rig.mouth.box
    drop = rig.face.jaw_px * float(weights[FIELDS.index("glued")]) * np.abs(rig.mouth.down)
    side, down = int(drop[0]), int(drop[1])
    return _clipped((x0 - side, y0, x1 + side, y1 + down), rig.width, rig.height)


def moved_box(rig: Rig, box: tuple[int, int, int, int], head: Array) -> tuple[int, int, int, int]:
    """Where the content of a box of the canvas is in the frame, generously. head: (2, 5)."""
    if not head.any():
        return box
    x0, y0, x1, y1 = box
    columns = slice(x0 // STEP + MARGIN, x1 // STEP + MARGIN + 1)
    rows = slice(y0 // STEP + MARGIN, y1 // STEP + MARGIN + 1)
    dx, dy = np.einsum("db,brc->drc", head, rig.head.basis[:, rows, columns])
    return _clipped(
        (x0 + dx.min(), y0 + dy.min(), x1 + dx.max(), y1 + dy.max()), rig.width, rig.height
    )
