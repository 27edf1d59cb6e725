"""How the face moves for each curve: few smooth fields of displacement on a coarse grid.

Fields are forward: where a point of the photo goes when its curve is 1. Around the mouth there are
two, UPPER (skull, upper lip) and LOWER (jaw, lower lip); beyond the corners they are the same, so
that nothing is torn there. Amplitudes are in S, see `geometry`.
"""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

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
BROW_UNDER_GLASSES = 0.3  # of it, or the frame would be lifted too
HELD = 0.97  # share of the jaw's pull that the upper lip resists
UPPER_CLOSES = 0.4  # share of a parted mouth that the upper lip closes
NECK = 0.55  # S below the chin at which nothing hangs on the jaw any more: collars do not
USUAL_WIDTH, SIZE_RANGE = 0.50, (0.65, 1.1)  # S: smaller mouths open less

# glued: the jaw drops with the lips together; part: they part by as much as it has dropped.
FIELDS = (
    "rest", "glued", "part", "upper", "lower", "wide", "pucker", "press", "tuck", "smile", "brow",
)  # fmt: skip


@dataclass(frozen=True)
class FaceFields:
    """Expression on a grid of `step` canvas pixels whose first point is at `origin` (x, y).

    upper, lower: (len(FIELDS), rows, columns, 2) float32, canvas pixels.
    below: (rows, columns) bool, where the lower field holds in the finished frame.
    jaw_rest: how far the photo's jaw must be closed before it starts, in jaw curve units.
    jaw_px: how far jaw=1 takes the chin.
    """

    origin: tuple[int, int]
    step: int
    upper: Array
    lower: Array
    below: NDArray[np.bool_]
    jaw_rest: float
    jaw_px: float


