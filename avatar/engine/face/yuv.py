"""RGB to and from planar YUV 4:2:0, BT.709, limited range; chroma is between four pixels."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avatar.engine.types import Image

KR, KB = 0.2126, 0.0722  # BT.709
KG = 1 - KR - KB


def yuv_from_rgb(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., 3) RGB in [0, 255] to (..., 3) Y in [16, 235], U and V in [16, 240]."""
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    y = KR * r + KG * g + KB * b
    u = (b - y) / (2 * (1 - KB))
    v = (r - y) / (2 * (1 - KR))
    return np.stack(
        [16 + y * (219 / 255), 128 + u * (224 / 255), 128 + v * (224 / 255)], axis=-1
    ).astype(np.float32)


def planes_from_rgb(
    image: Image,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Y (h, w), U and V (h/2, w/2) of an image with even sides."""
    yuv = yuv_from_rgb(image.astype(np.float32))
    height, width = image.shape[:2]
    chroma = yuv[..., 1:].reshape(height // 2, 2, width // 2, 2, 2).mean(axis=(1, 3))
    return _bytes(yuv[..., 0]), _bytes(chroma[..., 0]), _bytes(chroma[..., 1])


class Patch(NamedTuple):
    """A piece of picture: y and alpha (h, w), u and v (h/2, w/2), uint8; alpha 255 is opaque."""

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
    alpha: NDArray[np.uint8]


def patch_from_rgb(rgb: NDArray[np.float32], alpha: NDArray[np.float32]) -> Patch:
    """rgb (h, w, 3) in [0, 255], alpha (h, w) in [0, 1]; sides even."""
    y, u, v = planes_from_rgb(_bytes(rgb))
    return Patch(y, u, v, _bytes(255 * alpha))


def cut_patch(planes: tuple[NDArray[np.uint8], ...], box: tuple[int, int, int, int]) -> Patch:
    """An opaque patch of Y, U and V planes; box x0, y0, x1, y1 in even pixels."""
    x0, y0, x1, y1 = box
    half = slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2)
    luma = np.ascontiguousarray(planes[0][y0:y1, x0:x1])
    u, v = (np.ascontiguousarray(plane[half]) for plane in planes[1:])
    return Patch(luma, u, v, np.full_like(luma, 255))


def rgb_from_frame(frame: NDArray[np.uint8]) -> Image:
    """A (height*3//2, width) frame as RGB, for looking at and for covers."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    y = (frame[:height].astype(np.float32) - 16) * (255 / 219)
    quarter = height * width // 4
    flat = frame[height:].reshape(-1)
    u, v = (
        np.kron(
            (plane.reshape(height // 2, width // 2).astype(np.float32) - 128) * (255 / 224),
            np.ones((2, 2), np.float32),
        )
        for plane in (flat[:quarter], flat[quarter:])
    )
    r = y + 2 * (1 - KR) * v
    b = y + 2 * (1 - KB) * u
    g = (y - KR * r - KB * b) / KG
    return _bytes(np.stack([r, g, b], axis=-1))


def _bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
