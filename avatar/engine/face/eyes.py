"""Lids and irises: what has to be known about an eye to shut it and to turn it."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh
from avatar.engine.face.geometry import smoothstep
from avatar.engine.face.lids import LidLines, lashes, paint_lid
from avatar.engine.face.yuv import Patch, patch_from_rgb, yuv_from_rgb
from avatar.engine.types import Image

Array = NDArray[np.float32]

GAZE_PX = 0.42  # of the iris's radius, for 15 degrees
LASH_REACH = (0.06, 0.42)  # of the eye's length: lid rim and lashes above the opening
PATCH = np.array([0.75, 0.62])  # of the eye's length, to each side, up and down
LASH_LENGTH, LASH_WIDTH, LASHES_SHOW = 0.05, 0.010, 0.5  # of the eye's length; of their colour
BALL_INSET = 0.04  # of the eye's length: lids leave a shadow on the ball
BELOW_LID = 0.05  # of the eye's length: how far a shut lid covers the lower one's edge


@dataclass(frozen=True)
class Eye:
    """One eye on a patch of the canvas whose first pixel is `origin` (x, y).

    lid: (rows, columns, 4) float32: pixels below the open lid's edge, height of the opening in
      pixels, pixels of rim and lashes above the edge, weight of the gaze.
    shut: the photo with plain skin over the eye, transparent at its outermost pixels.
    ball: the photo with the eyeball carried on under the lids.
    down: unit vector from the upper to the lower lid. iris_px: radius. under_px: how far a shut
      lid covers the lower one.
    lash: Y, U, V of the line that closed lids make; lash_px: half its thickness; fringe_px: how
      far below it the lashes of a shut eye reach.
    """

    origin: tuple[int, int]
    lid: Array
    shut: Patch
    ball: Patch
    down: Array
    iris_px: float
    under_px: float
    lash: Array
    lash_px: float
    fringe_px: float


def find_eyes(canvas: Image, landmarks: Array, *, glasses: bool) -> tuple[Eye, Eye]:
    """The person's left eye, then the right."""
    left = _eye(
        canvas,
        landmarks,
        mesh.LEFT_EYE_UPPER,
        mesh.LEFT_EYE_LOWER,
        mesh.LEFT_BROW_LOWER,
        mesh.LEFT_IRIS,
        glasses=glasses,
    )
    right = _eye(
        canvas,
        landmarks,
        mesh.RIGHT_EYE_UPPER,
        mesh.RIGHT_EYE_LOWER,
        mesh.RIGHT_BROW_LOWER,
        mesh.RIGHT_IRIS,
        glasses=glasses,
    )
    return left, right


def _eye(
    canvas: Image,
    landmarks: Array,
    upper: tuple[int, ...],
    lower: tuple[int, ...],
    brow: tuple[int, ...],
    iris: tuple[int, ...],
    *,
    glasses: bool,
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
    rim_x, rim_y, lash_rgb = _rim(canvas, axes, (upper_x, upper_y), (brow_x, brow_y))
    beside = 1 - smoothstep(0.5, 0.62, np.abs(x) / length)
    rim = np.interp(x, rim_x, rim_y) * beside
    covered = (y > edge - rim) & (y < bottom + 1.3 * BELOW_LID * length * beside)
    covered &= np.abs(x) < 0.6 * length
    patch = canvas[low[1] : high[1], low[0] : high[0]]
    brow_at = np.interp(x, brow_x, brow_y).astype(np.float32)
    lines = LidLines(x, y, top, bottom, edge + opening, brow_at, length)
    shut = paint_lid(patch, lines, covered, glasses=glasses)
    outward = float(np.sign((points[mesh.NOSE_TIP] - centre) @ -right))
    thick = float(np.median(rim_y))
    hanging = LASHES_SHOW * lashes(
        lines, outward, LASH_LENGTH * length + 0.3 * thick, LASH_WIDTH * length
    )
    shut += hanging[..., None] * (lash_rgb - shut)

    iris_at = points[iris[0]] - centre
    away_x = np.abs(x - iris_at @ right) / iris_px
    reach_x = np.maximum(length / 2 / iris_px - np.abs(float(iris_at @ right)) / iris_px, 1.3)
    weight = 1 - smoothstep(1.0, float(max(reach_x, 1.35)), away_x)
    lid = np.stack([y - edge, opening, rim, weight], axis=-1)
    return Eye(
        origin=(int(low[0]), int(low[1])),
        lid=lid.astype(np.float32),
        shut=patch_from_rgb(shut, _all_but_edge(x.shape)),
        ball=patch_from_rgb(
            _ball(patch, lines, down, points[iris[0]] - low, iris_px), np.ones_like(x)
        ),
        down=down,
        iris_px=iris_px,
        under_px=BELOW_LID * length,
        lash=yuv_from_rgb(lash_rgb),
        lash_px=max(0.9, 0.014 * length + 0.06 * thick),
        fringe_px=1.3 * (LASH_LENGTH * length + 0.3 * thick),
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
    """How far rim and lashes reach above the opening (pixels, along x), and their colour.

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
    return xs, reach, dark


def _ball(patch: Image, lines: LidLines, down: Array, iris: Array, iris_px: float) -> Array:
    """The patch with each column of the opening drawn out beyond both lids.

    iris: its middle in pixels of the patch. Beyond it and the lower lid there is plain white.
    """
    inset = np.minimum(BALL_INSET * lines.length, 0.3 * (lines.bottom - lines.top))
    inside = np.clip(lines.y, lines.top + inset, np.maximum(lines.top, lines.bottom) - inset)
    rows, columns = lines.y.shape
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1)
    at = grid + (inside - lines.y)[..., None] * down
    ball = cv2.remap(
        patch, at.astype(np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)
    away = np.linalg.norm(grid - iris, axis=-1) / iris_px
    white = (
        (np.abs(lines.y - inside) < 0.5) & (away > 1.2) & (np.abs(lines.x) < 0.4 * lines.length)
    )
    if not white.any():
        return ball
    beyond = smoothstep(0.95, 1.1, away) * smoothstep(0, 0.1 * iris_px, lines.y - inside)
    return ball + 0.7 * beyond[..., None] * (
        np.median(patch[white], axis=0).astype(np.float32) - ball
    )


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
