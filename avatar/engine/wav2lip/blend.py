"""Laying a drawn mouth over a frame, so that no box and no seam are seen.

The network draws the whole lower half of a face at 96 px. Three things keep that from showing:
only what lies between nose, cheeks and chin is taken, with a soft edge; its colours are brought to
those of the frame along that edge; and where it drew what was there before, the frame's own pixels
are kept, so skin and stubble stay as sharp as they were.
"""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face.geometry import smoothstep
from avatar.engine.types import Image
from avatar.engine.wav2lip.faces import Place
from avatar.engine.wav2lip.options import Wav2LipOptions

Floats = NDArray[np.float32]

SIDE = 96  # px of the crop; what follows is in pixels of it
FIRST_ROW = 47.0  # the network copies what is above row 48
JAW = slice(10, 27)  # of mesh.OVAL: from below one ear round the chin to the other
BEYOND, FEATHER = 2.0, 3.0  # how far the mask reaches beyond the jaw, and how softly it ends
EDGE = 7.0  # from the border of the crop, where nothing is taken, to where all may be
COLOUR_REACH, MOST_COLOUR = 20.0, 30.0  # how far the seam's colours spread; of 255
SAME_BELOW, OTHER_ABOVE = 4.0, 16.0  # of 255: what the network left alone, what it drew anew
LIPS_BEYOND, LIPS_FEATHER = 3.0, 2.0  # here the drawn mouth is taken whole, equally sharp always
SMOOTHED_OVER = 0.45  # standard deviation; without it slanting lips are stairs of enlarged pixels
SHARPENED_OVER, MOST_SHARPENED = 0.9, 2.0  # standard deviation of the blur taken back; how often


class Box(NamedTuple):
    """The crop in whole pixels of the frame; it may reach beyond it."""

    x0: int
    y0: int
    x1: int
    y1: int


@dataclass(frozen=True)
class Patch:
    """pixels: (h, w, 3) RGB, to be put at x, y of the frame."""

    x: int
    y: int
    pixels: Image


def crop_box(place: Place, pads: tuple[int, int, int, int]) -> Box:
    """pads: top, bottom, left, right, in pixels of the frame."""
    x0, y0, x1, y1 = (round(float(side)) for side in place.box)
    top, bottom, left, right = pads
    x0, y0 = x0 - left, y0 - top
    return Box(x0, y0, max(x0 + 2, x1 + right), max(y0 + 2, y1 + bottom))


def cut(frame: Image, box: Box) -> Image:
    """The crop as the network sees it, (96, 96, 3) RGB. Beyond the frame its border goes on."""
    height, width = frame.shape[:2]
    x0, x1 = max(0, box.x0), min(width, box.x1)
    y0, y1 = max(0, box.y0), min(height, box.y1)
    if x0 >= x1 or y0 >= y1:  # nothing of it is in the frame
        return np.zeros((SIDE, SIDE, 3), np.uint8)
    inside = frame[y0:y1, x0:x1]
    top, bottom, left, right = y0 - box.y0, box.y1 - y1, x0 - box.x0, box.x1 - x1
    if top or bottom or left or right:
        inside = cv2.copyMakeBorder(inside, top, bottom, left, right, cv2.BORDER_REPLICATE)
    smaller = inside.shape[0] > SIDE or inside.shape[1] > SIDE
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cv2.resize(inside, (SIDE, SIDE), interpolation=way)


