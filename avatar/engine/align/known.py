"""A known text laid over any voice that speaks it, in every language espeak-ng reads.

espeak-ng reads the text; its sound is laid over the voice by time warping on the shape of the
spectrum, and its phones, whose times it knows, are carried over. Two voices differ in vocal tract,
microphone and habit: the tract is matched by warping frequencies, the microphone by standardising,
the habits by learning, class by class, how the phones of one voice differ from the other's and
aligning again. Pauses are states of their own, possible between any two words.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align.features import HOP_MS, Array, features, highest_hz
from avatar.engine.align.fit import missing_words
from avatar.engine.align.path import cheapest_path
from avatar.engine.align.refine import refined
from avatar.engine.align.states import (
    BESIDE,
    PAUSE,
    Heard,
    Moved,
    States,
    heard_rows,
    on_path,
    reading_states,
    speech_ratio,
)
from avatar.engine.align.unknown import phones_heard
from avatar.engine.align.unwritten import unwritten_spans, with_unwritten
from avatar.engine.align.voicing import speech_in
from avatar.engine.errors import AlignmentError
from avatar.engine.scratch import Rows, gathered, pieces
from avatar.engine.speech.phones import sound_class
from avatar.engine.speech.reading import Reading, place, read_to_disk
from avatar.engine.types import Alignment, Samples

WARPS = (0.84, 0.9, 0.96, 1.02, 1.08, 1.14, 1.2)  # vocal tracts from a tall man's to a child's
STEP_COSTS = (0.12, 0.0, 0.12, 0.5)  # staying, going on by one, two, three states
# What is said beside the text is cheaper than a wrong phone, about 2 a frame, and dearer than a
# right one, about 1; and nobody says less than some words.
BESIDE_COST, COME_BESIDE_COST = 1.3, 40.0
PAUSE_COST, SPEECH_IN_PAUSE_COST = 0.2, 1.8  # breath, laughter and applause are pauses, too
LONGEST_STOP_MS = 180  # silence next to a stop is not all its closure
LONGEST_COST = 4.0  # of one frame: a cough must not outweigh a word
LEARNING_ROUNDS = 3
PRIOR_FRAMES = 25  # how many frames it takes to believe half of what they say about a class

COARSE = 4  # every fourth frame finds the way, all frames around it find the boundaries
LONG_MS = 120_000  # then every eighth frame finds the way
COARSE_REACH_S, COARSE_REACH_SHARE = 8.0, 0.08  # whichever is more
FINE_REACH_S = 1.2
SPEED_RANGE = (0.33, 3.5)  # speech this many times longer than the reading can be the text

# The text against itself backwards: what a text that is not spoken gains by chance. Measured on
# fifteen voices: right texts 0.21 to 0.87 (an American hall, read as British); texts that are not
# spoken 0.84 to 1.1, most of them above this. A short text proves too little: of seventeen
# phones right ones reach 0.93 and others 0.78, so only words that are missing tell there. Refusing
# a right text is the worse mistake.
BY_CHANCE, LEAST_PHONES = 0.88, 30


def align(waveform: Samples, sample_rate: int, text: str, language: str) -> Alignment:
    """When each phone and word of the text is spoken.

    text: as `avatar.engine.text.speakable` leaves it.

    Words that the sound does not hold are in `Alignment.unplaced`, never guessed; what is spoken
    beside the text is in `Alignment.unwritten`, with phones as `unknown.hear` hears them.
    Raises InputError for a language without a voice, AlignmentError when the text does not fit
    the sound at all.
    """
    reading = read_to_disk(text, language)
    band_hz = highest_hz(sample_rate)
    sound = features(waveform, sample_rate)
    spectrum, level, speech = sound.cepstra[0], sound.sonority_db, speech_in(sound)
    if not (speech > 0.5).any():
        raise AlignmentError("The sound holds no speech to lay the text over.")
    heard = heard_rows(spectrum, level, speech)
    ratio = _possible_ratio(reading, heard)
    states, path = _fitting_states(reading, heard, ratio, band_hz)
    states, path = _learned(heard, states, reading, path)
    bounds = _bounds(path, states, heard, len(reading.phones))
    _shorten_stops(bounds, reading)
    bounds = refined(bounds, spectrum, speech > 0.5, level)
    _leave_out(bounds, reading, missing_words(reading, heard, states, path))
    duration_ms = round(1000 * len(waveform) / sample_rate)
    placed = place(reading, bounds * HOP_MS, duration_ms)
    unwritten = unwritten_spans(placed, speech > 0.5)
    if not unwritten:
        return placed
    return with_unwritten(placed, unwritten, phones_heard(sound, speech, band_hz, duration_ms))


def _possible_ratio(reading: Reading, heard: Heard) -> float:
    ratio = speech_ratio(reading, heard)
    if not SPEED_RANGE[0] <= ratio <= SPEED_RANGE[1]:
        spoken_s = (heard.is_speech > 0.5).sum() * HOP_MS / 1000
        raise AlignmentError(
            f"The text does not fit the sound: it has {len(reading.words)} words, the sound"
            f" {spoken_s:.1f} seconds of speech."
        )
    return ratio


def _fitting_states(
    reading: Reading, heard: Heard, ratio: float, band_hz: float
) -> tuple[States, NDArray[np.int64]]:
    """The reading in the vocal tract that fits best, and the state of every row, roughly.

    Raises AlignmentError when the text fits no better than the same text backwards.
    """
    sound = features(reading.waveform, reading.sample_rate, band_hz=band_hz, warps=WARPS)
    every = COARSE if len(heard.rows) * HOP_MS < LONG_MS else 2 * COARSE
    least = np.inf
    for spectrum in sound.cepstra:
        states = reading_states(reading, spectrum, sound.sonority_db, ratio)
        cost = _path(heard, states, every, beside=False)[1]
        if cost < least:
            least, best = cost, states
    in_reverse = np.arange(len(best.phone))[::-1]
    backwards = _path(heard, best, every, beside=False, order=in_reverse)[1]
    words = _words_backwards(best.phone)
    shuffled = _path(heard, best, every, beside=False, order=words)[1]
    chance = (least / backwards + least / shuffled) / 2
    if chance > BY_CHANCE and len(reading.phones) >= LEAST_PHONES:
        raise AlignmentError(
            "The words of the text are not what the sound says; check that text and sound belong"
            " together, or leave the text out."
        )
    path, _ = _path(heard, best, every)
    rows = np.arange(len(heard.rows))
    return best, np.interp(rows, rows[::every], path).astype(np.int64)


def _words_backwards(phone: NDArray[np.int64]) -> NDArray[np.int64]:
    """States in the order last word first, each word forwards."""
    pauses = np.flatnonzero(phone == PAUSE)
    words = [np.arange(a, b) for a, b in pairwise(pauses)]
    return np.concatenate([*words[::-1], pauses[-1:]])


def _learned(
    heard: Heard, states: States, reading: Reading, centres: NDArray[np.int64]
) -> tuple[States, NDArray[np.int64]]:
    """Align, learn how the voice's sounds differ from the reading's, align again.

    centres: (n_rows,) the states around which the first path is looked for.
    """
    kinds = [
        (_kinds([sound_class(p.phone) for p in reading.phones], states.phone), PRIOR_FRAMES),
        (_kinds([p.phone for p in reading.phones], states.phone), 2 * PRIOR_FRAMES),
    ]
    path, _ = _path(heard, states, centres=centres)
    learned = states
    for _ in range(LEARNING_ROUNDS):
        rows = states.rows
        for kind, prior in kinds:
            rows = _moved(rows, kind, heard, path, prior)
        learned = replace(states, rows=rows)
        path, _ = _path(heard, learned, centres=path)
    return learned, path


def _kinds(labels: list[str], phone: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n_states,) the kind of sound of each state; 0 where it is none. labels: of the phones."""
    _, kind = np.unique(labels, return_inverse=True)
    return np.where(phone < 0, 0, kind[phone] + 1)


