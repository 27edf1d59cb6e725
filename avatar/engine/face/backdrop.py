"""What is seen behind the person instead of the photo's own background; it stays still."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh
from avatar.engine.face.framing import Framed, Window, beyond_photo, grained, without_person
from avatar.engine.face.matte import Box, Matte, without_spill
from avatar.engine.face.portrait import Face
from avatar.engine.face.yuv import Patch, planes_from_rgb
from avatar.engine.types import Image

Array = NDArray[np.float32]
Colour = tuple[int, int, int]  # RGB

BLUR = 0.022  # of the frame's longer side: how large a point out of focus is, its radius
LIGHTS_ADD_UP = 2.4  # exponent at which light is averaged: lamps stay bright discs
CARRIED_ON_PX = 960  # longer side at which the background is carried on
SHOWN_BEHIND = 0.03  # of that side: how far behind the outline a turned head lets one look
STRANDS = 0.011  # of that side: how far hair that no matte finds stands off
WORKED_PX = 480  # longer side at which the blur is worked out
DISSOLVES = 0.06  # of the longer side: a person cut off goes on that far beyond the photo


@dataclass(frozen=True)
class Background:
    """fill: a picture, a colour, or None for the photo's own background.

    still: that one as sharp as it is; else out of focus.
    """

    matte: Matte
    fill: Image | Colour | None
    still: bool = False


def shown_part(face: Face, window: Window) -> Box:
    """The part of the photo that a window shows, in whole pixels: x0, y0, x1, y1."""
    x1, y1 = window.x + window.width, window.y + window.height
    return (
        max(0, int(window.x)),
        max(0, int(window.y)),
        min(face.photo_width, int(x1) + 1),
        min(face.photo_height, int(y1) + 1),
    )


def set_before(framed: Framed, face: Face, background: Background) -> tuple[Framed, Patch]:
    """The person alone on the canvas, and what is behind: y, u, v, its alpha where they hide it.

    The canvas shows the person's colours wherever there is any of them, and around.
    """
    alpha = _on_canvas(framed, face, background.matte)
    eyes = framed.landmarks[list(mesh.OUTER_EYE_CORNERS), :2]
    scale_px = float(np.linalg.norm(eyes[1] - eyes[0]))
    person = without_spill(framed.canvas, alpha, scale_px)
    plate = _still(framed, alpha) if background.still else _plate(framed, alpha, background.fill)
    behind = Patch(*planes_from_rgb(plate), np.rint(255 * alpha).astype(np.uint8))
    return replace(framed, canvas=person, person=alpha), behind


def _on_canvas(framed: Framed, face: Face, matte: Matte) -> Array:
    """The share of person in each pixel of the canvas; none far beyond the photo."""
    height, width = framed.canvas.shape[:2]
    x0, y0, x1, y1 = matte.box
    rows, columns = matte.alpha.shape
    across, down = (x1 - x0) / columns * framed.scale, (y1 - y0) / rows * framed.scale
    left, top = (x0 - framed.window.x) * framed.scale, (y0 - framed.window.y) * framed.scale
    place = np.array([[across, 0, left + (across - 1) / 2], [0, down, top + (down - 1) / 2]])
    alpha = cv2.warpAffine(
        matte.alpha,
        place,
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return alpha.astype(np.float32) / 255 * _fades_beyond(framed, face)


def _fades_beyond(framed: Framed, face: Face) -> Array:
    height, width = framed.canvas.shape[:2]
    left, top = -framed.window.x * framed.scale, -framed.window.y * framed.scale
    right = width - left - face.photo_width * framed.scale
    bottom = height - top - face.photo_height * framed.scale
    margins = [max(0, round(side)) for side in (top, bottom, left, right)]
    inside = height - margins[0] - margins[1], width - margins[2] - margins[3]
    away = beyond_photo(inside, (margins[0], margins[1], margins[2], margins[3]))
    fading: Array = np.clip(1 - away / (DISSOLVES * max(height, width)), 0, 1)
    return fading


def _plate(framed: Framed, alpha: Array, fill: Image | Colour | None) -> Image:
    height, width = framed.canvas.shape[:2]
    if fill is None:
        return _out_of_focus(framed, alpha)
    if isinstance(fill, tuple):
        return np.full((height, width, 3), fill, np.uint8)
    eyes = framed.landmarks[list(mesh.OUTER_EYE_CORNERS), :2].mean(0)
    return _covering(fill, (width, height), framed.nearer, (float(eyes[0]), float(eyes[1])))


def _covering(
    picture: Image, size: tuple[int, int], nearer: float, keeps: tuple[float, float]
) -> Image:
    """The middle of a picture, filling the frame; nearer, it is larger about the point `keeps`."""
    width, height = size
    rows, columns = picture.shape[:2]
    scale = max(width / columns, height / rows) * nearer
    large = max(1, round(columns * scale)), max(1, round(rows * scale))
    picture = cv2.resize(
        picture, large, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    middle = (large[0] - width * nearer) / 2, (large[1] - height * nearer) / 2
    x, y = (round(m + k * (nearer - 1)) for m, k in zip(middle, keeps, strict=True))
    x, y = min(max(x, 0), large[0] - width), min(max(y, 0), large[1] - height)
    return np.ascontiguousarray(picture[y : y + height, x : x + width])


def _still(framed: Framed, alpha: Array) -> Image:
    """The background as it is, carried on behind the person as far as a moving head shows it."""
    height, width = framed.canvas.shape[:2]
    scale = min(1.0, CARRIED_ON_PX / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = cv2.resize(framed.canvas, size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    about = 2 * round(STRANDS * max(size)) + 1
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (about, about))
    hidden = cv2.dilate((share > 0.01).astype(np.uint8), near)
    reach = round(SHOWN_BEHIND * max(size))
    strip = hidden * (cv2.distanceTransform(hidden, cv2.DIST_L2, 5) < reach).astype(np.uint8)
    plain = without_person(small, np.rint(255 * share).astype(np.uint8))
    filled = cv2.inpaint(
        np.where(hidden[..., None] > 0, plain, small), strip, 5, cv2.INPAINT_TELEA
    )
    soft = cv2.GaussianBlur(hidden.astype(np.float32), (0, 0), 1.0)
    keeps = cv2.resize(np.maximum(soft, hidden), (width, height))[..., None]
    behind = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)
    plate = framed.canvas * (1 - keeps) + behind * keeps
    return np.clip(np.rint(plate), 0, 255).astype(np.uint8)


def _out_of_focus(framed: Framed, alpha: Array) -> Image:
    """The background through a wide lens: every point a disc, and nobody's colours in it."""
    height, width = framed.canvas.shape[:2]
    scale = min(1.0, WORKED_PX / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = cv2.resize(framed.canvas, size, interpolation=cv2.INTER_AREA)
    hidden = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    hidden = cv2.dilate(hidden, np.ones((5, 5), np.uint8))  # their shadow and glow go, too
    radius = max(1, round(BLUR * max(size) * framed.nearer))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2).astype(np.float32)
    disc /= disc.sum()
    filled = without_person(small, np.rint(255 * hidden).astype(np.uint8))
    seen, guessed = (
        (image / 255.0).astype(np.float32) ** LIGHTS_ADD_UP for image in (small, filled)
    )
    free = np.clip(1 - hidden, 0, 1)
    weight = cv2.filter2D(free, -1, disc, borderType=cv2.BORDER_REFLECT)[..., None]
    light = cv2.filter2D(seen * free[..., None], -1, disc, borderType=cv2.BORDER_REFLECT)
    light += (1 - weight) * cv2.filter2D(guessed, -1, disc, borderType=cv2.BORDER_REFLECT)
    soft = cv2.resize(
        light ** (1 / LIGHTS_ADD_UP) * 255, (width, height), interpolation=cv2.INTER_CUBIC
    )
    everywhere = np.ones((height, width), np.float32)
    mask = np.rint(255 * alpha).astype(np.uint8)
    return grained(soft, framed.canvas, mask, everywhere)
