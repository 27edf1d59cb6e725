"""How much later than its sound a film is: heard in the sound that came back with it.

Some engines pad what they are given, and every lossy codec adds a beginning of its own; what is
seen moves with it. Our own voice-over replaces that sound, so the picture is moved back.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import InputError
from avatar.engine.footage.look import Footage
from avatar.engine.media.sound import stream_sound
from avatar.engine.types import Samples

STEP_S = 0.005
LISTENED_S = 40.0  # from the beginning on
FARTHEST_S = 0.5
SURE = 0.7  # correlation; of two different sentences it is about 0.3
LEAST_MS = 15  # less than half a frame is none


@dataclass(frozen=True)
class Lag:
    """ms: above 0 the film is late. likeness: of both sounds there, 1 the same, 0 unlike."""

    ms: int
    likeness: float

    @property
    def to_mend_ms(self) -> int:
        """0 where the two sounds are too unlike to tell, or the lag is too small to be seen."""
        return self.ms if self.likeness >= SURE and abs(self.ms) >= LEAST_MS else 0


def film_lag(film: Footage, sound: Samples, sample_rate: int) -> Lag | None:
    """By how loud both are over time; None when either is silent or the film has no sound."""
    if not film.has_sound:
        return None
    try:
        heard, rate = stream_sound(film.path)
    except InputError:
        return None
    ours, theirs = _loudness(sound, sample_rate), _loudness(heard, rate)
    n = max(len(ours), len(theirs))
    far = round(FARTHEST_S / STEP_S)
    ours, theirs = _standard(ours, n), _standard(theirs, n)
    shifts = np.arange(-far, far + 1)
    size = 2 ** int(np.ceil(np.log2(n + far + 1)))
    spectrum = np.fft.rfft(theirs, size) * np.conj(np.fft.rfft(ours, size))
    alike = np.fft.irfft(spectrum, size)[shifts]
    norm = float(np.sqrt((ours**2).sum() * (theirs**2).sum()))
    if norm == 0:
        return None
    best = int(np.argmax(alike))
    return Lag(round(1000 * STEP_S * shifts[best]), float(alike[best]) / norm)


def _loudness(sound: Samples, sample_rate: int) -> NDArray[np.float64]:
    """In dB, a value each STEP_S; what is 40 dB below the loudest is silence."""
    step = round(STEP_S * sample_rate)
    heard = np.asarray(sound[: round(LISTENED_S * sample_rate)], np.float64)
    frames = heard[: len(heard) // step * step].reshape(-1, step)
    levels = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    quiet = levels.max(initial=-120.0) - 40
    return np.asarray(np.maximum(levels, quiet))


def _standard(levels: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """About their mean, and as long as the longer one: silence behind is its quietest."""
    padded = np.pad(levels, (0, n - len(levels)), constant_values=levels.min(initial=0.0))
    return np.asarray(padded - padded.mean())
