"""Whether the words are in the sound at all. What is not there is said, never guessed."""

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align.features import HOP_MS, Array
from avatar.engine.align.states import Heard, States
from avatar.engine.speech.reading import Reading

# A row's distance to its own state, over its distance to any state. Measured on nine speakers:
# right words 0.2 to 0.45, words that are not spoken 0.5 to 0.9.
SURELY_UNLIKE, PERHAPS_UNLIKE = 0.58, 0.48
# Words that are not spoken are squeezed into the gaps between those that are.
SURELY_SQUEEZED, PERHAPS_SQUEEZED = 0.5, 0.75
LEAST_PHONES = 3  # the fit of "in" or "a" says too little


def unlikeness(heard: Heard, states: States, path: NDArray[np.int64]) -> Array:
    """(n_rows,) distance of each row to its state, over the mean distance to all states."""
    own = ((heard.rows - states.rows[path]) ** 2).sum(axis=1)
    spoken = states.rows[states.phone >= 0]
    any_state = (
        (heard.rows**2).sum(axis=1)
        + (spoken**2).sum(axis=1).mean()
        - 2 * heard.rows @ spoken.mean(axis=0)
    )
    ratio: Array = own / np.maximum(any_state, 1e-6)
    return ratio


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
