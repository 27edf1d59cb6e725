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
LOWEST_EYES = 0.5  # of the height; where the photo ends under the chin they may be lower still
FACE_SHARE = (0.30, 0.58)  # face width over the width of a 9:16 frame of this height
NEAREST = (0.66, 0.60)  # face over the frame, width and height, where the person is cut off
HEADROOM = 0.04  # of the height, above the hair
MOST_BEYOND = 0.15  # of the frame's width that may lie beyond the photo, if being nearer helps
TOUCHES = 0.02  # share of an edge of the photo that is person when the person is cut off there
EDGE_INSET = 0.02  # of the photo's shorter side
HAIRLINE = 0.05  # of the photo: how far around the mask there may still be person
SEAM_PX, DISSOLVES_PX = 24, 90  # at 1080x1920: a cut person goes on that far into background
BLURS_PX = (2.0, 5.0, 12.0, 30.0)  # at 1080x1920; each at a distance of BLUR_AT times itself
BLUR_AT = 3.0
LEAST_GRAIN, MOST_GRAIN = 0.7, 4.0  # of 255; without any, smooth colours show their steps
SMALLEST_SIDE, LARGEST_SIDE = 64, 4096


@dataclass(frozen=True)
class Framed:
    """The photo on the canvas of the reel.

    canvas: (height, width, 3) RGB. landmarks: (478, 3) float32 in canvas pixels.
    person: (height, width) float32 in [0, 1]. scale: canvas pixels a photo pixel.
    window: what is shown of the photo. nearer: how many times larger than a reel is framed.
    """

    canvas: Image
    landmarks: NDArray[np.float32]
    person: NDArray[np.float32]
    scale: float
    window: "Window"
    nearer: float


@dataclass(frozen=True)
class Window:
    """The part of the photo that is shown, in photo pixels; it may reach beyond the photo."""

    x: float
    y: float
    width: float
    height: float


