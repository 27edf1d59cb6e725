"""The two sides of an alignment as rows that can be compared: the sound, and the reading."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align.features import HOP_MS, Array, slopes, standardised
from avatar.engine.speech.phones import sound_class
from avatar.engine.speech.reading import Reading

PAUSE, BESIDE = -1, -2  # in place of a phone: nobody speaks, somebody says something else
SLOPE_WEIGHT, LEVEL_WEIGHT, LEVEL_SLOPE_WEIGHT = 0.7, 0.7, 3.0
LEVEL_UNIT_DB = 12.0
# What it costs to hear a phone where nobody speaks; closures are silent by nature.
SILENCE_COST = {"vowel": 1.5, "sonorant": 1.0, "fricative": 0.6, "stop": 0.15}
KEPT_PAUSE_MS = 600  # longer silences are shortened to this while aligning
LEAST_STATES = 2  # of a phone


@dataclass(frozen=True)
class Heard:
    """The sound to be aligned, long silences shortened."""

    rows: Array  # (n_rows, n_features)
    is_speech: Array  # (n_rows,) 0 to 1
    frame: NDArray[np.int64]  # (n_rows,) which frame of the sound a row is


@dataclass(frozen=True)
class States:
    """The reading as states. One state stands for one frame of it, or for a pause."""

    rows: Array  # (n_states, n_features); zero for the others
    phone: NDArray[np.int64]  # (n_states,) index of the phone, PAUSE or BESIDE
    silence_cost: Array  # (n_states,) what it costs where nobody speaks

    def __getitem__(self, kept: NDArray[np.int64] | slice) -> "States":
        return States(self.rows[kept], self.phone[kept], self.silence_cost[kept])


def heard_rows(spectrum: Array, level: Array, speech: Array) -> Heard:
    """speech: (n_frames,) 0 to 1; there must be some."""
    kept = _shortened(speech)
    return Heard(compared_rows(spectrum, level, speech > 0.5)[kept], speech[kept], kept)


def _shortened(speech: Array) -> NDArray[np.int64]:
    """The frames to align: of a long silence only its two ends."""
    half = KEPT_PAUSE_MS // 2 // HOP_MS
    spoken = np.flatnonzero(speech > 0.5)
    frames = np.arange(len(speech))
    after = frames - spoken[np.maximum(np.searchsorted(spoken, frames, side="right") - 1, 0)]
    before = spoken[np.minimum(np.searchsorted(spoken, frames), len(spoken) - 1)] - frames
    return np.flatnonzero(np.minimum(np.abs(after), np.abs(before)) < half)


def compared_rows(spectrum: Array, level: Array, speech: NDArray[np.bool_]) -> Array:
    """What is compared: standardised shape, its change, and the level; a row is of length ~1."""
    shape = standardised(spectrum, speech)
    change = standardised(slopes(spectrum), speech) * SLOPE_WEIGHT
    rows = np.hstack([shape, change]) / np.sqrt(shape.shape[1] * 2)
    loud = np.percentile(level[speech], 90)
    relative = np.clip((level - loud) / LEVEL_UNIT_DB, -3, 1)[:, None]
    levels = [relative * LEVEL_WEIGHT, slopes(relative) * LEVEL_SLOPE_WEIGHT]
    together: Array = np.hstack([rows, *levels]).astype(np.float32)
    return together


def speech_ratio(reading: Reading, heard: Heard) -> float:
    """How many times longer the sound speaks than the reading does, pauses left out."""
    read_s = sum(p.end - p.start for p in reading.phones) / reading.sample_rate
    return float((heard.is_speech > 0.5).sum() * HOP_MS / 1000 / read_s)


def reading_states(reading: Reading, spectrum: Array, level: Array, ratio: float) -> States:
    """One state a frame, every phone `ratio` times as long, a possible pause at word ends."""
    phones, frames = [BESIDE, PAUSE], [0, 0]
    for i, phone in enumerate(reading.phones):
        if i and reading.phone_words[i] != reading.phone_words[i - 1]:
            phones += [BESIDE, PAUSE]
            frames += [0, 0]
        start, end = (1000 * at / reading.sample_rate / HOP_MS for at in (phone.start, phone.end))
        n = max(LEAST_STATES, round((end - start) * ratio))
        inside = start + (np.arange(n) + 0.5) * (end - start) / n
        frames += np.minimum(np.rint(inside).astype(int), len(spectrum) - 1).tolist()
        phones += [i] * n
    phone_of = np.array([*phones, BESIDE, PAUSE])
    frame_of = np.array([*frames, 0, 0])
    spoken = np.zeros(len(spectrum), dtype=bool)
    spoken[frame_of[phone_of >= 0]] = True
    rows = compared_rows(spectrum, level, spoken)[frame_of]
    rows[phone_of < 0] = 0
    costs = np.array([SILENCE_COST[sound_class(p.phone)] for p in reading.phones])
    silence_cost = np.where(phone_of < 0, 0, costs[phone_of]).astype(np.float32)
    return States(rows, phone_of, silence_cost)
