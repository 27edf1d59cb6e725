"""Whether the words are in the sound at all. What is not there is said, never guessed."""

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align.features import HOP_MS, Array
from avatar.engine.align.states import Heard, States, on_path
from avatar.engine.scratch import pieces
from avatar.engine.speech.reading import Reading

# A row's distance to its own state, over its distance to any state. Measured on nine speakers:
# right words 0.2 to 0.45, words that are not spoken 0.5 to 0.9.
SURELY_UNLIKE, PERHAPS_UNLIKE = 0.58, 0.48
# Words that are not spoken are squeezed into the gaps between those that are.
SURELY_SQUEEZED, PERHAPS_SQUEEZED = 0.5, 0.75
LEAST_PHONES = 3  # the fit of "in" or "a" says too little


def unlikeness(heard: Heard, states: States, path: NDArray[np.int64]) -> Array:
    """(n_rows,) distance of each row to its state, over the mean distance to all states."""
    mean, square = _spoken(states)
    ratio = np.empty(len(path), np.float32)
    for first, stop in pieces(len(path)):
        rows = heard.rows[first:stop]
        own = ((rows - on_path(states.rows, path[first:stop])) ** 2).sum(axis=1)
        any_state = (rows**2).sum(axis=1) + square - 2 * rows @ mean
        ratio[first:stop] = own / np.maximum(any_state, 1e-6)
    return ratio


def _spoken(states: States) -> tuple[Array, float]:
    """The mean of the states that are sounds, and their mean square length."""
    total, square = np.zeros(states.rows[:1].shape[1]), 0.0
    for first, stop in pieces(len(states.rows)):
        spoken = states.rows[first:stop][states.phone[first:stop] >= 0].astype(np.float64)
        total, square = total + spoken.sum(axis=0), square + float((spoken**2).sum())
    n = int((states.phone >= 0).sum())
    return (total / n).astype(np.float32), square / n


def missing_words(
    reading: Reading, heard: Heard, states: States, path: NDArray[np.int64]
) -> set[int]:
    """Indices of words that the sound does not hold: unlike it, and squeezed out of it."""
    n_words = len(reading.words)
    unlike = unlikeness(heard, states, path)
    phones = states.phone[path]
    owner = np.where(phones < 0, n_words, np.array(reading.phone_words)[phones])
    n_rows = np.bincount(owner, minlength=n_words + 1)[:n_words]
    fit = np.bincount(owner, unlike, minlength=n_words + 1)[:n_words] / np.maximum(n_rows, 1)
    fit[n_rows == 0] = np.inf
    squeeze = _squeeze(reading, n_rows)
    n_phones = np.bincount(reading.phone_words, minlength=n_words)
    surely = (fit > SURELY_UNLIKE) & (squeeze < SURELY_SQUEEZED) & (n_phones >= LEAST_PHONES)
    perhaps = (fit > PERHAPS_UNLIKE) & (squeeze < PERHAPS_SQUEEZED)
    return _spread(surely, perhaps)


def _squeeze(reading: Reading, n_rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """How long each word is, over how long it would be at the usual speed of this voice."""
    lengths_ms = np.zeros(len(reading.words))
    for phone, word in zip(reading.phones, reading.phone_words, strict=True):
        lengths_ms[word] += 1000 * (phone.end - phone.start) / reading.sample_rate
    slower = n_rows * HOP_MS / np.maximum(lengths_ms, 1)
    usual = float(np.median(slower[lengths_ms > 0]))
    squeeze: NDArray[np.float64] = slower / max(usual, 1e-6)
    return squeeze


def _spread(surely: NDArray[np.bool_], perhaps: NDArray[np.bool_]) -> set[int]:
    """The sure ones, and the doubtful ones next to them."""
    missing = surely.copy()
    n = len(missing)
    for order in (range(1, n), range(n - 2, -1, -1)):
        for i in order:
            neighbour = i - order.step
            missing[i] |= perhaps[i] and missing[neighbour]
    return set(np.flatnonzero(missing).tolist())