def _moved(
    rows: Rows,
    kind: NDArray[np.int64],
    heard: Heard,
    path: NDArray[np.int64],
    prior: float,
) -> Rows:
    """Reading rows moved to where the voice has the same kind of sound."""
    shifts = np.zeros((int(kind.max()) + 1, rows[:1].shape[1]))
    for first, stop in pieces(len(path)):
        away = heard.rows[first:stop] - on_path(rows, path[first:stop])
        np.add.at(shifts, kind[path[first:stop]], away)
    n = np.bincount(kind[path], minlength=len(shifts))
    shifts /= (n + prior)[:, None]
    shifts[0] = 0
    return Moved(rows, kind, shifts.astype(np.float32))


def _path(
    heard: Heard,
    states: States,
    every: int = 1,
    centres: NDArray[np.int64] | None = None,
    *,
    beside: bool = True,
    order: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], float]:
    """The state of every n-th row, and the mean cost of a row.

    centres: (n_rows,) states to search close to, or None to search around a straight line.
    beside: whether anything may be spoken beside the text.
    order: of the states, when not their own.
    """
    if order is None:
        order = np.arange(len(states.phone))
    kept = order[_thinned(states.phone[order], every)]
    few = states if every == 1 else states[kept]
    rows = heard.rows if every == 1 else gathered(heard.rows, np.arange(0, len(heard.rows), every))
    speech = heard.is_speech[::every]
    is_pause, is_beside = few.phone == PAUSE, few.phone == BESIDE
    pause_costs = PAUSE_COST + SPEECH_IN_PAUSE_COST * speech

    def cost(first_row: int, last_row: int, first: int, last: int) -> Array:
        here, there = rows[first_row:last_row], few.rows[first:last]
        norms = (here**2).sum(axis=1)[:, None] + (there**2).sum(axis=1)[None]
        local: Array = norms - 2 * here @ there.T
        np.minimum(local, LONGEST_COST, out=local)
        local += (1 - speech[first_row:last_row, None]) * few.silence_cost[None, first:last]
        local[:, is_pause[first:last]] = pause_costs[first_row:last_row, None]
        local[:, is_beside[first:last]] = BESIDE_COST if beside else np.inf
        return local

    step_costs = np.repeat(np.array(STEP_COSTS, dtype=np.float32)[:, None], len(kept), axis=1)
    step_costs[0, is_pause] = 0
    step_costs[0, is_beside] = 0
    step_costs[1:, is_beside] += COME_BESIDE_COST / every
    after = np.roll(is_pause, 1)
    step_costs[3, after] = 0  # past what may stand between words is no skip
    reach_s = FINE_REACH_S
    if centres is None:
        reach_s = max(COARSE_REACH_S, COARSE_REACH_SHARE * len(heard.rows) * HOP_MS / 1000)
    reach = round(reach_s * 1000 / HOP_MS / every)
    path, mean_cost = cheapest_path(cost, len(rows), step_costs, centres, reach)
    return kept[path], mean_cost


