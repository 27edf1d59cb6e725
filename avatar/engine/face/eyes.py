"""Lids and irises: what has to be known about an eye to shut it and to turn it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh
from avatar.engine.face.geometry import smoothstep

Array = NDArray[np.float32]

GAZE_PX = 0.42  # of the iris's radius, for 15 degrees
LOWER_LID_SHARE = 0.12  # of the opening is closed by the lower lid


@dataclass(frozen=True)
class Eye:
    """One eye on a patch of the canvas whose first pixel is `origin` (x, y).

    lid: (rows, columns, 4) float32: pixels below the fold where the lid's skin begins to stretch,
      pixels from the fold to the lid's edge, height of the opening in pixels, weight of the gaze.
    down: unit vector from the upper to the lower lid. iris_px: radius.
    """

    origin: tuple[int, int]
    lid: Array
    down: Array
    iris_px: float


def find_eyes(landmarks: Array, width: int, height: int) -> tuple[Eye, Eye]:
    """The person's left eye, then the right."""
    left = _eye(
        landmarks,
        mesh.LEFT_EYE_UPPER,
        mesh.LEFT_EYE_LOWER,
        mesh.LEFT_BROW_LOWER,
        mesh.LEFT_IRIS,
        (width, height),
    )
    right = _eye(
        landmarks,
        mesh.RIGHT_EYE_UPPER,
        mesh.RIGHT_EYE_LOWER,
        mesh.RIGHT_BROW_LOWER,
        mesh.RIGHT_IRIS,
        (width, height),
    )
    return left, right


def _eye(
    landmarks: Array,
    upper: tuple[int, ...],
    lower: tuple[int, ...],
    brow: tuple[int, ...],
    iris: tuple[int, ...],
    size: tuple[int, int],
) -> Eye:
    points = landmarks[:, :2]
    corners = points[[upper[0], upper[-1]]]
    length = float(np.linalg.norm(corners[1] - corners[0]))
    right = (corners[1] - corners[0]) / length
    down = np.array([-right[1], right[0]], np.float32)
    centre = corners.mean(0)
    iris_px = float(np.linalg.norm(points[list(iris[1:])] - points[iris[0]], axis=1).mean())

    low = np.maximum(np.floor(centre - 1.15 * length), 0).astype(int)
    high = np.minimum(np.ceil(centre + 1.15 * length), np.array(size)).astype(int)
    low -= low % 2
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
    opening = np.maximum(bottom - top, 0) * np.minimum(1, 3 * inside)
    # The cut runs a little inside the opening, so that the lashes go with the lid.
    edge = top + 0.10 * opening
    opening = opening - 0.02 * length * np.minimum(1, 3 * inside)
    room = np.maximum(edge - np.interp(x, brow_x, brow_y), 0.3 * length) * 0.8
    fold = np.minimum(room, 0.75 * length)
    below_fold = y - (edge - fold)

    iris_at = points[iris[0]] - centre
    away_x = np.abs(x - iris_at @ right) / iris_px
    reach_x = np.maximum(length / 2 / iris_px - np.abs(float(iris_at @ right)) / iris_px, 1.3)
    weight = 1 - smoothstep(1.0, float(max(reach_x, 1.35)), away_x)
    soft = max(1.5, 0.10 * float(opening.max()))
    weight = weight * smoothstep(0, soft, y - top) * smoothstep(0, soft, bottom - y)
    lid = np.stack([below_fold, fold, np.maximum(opening, 0), weight], axis=-1)
    return Eye((int(low[0]), int(low[1])), lid.astype(np.float32), down, iris_px)


def _along(points: Array, centre: Array, right: Array, down: Array) -> tuple[Array, Array]:
    x, y = (points - centre) @ right, (points - centre) @ down
    order = np.argsort(x)
    return x[order], y[order]
