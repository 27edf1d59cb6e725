"""Whether something is before the mouth or the eyes of a photo."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh
from avatar.engine.face.detect import Found
from avatar.engine.face.geometry import polygon
from avatar.engine.face.models import solution
from avatar.engine.types import Image

LIPS_STAND_OUT = 0.2  # range of luma across any lips that can be seen, over their own
LESS_RED = 10  # a* of CIELAB: no lips are so much less red than the skin around them
EYES_DARK, EYES_FLAT = 0.5, 0.15  # lightest part of an eye, range of its luma, over the skin's
LIPS_OUTLINE = (*mesh.OUTER_UPPER, *mesh.OUTER_LOWER[::-1])
ABOVE_LIPS, BELOW_LIPS = (164, 167, 393), (18, 83, 313)
BROW = (9, 107, 66, 69, 108, 151, 337, 299, 296, 336)
LOWER_FACE = ((205, 187, 207, 206), (425, 411, 427, 426), (200, 208, 428))  # cheeks and chin


def mouth_covered(image: Image, face: Found) -> bool:
    """Fingers over the lips, a mask or scarf or beard in their place, a microphone before them."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    return (
        _masked(lab, face.landmarks)
        or _behind_something(lab, face.landmarks)
        or _no_lips(lab[..., 0], face.landmarks)
        or _hand_over_mouth(image, face)
    )


def _no_lips(luma: NDArray[np.float32], landmarks: NDArray[np.float32]) -> bool:
    """Lips, open or closed, are light and dark across the mouth and alike along it."""
    points = landmarks[:, :2]
    corners = points[list(mesh.MOUTH_CORNERS)]
    length = float(np.linalg.norm(corners[1] - corners[0]))
    right = (corners[1] - corners[0]) / max(length, 1e-6)
    down = np.array([-right[1], right[0]], np.float32)
    middle = (points[13] + points[14]) / 2
    top, bottom = float((points[0] - middle) @ down), float((points[17] - middle) @ down)
    x = np.linspace(-0.3, 0.3, 24, dtype=np.float32)[None, :, None] * length
    y = np.linspace(1.3 * top, 1.3 * bottom, 48, dtype=np.float32)[:, None, None]
    seen = cv2.remap(luma, (middle + x * right + y * down).astype(np.float32), None, 1)
    across = seen.mean(1)
    return bool(np.ptp(across) < LIPS_STAND_OUT * max(float(np.median(across)), 1.0))


def _behind_something(lab: NDArray[np.float32], landmarks: NDArray[np.float32]) -> bool:
    """Something without the red of skin, larger than the lips."""
    lips, above, below, *cheeks = (
        _colour(lab, landmarks, points)
        for points in (LIPS_OUTLINE, ABOVE_LIPS, BELOW_LIPS, mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK)
    )
    around = [patch for patch in (above, below) if patch is not None]
    skin = [patch for patch in cheeks if patch is not None]
    if lips is None or not skin or lips[1] > max(patch[1] for patch in skin) - LESS_RED:
        return False
    return any(float(np.linalg.norm(patch - lips)) < 40 for patch in around)


def eyes_covered(image: Image, landmarks: NDArray[np.float32]) -> bool:
    """Both eyes darker than skin all over, or without anything in them."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[..., 0].astype(np.float32)
    skin = [polygon(image, landmarks, points) for points in (mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK)]
    for (upper, lower), cheek in zip(mesh.EYES, skin, strict=True):
        eye = polygon(image, landmarks, (*upper, *lower[::-1]))
        if not eye.any() or not cheek.any():
            return False
        low, high = np.quantile(lab[eye], (0.02, 0.98))
        light = float(np.median(lab[cheek]))
        if high > EYES_DARK * light and high - low > EYES_FLAT * light:
            return False
    return True


def _masked(lab: NDArray[np.float32], landmarks: NDArray[np.float32]) -> bool:
    """A lower face of another colour than the upper, and no lips that stand out from it."""
    brow, lips = (_colour(lab, landmarks, points) for points in (BROW, LIPS_OUTLINE))
    around = [_colour(lab, landmarks, points) for points in LOWER_FACE]
    seen = [patch for patch in around if patch is not None]
    if brow is None or lips is None or not seen:
        return False
    unlike_skin = min(float(np.linalg.norm((patch - brow)[1:])) for patch in seen)
    no_lips = max(float(np.linalg.norm(patch - lips)) for patch in seen) < 14
    return unlike_skin > 12 and no_lips


def _colour(
    lab: NDArray[np.float32], landmarks: NDArray[np.float32], points: tuple[int, ...]
) -> NDArray[np.float32] | None:
    """Median within a polygon of the mesh, or None outside the photo."""
    inside = polygon(lab, landmarks, points)
    return np.median(lab[inside], axis=0).astype(np.float32) if inside.any() else None


def _hand_over_mouth(image: Image, face: Found) -> bool:
    x, y, w, h = face.box
    height, width = image.shape[:2]
    x0, y0 = max(0, int(x - w / 2)), max(0, int(y))
    crop = image[y0 : min(height, int(y + 1.7 * h)), x0 : min(width, int(x + 1.5 * w))]
    if min(crop.shape[:2]) < 32:
        return False
    lips = face.landmarks[list(LIPS_OUTLINE), :2].astype(np.float32)
    with solution("hands").Hands(
        static_image_mode=True, max_num_hands=2, model_complexity=0
    ) as finder:
        result = finder.process(np.ascontiguousarray(crop)).multi_hand_landmarks or []
    for hand in result:
        points = [(p.x * crop.shape[1] + x0, p.y * crop.shape[0] + y0) for p in hand.landmark]
        inside = [cv2.pointPolygonTest(lips, point, False) >= 0 for point in points]
        if sum(inside) >= 2:
            return True
    return False
