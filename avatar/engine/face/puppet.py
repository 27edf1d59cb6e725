"""The performer: one photo, moved by curves, frame after frame."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import InputError, ModelUnavailable
from avatar.engine.face.backdrop import Background
from avatar.engine.face.motion import Motion, motion
from avatar.engine.face.portrait import Face
from avatar.engine.face.rig import Rig, build_rig
from avatar.engine.face.yuv import rgb_from_frame
from avatar.engine.types import Image, Performance

DEVICES = ("auto", "cpu", "cuda", "torch-cpu")
FRAMES_AT_ONCE = 64  # rows of coefficients worked out together; frames are drawn one by one


class Puppet:
    """A framed photo that can be moved.

    image: (h, w, 3) RGB, the photo that `face` was made from. device: auto (a GPU if there is
    one), cpu, cuda, or torch-cpu, which is the GPU's way of drawing without one, for tests.
    nearer: how many times larger than a reel is framed, for punch-in. background: instead of
    the photo's own.
    Raises InputError when the size is not even or the face is of another photo,
    ModelUnavailable when cuda is asked for and there is none.
    """

    def __init__(
        self,
        image: Image,
        face: Face,
        width: int,
        height: int,
        device: str = "auto",
        *,
        nearer: float = 1.0,
        background: Background | None = None,
    ) -> None:
        self.rig = build_rig(image, face, width, height, nearer=nearer, background=background)
        self.renderer = _renderer(self.rig, device)

    def frames(
        self, performance: Performance, start: int = 0, stop: int | None = None
    ) -> Iterator[NDArray[np.uint8]]:
        """Frames as planar YUV 4:2:0, BT.709 limited range, (height*3//2, width) uint8 each."""
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


class Renderer(Protocol):
    def frames(self, motion: Motion) -> Iterator[NDArray[np.uint8]]: ...


def _renderer(rig: Rig, device: str) -> Renderer:
    """torch is loaded only where it draws; finding out whether there is a GPU needs no torch."""
    if device not in DEVICES:
        raise InputError(f"The device {device} is unknown; choose {', '.join(DEVICES)}.")
    if device == "cpu" or (device == "auto" and not _has_nvidia()):
        return _cpu(rig)
    try:
        import torch

        from avatar.engine.face.gpu import TorchRenderer
    except ImportError as e:
        if device == "auto":
            return _cpu(rig)
        raise ModelUnavailable("Drawing on a GPU needs the package torch.") from e
    if device == "torch-cpu":
        return TorchRenderer(rig, "cpu")
    if torch.cuda.is_available():
        return TorchRenderer(rig, "cuda")
    if device == "auto":
        return _cpu(rig)
    raise ModelUnavailable("No NVIDIA GPU was found; use the device cpu.")


def _cpu(rig: Rig) -> Renderer:
    from avatar.engine.face.cpu import CpuRenderer

    return CpuRenderer(rig)


def _has_nvidia() -> bool:
    """Whether a driver is there at all, so that a machine without one need not load torch."""
    return Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists() or os.name == "nt"
