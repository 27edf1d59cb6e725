"""The mouth's own frame of reference: where things are, whatever the head's tilt and size.

Lengths are in S, the distance of the outer eye corners in three dimensions (about 90 mm).
X runs along the mouth to the right of the picture, Y down the face, from between the lips.
"""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh
from avatar.engine.types import Image

Array = NDArray[np.float32]

OPEN_ABOVE = 0.03  # gap over S at which the photo's lips count as parted
DARKEST_WITHIN = (
    0.035  # S: how far the dark line between the lips may be from where the mesh puts it
)
EDGE_INSET = 0.010  # S: from the found edge of a parted lip into the lip
LINE_SAMPLES = 161


def floats(values: Sequence[object]) -> Array:
    return np.array(values, np.float32)


def smoothstep(start: float, stop: float, x: Array) -> Array:
    t = np.clip((x - start) / (stop - start), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


@dataclass(frozen=True)
class MouthFrame:
    """Contours are sampled at `xs`, from beyond one corner to beyond the other.

    upper_edge, lower_edge: where the upper lip ends and the lower lip begins (equal: closed lips).
    parted: whether the photo shows them apart.
    Single heights are those of the middle column; nose is the bottom of the nose.
    """

    origin: Array  # (2,) canvas pixels
    right: Array  # (2,) unit vector along X
    down: Array  # (2,) unit vector along Y
    scale_px: float  # S in canvas pixels
    left_corner: float
    right_corner: float
    xs: Array
    upper_edge: Array
    lower_edge: Array
    parted: bool
    nose: float
    lip_top: float
    lip_bottom: float
    chin: float

    def local(self, points: Array) -> tuple[Array, Array]:
        """X and Y of (..., 2) canvas points."""
        away = (points - self.origin) / self.scale_px
        return away @ self.right, away @ self.down

    def canvas(self, x: Array, y: Array) -> Array:
        """(..., 2) canvas points of X and Y."""
        return (
            self.origin
            + (x[..., None] * self.right + y[..., None] * self.down) * np.float32(self.scale_px)
        ).astype(np.float32)

    def across(self, x: Array) -> Array:
        """X as a share of the half mouth: -1 at the left corner, 1 at the right."""
        return np.where(x < 0, x / -self.left_corner, x / self.right_corner).astype(np.float32)

    def upper_at(self, x: Array) -> Array:
        return np.interp(x, self.xs, self.upper_edge).astype(np.float32)

    def lower_at(self, x: Array) -> Array:
        return np.interp(x, self.xs, self.lower_edge).astype(np.float32)


def mouth_frame(canvas: Image, landmarks: Array) -> MouthFrame:
    """Measure the mouth of a framed photo; where lips meet or end is found in the picture."""
    eyes = landmarks[list(mesh.OUTER_EYE_CORNERS)]
    scale_px = float(np.linalg.norm(eyes[1] - eyes[0]))
    points = landmarks[:, :2]
    corners = points[list(mesh.MOUTH_CORNERS)]
    inner = points[[mesh.INNER_UPPER[0], mesh.INNER_UPPER[-1]]]
    right = corners[1] - corners[0]
    right = right / np.linalg.norm(right)
    down = np.array([-right[1], right[0]], np.float32)
    origin = (points[13] + points[14]) / 2
    rough = _Axes(origin, right, down, scale_px)
    left_x, right_x = float(rough.x(inner[0])), float(rough.x(inner[1]))
    # The mesh's inner corners lie a little inside the place where the lips meet.
    left_x += 0.35 * (float(rough.x(corners[0])) - left_x)
    right_x += 0.35 * (float(rough.x(corners[1])) - right_x)
    xs = np.linspace(left_x, right_x, LINE_SAMPLES, dtype=np.float32)
    upper = _contour(rough, points, mesh.INNER_UPPER, xs)
    lower = _contour(rough, points, mesh.INNER_LOWER, xs)
    gap = float(np.linalg.norm(points[13] - points[14])) / scale_px
    parted = gap > OPEN_ABOVE
    if parted:
        upper = _lip_edge(canvas, rough, points, xs, upper, mesh.OUTER_UPPER, lower)
        lower = _lip_edge(canvas, rough, points, xs, lower, mesh.OUTER_LOWER, upper)
        meet = np.clip(1 - np.abs(np.linspace(-1, 1, LINE_SAMPLES)) ** 8, 0, 1)
        middle = (upper + lower) / 2
        half = np.maximum(lower - upper, 0) / 2 * meet
        upper, lower = middle - half, middle + half
    else:
        upper = lower = _dark_line(canvas, rough, xs, (upper + lower) / 2)
    return MouthFrame(
        origin=origin.astype(np.float32),
        right=right.astype(np.float32),
        down=down,
        scale_px=scale_px,
        left_corner=left_x,
        right_corner=right_x,
        xs=xs,
        upper_edge=upper.astype(np.float32),
        lower_edge=lower.astype(np.float32),
        parted=parted,
        nose=float(rough.y(points[mesh.NOSE_BASE])),
        lip_top=float(rough.y(points[0])),
        lip_bottom=float(rough.y(points[17])),
        chin=float(rough.y(points[mesh.CHIN])),
    )


@dataclass(frozen=True)
class _Axes:
    origin: Array
    right: Array
    down: Array
    scale_px: float

    def x(self, points: Array) -> Array:
        return ((points - self.origin) @ self.right / self.scale_px).astype(np.float32)

    def y(self, points: Array) -> Array:
        return ((points - self.origin) @ self.down / self.scale_px).astype(np.float32)


def _contour(axes: _Axes, points: Array, indices: tuple[int, ...], xs: Array) -> Array:
    """Y along xs of a row of mesh points, smoothly."""
    x, y = axes.x(points[list(indices)]), axes.y(points[list(indices)])
    order = np.argsort(x)
    line = np.interp(xs, x[order], y[order])
    return _smooth(line.astype(np.float32), 4)


def _lip_edge(
    canvas: Image,
    axes: _Axes,
    points: Array,
    xs: Array,
    inner: Array,
    outer: tuple[int, ...],
    other: Array,
) -> Array:
    """Where a parted lip really begins: the strongest change from what is between the lips to lip.

    Looked for from a third of the opening to half the lip, with the mesh's contour as first guess.
    """
    border = _contour(axes, points, outer, xs)
    start, stop = inner + 0.35 * (other - inner), inner + 0.5 * (border - inner)
    share = np.linspace(0, 1, 48, dtype=np.float32)[:, None]
    y = start + share * (stop - start)
    x = np.broadcast_to(xs[None, :], y.shape)
    at = axes.origin + (x[..., None] * axes.right + y[..., None] * axes.down) * axes.scale_px
    seen = cv2.remap(canvas, at.astype(np.float32), None, cv2.INTER_LINEAR)
    lab = cv2.GaussianBlur(cv2.cvtColor(seen, cv2.COLOR_RGB2LAB).astype(np.float32), (0, 0), 1.2)
    lip_rows = share[:, 0] > 0.8
    lip = np.median(lab[lip_rows].reshape(-1, 3), axis=0)
    unlike = np.linalg.norm((lab - lip) * floats([0.5, 1.5, 1.5]), axis=-1)
    step = np.zeros_like(unlike)
    step[3:-3] = unlike[:-6] - unlike[6:]  # falls where lip begins
    strength = step / (float(np.quantile(step, 0.98)) + 3)
    guess = (inner - start) / np.where(np.abs(stop - start) < 1e-6, 1e-6, stop - start)
    cost = 1 - strength + 0.6 * ((share - guess) / 0.5) ** 2
    path = _cheapest_path(cost.astype(np.float32))
    columns = np.arange(len(xs))
    found = _smooth(y[path, columns], 4)
    trust = np.clip((np.abs(other - inner) - 0.012) / 0.02, 0, 1)  # nothing to see at the corners
    inset = np.sign(border - inner) * EDGE_INSET  # leave the soft rim to what is behind
    return (inner + trust * (found + inset - inner)).astype(np.float32)


def _smooth(line: Array, sigma: float) -> Array:
    return cv2.GaussianBlur(
        line.reshape(1, -1), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE
    ).reshape(-1)


def _dark_line(canvas: Image, axes: _Axes, xs: Array, guess: Array) -> Array:
    """Follow the darkest path between closed lips, near `guess`: where a cut is not seen."""
    rows = np.linspace(-DARKEST_WITHIN, DARKEST_WITHIN, 41, dtype=np.float32)
    y = guess[None, :] + rows[:, None]
    x = np.broadcast_to(xs[None, :], y.shape)
    at = axes.origin + (x[..., None] * axes.right + y[..., None] * axes.down) * axes.scale_px
    grey = cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY)
    luma = cv2.remap(grey, at.astype(np.float32), None, cv2.INTER_LINEAR).astype(np.float32)
    luma = cv2.GaussianBlur(luma, (0, 0), 1.5)
    column_range = np.ptp(luma, axis=0, keepdims=True) + 8
    cost = (luma - luma.min(axis=0, keepdims=True)) / column_range
    cost += 0.5 * (rows[:, None] / DARKEST_WITHIN) ** 2
    path = _cheapest_path(cost.astype(np.float32))
    return _smooth(guess + rows[path], 3)


