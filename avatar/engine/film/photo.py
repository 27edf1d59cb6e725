"""The photo that an engine is given: one face in it, large enough and upright."""

from collections.abc import Sequence

import numpy as np

from avatar.engine.errors import InputError
from avatar.engine.face.detect import Found, find_faces
from avatar.engine.face.report import REFUSED_ABOVE_ROLL, head_angles, which_face
from avatar.engine.film.faces import SMALLEST_PX
from avatar.engine.types import Image

BEYOND_OVAL = 0.3  # of a face's width or height: its hair and ears

Box = tuple[float, float, float, float]  # x0, y0, x1, y1


def photo_of_one(photo: Image, face_index: int | None) -> Image:
    """The photo, cut so that only the face that was chosen is in it, where there are several.

    Engines choose among several faces by themselves, and everybody who is sent has to agree.

    Raises InputError when there is no such face, or one that no engine can make speak.
    """
    faces = find_faces(photo)
    if problem := which_face(photo, faces, face_index):
        raise InputError(problem)
    index = face_index or 0
    face = faces[index]
    if face.width_px < SMALLEST_PX:
        raise InputError(
            f"The face in this photo is {face.width_px:.0f} px wide; {SMALLEST_PX} px are the"
            " least. Use a photo from nearer, or in a higher resolution."
        )
    if abs(head_angles(face.landmarks)[2]) > REFUSED_ABOVE_ROLL:
        raise InputError("The head in this photo lies on its side; turn the photo upright.")
    others = [other for number, other in enumerate(faces) if number != index]
    x0, y0, x1, y1 = _window(photo, face, others)
    return np.ascontiguousarray(photo[y0:y1, x0:x1])


def _window(photo: Image, face: Found, others: Sequence[Found]) -> tuple[int, int, int, int]:
    """Of the parts of the photo that hold this face and none of the others, a large one."""
    height, width = photo.shape[:2]
    window: Box = (0.0, 0.0, float(width), float(height))
    mine = _corners(face)
    for other in others:
        parts = [part for part in _beside(window, _corners(other)) if _holds(part, mine)]
        if not parts:
            raise InputError(
                "The faces in this photo are too close to each other to be parted: use one in"
                " which nobody else is."
            )
        window = max(parts, key=_area)
    x0, y0, x1, y1 = (round(edge) for edge in window)
    return x0, y0, x1, y1


def _beside(window: Box, other: Box) -> list[Box]:
    """What is left, right, above and below of a face, its hair and ears left out."""
    x0, y0, x1, y1 = window
    left, top, right, bottom = other
    wide, high = BEYOND_OVAL * (right - left), BEYOND_OVAL * (bottom - top)
    return [
        (x0, y0, min(x1, left - wide), y1),
        (max(x0, right + wide), y0, x1, y1),
        (x0, y0, x1, min(y1, top - high)),
        (x0, max(y0, bottom + high), x1, y1),
    ]


def _corners(face: Found) -> Box:
    x, y, width, height = face.box
    return x, y, x + width, y + height


def _holds(window: Box, face: Box) -> bool:
    return (
        window[0] <= face[0]
        and window[1] <= face[1]
        and face[2] <= window[2]
        and face[3] <= window[3]
    )


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
