"""Footage made as long as its sound, and only as much of it as an engine needs.

What leaves the house has no sound, in which a room is heard, and no metadata, which say where a
phone was and when.
"""

import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import Cancelled
from avatar.engine.footage.look import Footage
from avatar.engine.footage.modes import fit
from avatar.engine.footage.reading import Blocks, Forward, Frames, Size, Stop, copied, fitting_size
from avatar.engine.media.encode import SENT, Encoder, Quality

Progress = Callable[[float], None]
COPYING = 0.4  # of the work, where a copy is needed


@dataclass(frozen=True)
class Fitted:
    """H.264, yuv420p, constant rate, without sound or metadata.

    sound_ms: how long the sound must be to go with it; see `made_as_long`.
    """

    path: Path
    n_frames: int
    fps: Fraction
    width: int
    height: int
    sound_ms: int


def fitted(
    footage: Footage,
    audio_ms: int,
    mode: str,
    out: Path,
    *,
    fps: Fraction | None = None,
    largest: Size | None = None,
    quality: Quality = SENT,
    on_progress: Progress = lambda share: None,
    should_stop: Stop = lambda: False,
) -> Fitted:
    """Write footage that goes with a sound of audio_ms, as `modes` says for every engine.

    fps: constant; by default what suits the footage.
    largest: the longer and the shorter side an engine takes at most; larger is made smaller.
    quality: BETWEEN where it will be cut into pieces and encoded once more.

    Raises InputError for an unknown mode and footage that breaks off, Cancelled, EncodeError,
    ResourceError; then there is nothing at `out` that was not there before.
    """
    fps = fps or footage.steady_fps()
    size = fitting_size(footage.width, footage.height, largest)
    forward = Forward(footage, fps, size)
    plan = fit(forward.n_frames, audio_ms, mode, fps)
    with contextlib.ExitStack() as open_now:
        open_now.callback(forward.close)
        frames: Frames = forward
        share = 0.0
        if _goes_back(plan.shown):
            folder = tempfile.TemporaryDirectory(prefix=".understudy-", dir=out.parent)
            copy = Path(open_now.enter_context(folder)) / "copy.mp4"
            copied(forward, forward.n_frames, copy, fps, size, should_stop)
            forward.close()
            frames, share = Blocks(copy, forward.n_frames, fps, size), COPYING
            on_progress(share)
        with Encoder(out, *size, fps, quality=quality) as encoder:
            for done, number in enumerate(plan.shown.tolist(), start=1):
                if should_stop():
                    raise Cancelled("Stopped as asked.")
                encoder.write(frames.frame(number))
                on_progress(share + (1 - share) * done / plan.n_frames)
    return Fitted(out, plan.n_frames, fps, *size, plan.sound_ms)


def _goes_back(shown: NDArray[np.int64]) -> bool:
    """Whether frames are shown backwards; beginning again needs no copy."""
    return bool(((np.diff(shown) < 0) & (shown[1:] > 0)).any())
