"""The two sides of an alignment as rows that can be compared: the sound, and the reading."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align.features import HOP_MS, Array, scales, slopes, with_slopes
from avatar.engine.scratch import Rows, Scratch, gathered, pieces
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

    rows: Rows  # (n_rows, n_features)
    is_speech: Array  # (n_rows,) 0 to 1
    frame: NDArray[np.int64]  # (n_rows,) which frame of the sound a row is


@dataclass(frozen=True)
class States:
    """The reading as states. One state stands for one frame of it, or for a pause."""

    rows: Rows  # (n_states, n_features); zero for the others
    phone: NDArray[np.int64]  # (n_states,) index of the phone, PAUSE or BESIDE
    silence_cost: Array  # (n_states,) what it costs where nobody speaks

    def __getitem__(self, kept: NDArray[np.int64]) -> "States":
        """Some of the states, in memory."""
        return States(gathered(self.rows, kept), self.phone[kept], self.silence_cost[kept])


@dataclass(frozen=True)
class Moved:
    """Rows that are each moved by what is learned about their kind."""

    rows: Rows
    kind: NDArray[np.int64]  # (n_rows,)
    by: Array  # (n_kinds, n_columns)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, piece: slice) -> Array:
        moved: Array = self.rows[piece] + self.by[self.kind[piece]]
        return moved


def heard_rows(spectrum: Rows, level: Array, speech: Array) -> Heard:
    """speech: (n_frames,) 0 to 1; there must be some."""
    kept = _shortened(speech)
    return Heard(_picked(compared_rows(spectrum, level, speech > 0.5), kept), speech[kept], kept)


def on_path(rows: Rows, path: NDArray[np.int64]) -> Array:
    """Rows of the states of a stretch of a path, which never goes back."""
    first = int(path[0])
    found: Array = rows[first : int(path[-1]) + 1][path - first]
    return found


def _picked(rows: Rows, at: NDArray[np.int64]) -> Rows:
    """Rows of a table in about their order, on disk; zero where `at` is below 0."""
    picked = Scratch(rows[:1].shape[1:])
    for first, stop in pieces(len(at)):
        here = at[first:stop]
        wanted = here[here >= 0]
        begin = int(wanted.min(initial=len(rows)))
        near = rows[begin : int(here.max()) + 1]
        part = np.zeros((len(here), *near.shape[1:]), np.float32)
        part[here >= 0] = near[wanted - begin]
        picked.append(part)
    return picked


def _shortened(speech: Array) -> NDArray[np.int64]:
    """The frames to align: of a long silence only its two ends."""
    half = KEPT_PAUSE_MS // 2 // HOP_MS
    spoken = np.flatnonzero(speech > 0.5)
    frames = np.arange(len(speech))
    after = frames - spoken[np.maximum(np.searchsorted(spoken, frames, side="right") - 1, 0)]
    before = spoken[np.minimum(np.searchsorted(spoken, frames), len(spoken) - 1)] - frames
    return np.flatnonzero(np.minimum(np.abs(after), np.abs(before)) < half)


def compared_rows(spectrum: Rows, level: Array, speech: NDArray[np.bool_]) -> Rows:
    """What is compared: standardised shape, its change, and the level; a row is of length ~1."""
    shape_scale, change_scale = scales(spectrum, speech)
    n = 2 * len(shape_scale.mean)
    loud = np.percentile(level[speech], 90)
    relative = np.clip((level - loud) / LEVEL_UNIT_DB, -3, 1)[:, None]
    rising = slopes(relative) * LEVEL_SLOPE_WEIGHT
    rows = Scratch((n + 2,))
    for first, stop in pieces(len(level)):
        shape, change = with_slopes(spectrum, first, stop)
        both = np.hstack([shape_scale(shape), change_scale(change) * SLOPE_WEIGHT]) / np.sqrt(n)
        rows.append(np.hstack([both, relative[first:stop] * LEVEL_WEIGHT, rising[first:stop]]))
    return rows


def speech_ratio(reading: Reading, heard: Heard) -> float:
    """How many times longer the sound speaks than the reading does, pauses left out."""
    read_s = sum(p.end - p.start for p in reading.phones) / reading.sample_rate
    return float((heard.is_speech > 0.5).sum() * HOP_MS / 1000 / read_s)


def reading_states(reading: Reading, spectrum: Rows, level: Array, ratio: float) -> States:
    """One state a frame, every phone `ratio` times as long, a possible pause at word ends."""
    between = np.array([BESIDE, PAUSE])
    phones, frames = [between], [np.array([-1, -1])]
    for i, phone in enumerate(reading.phones):
        if i and reading.phone_words[i] != reading.phone_words[i - 1]:
            phones.append(between)
            frames.append(np.array([-1, -1]))
        start, end = (1000 * at / reading.sample_rate / HOP_MS for at in (phone.start, phone.end))
        n = max(LEAST_STATES, round((end - start) * ratio))
        inside = start + (np.arange(n) + 0.5) * (end - start) / n
        frames.append(np.minimum(np.rint(inside).astype(int), len(spectrum) - 1))
        phones.append(np.full(n, i))
    phone_of = np.concatenate([*phones, between])
    frame_of = np.concatenate([*frames, [-1, -1]])
    spoken = np.zeros(len(spectrum), dtype=bool)
    spoken[frame_of[frame_of >= 0]] = True
    rows = _picked(compared_rows(spectrum, level, spoken), frame_of)
    costs = np.array([SILENCE_COST[sound_class(p.phone)] for p in reading.phones])
    silence_cost = np.where(phone_of < 0, 0, costs[phone_of]).astype(np.float32)
    return States(rows, phone_of, silence_cost)
