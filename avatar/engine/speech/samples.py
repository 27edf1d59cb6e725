"""A voice sample as a vendor takes it: checked before anything is sent, and encoded anew."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avatar.engine.errors import InputError
from avatar.engine.media.resample import resampled
from avatar.engine.media.sound import read_sound, write_wav
from avatar.engine.types import Waveform

FRAME_S = 0.02


@dataclass(frozen=True)
class Sample:
    """What a vendor asks of a sample. Longer ones are cut at their quietest moment."""

    shortest_s: float
    longest_s: float
    most_bytes: int
    sample_rate: int = 24_000  # Hz, of what is sent


def fitting(path: Path, wanted: Sample, label: str, folder: Path) -> Path:
    """The sample as WAV, one channel of 16 bit, in `folder`.

    Raises InputError when it is too short or holds no voice.
    """
    sound, rate = read_sound(path)
    seconds = len(sound) / rate
    if seconds < wanted.shortest_s - 0.05:
        raise InputError(
            f"{label} needs a voice sample of {wanted.shortest_s:g} seconds or more; {path.name}"
            f" has {seconds:.1f}."
        )
    longest_s = min(wanted.longest_s, (wanted.most_bytes - 100) / (2 * wanted.sample_rate))
    kept = sound[: _quiet_cut(sound, rate, longest_s)]
    out = folder / "sample.wav"
    write_wav(out, resampled(kept, rate, wanted.sample_rate), wanted.sample_rate)
    return out


def _quiet_cut(sound: Waveform, rate: int, longest_s: float) -> int:
    """Where to end, in samples: at the quietest moment of the last quarter that is allowed."""
    most = int(longest_s * rate)
    if len(sound) <= most:
        return len(sound)
    frame = max(1, round(FRAME_S * rate))
    first = int(0.75 * most)
    n = (most - first) // frame
    levels = (sound[first : first + n * frame].reshape(n, frame) ** 2).mean(axis=1)
    return first + int(np.argmin(levels)) * frame + frame // 2
