"""How far the mouth is open by the sound alone, whoever speaks and whatever language.

espeak-ng reads a few sentences of several languages in several voices, `pull` says what a mouth
does for them, and a regression has learned to tell that from the sound: from the shape of the
spectrum and its level over a sixth of a second (`avatar.engine.lessons`). Brought to another
speaker as the aligner does it, by standardising. It was learned from no recording of a person.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align.features import BANDS_HZ, HOP_MS, Array, features, highest_hz
from avatar.engine.align.states import compared_rows
from avatar.engine.align.voicing import speech_in
from avatar.engine.scratch import Rows, pieces
from avatar.engine.types import Samples

LEARNED = Path(__file__).with_name("ear.npz")  # written by avatar.engine.lessons
OPENINGS = ("jaw", "upper", "lower")
AROUND_MS = (-80, -40, -20, 0, 20, 40, 80)  # the moments that are looked at together
N_UNITS, UNIT_GAIN = 300, 1.5  # random features (Rahimi & Recht 2007): cheap, and not linear


@dataclass(frozen=True)
class Ear:
    """Random units over the rows, and what each unit and each column says of the openings."""

    unit_gain: float
    units: Array  # (n_columns, N_UNITS)
    weights: Array  # (n_columns + N_UNITS, len(OPENINGS))

    def openings(self, rows: Array) -> Array:
        """(n_rows, len(OPENINGS)) from (n_rows, n_columns)."""
        opened: Array = self.unfolded(rows) @ self.weights
        return opened

    def unfolded(self, rows: Array) -> Array:
        """The columns, and beside them the units."""
        unfolded: Array = np.hstack([rows, np.tanh(self.unit_gain * (rows @ self.units))])
        return unfolded


def openings_heard(
    waveform: Samples, sample_rate: int, n_ticks: int
) -> dict[str, NDArray[np.float32]]:
    """How far each of `OPENINGS` is open at each tick of 5 ms, (n_ticks,) in [0, 1].

    Means something only where somebody speaks.
    """
    band_hz = highest_hz(sample_rate)
    rows, speech = compared(waveform, sample_rate, 1.0, band_hz)
    if not speech.any():
        return {name: np.zeros(n_ticks, np.float32) for name in OPENINGS}
    ear = _ear(band_hz)
    opened = np.empty((len(rows), len(OPENINGS)), np.float32)
    reach = max(AROUND_MS) // HOP_MS
    for first, stop in pieces(len(rows)):
        begin = max(0, first - reach)
        near, at = rows[begin : stop + reach], np.arange(first, stop)
        opened[at] = ear.openings(with_neighbours(near, at - begin))
    opened = np.clip(opened[np.minimum(np.arange(n_ticks), len(rows) - 1)], 0, 1)
    return dict(zip(OPENINGS, opened.T, strict=True))


def compared(
    waveform: Samples, sample_rate: int, warp: float, band_hz: float
) -> tuple[Rows, NDArray[np.bool_]]:
    """What the aligner compares, a row each 5 ms, and where somebody speaks."""
    sound = features(waveform, sample_rate, band_hz=band_hz, warps=(warp,))
    speech = speech_in(sound) > 0.5
    measured_on = speech if speech.any() else np.ones_like(speech)
    return compared_rows(sound.cepstra[0], sound.sonority_db, measured_on), speech


def with_neighbours(rows: Array, at: NDArray[np.int64]) -> Array:
    """Each row beside those around it, and a column of ones."""
    beside = [rows[np.clip(at + ms // HOP_MS, 0, len(rows) - 1)] for ms in AROUND_MS]
    return np.hstack([*beside, np.ones((len(at), 1), np.float32)])


def random_units(n_columns: int) -> Array:
    """(n_columns, N_UNITS) normal numbers, the same on every machine and for every NumPy."""
    return np.random.RandomState(0).standard_normal((n_columns, N_UNITS)).astype(np.float32)


@lru_cache
def _ear(band_hz: float) -> Ear:
    with np.load(LEARNED, allow_pickle=False) as learned:
        at = BANDS_HZ.index(band_hz)
        weights = learned["weights"][at]
        return Ear(float(learned["unit_gains"][at]), random_units(len(weights) - N_UNITS), weights)
