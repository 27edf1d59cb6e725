"""What becomes of footage and sound that are not equally long.

| mode | sound longer than footage | footage longer than sound | result as long as |
|---|---|---|---|
| cut_off | sound cut | footage cut | the shorter |
| loop | footage begins again | footage cut | the sound |
| bounce | footage goes back and forth | footage cut | the sound |
| silence | last frame held | silence behind the sound | the longer |
| remap | footage slowed | footage sped up | the sound |

Source: the table of sync_mode in Sync.so's media content tips, which other vendors took over. Done
here, it holds for every engine, and nobody is paid for seconds that are thrown away.
"""

import contextlib
import importlib
import os
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import InputError
from avatar.engine.options import SYNC_MODES

CUT_OFF, LOOP, BOUNCE, SILENCE, REMAP = SYNC_MODES
NO_DOTENV = "PYTHON_DOTENV_DISABLED"


@dataclass(frozen=True)
class Fit:
    """shown: (n_frames,) which frame of the footage is seen at each frame of the result.

    sound_ms: how long the sound must be made: shorter, longer or as it is.
    """

    shown: NDArray[np.int64]
    sound_ms: int

    @property
    def n_frames(self) -> int:
        return len(self.shown)


def fit(n_footage: int, audio_ms: int, mode: str, fps: Fraction) -> Fit:
    """Which frames to show so that n_footage frames go with a sound.

    Raises InputError for a mode that does not exist, and where nothing would be left.
    """
    if mode not in SYNC_MODES:
        raise InputError(f"There is no sync mode {mode!r}: choose {', '.join(SYNC_MODES)}.")
    if n_footage < 1 or audio_ms < 1:
        raise InputError("There is no footage, or no sound, to go with the other.")
    n_heard = -(-audio_ms * fps.numerator // (1000 * fps.denominator))  # the last one partly
    if mode == CUT_OFF and n_heard > n_footage:
        return Fit(_shown(n_footage, n_footage, mode, fps), int(1000 * n_footage / fps))
    if mode == SILENCE and n_footage > n_heard:
        return Fit(_shown(n_footage, n_footage, mode, fps), int(1000 * n_footage / fps))
    return Fit(_shown(n_footage, n_heard, mode, fps), audio_ms)


def _shown(n_footage: int, n_frames: int, mode: str, fps: Fraction) -> NDArray[np.int64]:
    """moviepy's effects, on a clip whose pictures are nothing but their numbers.

    The pictures themselves are read by ffmpeg in blocks: moviepy's own reader would start it once
    for every frame that is shown backwards, and opens whatever a playlist names.
    """
    clip = _stretched(_numbered(n_footage, fps), n_footage, n_frames, mode, fps)
    middles = ((number + 0.5) / float(fps) for number in range(n_frames))
    return np.array([int(clip.get_frame(at_s)[0, 0, 0]) for at_s in middles], np.int64)


def _numbered(n_footage: int, fps: Fraction) -> Any:
    """A moviepy clip of n_footage frames, each an array that holds its number."""

    def number_at(t_s: float) -> NDArray[np.int64]:
        number = int(t_s * float(fps) + 1e-6)  # times that fall on a frame's edge belong to it
        return np.full((1, 1, 3), min(max(number, 0), n_footage - 1), np.int64)

    clip = _moviepy().VideoClip(number_at, duration=float(n_footage / fps))
    clip.fps = float(fps)
    return clip


def _stretched(clip: Any, n_footage: int, n_frames: int, mode: str, fps: Fraction) -> Any:
    moviepy, wanted_s = _moviepy(), float(n_frames / fps)
    fx = moviepy.vfx
    if mode == REMAP:
        return clip.with_effects([fx.MultiplySpeed(final_duration=wanted_s)])
    if n_frames <= n_footage:
        return clip.subclipped(0, wanted_s) if n_frames < n_footage else clip
    if mode == SILENCE:
        return clip.with_effects([fx.Freeze(t="end", total_duration=wanted_s)])
    if mode == BOUNCE and n_footage > 2:
        # From the last frame but one to the second, so that neither end is shown twice. The first
        # two are left out, not one and one: moviepy's mirror begins a frame before the end.
        back = clip.subclipped(float(2 / fps)).with_effects([fx.TimeMirror()])
        clip = moviepy.concatenate_videoclips([clip, back])
    return clip.with_effects([fx.Loop(duration=wanted_s)])


def _moviepy() -> Any:
    """Loaded on first use, in a fifth of a second, and kept from what it does on being imported:
    it copies the nearest .env into the environment, where keys would appear that nobody set.
    """
    with contextlib.ExitStack() as restoring:
        if NO_DOTENV not in os.environ:
            os.environ[NO_DOTENV] = "1"
            restoring.callback(os.environ.pop, NO_DOTENV, None)
        return importlib.import_module("moviepy")
