"""How the head turns and the shoulders breathe: a few scalar fields on a coarse grid."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh
from avatar.engine.face.framing import Framed
from avatar.engine.face.geometry import smoothstep

Array = NDArray[np.float32]

STEP = 8  # canvas pixels between two points
MARGIN = 1  # points outside the canvas on each side
BREATH = 0.028  # S: how far the shoulders rise
# S beyond the face at which a head is as deep as its axis: its outline hardly moves when it turns,
# and neither does the background beside it.
OUTLINE = 0.8


@dataclass(frozen=True)
class HeadFields:
    """Grid points stand in the middles of squares of STEP canvas pixels, MARGIN of them outside.

    basis: (5, rows, columns) float32: weight, weight*x, weight*y, weight*z about the neck, breath.
    at: (rows, columns, 2) the canvas pixels themselves.
    """

    basis: Array
    at: Array
    breath_px: float


def head_fields(framed: Framed) -> HeadFields:
    """Weights from the person's outline, depth from the mesh."""
    height, width = framed.canvas.shape[:2]
    rows, columns = (-(-side // STEP) + 2 * MARGIN for side in (height, width))
    at = np.stack(
        np.meshgrid(
            (np.arange(columns, dtype=np.float32) - MARGIN) * STEP + (STEP - 1) / 2,
            (np.arange(rows, dtype=np.float32) - MARGIN) * STEP + (STEP - 1) / 2,
        ),
        axis=-1,
    )
    points = framed.landmarks
    eyes = points[list(mesh.OUTER_EYE_CORNERS)]
    scale_px = float(np.linalg.norm(eyes[1] - eyes[0]))
    person = cv2.remap(framed.person, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    chin = points[mesh.CHIN, :2]
    down = chin - points[mesh.FOREHEAD, :2]
    down /= np.linalg.norm(down)
    below_chin = ((at - chin) @ down) / scale_px
    weight = _weight(points, person, at, below_chin, scale_px)
    weight *= _inside(at, width, height, scale_px)
    pivot = chin + 0.3 * scale_px * down
    x, y = (at - pivot)[..., 0], (at - pivot)[..., 1]
    breath = _breath(person, below_chin, at[..., 1], height, scale_px)
    basis = np.stack([weight, weight * x, weight * y, weight * _depth(points, at), breath])
    return HeadFields(basis.astype(np.float32), at.astype(np.float32), BREATH * scale_px)


def _weight(points: Array, person: Array, at: Array, below_chin: Array, scale_px: float) -> Array:
    """1 on face, hair and hat, 0 from half an eye distance around them."""
    face = np.zeros(person.shape, np.uint8)
    hull = (points[list(mesh.OVAL), :2] - at[0, 0]) / STEP
    cv2.fillPoly(face, [np.round(hull).astype(np.int32)], 1)
    centre = points[[mesh.FOREHEAD, mesh.CHIN], :2].mean(0)
    near = np.hypot(*(np.moveaxis(at - centre, -1, 0) / scale_px)) < 1.9
    beside = np.abs(at[..., 0] - centre[0]) / scale_px < 1.05
    head = (person > 0.5) & (below_chin < -0.12) & near & beside
    core = ((face > 0) | head).astype(np.uint8)
    core = cv2.morphologyEx(core, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) | face
    away = cv2.distanceTransform(1 - core, cv2.DIST_L2, 5) * STEP / scale_px
    away = away * (1 - 0.35 * smoothstep(-0.2, 0.3, below_chin))
    weight = 1 - smoothstep(0.03, 0.52, away)
    return cv2.GaussianBlur(weight, (0, 0), max(0.8, 0.06 * scale_px / STEP)) * (weight > 0)


def _inside(at: Array, width: int, height: int, scale_px: float) -> Array:
    """0 at the edges of the canvas, beyond which there is no picture."""
    far = np.array([width - 1, height - 1], np.float32)
    away = np.minimum(at, far - at).min(axis=-1)
    return smoothstep(1.5 * STEP, 1.5 * STEP + 0.15 * scale_px, away)


def _depth(points: Array, at: Array) -> Array:
    """z from the neck's axis in canvas pixels, near is negative; 0 at the head's outline."""
    surface = points[: mesh.N_POINTS - 10]
    edges = points[[mesh.RIGHT_CHEEK_EDGE, mesh.LEFT_CHEEK_EDGE], 2].mean()
    oval = points[list(mesh.OVAL)]
    scale_px = float(np.linalg.norm(points[33] - points[263]))
    away = np.array([((at - point[:2]) ** 2).sum(axis=-1) for point in oval])
    away_s = np.sqrt(away.min(axis=0)) / scale_px
    outside = (oval[np.argmin(away, axis=0), 2] - edges) * (1 - smoothstep(0.0, OUTLINE, away_s))
    inside = _between(surface, at) - edges
    depth = np.where(np.isnan(inside), outside, inside).astype(np.float32)
    return cv2.GaussianBlur(depth, (0, 0), max(0.8, 0.09 * scale_px / STEP))


def _between(points: Array, at: Array) -> Array:
    """z at grid points in the plane through the three points (x, y, z) around; NaN outside."""
    on_grid = ((points[:, :2] - at[0, 0]) / STEP).astype(np.float32)
    (left, top), (right, bottom) = np.floor(on_grid.min(0)) - 1, np.ceil(on_grid.max(0)) + 1
    mesh_2d = cv2.Subdiv2D((int(left), int(top), int(right - left), int(bottom - top)))
    mesh_2d.insert(on_grid)
    height = dict(zip(map(tuple, on_grid.tolist()), points[:, 2].tolist(), strict=True))
    corners = np.array(mesh_2d.getTriangleList(), np.float32).reshape(-1, 3, 2)
    z = np.array([[height.get(tuple(xy), np.nan) for xy in corner] for corner in corners.tolist()])
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    whole = np.isfinite(z).all(axis=1) & (np.abs(flat) > 1e-6)  # else a corner around them all
    # A drawn triangle is a little larger than it is: thin ones first, their neighbours over them.
    order = np.flatnonzero(whole)[np.argsort(np.abs(flat[whole]))]
    corners, z = corners[order], z[order]
    planes = np.linalg.solve(np.dstack([corners, np.ones((len(corners), 3))]), z[..., None])[
        ..., 0
    ]
    which = np.full(at.shape[:2], -1, np.int32)
    for k, triangle in enumerate(np.rint(16 * corners).astype(np.int32)):
        cv2.fillConvexPoly(which, triangle, k, shift=4)
    rows, columns = np.nonzero(which >= 0)
    here = which[rows, columns]
    x_slope, y_slope, level = planes[here].T
    found = np.full(at.shape[:2], np.nan, np.float32)
    # A thin one's plane is steep beside it.
    found[rows, columns] = np.clip(
        x_slope * columns + y_slope * rows + level, z.min(axis=1)[here], z.max(axis=1)[here]
    )
    return found


def _breath(person: Array, below_chin: Array, y: Array, height: int, scale_px: float) -> Array:
    """Shoulders and chest: grows under the chin, gone at the lower edge of the frame."""
    rise = smoothstep(0.2, 0.8, below_chin)
    chest = 1 - smoothstep(0.8, 1.8, below_chin)
    floor = smoothstep(0.0, 0.8, (height - 1 - y) / scale_px)
    body = cv2.GaussianBlur(person, (0, 0), max(0.8, 0.12 * scale_px / STEP))
    field = rise * chest * floor * smoothstep(0.1, 0.7, body)
    return np.where(field > 0.004, field, 0).astype(np.float32)
