"""Frame the photo as a director would: which part is seen, how large, and what fills the rest."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import InputError
from avatar.engine.face import mesh
from avatar.engine.face.geometry import floats
from avatar.engine.face.portrait import Face
from avatar.engine.types import Image

EYE_LINE = 0.40  # of the height, from the top
EYE_LINE_RANGE = (0.33, 0.45)
FACE_SHARE = (0.30, 0.55)  # face width over the width of a 9:16 frame of this height
EDGE_INSET = 0.012  # of the photo's shorter side
HEADROOM = 0.04  # of the height, above the hair
SMALLEST_SIDE, LARGEST_SIDE = 64, 4096


@dataclass(frozen=True)
class Framed:
    """The photo on the canvas of the reel.

    canvas: (height, width, 3) RGB. landmarks: (478, 3) float32 in canvas pixels.
    person: (height, width) float32 in [0, 1]. scale: canvas pixels a photo pixel.
    """

    canvas: Image
    landmarks: NDArray[np.float32]
    person: NDArray[np.float32]
    scale: float


@dataclass(frozen=True)
class Window:
    """The part of the photo that is shown, in photo pixels; it may reach beyond the photo."""

    x: float
    y: float
    width: float
    height: float


def frame_photo(image: Image, face: Face, width: int, height: int) -> Framed:
    """Put the photo on a canvas.

    Raises InputError when the size is odd, too small or too large, or the face of another photo.
    """
    if width % 2 or height % 2:
        raise InputError(f"The size {width}x{height} is odd; both sides must be even.")
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (width, height)):
        raise InputError(
            f"The size {width}x{height} is out of range; "
            f"{SMALLEST_SIDE} to {LARGEST_SIDE} pixels a side are possible."
        )
    if image.shape[:2] != (face.photo_height, face.photo_width):
        raise InputError("This face belongs to another photo; analyse this one.")
    window = choose_window(face, width, height)
    scale = width / window.width
    landmarks = face.landmarks * np.float32(scale)
    landmarks[:, :2] -= floats([window.x * scale, window.y * scale])
    return Framed(
        canvas=_cut(image, window, width, height),
        landmarks=landmarks,
        person=_cut_mask(face, window, width, height),
        scale=scale,
    )


def choose_window(face: Face, width: int, height: int) -> Window:
    """The whole photo where its shape and the face's size allow it; nearer or wider where not."""
    photo_w, photo_h = face.photo_width, face.photo_height
    oval = face.landmarks[list(mesh.OVAL), :2]
    face_width = float(np.ptp(oval[:, 0]))
    nominal = min(width, height * 9 / 16) / width  # part of the frame the face is measured against
    inside = min(photo_w, photo_h * width / height)
    share = face_width / (inside * nominal)
    window_w = face_width / nominal / min(max(share, FACE_SHARE[0]), FACE_SHARE[1])
    window_h = window_w * height / width

    eyes = face.landmarks[list(mesh.OUTER_EYE_CORNERS), :2].mean(0)
    low, high = (eyes[1] - share * window_h for share in reversed(EYE_LINE_RANGE))
    top = min(max(eyes[1] - EYE_LINE * window_h, low), high)
    top = min(top, _hair_top(face) - HEADROOM * window_h)
    top = max(top, eyes[1] - 0.5 * window_h)
    top = _inside(top, window_h, photo_h, low)
    left = _inside(float(oval[:, 0].mean()) - window_w / 2, window_w, photo_w, None)
    return Window(left, top, window_w, window_h)


def _inside(start: float, length: float, photo: int, lowest: float | None) -> float:
    """Move a span so that as little as possible of it lies beyond the photo."""
    if length <= photo:
        return min(max(start, 0.0), photo - length)
    # Wider than the photo: what is missing is better added above the head than under the chest.
    if lowest is None:
        return min(max(start, photo - length), 0.0)
    return min(max(photo - length, lowest), 0.0)