def face_fields(mouth: MouthFrame, landmarks: Array, *, glasses: bool) -> FaceFields:
    """Lay the fields over the face of a framed photo."""
    step = max(2, round(mouth.scale_px / 42))
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
            both = _brow(mouth, landmarks, x, y, BROW * (BROW_UNDER_GLASSES if glasses else 1))
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
        jaw_px=JAW * shapes.size * mouth.scale_px,
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
    """The mouth's fields, each as (upper layer, lower layer).

    Heights are measured from the edge of the layer's own lip, so that parted lips that are
    brought together stay together whatever else moves them.
    """

    def __init__(self, mouth: MouthFrame, x: Array, y: Array) -> None:
        self.mouth = mouth
        self.size = float(
            np.clip((mouth.right_corner - mouth.left_corner) / USUAL_WIDTH, *SIZE_RANGE)
        )
        self.x = x
        self.t = mouth.across(x)  # share of the half mouth
        self.heights = y - mouth.upper_at(x), y - mouth.lower_at(x)
        self.none = np.zeros_like(x)
        inside = np.clip(1 - self.t**2, 0, 1)
        self.lens = inside**0.8  # shape of the opening
        self.flat = inside**0.5
        self.jaw_reach = 1 - smoothstep(0.26, 0.86, np.abs(x))
        # 1 at the edge of the lip and beyond it, 0 at the nose or above the chin
        self.near_upper = smoothstep(mouth.nose * 0.85, 0.0, self.heights[0])
        self.near_lower = 1 - smoothstep(0.0, mouth.chin * 0.75, self.heights[1])

    def _jaw_share(self, height: Array) -> Array:
        """Of the jaw's drop: 0 at the nose, 1 at the chin."""
        return smoothstep(self.mouth.nose * 0.9, self.mouth.chin * 0.62, height) * self.jaw_reach

    def _outward(self, height: Array) -> Array:
        """Sideways pull on the corners: grows to them, fades beyond and away from the mouth."""
        size = np.abs(self.t)
        fade = 1 - smoothstep(1.0, 2.4, size)
        pull = np.sign(self.t) * np.minimum(size, 1) * fade
        return (pull * np.exp(-((height / 0.26) ** 2)) * self.size).astype(np.float32)

    def _pulled(self, amount: float) -> tuple[Array, Array]:
        upper, lower = (amount * self._outward(height) for height in self.heights)
        return upper, lower

    def _rim(self, edge: Array, border: float, end: float) -> Array:
        """0 at the edge of a lip, 1 at its outer border, 0 again at `end`."""
        rise = smoothstep(0.0, border, edge)
        return (rise * (1 - smoothstep(border, end, edge)) * self.flat).astype(np.float32)

    def _rims(self, upper: float, lower: float) -> tuple[Array, Array]:
        mouth = self.mouth
        return (
            upper * self._rim(-self.heights[0], -mouth.lip_top, -mouth.nose),
            lower * self._rim(self.heights[1], mouth.lip_bottom, mouth.chin),
        )

    def glued(self) -> tuple[Field, Field]:
        narrow = self._pulled(-0.018)
        drops = []
        for height in self.heights:
            neck = 1 - smoothstep(self.mouth.chin + 0.02, self.mouth.chin + NECK, height)
            drops.append(JAW * self.size * self._jaw_share(height) * neck)
        return (narrow[0], drops[0]), (narrow[1], drops[1])

    def part(self) -> tuple[Field, Field]:
        up, down = self.heights
        upper = -JAW * self.size * self._jaw_share(np.minimum(up, 0)) * self.lens * HELD
        share = self._jaw_share(np.maximum(down, 0))
        lower = JAW * self.size * (1 - share) * self.lens * (down < self.mouth.chin)
        return (self.none, upper), (self.none, lower.astype(np.float32))

    def upper(self) -> tuple[Field, Field]:
        lift = -UPPER_LIFT * self.size * self.flat * self.near_upper
        return (self.none, lift), (self.none, self.none)

    def lower(self) -> tuple[Field, Field]:
        drop = LOWER_DROP * self.size * self.flat * self.near_lower
        return (self.none, self.none), (self.none, drop)

    def wide(self) -> tuple[Field, Field]:
        upper, lower = self._pulled(WIDE)
        return (upper, self.none), (lower, self.none)

    def pucker(self) -> tuple[Field, Field]:
        """Corners in, lips fuller: they come forward."""
        pulls, rims = self._pulled(-PUCKER), self._rims(-0.022, 0.03)
        return (pulls[0], rims[0]), (pulls[1], rims[1])

    def press(self) -> tuple[Field, Field]:
        """Lips rolled in: thinner, their edges stay."""
        pulls, rims = self._pulled(0.006), self._rims(0.018, -0.026)
        return (pulls[0], rims[0]), (pulls[1], rims[1])

    def tuck(self) -> tuple[Field, Field]:
        """The lower lip goes up under the upper teeth; the upper lip makes room."""
        upper = -0.026 * self.flat * self.near_upper
        roll = 0.035 + 0.03 * smoothstep(0, self.mouth.lip_bottom, self.heights[1])
        lower = -roll * self.flat * self.near_lower
        return (self.none, upper), (self.none, lower)

    def smile(self) -> tuple[Field, Field]:
        pulls = self._pulled(0.032)
        lifts = []
        for height in self.heights:
            corner = np.exp(-(((np.abs(self.t) - 1.05) / 0.55) ** 2)) * np.exp(
                -((height / 0.2) ** 2)
            )
            cheek = np.exp(-(((np.abs(self.x) - 0.42) / 0.2) ** 2)) * np.exp(
                -(((height + 0.32) / 0.18) ** 2)
            )
            lifts.append((-0.05 * corner - 0.018 * cheek).astype(np.float32))
        return (pulls[0], lifts[0]), (pulls[1], lifts[1])

    def jaw_rest(self) -> float:
        """How far a photo's parted lips come from a dropped jaw, in jaw curve units."""
        gap = float(np.interp(0, self.mouth.xs, self.mouth.lower_edge - self.mouth.upper_edge))
        return float(np.clip((gap - 0.08) / (JAW * self.size), 0, 0.7))

    def rest(self, jaw_rest: float) -> tuple[Field, Field]:
        """Close what the jaw leaves open: both lips come to meet."""
        gap = self.mouth.lower_at(self.x) - self.mouth.upper_at(self.x)
        share = self._jaw_share(self.none)
        by_jaw = jaw_rest * JAW * self.size * self.lens * (1 - (1 - HELD) * share)
        left = gap * (np.abs(self.t) < 1) - by_jaw
        upper = UPPER_CLOSES * left * self.near_upper
        lower = -(1 - UPPER_CLOSES) * left * self.near_lower
        return (self.none, upper), (self.none, lower)


def _brow(mouth: MouthFrame, landmarks: Array, x: Array, y: Array, amount: float) -> Field:
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
    return np.zeros_like(x), (-amount * rise).astype(np.float32)
