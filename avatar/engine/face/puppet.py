"""The performer: one photo, moved by curves, frame after frame."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import InputError
from avatar.engine.face.cpu import CpuRenderer
from avatar.engine.face.motion import motion
from avatar.engine.face.portrait import Face
from avatar.engine.face.rig import build_rig
from avatar.engine.face.yuv import rgb_from_frame
from avatar.engine.types import Image, Performance

FRAMES_AT_ONCE = 64  # rows of coefficients worked out together; frames are drawn one by one


class Puppet:
    """A framed photo that can be moved.

    image: (h, w, 3) RGB, the photo that `face` was made from. device: auto, cpu or cuda.
    Raises InputError when the size is not even or the face is of another photo.
    """

    def __init__(
        self, image: Image, face: Face, width: int, height: int, device: str = "auto"
    ) -> None:
        self.rig = build_rig(image, face, width, height)
        self.renderer = CpuRenderer(self.rig)

    def frames(
        self, performance: Performance, start: int = 0, stop: int | None = None
    ) -> Iterator[NDArray[np.uint8]]:
        """Frames start..stop as planar YUV 4:2:0, BT.709 limited range: (height*3//2, width) uint8."""
        end = performance.n_frames if stop is None else stop
        if not 0 <= start <= end <= performance.n_frames:
            raise InputError(f"Frames {start} to {end} of {performance.n_frames} cannot be drawn.")
        for first in range(start, end, FRAMES_AT_ONCE):
            last = min(first + FRAMES_AT_ONCE, end)
            yield from self.renderer.frames(motion(self.rig, performance, first, last))

    def picture(self, **curves: float) -> Image:
        """One frame as RGB, curves by name, the others 0."""
        named = {name: np.array([value], np.float32) for name, value in curves.items()}
        frame = next(self.frames(Performance(fps=25, n_frames=1, curves=named)))
        return rgb_from_frame(frame)
