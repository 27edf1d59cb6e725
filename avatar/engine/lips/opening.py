"""How far the mouth is open by the sound alone, whoever speaks and whatever language.

espeak-ng reads a few sentences of several languages in several voices, `pull` says what a mouth
does for them, and a regression learns to tell that from the sound: from the shape of the spectrum
and its level over a sixth of a second. Brought to another speaker as the aligner does it, by
standardising. It was learned from no recording of a person.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align.features import (
    HIGHEST_HZ,
    HOP_MS,
    Array,
    cepstra,
    sonority_level,
    spectra,
)
from avatar.engine.align.states import compared_rows
from avatar.engine.align.unknown import READ_ALOUD
from avatar.engine.align.voicing import speech_in
from avatar.engine.lips.pull import blended, mouth_spans
from avatar.engine.speech.reading import read
from avatar.engine.types import Waveform

OPENINGS = ("jaw", "upper", "lower")
VOICES = ("m3", "f3", "Annie", "klatt2")
WARPS = (0.92, 1.0, 1.08)  # each voice with three vocal tracts
ROOM_NOISE = 0.002  # no real recording is as clean as a synthetic voice
AROUND_MS = (-80, -40, -20, 0, 20, 40, 80)  # the moments that are looked at together
N_UNITS, UNIT_GAIN = 300, 1.5  # random features (Rahimi & Recht 2007): cheap, and not linear
RIDGE = 0.003
TAKEN = 2  # every second frame: neighbours say almost the same
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Ear:
    """Random units over the rows, and what each unit and each column says of the openings."""

    units: Array  # (n_columns, N_UNITS)
    weights: Array  # (n_columns + N_UNITS, len(OPENINGS))

    def openings(self, rows: Array) -> Array:
        """(n_rows, len(OPENINGS)) from (n_rows, n_columns)."""
        opened: Array = _unfolded(rows, self.units) @ self.weights
        return opened


def openings_heard(
    waveform: Waveform, sample_rate: int, n_ticks: int
) -> dict[str, NDArray[np.float32]]:
    """How far each of `OPENINGS` is open at each tick of 5 ms, (n_ticks,) in [0, 1].

    Means something only where somebody speaks.
    """
    highest_hz = min(HIGHEST_HZ, 0.45 * sample_rate)
    rows, speech = _rows(waveform, sample_rate, 1.0, highest_hz)
    if not speech.any():
        return {name: np.zeros(n_ticks, np.float32) for name in OPENINGS}
    ear = _ear(highest_hz)
    opened = np.empty((len(rows), len(OPENINGS)), np.float32)
    for first in range(0, len(rows), ROWS_AT_ONCE):
        at = np.arange(first, min(first + ROWS_AT_ONCE, len(rows)))
        opened[at] = ear.openings(_with_neighbours(rows, at))
    opened = np.clip(opened[np.minimum(np.arange(n_ticks), len(rows) - 1)], 0, 1)
    return dict(zip(OPENINGS, opened.T, strict=True))


def _rows(
    waveform: Waveform, sample_rate: int, warp: float, highest_hz: float
) -> tuple[Array, NDArray[np.bool_]]:
    """What the aligner compares, a row each 5 ms, and where somebody speaks."""
    power = spectra(waveform, sample_rate)
    speech = speech_in(power) > 0.5
    spectrum = cepstra(power, warp=warp, highest_hz=highest_hz)
    measured_on = speech if speech.any() else np.ones_like(speech)
    return compared_rows(spectrum, sonority_level(power), measured_on), speech


def _with_neighbours(rows: Array, at: NDArray[np.int64]) -> Array:
    """Each row beside those around it, and a column of ones."""
    beside = [rows[np.clip(at + ms // HOP_MS, 0, len(rows) - 1)] for ms in AROUND_MS]
    return np.hstack([*beside, np.ones((len(at), 1), np.float32)])


def _unfolded(rows: Array, units: Array) -> Array:
    unfolded: Array = np.hstack([rows, np.tanh(rows @ units)])
    return unfolded


@lru_cache(maxsize=4)
def _ear(highest_hz: float) -> Ear:
    lessons = [_lesson(language, voice, highest_hz) for language in READ_ALOUD for voice in VOICES]
    rows, goals = (np.concatenate(parts) for parts in zip(*lessons, strict=True))
    usual = float(np.sqrt((rows**2).sum(axis=1).mean()))
    units = np.random.default_rng(0).standard_normal((rows.shape[1], N_UNITS)) * UNIT_GAIN / usual
    units = units.astype(np.float32)
    x = _unfolded(rows, units).astype(np.float64)
    damped = x.T @ x + RIDGE * len(x) * np.eye(x.shape[1])
    return Ear(units, np.linalg.solve(damped, x.T @ goals).astype(np.float32))


def _lesson(language: str, voice: str, highest_hz: float) -> tuple[Array, Array]:
    """Rows of one reading in all vocal tracts, and how far a mouth is open at each."""
    reading = read(READ_ALOUD[language], language, variant=voice)
    room = ROOM_NOISE * np.random.default_rng(0).standard_normal(len(reading.waveform))
    waveform = (reading.waveform + room).astype(np.float32)
    all_rows, all_goals = [], []
    for warp in WARPS:
        rows, speech = _rows(waveform, reading.sample_rate, warp, highest_hz)
        curves = blended(mouth_spans(reading.alignment, []), len(rows))
        at = np.flatnonzero(speech)[::TAKEN]
        all_rows.append(_with_neighbours(rows, at))
        all_goals.append(np.stack([curves[name][at] for name in OPENINGS], axis=1))
    return np.concatenate(all_rows), np.concatenate(all_goals)
