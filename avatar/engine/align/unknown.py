"""Phones from the sound alone, in any language: what the mouth needs when nobody knows the words.

espeak-ng reads a few sentences of several languages; what its phones look like, grouped by the
shape they give the mouth, is the model. It is brought to the speaker as the aligner does it: by
vocal tract, by standardising, and by learning from a first guess. Words are not heard.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align.features import (
    BANDS_HZ,
    HOP_MS,
    Array,
    Features,
    features,
    highest_hz,
)
from avatar.engine.align.states import compared_rows
from avatar.engine.align.voicing import speech_in
from avatar.engine.scratch import Rows, gathered, pieces
from avatar.engine.speech.phones import VOWELS
from avatar.engine.types import Alignment, Phone, Samples

# Phones that look alike on a face, by the one that stands for them.
SHAPES = {
    "i": "iɪɨ", "y": "yʏʉ", "e": "eɘ", "ɛ": "ɛæœɜ", "a": "aɐɑɒʌ", "ə": "əɚɤ", "ɔ": "ɔ",
    "o": "oøɵ", "u": "uʊɯ", "m": "mpbɓ", "f": "fvʋ", "s": "szθðɕʑ", "ʃ": "ʃʒʂʐɹr",
    "n": "nŋɲtdɾlɫʎʈɖɳɭ", "k": "kɡxɣqχʁhɦçj", "w": "wβɥ",
}  # fmt: skip
SILENCE = len(SHAPES)
LEARNED = Path(__file__).with_name("shapes.npz")  # written by avatar.engine.lessons
WARPS = (0.84, 0.92, 1.0, 1.08, 1.16)
EVIDENCE = 0.15  # neighbouring frames say almost the same; counted fully they would be too sure
SWITCH_COST = 3.0
SILENCE_COST = 2.5  # a shape where nobody speaks, or silence where somebody does
LEARNING_ROUNDS, PRIOR_FRAMES = 2, 60
ALONE_MS = 200  # a pause; shorter gaps are the closures of stops


@dataclass(frozen=True)
class Model:
    """Shapes as normal distributions that share one covariance."""

    means: Array  # (n_shapes, n_features)
    precision: Array  # (n_features, n_features)

    def costs(self, rows: Array) -> Array:
        """(n_rows, n_shapes) half the squared Mahalanobis distance, the best shape's taken off."""
        left = rows @ self.precision
        own = np.einsum("ij,ij->i", left, rows)[:, None]
        means = np.einsum("ij,jk,ik->i", self.means, self.precision, self.means)[None]
        distance: Array = 0.5 * (own - 2 * left @ self.means.T + means)
        return distance


def hear(waveform: Samples, sample_rate: int) -> Alignment:
    """Phones without a text. Words are empty; silence is where no phone is."""
    duration_ms = round(1000 * len(waveform) / sample_rate)
    sound = features(waveform, sample_rate)
    speech = speech_in(sound)
    if not (speech > 0.5).any():
        return Alignment(duration_ms, (), ())
    phones = phones_heard(sound, speech, highest_hz(sample_rate), duration_ms)
    return Alignment(duration_ms, tuple(_spoken(phones)), ())


def phones_heard(sound: Features, speech: Array, band_hz: float, duration_ms: int) -> list[Phone]:
    """One of SHAPES after the other. speech: (n_frames,) 0 to 1; there must be some."""
    rows = compared_rows(sound.cepstra[0], sound.sonority_db, speech > 0.5)
    model = _model(closest_warp(rows, speech > 0.5, band_hz), band_hz)
    states = _shapes(model, rows, speech)
    for _ in range(LEARNING_ROUNDS):
        model = _learned(model, rows, states)
        states = _shapes(model, rows, speech)
    return _phones(states, duration_ms)


