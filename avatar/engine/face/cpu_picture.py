"""Pieces of picture while a frame is drawn: looked up, laid over each other, put into planes."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face.yuv import Patch

Array = NDArray[np.float32]
Frame = NDArray[np.uint8]
Box = tuple[int, int, int, int]


class Picture(NamedTuple):
    """y (rows, columns), uv (rows/2, columns/2, 2): float32."""

    y: Array
    uv: Array


class Planes(NamedTuple):
    """y (height, width), u and v (height/2, width/2) of a frame under way."""

    y: Frame
    u: Frame
    v: Frame


class Sheet(NamedTuple):
    """A patch to look things up in: y, alpha (rows, columns), uv (rows/2, columns/2, 2) uint8."""

    y: Frame
    uv: Frame
    alpha: Frame


class Maps(NamedTuple):
    """Where to look: for planes of full size, and for chroma."""

    whole: tuple[NDArray[Any], NDArray[Any]]
    half: tuple[NDArray[Any], NDArray[Any]]


def less(at: Array, point: Any) -> Array:
    """(rows, columns, 2) less (x, y); NumPy is slow where the last axis is so short."""
    x, y = (float(np.float32(value)) for value in point)
    return cv2.subtract(at, (x, y, 0.0, 0.0))


def sheet(patch: Patch) -> Sheet:
    return Sheet(patch.y, cv2.merge([patch.u, patch.v]), patch.alpha)


def maps_at(at: Array) -> Maps:
    """(rows, columns, 2) pixels of a patch, sides even, in OpenCV's fixed point."""
    half = at.shape[1] // 2, at.shape[0] // 2
    return _maps(at, cv2.resize(at, half, interpolation=cv2.INTER_AREA))


def maps_at_blocks(at: Array) -> Maps:
    """The same of the middles of two by two pixels, with one more on each side."""
    size = 2 * at.shape[1], 2 * at.shape[0]
    whole = cv2.resize(at, size, interpolation=cv2.INTER_LINEAR)
    return _maps(whole[2:-2, 2:-2], at[1:-1, 1:-1])


def _maps(whole: Array, half: Array) -> Maps:
    small = (half - np.float32(0.5)) * np.float32(0.5)
    return Maps(
        cv2.convertMaps(whole, None, cv2.CV_16SC2), cv2.convertMaps(small, None, cv2.CV_16SC2)
    )


def look_at(sheet: Sheet, maps: Maps) -> Picture:
    return Picture(remapped(sheet.y, maps.whole), remapped(sheet.uv, maps.half))


def look_alpha(sheet: Sheet, maps: Maps) -> Array:
    seen = cv2.remap(sheet.alpha, *maps.whole, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.multiply(seen, np.float32(1 / 255), dtype=np.float32)


def remapped(plane: Frame, maps: tuple[NDArray[Any], NDArray[Any]]) -> Array:
    seen = cv2.remap(plane, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return seen.astype(np.float32)


def lay(under: Picture, over: Picture, alpha: Array) -> None:
    """Put one picture over another, in place. alpha: (rows, columns) in [0, 1]."""
    small = halved(alpha)
    for below, above, share in zip(under, over, (alpha, cv2.merge([small, small])), strict=True):
        below += share * (above - below)


def dim(picture: Picture, light: Array, shade: Array) -> None:
    """Leave (rows, columns) light of it, the rest being shade (Y, U, V), in place."""
    y, u, v = (float(value) for value in shade)
    small = halved(light)
    picture.y[:] = y + (picture.y - np.float32(y)) * light
    dark = cv2.subtract(picture.uv, (u, v, 0, 0)) * cv2.merge([small, small])
    picture.uv[:] = cv2.add(dark, (u, v, 0, 0))


def halved(values: Array) -> Array:
    return cv2.resize(
        values, (values.shape[1] // 2, values.shape[0] // 2), interpolation=cv2.INTER_AREA
    )


def part_of(picture: Picture, box: tuple[int, int, int, int]) -> Picture:
    """A view of an even box."""
    x0, y0, x1, y1 = box
    return Picture(picture.y[y0:y1, x0:x1], picture.uv[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2])


def bounds(seen: NDArray[np.bool_]) -> Box | None:
    """Even box (x0, y0, x1, y1) around what is True, or None."""
    x, y, columns, rows = cv2.boundingRect(seen.view(np.uint8))
    if not columns:
        return None
    return x & ~1, y & ~1, (x + columns + 1) & ~1, (y + rows + 1) & ~1


def planes_of(frame: Frame, width: int, height: int) -> Planes:
    luma, chroma = width * height, width * height // 4
    return Planes(
        frame[:luma].reshape(height, width),
        frame[luma : luma + chroma].reshape(height // 2, width // 2),
        frame[luma + chroma :].reshape(height // 2, width // 2),
    )


def set_before(behind: Patch, alpha: Frame, planes: Planes) -> None:
    """Put a frame before a background. alpha: (height, width) share of the frame."""
    small = cv2.resize(alpha, behind.u.shape[::-1], interpolation=cv2.INTER_AREA)
    for over, under, share in zip(planes, behind[:3], (alpha, small, small), strict=True):
        _mix(over, under, share)


def _mix(over: Frame, under: Frame, alpha: Frame) -> None:
    """Put `over` before `under`, in place."""
    hidden = cv2.multiply(under, cv2.bitwise_not(alpha), scale=1 / 255)
    cv2.add(cv2.multiply(over, alpha, scale=1 / 255), hidden, over)
