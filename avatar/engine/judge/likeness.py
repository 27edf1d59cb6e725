"""Whether the person of a video is still the person of its photo."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import InputError
from avatar.engine.face import analyse, mesh
from avatar.engine.face.framing import frame_photo
from avatar.engine.face.openings import lid_openings, lip_opening
from avatar.engine.judge.seen import Look, looks
from avatar.engine.types import Image
from studio.lib.photos import PhotoError, read_photo

# What stays where the skull is: corners of the eyes, nose, edge of the face above the jaw.
STEADY = (33, 133, 362, 263, 168, 6, 1, 10, 127, 356, 468, 473)
HEAD_MARGIN = 0.25  # of the mesh's box on each side
MOUTH_MARGIN = 0.2  # of the distance of the eye corners, around the lips
AFTER_FRAMES = 10  # later than the first frame itself, when that is what others are held against
LIDS_COUNT, LIPS_COUNT = 0.3, 0.3  # beside the distance of the steady points


class Likeness:
    """Keeps the frame most at rest, to be compared with the photo, or else with the first frame.

    photo: framed as a reel of the video's size frames it.
    """

    def __init__(self, photo: Path | None) -> None:
        self.photo = photo
        self.reference: Look | None = None
        self.best: Look | None = None
        self.best_number, self.least = 0, float("inf")
        self.number = -1

    def see(self, look: Look) -> None:
        self.number += 1
        if look.landmarks is None:
            return
        if self.reference is None:
            self.reference = look if self.photo is None else self._framed(self.photo, look)
        assert self.reference.landmarks is not None
        far = _distance(look.landmarks, self.reference.landmarks)
        if far < self.least and (self.photo is not None or self.number >= AFTER_FRAMES):
            self.best, self.best_number, self.least = look, self.number, far

    def _framed(self, photo: Path, look: Look) -> Look:
        try:
            image = np.asarray(read_photo(photo))
        except PhotoError as e:
            raise InputError(str(e)) from e
        except OSError as e:
            raise InputError(f"There is no photo {photo}.") from e
        height, width = look.frame.shape[:2]
        canvas = frame_photo(image, analyse(image), width, height).canvas
        (framed,) = looks([canvas])
        if framed.landmarks is None:
            raise InputError(f"{photo.name} shows no face once it is framed as the video is.")
        return framed

    def measured(self, fps: float) -> dict[str, Any] | None:
        """None when there was nothing to compare."""
        if self.best is None or self.reference is None:
            return None
        one, other = self.reference, self.best
        assert one.landmarks is not None
        assert other.landmarks is not None
        head = _head_without_mouth(one.landmarks, one.frame.shape)
        difference = (_luma(one.frame) - _luma(other.frame))[head]
        error = float(np.mean(np.square(difference))) if difference.size else 0.0
        moved = np.abs(one.landmarks[list(STEADY)] - other.landmarks[list(STEADY)]).mean()
        return {
            "psnr_db": round(10 * float(np.log10(255**2 / max(error, 0.05))), 2),
            "at_s": round((self.best_number + 0.5) / fps, 2),
            "moved_px": round(float(moved), 2),
            "against": "first frame" if self.photo is None else "photo",
        }


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """How far a face is from another's pose with its eyes as open and its mouth shut."""
    eyes = one[list(mesh.OUTER_EYE_CORNERS)]
    unit = float(np.linalg.norm(eyes[0] - eyes[1]))
    moved = float(np.abs(one[list(STEADY)] - other[list(STEADY)]).mean()) / unit
    lids = float(np.abs(np.subtract(lid_openings(one), lid_openings(other))).mean())
    return moved + LIDS_COUNT * lids + LIPS_COUNT * lip_opening(one)


def _head_without_mouth(landmarks: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[Any]:
    height, width = shape[:2]
    low, high = landmarks.min(0), landmarks.max(0)
    margin = HEAD_MARGIN * (high - low)
    x0, y0 = np.maximum(0, low - margin).astype(int)
    x1, y1 = np.minimum((width, height), high + margin).astype(int)
    inside = np.zeros((height, width), np.uint8)
    inside[y0:y1, x0:x1] = 1
    eyes = landmarks[list(mesh.OUTER_EYE_CORNERS)]
    reach = round(MOUTH_MARGIN * float(np.linalg.norm(eyes[0] - eyes[1])))
    mouth = np.zeros_like(inside)
    cv2.fillConvexPoly(mouth, cv2.convexHull(landmarks[mesh.LIPS]).astype(np.int32), 1)
    grown = cv2.dilate(mouth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2))
    return (inside > 0) & (grown == 0)


def _luma(frame: Image) -> NDArray[np.float32]:
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