def _thinned(phone: NDArray[np.int64], every: int) -> NDArray[np.int64]:
    """Every n-th state, but all pauses and at least one state of each phone."""
    firsts = np.flatnonzero(np.diff(phone, prepend=PAUSE - 1) != 0)
    some = np.arange(0, len(phone), every)
    return np.union1d(firsts, some)


def _bounds(
    path: NDArray[np.int64], states: States, heard: Heard, n_phones: int
) -> NDArray[np.float64]:
    """Start and end of each phone in frames of the sound; NaN for one that was passed over."""
    bounds = np.full((n_phones, 2), np.nan)
    phones = states.phone[path]
    firsts = np.flatnonzero(np.diff(phones, prepend=PAUSE) != 0)
    lasts = np.append(firsts[1:], len(phones)) - 1
    for first, last in zip(firsts, lasts, strict=True):
        if phones[first] >= 0:
            bounds[phones[first]] = heard.frame[first] - 0.5, heard.frame[last] + 0.5
    return np.maximum(bounds, 0)


def _shorten_stops(bounds: NDArray[np.float64], reading: Reading) -> None:
    """Give silence back that a stop took next to a pause, in place."""
    longest = LONGEST_STOP_MS / HOP_MS
    for i, phone in enumerate(reading.phones):
        start, end = bounds[i]
        if sound_class(phone.phone) != "stop" or not end - start > longest:
            continue
        is_last = i + 1 == len(bounds) or not bounds[i + 1, 0] - end < 1
        bounds[i] = (start, start + longest) if is_last else (end - longest, end)


def _leave_out(bounds: NDArray[np.float64], reading: Reading, missing: set[int]) -> None:
    """Take the phones of missing words out of the sound, in place."""
    if len(missing) > len(reading.words) / 2:
        raise AlignmentError(
            f"Only {len(reading.words) - len(missing)} of the {len(reading.words)} words of the"
            " text were found in the sound; check that they belong together."
        )
    gone = [i for i, word in enumerate(reading.phone_words) if word in missing]
    bounds[gone] = np.nan
