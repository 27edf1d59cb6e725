"""How the face moves for each curve: few smooth fields of displacement on a coarse grid.

Fields are forward: where a point of the photo goes when its curve is 1. Two of them differ around the
mouth, UPPER (skull, upper lip) and LOWER (jaw, lower lip); beyond the corners they are the same, so
nothing is torn there. Amplitudes are in S, see `geometry`.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh
from avatar.engine.face.geometry import MouthFrame, smoothstep

Array = NDArray[np.float32]

JAW = 0.21  # how far the lower lip drops
UPPER_LIFT, LOWER_DROP = 0.05, 0.06
WIDE, PUCKER = 0.045, 0.10  # each corner
BROW = 0.055

# "glued": the jaw drops with the lips together; "part": they part by as much as the jaw has dropped.
FIELDS = (
    "rest", "glued", "part", "upper", "lower", "wide", "pucker", "press", "tuck", "smile", "brow",
)  # fmt: skip


@dataclass(frozen=True)
class FaceFields:
    """Expression on a grid of `step` canvas pixels whose first point is at `origin` (x, y).

    upper, lower: (len(FIELDS), rows, columns, 2) float32, canvas pixels.
    below: (rows, columns) bool, where the lower field holds in the finished frame.
    jaw_rest: how far the photo's jaw must be closed before it starts, in jaw curve units.
    """

    origin: tuple[int, int]
    step: int
    upper: Array
    lower: Array
    below: NDArray[np.bool_]
    jaw_rest: float


def face_fields(mouth: MouthFrame, landmarks: Array, width: int, height: int) -> FaceFields:
    """Lay the fields over the face of a canvas of this size."""
    step = max(2, round(mouth.scale_px / 48))
    origin, shape = _grid(mouth, landmarks, step)
    rows, columns = shape
    at = np.stack(
        np.meshgrid(
            origin[0] + step * np.arange(columns, dtype=np.float32),
            origin[1] + step * np.arange(rows, dtype=np.float32),
        ),
        axis=-1,
    )
    x, y = mouth.local(at)
    shapes = _Shapes(mouth, x, y)
    jaw_rest = shapes.jaw_rest()
    upper = np.zeros((len(FIELDS), rows, columns, 2), np.float32)
    lower = np.zeros_like(upper)
    for k, name in enumerate(FIELDS):
        if name == "rest":
            continue
        if name == "brow":
            both = _brow(mouth, landmarks, x, y)
            local = both, both
        else:
            local = getattr(shapes, name)()
        upper[k], lower[k] = (_to_canvas(mouth, field) for field in local)
    rest = shapes.rest(jaw_rest)
    upper[0], lower[0] = (_to_canvas(mouth, field) for field in rest)
    glued, part = FIELDS.index("glued"), FIELDS.index("part")
    for layer in (upper, lower):
        layer[0] -= jaw_rest * (layer[glued] + layer[part])
    edge = _fade_at_edges(rows, columns)
    middle = (mouth.upper_at(x) + mouth.lower_at(x)) / 2
    return FaceFields(
        origin=origin,
        step=step,
        upper=upper * edge,
        lower=lower * edge,
        below=y > middle,
        jaw_rest=jaw_rest,
    )


def _grid(
    mouth: MouthFrame, landmarks: Array, step: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """First point and shape of a grid over everything that expression moves."""
    reach = mouth.scale_px
    low = landmarks[:, :2].min(0) - 0.45 * reach
    high = landmarks[:, :2].max(0) + np.array([0.45, 0.95], np.float32) * reach
    columns, rows = (np.ceil((high - low) / step).astype(int) + 1).tolist()
    return (int(low[0]), int(low[1])), (rows, columns)


def _to_canvas(mouth: MouthFrame, field: tuple[Array, Array]) -> Array:
    dx, dy = field
    return ((dx[..., None] * mouth.right + dy[..., None] * mouth.down) * mouth.scale_px).astype(
        np.float32
    )


def _fade_at_edges(rows: int, columns: int) -> Array:
    """1 inside, 0 on the outermost points, so that nothing jumps where the grid ends."""
    inner = np.zeros((rows, columns), np.float32)
    margin = 3
    inner[margin:-margin, margin:-margin] = 1
    edge = cv2.blur(inner, (2 * margin - 1, 2 * margin - 1))
    return edge[..., None]


Field = tuple[Array, Array]  # dx, dy in S, along the mouth's own axes


class _Shapes:
    """The mouth's fields, each as (upper layer, lower layer)."""

    def __init__(self, mouth: MouthFrame, x: Array, y: Array) -> None:
        self.mouth = mouth
        self.t = mouth.across(x)  # share of the half mouth
        self.x = x
        self.from_upper = y - mouth.upper_at(x)
        self.from_lower = y - mouth.lower_at(x)
        self.height = y - (mouth.upper_at(x) + mouth.lower_at(x)) / 2
        self.none = np.zeros_like(x)
        inside = np.clip(1 - self.t**2, 0, 1)
        self.lens = inside**0.8  # shape of the opening
        self.flat = inside**0.5
        above, below = mouth.nose * 0.9, mouth.chin * 0.62
        self.jaw_share = smoothstep(above, below, self.height)
        side = np.abs(x)
        self.jaw_reach = 1 - smoothstep(0.26, 0.86, side)
        # 1 at the edge of the lip and beyond it, 0 at the nose or above the chin
        self.near_upper = smoothstep(mouth.nose * 0.85, 0.0, self.from_upper)
        self.near_lower = 1 - smoothstep(0.0, mouth.chin * 0.75, self.from_lower)
        self.outward = self._outward()

    def _outward(self) -> Array:
        """Sideways pull on the corners: grows to them, fades beyond and away from the mouth."""
        size = np.abs(self.t)
        fade = 1 - smoothstep(1.0, 2.4, size)
        pull = np.sign(self.t) * np.minimum(size, 1) * fade
        return (pull * np.exp(-((self.height / 0.26) ** 2))).astype(np.float32)

    def _rim(self, edge: Array, border: float, end: float) -> Array:
        """0 at the edge of a lip, 1 at its outer border, 0 again at `end`."""
        rise = smoothstep(0.0, border, edge)
        return (rise * (1 - smoothstep(border, end, edge)) * self.flat).astype(np.float32)

    def glued(self) -> tuple[Field, Field]:
        neck = 1 - smoothstep(self.mouth.chin + 0.02, self.mouth.chin + 0.85, self.height)
        drop = JAW * self.jaw_share * self.jaw_reach * neck
        narrow = -0.018 * self.outward
        return (narrow, drop), (narrow, drop)

    def part(self) -> tuple[Field, Field]:
        share = self.jaw_share * self.jaw_reach
        at_edge = smoothstep(self.mouth.nose * 0.9, self.mouth.chin * 0.62, self.none)
        held = np.where(self.from_upper < 0, share, at_edge * self.jaw_reach)
        drop = np.where(self.from_lower > 0, share, at_edge * self.jaw_reach)
        upper = -JAW * held * self.lens * 0.97
        lower = JAW * (1 - drop) * self.lens * (self.height < self.mouth.chin)
        return (self.none, upper), (self.none, lower)

    def upper(self) -> tuple[Field, Field]:
        return (self.none, -UPPER_LIFT * self.flat * self.near_upper), (self.none, self.none)

    def lower(self) -> tuple[Field, Field]:
        return (self.none, self.none), (self.none, LOWER_DROP * self.flat * self.near_lower)

    def wide(self) -> tuple[Field, Field]:
        pull = WIDE * self.outward
        return (pull, self.none), (pull, self.none)

    def pucker(self) -> tuple[Field, Field]:
        """Corners in, lips fuller: they come forward."""
        pull = -PUCKER * self.outward
        top = self.mouth.lip_top
        upper = -0.022 * self._rim(-self.from_upper, -top, -self.mouth.nose)
        lower = 0.03 * self._rim(self.from_lower, self.mouth.lip_bottom, self.mouth.chin)
        return (pull, upper), (pull, lower)

    def press(self) -> tuple[Field, Field]:
        """Lips rolled in: thinner, their edges stay."""
        pull = 0.006 * self.outward
        upper = 0.018 * self._rim(-self.from_upper, -self.mouth.lip_top, -self.mouth.nose)
        lower = -0.026 * self._rim(self.from_lower, self.mouth.lip_bottom, self.mouth.chin * 0.9)
        return (pull, upper), (pull, lower)

    def tuck(self) -> tuple[Field, Field]:
        """The lower lip goes up under the upper teeth; the upper lip makes room."""
        upper = -0.026 * self.flat * self.near_upper
        roll = 0.035 + 0.03 * smoothstep(0, self.mouth.lip_bottom, self.from_lower)
        lower = -roll * self.flat * self.near_lower
        return (self.none, upper), (self.none, lower)

    def smile(self) -> tuple[Field, Field]:
        corner = np.exp(-(((np.abs(self.t) - 1.05) / 0.55) ** 2)) * np.exp(
            -((self.height / 0.2) ** 2)
        )
        cheek = np.exp(-(((np.abs(self.x) - 0.42) / 0.2) ** 2)) * np.exp(
            -(((self.height + 0.32) / 0.18) ** 2)
        )
        lift = (-0.05 * corner - 0.018 * cheek).astype(np.float32)
        pull = 0.032 * self.outward
        return (pull, lift), (pull, lift)

    def jaw_rest(self) -> float:
        """How far a photo's parted lips come from a dropped jaw, in jaw curve units."""
        gap = float(np.interp(0, self.mouth.xs, self.mouth.lower_edge - self.mouth.upper_edge))
        return float(np.clip((gap - 0.08) / JAW, 0, 0.7))

    def rest(self, jaw_rest: float) -> tuple[Field, Field]:
        """Close what the jaw leaves open: both lips come to meet."""
        gap = self.mouth.lower_at(self.x) - self.mouth.upper_at(self.x)
        gap = gap * (np.abs(self.t) < 1)
        left = gap - jaw_rest * JAW * self.lens * 0.985
        upper = 0.4 * left * self.near_upper
        lower = -0.6 * left * self.near_lower
        return (self.none, upper), (self.none, lower)


def _brow(mouth: MouthFrame, landmarks: Array, x: Array, y: Array) -> Field:
    """Brows up, with the forehead; the lids stay."""
    rise = np.zeros_like(x)
    for brow_points, lid_points in (
        (mesh.RIGHT_BROW_LOWER, mesh.RIGHT_EYE_UPPER),
        (mesh.LEFT_BROW_LOWER, mesh.LEFT_EYE_UPPER),
    ):
        brow_x, brow_y = mouth.local(landmarks[list(brow_points), :2])
        lid_y = mouth.local(landmarks[list(lid_points), :2])[1]
        order = np.argsort(brow_x)
        line = np.interp(x, brow_x[order], brow_y[order])
        room = max(0.06, float(lid_y.min() - brow_y.max()))
        below = 1 - smoothstep(0.0, room, y - line)
        above = 1 - smoothstep(0.06, 0.42, line - y)
        middle, half = float(brow_x.mean()), float(np.ptp(brow_x)) / 2
        beside = 1 - smoothstep(0.9, 2.0, np.abs(x - middle) / half)
        rise = np.maximum(rise, below * above * beside)
    return np.zeros_like(x), (-BROW * rise).astype(np.float32)