def closest_warp(rows: Rows, speech: NDArray[np.bool_], band_hz: float) -> float:
    """How many times higher this speaker's resonances are than espeak-ng's.

    speech: (n_rows,) which rows to look at.
    """
    spoken = np.flatnonzero(speech)
    some = gathered(rows, spoken[:: max(1, len(spoken) // 3000)])
    costs = [_model(warp, band_hz).costs(some).min(axis=1).mean() for warp in WARPS]
    return WARPS[int(np.argmin(costs))]


@lru_cache
def _model(warp: float, band_hz: float) -> Model:
    """The shapes as espeak-ng says them, in a vocal tract."""
    with np.load(LEARNED, allow_pickle=False) as learned:
        at = BANDS_HZ.index(band_hz), WARPS.index(warp)
        return Model(learned["means"][at], learned["precisions"][at])


def _shapes(model: Model, rows: Rows, speech: Array) -> NDArray[np.int64]:
    """The likeliest shape of every frame, SILENCE where nobody speaks."""

    def costs(first: int, stop: int) -> Array:
        here = speech[first:stop]
        shapes = model.costs(rows[first:stop])
        shapes -= shapes.min(axis=1, keepdims=True)
        silent = SILENCE_COST * here[:, None]
        return np.hstack([EVIDENCE * shapes + SILENCE_COST * (1 - here[:, None]), silent])

    return _cheapest(costs, len(rows), SILENCE + 1)


def _cheapest(
    costs: Callable[[int, int], Array], n_frames: int, n_states: int
) -> NDArray[np.int64]:
    """The cheapest sequence, where every change costs SWITCH_COST. costs: of a few frames."""
    came_from = np.zeros((n_frames, n_states), dtype=np.int8)
    stay = np.arange(n_states, dtype=np.int8)
    total = np.zeros(n_states, np.float32)
    for first, stop in pieces(n_frames):
        for t, cost in enumerate(costs(first, stop), start=first):
            best = int(total.argmin())
            switched = total[best] + SWITCH_COST
            came_from[t] = np.where(total > switched, best, stay)
            total = np.minimum(total, switched) + cost
    states = np.zeros(n_frames, dtype=np.int64)
    states[-1] = int(total.argmin())
    for t in range(n_frames - 1, 0, -1):
        states[t - 1] = came_from[t, states[t]]
    return states


def _learned(model: Model, rows: Rows, states: NDArray[np.int64]) -> Model:
    """The model moved to where this speaker's shapes are."""
    sums = np.zeros((SILENCE + 1, model.means.shape[1]))
    for first, stop in pieces(len(rows)):
        np.add.at(sums, states[first:stop], rows[first:stop])
    n = np.bincount(states, minlength=SILENCE + 1)[:SILENCE, None]
    means = (sums[:SILENCE] + PRIOR_FRAMES * model.means) / (n + PRIOR_FRAMES)
    return replace(model, means=means.astype(np.float32))


def _spoken(phones: list[Phone]) -> list[Phone]:
    """Without consonants that stand alone between pauses: a breath, a click, a chair."""
    stretches: list[list[Phone]] = []
    for phone in phones:
        if not stretches or phone.start_ms - stretches[-1][-1].end_ms >= ALONE_MS:
            stretches.append([])
        stretches[-1].append(phone)
    spoken = [stretch for stretch in stretches if any(p.phone[:1] in VOWELS for p in stretch)]
    return list(chain.from_iterable(spoken or stretches))


def _phones(states: NDArray[np.int64], duration_ms: int) -> list[Phone]:
    names = [*SHAPES, ""]
    edges = np.flatnonzero(np.diff(states, prepend=-1, append=-1) != 0)
    phones = []
    for start, end in pairwise(edges):
        name = names[states[start]]
        start_ms = max(0, round((start - 0.5) * HOP_MS))
        end_ms = min(duration_ms, round((end - 0.5) * HOP_MS))
        if name and end_ms > start_ms:
            phones.append(Phone(name, start_ms, end_ms))
    return phones
