"""Where the face is in a film, looked for in some of its frames."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import Cancelled
from avatar.engine.face import mesh
from avatar.engine.face.detect import Found, find_faces
from avatar.engine.face.yuv import rgb_from_frame
from avatar.engine.footage.look import Footage
from avatar.engine.footage.reading import fitting_size
from avatar.engine.media.planes import Planes, as_bt709, read_planes

LOOKED_AT = 9  # frames
LARGEST_PX = (1280, 1280)  # faces are found as well in that, and sooner
LEAST_SEEN = 0.34  # of the frames looked at: fewer are a poster on the wall
SURELY = 0.9  # of the times a row is left free: the head may nod once


@dataclass(frozen=True)
class FacePlace:
    """Pixels of the film as it is shown: the median over the frames, and how far it moves.

    left, right: the middle of the face at its outermost. forehead, lips: the highest and the
    lowest that they usually come.
    """

    x: float
    y: float
    width: float
    height: float
    left: float
    right: float
    forehead: float
    lips: float


def find_face(film: Footage, should_stop: Callable[[], bool] = lambda: False) -> FacePlace | None:
    """The place of the face that is largest most of the time; None when there is none.

    Raises Cancelled, ModelUnavailable.
    """
    width, height = fitting_size(film.width, film.height, LARGEST_PX)
    found: list[NDArray[np.float32]] = []
    for number in range(LOOKED_AT):
        if should_stop():
            raise Cancelled("Stopped as asked.")
        at_ms = film.duration_ms * (2 * number + 1) // (2 * LOOKED_AT)
        frame = _frame_at(film, at_ms, width, height)
        face = None if frame is None else main_face(frame)
        if face is not None:
            found.append(face.landmarks[:, :2] * (film.width / width))
    return _place(found) if len(found) >= LEAST_SEEN * LOOKED_AT else None


def _frame_at(film: Footage, at_ms: int, width: int, height: int) -> Planes | None:
    filters = as_bt709(film.about, width, height)
    frames = read_planes(film.path, width, height, filters, start_s=Fraction(at_ms, 1000))
    try:
        return next(frames, None)
    finally:
        frames.close()


def main_face(frame: Planes) -> Found | None:
    """The largest face of a frame."""
    faces = find_faces(rgb_from_frame(frame))
    return max(faces, key=lambda face: face.width_px, default=None)


def _place(seen: Sequence[NDArray[np.float32]]) -> FacePlace:
    """seen: (478, 2) landmarks of each frame."""
    boxes = np.array([(*points.min(0), *points.max(0)) for points in seen])
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    (x, y), (width, height) = np.median(centres, 0), np.median(boxes[:, 2:] - boxes[:, :2], 0)
    tops = [points[mesh.FOREHEAD_TOP, 1] for points in seen]
    lips = [points[mesh.LOWER_LIP_BOTTOM, 1] for points in seen]
    return FacePlace(
        x=float(x),
        y=float(y),
        width=float(width),
        height=float(height),
        left=float(np.quantile(centres[:, 0], 1 - SURELY)),
        right=float(np.quantile(centres[:, 0], SURELY)),
        forehead=float(np.quantile(tops, 1 - SURELY)),
        lips=float(np.quantile(lips, SURELY)),
    )