def _hair_top(face: Face) -> float:
    """Where the person begins above the face, in photo pixels."""
    x0, x1 = face.landmarks[:, 0].min(), face.landmarks[:, 0].max()
    rows, columns = face.person.shape
    to_mask = columns / face.photo_width
    strip = face.person[:, max(0, int(x0 * to_mask)) : min(columns, int(x1 * to_mask) + 1)]
    seen = np.flatnonzero((strip > 127).mean(1) > 0.1) if strip.size else np.zeros(0)
    forehead = float(face.landmarks[mesh.FOREHEAD, 1])
    return min(forehead, float(seen[0]) * face.photo_height / rows) if len(seen) else forehead


def _cut(image: Image, window: Window, width: int, height: int) -> Image:
    """The window at the size of the canvas, with the photo carried on beyond its edges."""
    scale = width / window.width
    photo_h, photo_w = image.shape[:2]
    size = max(1, round(photo_w * scale)), max(1, round(photo_h * scale))
    left, top = round(-window.x * scale), round(-window.y * scale)
    photo = _resized(image, size, scale)
    x0, y0 = max(0, -left), max(0, -top)
    x1, y1 = min(size[0], width - left), min(size[1], height - top)
    seen = photo[y0:y1, x0:x1]
    left, top = max(0, left), max(0, top)
    right, bottom = width - left - seen.shape[1], height - top - seen.shape[0]
    if not (left or top or right > 0 or bottom > 0):
        return np.ascontiguousarray(seen)
    # The last rows of a photo are often a frame or a fault; do not grow a margin out of them.
    inset = max(1, round(EDGE_INSET * min(size)))
    cut = [inset if side > 0 else 0 for side in (top, bottom, left, right)]
    seen = seen[cut[0] : seen.shape[0] - cut[1], cut[2] : seen.shape[1] - cut[3]]
    top, bottom, left, right = (
        side + less for side, less in zip((top, bottom, left, right), cut, strict=True)
    )
    return _carried_on(seen, top, max(0, bottom), left, max(0, right))[:height, :width]


def _resized(image: Image, size: tuple[int, int], scale: float) -> Image:
    if abs(scale - 1) < 1e-9:
        return image
    if scale < 1:
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    large = cv2.resize(image, size, interpolation=cv2.INTER_LANCZOS4)
    soft = cv2.GaussianBlur(large, (0, 0), 0.7 * scale)
    strength = min(0.6, 0.35 * (scale - 1))
    return cv2.addWeighted(large, 1 + strength, soft, -strength, 0)


def _carried_on(seen: Image, top: int, bottom: int, left: int, right: int) -> Image:
    """The picture with margins that grow out of its edges and blur with distance."""
    height, width = seen.shape[:2]
    reach = max(top, bottom, left, right)
    wide = cv2.copyMakeBorder(seen, top, bottom, left, right, cv2.BORDER_REPLICATE)
    rows = np.arange(height + top + bottom, dtype=np.float32)[:, None]
    columns = np.arange(width + left + right, dtype=np.float32)[None, :]
    beyond = np.maximum(
        np.maximum(top - rows, rows - (top + height - 1)),
        np.maximum(left - columns, columns - (left + width - 1)),
    )
    result = wide.astype(np.float32)
    for sigma in (4.0, 12.0, 36.0):
        sigma = min(sigma, reach)
        soft = cv2.GaussianBlur(result, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        share = np.clip((beyond - sigma * 0.2) / (2.0 * sigma), 0, 1)[..., None]
        result += share * (soft - result)
    return np.clip(np.rint(result), 0, 255).astype(np.uint8)


def _cut_mask(face: Face, window: Window, width: int, height: int) -> NDArray[np.float32]:
    scale = width / window.width
    per_mask = face.photo_width / face.person.shape[1] * scale
    per_mask_y = face.photo_height / face.person.shape[0] * scale
    place = floats(
        [
            [per_mask, 0, (per_mask - 1) / 2 - window.x * scale],
            [0, per_mask_y, (per_mask_y - 1) / 2 - window.y * scale],
        ]
    )
    mask = cv2.warpAffine(
        face.person,
        place,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return mask.astype(np.float32) / 255
