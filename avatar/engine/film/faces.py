"""Where the face is in a film, looked for in some of its frames."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import Cancelled, InputError
from avatar.engine.face import mesh
from avatar.engine.face.detect import FaceFinder, Found
from avatar.engine.face.report import REFUSED_ABOVE_ROLL
from avatar.engine.footage.look import Footage
from avatar.engine.footage.reading import Size, fitting_size
from avatar.engine.media.planes import Planes, as_bt709, read_planes

LOOKED_AT = 9  # frames
LARGEST_PX = (1280, 1280)  # faces are found as well in that, and sooner
LEAST_SEEN = 0.34  # of the frames looked at: fewer are a poster on the wall
SURELY = 0.9  # of the times a row is left free: the head may nod once
READ_THROUGH_MS = 60_000  # shorter films are decoded from end to end, longer ones in nine places
SMALLEST_PX = 64  # of a face; in less, no engine sees lips


@dataclass(frozen=True)
class FacePlace:
    """Pixels of the film as it is shown: the median over the frames, and how far it moves.

    left, right: the middle of the face at its outermost. forehead, lips: the highest and the
    lowest that they usually come. roll: degrees by which the head is tilted, clockwise.
    """

    x: float
    y: float
    width: float
    height: float
    left: float
    right: float
    forehead: float
    lips: float
    roll: float = 0.0


def find_face(film: Footage, should_stop: Callable[[], bool] = lambda: False) -> FacePlace | None:
    """The place of the face that is largest most of the time; None when there is none.

    Raises Cancelled, ModelUnavailable.
    """
    size = fitting_size(film.width, film.height, LARGEST_PX)
    found: list[NDArray[np.float32]] = []
    with FaceFinder() as finder:
        for frame in _some_frames(film, size):
            if should_stop():
                raise Cancelled("Stopped as asked.")
            face = main_face(finder, frame, small_ones=not found)
            if face is not None:
                found.append(face.landmarks[:, :2] * (film.width / size[0]))
    return _place(found) if len(found) >= LEAST_SEEN * LOOKED_AT else None


def face_of_footage(
    footage: Footage, should_stop: Callable[[], bool] = lambda: False
) -> FacePlace:
    """The same before anybody is paid for it.

    Raises InputError when there is no face in the footage, or one too small or too tilted to speak
    with.
    """
    place = find_face(footage, should_stop)
    name = footage.path.name
    if place is None:
        raise InputError(f"No face was found in {name}: it must be seen from the front.")
    if place.width < SMALLEST_PX:
        raise InputError(
            f"The face in {name} is {place.width:.0f} px wide; {SMALLEST_PX} px are the least."
            " Film from nearer, or in a higher resolution."
        )
    if abs(place.roll) > REFUSED_ABOVE_ROLL:
        raise InputError(
            f"The head in {name} lies on its side: turn the video upright and save it again."
        )
    return place


def _some_frames(film: Footage, size: Size) -> Iterator[Planes]:
    """LOOKED_AT frames, evenly over the film."""
    filters = as_bt709(film.about, *size)
    every_ms = Fraction(film.duration_ms, LOOKED_AT)
    if film.duration_ms <= READ_THROUGH_MS:
        frames = read_planes(film.path, *size, [f"fps={1000 / every_ms}", *filters])
        with contextlib.closing(frames):
            yield from islice(frames, LOOKED_AT)
        return
    for number in range(LOOKED_AT):
        start_s = (number + Fraction(1, 2)) * every_ms / 1000
        frames = read_planes(film.path, *size, filters, start_s=start_s)
        with contextlib.closing(frames):
            yield from islice(frames, 1)


def main_face(finder: FaceFinder, frame: Planes, *, small_ones: bool = False) -> Found | None:
    """The largest face of a frame."""
    picture = cv2.cvtColor(frame, cv2.COLOR_YUV2RGB_I420)  # by BT.601: near enough to find a face
    faces = finder.faces(picture, small_ones=small_ones)
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
        roll=float(np.median([_roll(points) for points in seen])),
    )


def _roll(points: NDArray[np.float32]) -> float:
    right, left = points[list(mesh.OUTER_EYE_CORNERS), :2]
    return float(np.degrees(np.arctan2(left[1] - right[1], left[0] - right[0])))