def _cheapest_path(cost: Array) -> NDArray[np.intp]:
    """One row a column, neighbours at most one row apart, least summed cost."""
    n_rows, n_columns = cost.shape
    total = cost.copy()
    came = np.zeros((n_rows, n_columns), np.intp)
    for column in range(1, n_columns):
        before = np.pad(total[:, column - 1], 1, constant_values=np.inf)
        choices = np.stack([before[:-2] + 0.05, before[1:-1], before[2:] + 0.05])
        best = choices.argmin(axis=0)
        total[:, column] += choices[best, np.arange(n_rows)]
        came[:, column] = np.arange(n_rows) + best - 1
    path = np.empty(n_columns, np.intp)
    path[-1] = total[:, -1].argmin()
    for column in range(n_columns - 1, 0, -1):
        path[column - 1] = came[path[column], column]
    return path


def polygon(
    image: NDArray[Any], landmarks: NDArray[np.float32], points: tuple[int, ...]
) -> NDArray[np.bool_]:
    """(rows, columns) what is within points of the mesh: in order, or few of them in any."""
    inside = np.zeros(image.shape[:2], np.uint8)
    hull = landmarks[list(points), :2]
    if len(points) < 8:
        hull = cv2.convexHull(hull)[:, 0]
    cv2.fillPoly(inside, [np.round(hull).astype(np.int32)], 1)
    return inside.astype(bool)