class Blend:
    """Where and how a mouth is laid over one frame; good for all mouths drawn for it.

    crop: (96, 96, 3) RGB, what the network is shown of the frame.
    """

    def __init__(self, frame: Image, place: Place, box: Box, options: Wav2LipOptions) -> None:
        self.box, self.options = box, options
        self.crop = cut(frame, box)
        shapes = Shapes(place, box)
        self.seam, self.lips = shapes.seam(), shapes.lips()
        mask = self._up(shapes.mask()) * options.strength
        self._inner, self._x, self._y = self._visible(mask, frame.shape)
        self.mask = mask[self._inner][..., None]
        height, width = self.mask.shape[:2]
        part = frame[self._y : self._y + height, self._x : self._x + width]
        self.frame = part.astype(np.float32)
        self.crop_up = self._enlarged(self.crop.astype(np.float32))

    def over(self, drawn: Floats) -> Patch | None:
        """The part of the frame that changes; None when nothing does.

        drawn: (96, 96, 3) RGB in [0, 255].
        """
        if not self.mask.size:
            return None
        matched = drawn + self._colour(drawn)
        kept = self._kept(matched)
        new = self._enlarged(matched)
        kept_up = self._up(kept)[self._inner][..., None]
        new += (1 - kept_up) * self._blurred_away(new)
        new += kept_up * (self.frame - self.crop_up)
        mixed = self.frame + self.mask * (new - self.frame)
        return Patch(self._x, self._y, np.clip(np.rint(mixed), 0, 255).astype(np.uint8))

    def _up(self, small: Floats) -> Floats:
        """From the crop's pixels to the frame's. Masks stay in [0, 1]."""
        size = self.box.x1 - self.box.x0, self.box.y1 - self.box.y0
        way = cv2.INTER_CUBIC if small.ndim == 3 else cv2.INTER_LINEAR
        return cv2.resize(small, size, interpolation=way)

    def _enlarged(self, small: Floats) -> Floats:
        """The part of a picture that may be seen, without the edges of the crop's pixels."""
        part = self._up(small)[self._inner]
        if self._scale <= 1 or not part.size:
            return part
        return cv2.GaussianBlur(part, (0, 0), SMOOTHED_OVER * self._scale)

    @property
    def _scale(self) -> float:
        """How many pixels of the frame one of the crop becomes."""
        return (self.box.y1 - self.box.y0) / SIDE

    def _visible(
        self, mask: Floats, shape: tuple[int, ...]
    ) -> tuple[tuple[slice, slice], int, int]:
        """Rows and columns of the crop that change and are in the frame, and where that is."""
        spans = []
        for axis, (begin, length) in enumerate(((self.box.y0, shape[0]), (self.box.x0, shape[1]))):
            used = np.flatnonzero(mask.any(axis=1 - axis))
            low, high = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0)
            low, high = max(low, -begin), min(high, length - begin)
            spans.append(slice(low, max(low, high)))
        rows, columns = spans
        return (rows, columns), self.box.x0 + columns.start, self.box.y0 + rows.start

    def _colour(self, drawn: Floats) -> Floats:
        """What to add so that colours agree along the seam, and smoothly less unlike it inside."""
        weight = self.seam[..., None]
        total = float(weight.sum())
        if total < 1:
            return np.zeros_like(drawn)
        difference = (self.crop - drawn) * weight
        mean = difference.sum((0, 1)) / total
        spread, by = (cv2.GaussianBlur(x, (0, 0), COLOUR_REACH) for x in (difference, self.seam))
        little = 0.05 * float(by.max())  # far from the seam its mean colour holds
        offset = (spread + little * mean) / (by[..., None] + little)
        return np.clip(offset, -MOST_COLOUR, MOST_COLOUR).astype(np.float32)

    def _kept(self, matched: Floats) -> Floats:
        """How far the frame's own detail is kept, (96, 96) in [0, 1]."""
        change = cv2.GaussianBlur(np.abs(matched - self.crop).max(axis=2), (0, 0), 2.0)
        return (1 - smoothstep(SAME_BELOW, OTHER_ABOVE, change)) * (1 - self.lips)

    def _blurred_away(self, new: Floats) -> Floats | float:
        """Roughly what 96 px could not hold of the drawn mouth."""
        if self._scale <= 1 or not self.options.sharpen:
            return 0.0
        soft = cv2.GaussianBlur(new, (0, 0), SHARPENED_OVER * self._scale)
        return MOST_SHARPENED * self.options.sharpen * (new - soft)


class Shapes:
    """Masks of one face in pixels of the crop, (96, 96) float32 in [0, 1]."""

    def __init__(self, place: Place, box: Box) -> None:
        self.place, self.box = place, box
        self._lower = self._filled(np.concatenate([place.oval[JAW], place.nose[::-1]]))

    def mask(self) -> Floats:
        """The lower face, soft towards its edges, and nothing at the border of the crop."""
        return self._soft_lower() * _window()

    def seam(self) -> Floats:
        """Where colours have to agree: the mask's edge on nose and cheeks, not below the lips.

        There the jaw moves, and skin may lie where the neck was.
        """
        soft = self.mask()
        face = _blurred(self._filled(self.place.oval), 1.0)
        lips_y = self._in_crop(self.place.lips)[:, 1]
        rows = np.arange(SIDE, dtype=np.float32)[:, None]
        middle, end = float(lips_y.mean()), float(lips_y.max()) + 8
        return 4 * soft * (1 - soft) * face * (1 - smoothstep(middle, end, rows))

    def lips(self) -> Floats:
        """Lips and a little about them."""
        return _blurred(_grown(self._filled(self.place.lips), LIPS_BEYOND), LIPS_FEATHER)

    def _soft_lower(self) -> Floats:
        return _blurred(_grown(self._lower, BEYOND), FEATHER)

    def _in_crop(self, points: Floats) -> Floats:
        low = np.array(self.box[:2], np.float32)
        size = np.array(self.box[2:], np.float32) - low
        return (points - low) / size * SIDE - 0.5

    def _filled(self, outline: Floats) -> Floats:
        shift = 4  # cv2 takes sixteenths of a pixel
        corners = np.rint(self._in_crop(outline) * 2**shift).astype(np.int32)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, shift)
        return mask.astype(np.float32) / 255


def _window() -> Floats:
    """1 in the lower half of the crop, 0 along its border."""
    at = np.arange(SIDE, dtype=np.float32)
    across = smoothstep(0, EDGE, np.minimum(at, at[::-1]))
    down = smoothstep(FIRST_ROW, FIRST_ROW + EDGE, at) * smoothstep(0, EDGE, at[::-1])
    return down[:, None] * across


def _grown(mask: Floats, by: float) -> Floats:
    side = 2 * round(by) + 1
    return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))


def _blurred(mask: Floats, sigma: float) -> Floats:
    return cv2.GaussianBlur(mask, (0, 0), sigma)
