"""RGB frames as the encoder takes them, as quickly as OpenCV can."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face.yuv import yuv_from_rgb
from avatar.engine.types import Image

Bytes = NDArray[np.uint8]


def _matrix() -> NDArray[np.float64]:
    """(3, 4): what `yuv_from_rgb` does, as a matrix and an offset."""
    corners = np.concatenate([np.zeros((1, 3)), 255 * np.eye(3)]).astype(np.float32)
    yuv = yuv_from_rgb(corners).astype(np.float64)
    return np.concatenate([(yuv[1:] - yuv[0]).T / 255, yuv[:1].T], axis=1)


MATRIX = _matrix()


def frame_from_rgb(rgb: Image) -> Bytes:
    """(height, width, 3), even sides, to planar YUV 4:2:0, BT.709: (height*3//2, width)."""
    height, width = rgb.shape[:2]
    frame = np.empty((height * 3 // 2, width), np.uint8)
    put(frame, rgb, 0, 0)
    return frame


def put(frame: Bytes, rgb: Image, x: int, y: int) -> None:
    """Replace a part of a frame. x, y and both sides of rgb are even."""
    width = frame.shape[1]
    height = frame.shape[0] * 2 // 3
    rows, columns = rgb.shape[:2]
    yuv = cv2.transform(rgb, MATRIX)
    frame[y : y + rows, x : x + columns] = yuv[..., 0]
    half = cv2.resize(yuv, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    chroma = frame[height:].reshape(2, height // 2, width // 2)
    part = chroma[:, y // 2 : (y + rows) // 2, x // 2 : (x + columns) // 2]
    part[:] = half[..., 1:].transpose(2, 0, 1)
