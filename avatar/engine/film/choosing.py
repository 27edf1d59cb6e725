"""The frame of a film that a reel's cover is made of."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from avatar.engine.cover import HOOK_S
from avatar.engine.face.detect import FaceFinder
from avatar.engine.face.openings import lid_openings, lip_opening
from avatar.engine.film.faces import main_face
from avatar.engine.media.planes import Planes, luma

LOOKED_AT = 9  # frames of the first seconds
WIDE_OPEN = 0.12  # of the lips; more looks like an outcry
SIDE_PX = 256  # of a face, to tell how sharp it is whatever its size


@dataclass(frozen=True)
class _Look:
    """lids: of the eye that is less open, 0 without a face. lips: as lip_opening."""

    lids: float
    lips: float
    sharpness: float


def candidates(n_frames: int, fps: Fraction) -> list[int]:
    """Early frames, evenly; the first and last are left out where there are more."""
    n = min(n_frames, max(1, round(HOOK_S * fps)))
    return sorted({n * (2 * k + 1) // (2 * LOOKED_AT) for k in range(LOOKED_AT)})


def best_of(frames: Sequence[Planes]) -> int:
    """Eyes open, sharp, mouth at ease; the sharpest where there is no face."""
    with FaceFinder() as finder:
        looks = [_look(finder, frame) for frame in frames]
    widest = max(look.lids for look in looks) or 1.0
    sharpest = max(look.sharpness for look in looks) or 1.0
    scores = [
        2 * look.lids / widest
        + look.sharpness / sharpest
        - 4 * max(0.0, look.lips - WIDE_OPEN)
        - 0.01 * number
        for number, look in enumerate(looks)
    ]
    return int(np.argmax(scores))


def _look(finder: FaceFinder, frame: Planes) -> _Look:
    face = main_face(finder, frame)
    if face is None:
        return _Look(0.0, 0.0, _sharpness(luma(frame)))
    points = face.landmarks[:, :2]
    height, width = luma(frame).shape
    x0, y0 = np.clip(points.min(0), 0, (width - 8, height - 8)).astype(int)
    x1, y1 = np.clip(points.max(0), (x0 + 8, y0 + 8), (width, height)).astype(int)
    seen = cv2.resize(
        np.ascontiguousarray(luma(frame)[y0:y1, x0:x1]),
        (SIDE_PX, SIDE_PX),
        interpolation=cv2.INTER_AREA,
    )
    return _Look(min(lid_openings(points)), lip_opening(points), _sharpness(seen))


def _sharpness(picture: Planes) -> float:
    """Spread of the Laplacian (Pech-Pacheco et al. 2000), in steps of luma."""
    return float(np.sqrt(cv2.Laplacian(np.ascontiguousarray(picture), cv2.CV_32F).var()))