def frame_photo(
    image: Image, face: Face, width: int, height: int, *, nearer: float = 1.0
) -> Framed:
    """Put the photo on a canvas.

    nearer: how many times larger than framed, the eyes staying where they are.

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
    window = _nearer(choose_window(face, width, height), face, nearer)
    scale = width / window.width
    landmarks = face.landmarks * np.float32(scale)
    landmarks[:, :2] -= floats([window.x * scale, window.y * scale])
    return Framed(
        canvas=_cut(image, face.person, window, width, height),
        landmarks=landmarks,
        person=_cut_mask(face, window, width, height),
        scale=scale,
        window=window,
        nearer=nearer,
    )


def choose_window(face: Face, width: int, height: int) -> Window:
    """The whole photo where its shape and the face's size allow it; nearer or wider where not.

    Where the photo cuts the person off, there the frame ends too: the face is rather large, or
    low in the frame under background that is carried on.
    """
    oval = np.ptp(face.landmarks[list(mesh.OVAL), :2], axis=0)
    nominal = min(width, height * 9 / 16) / width  # part of the frame the face is measured against
    inside = min(face.photo_width, face.photo_height * width / height)
    widest, narrowest = (float(oval[0]) / nominal / share for share in FACE_SHARE)
    window = _place(face, min(max(inside, narrowest), widest), height / width)
    eyes = float(face.landmarks[list(mesh.OUTER_EYE_CORNERS), 1].mean())
    if (
        eyes - window.y <= LOWEST_EYES * window.height
        and window.width - face.photo_width <= MOST_BEYOND * window.width
        and not _shows_cut(face, window)
    ):
        return window
    nearest = max(oval[0] / NEAREST[0], oval[1] / NEAREST[1] * width / height)
    return _place(face, min(max(inside, float(nearest)), window.width), height / width)


def _nearer(window: Window, face: Face, times: float) -> Window:
    x, y = face.landmarks[list(mesh.OUTER_EYE_CORNERS), :2].mean(0).tolist()
    return Window(
        x - (x - window.x) / times,
        y - (y - window.y) / times,
        window.width / times,
        window.height / times,
    )


def _place(face: Face, window_w: float, shape: float) -> Window:
    """Where a window of this width and shape (height over width) is best."""
    window_h = window_w * shape
    photo_w, photo_h = face.photo_width, face.photo_height
    eyes = face.landmarks[list(mesh.OUTER_EYE_CORNERS), :2].mean(0)
    low, high = (eyes[1] - share * window_h for share in reversed(EYE_LINE_RANGE))
    top = min(max(eyes[1] - EYE_LINE * window_h, low), high)
    top = min(top, _hair_top(face) - HEADROOM * window_h)
    top = max(top, eyes[1] - LOWEST_EYES * window_h)
    person = face.person > 127
    above, below = _is_cut(person[:2]), _is_cut(person[-2:])
    if window_h > photo_h and not (above or below):
        # What is missing is better added above the head than under the chest.
        top = min(max(photo_h - window_h, low), 0.0)
    else:
        top = _inside(top, window_h, photo_h, keep_start=above and not below, keep_stop=below)
    rows = person[_mask_rows(face, top, top + window_h)]
    at_left, at_right = _is_cut(rows[:, :2]), _is_cut(rows[:, -2:])
    middle = float(face.landmarks[list(mesh.OVAL), 0].mean())
    left = _inside(
        middle - window_w / 2,
        window_w,
        photo_w,
        keep_start=at_left and not at_right,
        keep_stop=at_right and not at_left,
    )
    return Window(left, top, window_w, window_h)


def _inside(
    start: float, length: float, photo: int, *, keep_start: bool, keep_stop: bool
) -> float:
    """Move a span so that little of it lies beyond the photo, and nothing at an end to keep."""
    if length <= photo:
        return min(max(start, 0.0), photo - length)
    if keep_stop:
        return photo - length
    return 0.0 if keep_start else min(max(start, photo - length), 0.0)


def _is_cut(edge: NDArray[np.bool_]) -> bool:
    return bool(edge.size) and float(edge.mean()) > TOUCHES


def _mask_rows(face: Face, top: float, bottom: float) -> slice:
    rows = face.person.shape[0]
    start, stop = (round(y * rows / face.photo_height) for y in (top, bottom))
    return slice(max(0, start), max(0, stop))


def _shows_cut(face: Face, window: Window) -> bool:
    """Whether the window reaches beyond an edge of the photo at which the person is cut off."""
    person = face.person > 127
    rows = person[_mask_rows(face, window.y, window.y + window.height)]
    beyond = (
        (window.y, person[:2]),
        (face.photo_height - window.y - window.height, person[-2:]),
        (window.x, rows[:, :2]),
        (face.photo_width - window.x - window.width, rows[:, -2:]),
    )
    return any(room < -1 and _is_cut(edge) for room, edge in beyond)


def _hair_top(face: Face) -> float:
    """Where the person begins above the face, in photo pixels."""
    x0, x1 = face.landmarks[:, 0].min(), face.landmarks[:, 0].max()
    rows, columns = face.person.shape
    to_mask = columns / face.photo_width
    strip = face.person[:, max(0, int(x0 * to_mask)) : min(columns, int(x1 * to_mask) + 1)]
    seen = np.flatnonzero((strip > 127).mean(1) > 0.1) if strip.size else np.zeros(0)
    forehead = float(face.landmarks[mesh.FOREHEAD, 1])
    return min(forehead, float(seen[0]) * face.photo_height / rows) if len(seen) else forehead


def _cut(image: Image, mask: NDArray[np.uint8], window: Window, width: int, height: int) -> Image:
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
    person = cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR)[y0:y1, x0:x1]
    # The last rows of a photo are often a frame or a fault; do not grow a margin out of them.
    inset = EDGE_INSET * min(size)
    lines = (person, person[::-1], person.T, person.T[::-1])
    cut = [
        round(max(1.0, min(inset, 0.5 * _free_lines(edge)))) if side > 0 else 0
        for side, edge in zip((top, bottom, left, right), lines, strict=True)
    ]
    inner = slice(cut[0], seen.shape[0] - cut[1]), slice(cut[2], seen.shape[1] - cut[3])
    seen, person = seen[inner], person[inner]
    top, bottom, left, right = (
        max(0, side + less) for side, less in zip((top, bottom, left, right), cut, strict=True)
    )
    return _carried_on(seen, person, (top, bottom, left, right))[:height, :width]


def _free_lines(person: NDArray[np.uint8]) -> int:
    """How many rows from the first on show nobody."""
    seen = np.flatnonzero((person > 127).mean(1) > TOUCHES)
    return int(seen[0]) if len(seen) else len(person)


def _resized(image: Image, size: tuple[int, int], scale: float) -> Image:
    if abs(scale - 1) < 1e-9:
        return image
    if scale < 1:
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    large = cv2.resize(image, size, interpolation=cv2.INTER_LANCZOS4)
    soft = cv2.GaussianBlur(large, (0, 0), 0.7 * scale)
    strength = min(0.6, 0.35 * (scale - 1))
    return cv2.addWeighted(large, 1 + strength, soft, -strength, 0)


def _carried_on(
    seen: Image, person: NDArray[np.uint8], margins: tuple[int, int, int, int]
) -> Image:
    """The picture with margins: its background mirrored, ever less sharp, with its grain.

    seen: (h, w, 3), person: (h, w), margins: top, bottom, left, right in pixels.
    """
    edge, wide = (
        cv2.copyMakeBorder(seen, *margins, kind)
        for kind in (cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT_101)
    )
    unit = max(wide.shape[:2]) / 1920
    beyond = beyond_photo(seen.shape[:2], margins)
    # Nobody is seen twice: only what touches the edge goes on a little.
    empty = cv2.copyMakeBorder(without_person(seen, person), *margins, cv2.BORDER_REFLECT_101)
    cut = cv2.copyMakeBorder(person, *margins, cv2.BORDER_REPLICATE).astype(np.float32) / 255
    cut = cv2.blur(np.clip(2 * cut - 1, 0, 1), (round(40 * unit) | 1,) * 2)
    reach = unit * (SEAM_PX + DISSOLVES_PX * cut)
    result = _mixed(_mixed(edge, wide, cut), empty, np.clip(beyond / reach, 0, 1))
    softer = result
    for blur in BLURS_PX:
        sigma = blur * unit
        softer = _blurred(softer, sigma)
        share = np.clip((beyond - BLUR_AT * sigma / 2) / (BLUR_AT * sigma), 0, 1)
        result = _mixed(result, softer, share)
    result = grained(result, seen, person, np.clip(beyond / (4 * unit), 0, 1))
    top, left = margins[0], margins[2]
    result[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
    return result


def beyond_photo(
    inside: tuple[int, ...], margins: tuple[int, int, int, int]
) -> NDArray[np.float32]:
    """Distance from the picture in pixels, 0 in it."""
    top, bottom, left, right = margins
    y = np.arange(-top, inside[0] + bottom, dtype=np.float32)[:, None]
    x = np.arange(-left, inside[1] + right, dtype=np.float32)[None, :]
    return np.hypot(
        np.maximum(0, np.maximum(-y, y - inside[0] + 1)),
        np.maximum(0, np.maximum(-x, x - inside[1] + 1)),
    )


def _mixed(one: Image, other: Image, share: NDArray[np.float32]) -> Image:
    return cv2.blendLinear(one, other, 1 - share, share)


def _blurred(image: Image, sigma: float) -> Image:
    """As sharp as it needs to be worked out: a wide blur of a small picture."""
    less = max(1.0, sigma / 3)
    size = max(1, round(image.shape[1] / less)), max(1, round(image.shape[0] / less))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(0.3, sigma / less), borderType=cv2.BORDER_REFLECT)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def without_person(seen: Image, person: NDArray[np.uint8]) -> Image:
    """The background carried smoothly over the person."""
    scale = 96 / max(seen.shape[:2])
    size = max(8, round(seen.shape[1] * scale)), max(8, round(seen.shape[0] * scale))
    small = cv2.resize(seen, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    mask = cv2.resize(person, size, interpolation=cv2.INTER_AREA)
    reach = 2 * max(1, round(HAIRLINE * max(size))) + 1
    near = cv2.dilate((mask > 20).astype(np.uint8), np.ones((reach, reach), np.uint8))
    if near.all():
        return seen
    known = 1 - near.astype(np.float32)
    filled = small
    for sigma in (48.0, 24.0, 12.0, 6.0, 3.0, 1.5):  # ever nearer neighbours, where there are any
        weight = cv2.GaussianBlur(known, (0, 0), sigma)
        mean = cv2.GaussianBlur(small * known[..., None], (0, 0), sigma)
        trust = np.clip(weight * 8, 0, 1)[..., None] if sigma < 48 else np.ones(1, np.float32)
        filled = (filled if sigma < 48 else 0) * (1 - trust) + trust * (
            mean / np.maximum(weight, 1e-4)[..., None]
        )
    whole = cv2.resize(
        np.clip(np.rint(filled), 0, 255).astype(np.uint8), seen.shape[1::-1], None, 0, 0, 1
    )
    soft = cv2.resize(cv2.GaussianBlur(near.astype(np.float32), (0, 0), 1.0), seen.shape[1::-1])
    return _mixed(seen, whole, soft)


def grained(
    image: Image | NDArray[np.float32],
    seen: Image,
    person: NDArray[np.uint8],
    share: NDArray[np.float32],
) -> Image:
    """A blurred margin without the noise of its photo looks like another picture.

    image: (h, w, 3), seen: what it belongs to, person: the mask of that.
    """
    luma = cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = np.abs(luma - cv2.GaussianBlur(luma, (0, 0), 1.0))[person < 40]
    # The median is about the noise of flat parts, not their edges.
    sigma = 1.48 * float(np.median(detail)) if detail.size else 0.0
    sigma = min(max(sigma, LEAST_GRAIN), MOST_GRAIN)
    noise = np.zeros(image.shape[:2], np.float32)
    cv2.setRNGSeed(1)  # the same photo gives the same canvas
    cv2.randn(noise, 0, 1)
    noise *= sigma * share
    result = np.empty(image.shape, np.uint8)
    for top in range(0, len(image), 256):  # a large frame of floats is a lot of memory
        rows = slice(top, top + 256)
        result[rows] = np.clip(np.rint(image[rows] + noise[rows, :, None]), 0, 255)
    return result


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
