"""A known text laid over any voice that speaks it, in every language espeak-ng reads.

espeak-ng reads the text; its sound is laid over the voice by time warping on the shape of the
spectrum, and its phones, whose times it knows, are carried over. Two voices differ in vocal tract,
microphone and habit: the tract is matched by warping frequencies, the microphone by standardising,
the habits by learning, class by class, how the phones of one voice differ from the other's and
aligning again. Pauses are states of their own, possible between any two words.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align.features import (
    HIGHEST_HZ,
    HOP_MS,
    Array,
    cepstra,
    slopes,
    sonority_level,
    spectra,
    speech_level,
    standardised,
)
from avatar.engine.align.path import cheapest_path
from avatar.engine.align.refine import refined
from avatar.engine.align.voicing import speech_frames
from avatar.engine.errors import AlignmentError
from avatar.engine.speech.phones import sound_class
from avatar.engine.speech.reading import Reading, place, read
from avatar.engine.types import Alignment, Waveform

WARPS = (0.84, 0.9, 0.96, 1.02, 1.08, 1.14, 1.2)  # vocal tracts from a tall man's to a child's
PAUSE = -1  # in place of a phone
STEP_COSTS = (0.12, 0.0, 0.12, 0.5)  # staying, going on by one, two, three states
LEVEL_WEIGHT, SLOPE_WEIGHT = 1.0, 0.7
PAUSE_COST, SPEECH_IN_PAUSE_COST = 0.2, 3.5
# What it costs to hear a phone where nobody speaks; closures are silent by nature.
SILENCE_COST = {"vowel": 1.5, "sonorant": 1.0, "fricative": 0.6, "stop": 0.15}
LONGEST_COST = 4.0  # of one frame: a cough must not outweigh a word
LEARNING_ROUNDS = 3
PRIOR_FRAMES = 25  # how many frames it takes to believe half of what they say about a class
REACH_S = 8.0
KEPT_PAUSE_MS = 600  # longer silences are shortened to this while aligning


@dataclass(frozen=True)
class States:
    """The reference as states. One state stands for one frame of it, or for a pause."""

    rows: Array  # (n_states, n_features); zero for pauses
    phone: NDArray[np.int64]  # (n_states,) index of the phone, PAUSE for a pause
    silence_cost: Array  # (n_states,) what it costs where nobody speaks


@dataclass(frozen=True)
class Heard:
    """The sound to be aligned, long silences shortened."""

    rows: Array  # (n_rows, n_features)
    is_speech: Array  # (n_rows,) 0 to 1
    frame: NDArray[np.int64]  # (n_rows,) which frame of the sound a row is


def align(waveform: Waveform, sample_rate: int, text: str, language: str) -> Alignment:
    """When each phone and word of the text is spoken.

    text: as `avatar.engine.text.speakable` leaves it.

    Words that the sound does not hold are in `Alignment.unplaced`, never guessed.
    Raises InputError for a language without a voice, AlignmentError when the text does not fit
    the sound at all.
    """
    reading = read(text, language)
    highest_hz = min(HIGHEST_HZ, 0.45 * sample_rate)
    power = spectra(waveform, sample_rate)
    speech = speech_frames(speech_level(power))
    if not (speech > 0.5).any():
        raise AlignmentError("The sound holds no speech to lay the text over.")
    spectrum, level = cepstra(power, highest_hz=highest_hz), sonority_level(power)
    heard = _heard(spectrum, level, speech)
    read_power = spectra(reading.waveform, reading.sample_rate)
    read_level = sonority_level(read_power)
    ratio = _speech_ratio(reading, heard)

    def states_at(warp: float) -> States:
        return _states(
            reading, cepstra(read_power, warp=warp, highest_hz=highest_hz), read_level, ratio
        )

    warp = _best_warp(heard, states_at)
    states, path = _learned(heard, states_at(warp), reading)
    bounds = _bounds(path, states, heard, len(reading.phones))
    bounds = refined(bounds, standardised(spectrum, speech > 0.5), level)
    return place(reading, bounds * HOP_MS, round(1000 * len(waveform) / sample_rate))


def _heard(spectrum: Array, level: Array, speech: Array) -> Heard:
    kept = _shortened(speech)
    return Heard(_rows(spectrum, level, speech > 0.5)[kept], speech[kept], kept)


def _shortened(speech: Array) -> NDArray[np.int64]:
    """The frames to align: of a long silence only its two ends."""
    half = KEPT_PAUSE_MS // 2 // HOP_MS
    spoken = np.flatnonzero(speech > 0.5)
    frames = np.arange(len(speech))
    after = frames - spoken[np.maximum(np.searchsorted(spoken, frames, side="right") - 1, 0)]
    before = spoken[np.minimum(np.searchsorted(spoken, frames), len(spoken) - 1)] - frames
    near = np.minimum(np.abs(after), np.abs(before)) < half
    return np.flatnonzero(near)


def _rows(spectrum: Array, level: Array, speech: NDArray[np.bool_]) -> Array:
    """What is compared: standardised shape, its change, and the level; a row is of length ~1."""
    shape = standardised(spectrum, speech)
    change = standardised(slopes(spectrum), speech) * SLOPE_WEIGHT
    loud = np.percentile(level[speech], 90) if speech.any() else 0.0
    relative = np.clip((level - loud) / 12, -3, 1)[:, None] * LEVEL_WEIGHT
    rows = np.hstack([shape, change]) / np.sqrt(shape.shape[1] * 2)
    return np.hstack([rows, relative * 0.7, slopes(relative) * 3]).astype(np.float32)


def _speech_ratio(reading: Reading, heard: Heard) -> float:
    """How much slower the sound is than the reading, pauses left out."""
    read_frames = sum(p.end - p.start for p in reading.phones) / reading.sample_rate
    return float(np.clip((heard.is_speech > 0.5).sum() * HOP_MS / 1000 / read_frames, 0.4, 3.0))


def _states(reading: Reading, spectrum: Array, level: Array, ratio: float) -> States:
    frame_s = HOP_MS / 1000
    phones, frames = [PAUSE], [0]
    for i, phone in enumerate(reading.phones):
        if i and reading.phone_words[i] != reading.phone_words[i - 1]:
            phones.append(PAUSE)
            frames.append(0)
        start = phone.start / reading.sample_rate / frame_s
        end = phone.end / reading.sample_rate / frame_s
        n = max(2, round((end - start) * ratio))
        inside = start + (np.arange(n) + 0.5) * (end - start) / n
        frames += list(np.minimum(np.round(inside).astype(int), len(spectrum) - 1))
        phones += [i] * n
    phones.append(PAUSE)
    frames.append(0)
    spoken = np.zeros(len(spectrum), dtype=bool)
    spoken[[f for f, p in zip(frames, phones, strict=True) if p != PAUSE]] = True
    rows = _rows(spectrum, level, spoken)[frames]
    phone_of = np.array(phones)
    rows[phone_of == PAUSE] = 0
    costs = np.array([SILENCE_COST[sound_class(p.phone)] for p in reading.phones])
    return States(
        rows, phone_of, np.where(phone_of == PAUSE, 0, costs[phone_of]).astype(np.float32)
    )


def _best_warp(heard: Heard, states_at: Callable[[float], States]) -> float:
    """The vocal tract that fits best, tried on a coarse grid of frames."""
    costs = [_path(heard, states_at(warp), every=4)[1] for warp in WARPS]
    return WARPS[int(np.argmin(costs))]


def _path(heard: Heard, states: States, every: int = 1) -> tuple[NDArray[np.int64], float]:
    rows, speech = heard.rows[::every], heard.is_speech[::every]
    kept = _thinned(states.phone, every)
    templates, phone = states.rows[kept], states.phone[kept]
    silence_cost = states.silence_cost[kept]
    is_pause = phone == PAUSE
    row_norms, template_norms = (rows**2).sum(axis=1), (templates**2).sum(axis=1)
    pause_costs = PAUSE_COST + SPEECH_IN_PAUSE_COST * speech

    def cost(first_row: int, last_row: int, first: int, last: int) -> Array:
        local = (
            row_norms[first_row:last_row, None]
            + template_norms[None, first:last]
            - 2 * rows[first_row:last_row] @ templates[first:last].T
        )
        np.minimum(local, LONGEST_COST, out=local)
        local += (1 - speech[first_row:last_row, None]) * silence_cost[None, first:last]
        pauses = np.flatnonzero(is_pause[first:last])
        local[:, pauses] = pause_costs[first_row:last_row, None]
        return local

    step_costs = np.repeat(np.array(STEP_COSTS, dtype=np.float32)[:, None], len(phone), axis=1)
    step_costs[0, is_pause] = 0
    after_pause = np.roll(is_pause, 1)
    step_costs[2, after_pause] = 0  # past an optional pause is no skip
    reach = round(REACH_S * 1000 / HOP_MS / every)
    return cheapest_path(cost, len(rows), step_costs, reach=reach)


def _thinned(phone: NDArray[np.int64], every: int) -> NDArray[np.int64]:
    """Every n-th state, but all pauses and at least one state of each phone."""
    firsts = np.flatnonzero(np.diff(phone, prepend=-2) != 0)
    return np.unique(
        np.concatenate([firsts, np.flatnonzero(phone == PAUSE), np.arange(0, len(phone), every)])
    )


def _learned(heard: Heard, states: States, reading: Reading) -> tuple[States, NDArray[np.int64]]:
    """Align, learn how the voice's sounds differ from the reading's, align again."""
    classes = np.array([sound_class(p.phone) for p in reading.phones])
    names = np.array([p.phone for p in reading.phones])
    path, _ = _path(heard, states)
    for _ in range(LEARNING_ROUNDS):
        rows = states.rows.copy()
        for labels, prior in ((classes, PRIOR_FRAMES), (names, 2 * PRIOR_FRAMES)):
            rows = _moved(rows, states.phone, labels, heard, path, prior)
        path, _ = _path(heard, replace(states, rows=rows))
    return replace(states, rows=rows), path


def _moved(
    rows: Array,
    phone: NDArray[np.int64],
    labels: NDArray[np.str_],
    heard: Heard,
    path: NDArray[np.int64],
    prior: float,
) -> Array:
    """Reference rows moved to where the voice has the same kind of sound."""
    moved = rows.copy()
    label_of = np.where(phone == PAUSE, "", labels[phone])
    on_path = label_of[path]
    for label in np.unique(labels):
        mine = np.flatnonzero(on_path == label)
        if len(mine):
            shift = (heard.rows[mine] - rows[path[mine]]).mean(axis=0)
            moved[label_of == label] += shift * len(mine) / (len(mine) + prior)
    return moved


def _bounds(
    path: NDArray[np.int64], states: States, heard: Heard, n_phones: int
) -> NDArray[np.float64]:
    """Start and end of each phone in frames of the sound; NaN for one that was passed over."""
    bounds = np.full((n_phones, 2), np.nan)
    phones = states.phone[path]
    for phone in np.unique(phones[phones != PAUSE]):
        rows = np.flatnonzero(phones == phone)
        bounds[phone] = heard.frame[rows[0]] - 0.5, heard.frame[rows[-1]] + 0.5
    return np.maximum(bounds, 0)
