"""Where a long sound may be parted, so that each piece is one an engine takes.

Cuts are frames of the whole: pieces laid end to end have exactly its frames, however many there
are. Of all ways to cut, the cheapest is taken (dynamic programming): between sentences rather than
at a comma, there rather than between words, and in the middle of a sound only where nothing else
is left; of equally good ways the one whose pieces are about equally long.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from avatar.engine.captions.phrases import CLAUSE_END, ends_sentence
from avatar.engine.errors import InputError
from avatar.engine.timing import frame_ms, n_frames
from avatar.engine.types import Samples, Word

Doubles = NDArray[np.float64]

GRAIN_S = 0.005
QUIET_S = 0.020  # around a cut; what is quiet for so long is cut without being heard
PAUSE_DB = 25.0  # below speech, as in avatar.engine.media.sound
SHORT_PAUSE_MS, LONG_PAUSE_MS = 80, 500  # a stop consonant is silent for less; a breath takes more
WINDOW_S = 0.25  # one place in each of these, where there is no better one
FLOOR_DB = -70.0

# What a cut costs. One more piece is one more place where a film may jump.
SENTENCE, CLAUSE, WORDS, PAUSE, ANYWHERE = 1.0, 3.0, 5.0, 4.0, 40.0
LOUDER = 0.1  # for each dB between the quietest and the loudest place
UNEQUAL = 1.0  # a piece as long as may be, against two halves of it


@dataclass(frozen=True)
class Span:
    """Frames start to stop of the whole, half-open."""

    start: int
    stop: int

    @property
    def n_frames(self) -> int:
        return self.stop - self.start

    def ms(self, fps: Fraction) -> tuple[int, int]:
        return frame_ms(self.start, fps), frame_ms(self.stop, fps)

    def samples(self, sample_rate: int, fps: Fraction) -> tuple[int, int]:
        """First and last + 1; neighbours share an edge exactly."""
        start, stop = (round(frame * sample_rate / fps) for frame in (self.start, self.stop))
        return start, stop


def pieces(
    sound: Samples,
    sample_rate: int,
    fps: Fraction,
    *,
    longest_ms: int,
    shortest_ms: int = 0,
    words: Sequence[Word] = (),
) -> list[Span]:
    """Spans that cover the sound, each within the limits. The same sound is cut the same way.

    words: with their times, where they are known; else its pauses alone decide.

    Raises InputError when the sound is shorter than shortest_ms, or cannot be cut within both.
    """
    n = n_frames(len(sound), sample_rate, fps)
    longest, shortest = int(longest_ms * fps / 1000), -int(-shortest_ms * fps // 1000)
    if n < shortest:
        raise InputError(
            f"The sound lasts {n / float(fps):.1f} seconds;"
            f" {shortest_ms / 1000:g} are the least this engine takes."
        )
    if n <= longest:
        return [Span(0, n)]
    levels = _levels_dbfs(sound, sample_rate, n, fps)
    places = _places(levels, words, fps)
    cuts = _cheapest(places, n, longest, max(1, shortest))
    if cuts is None:
        raise InputError(
            f"A sound of {n / float(fps):.1f} seconds cannot be cut into pieces of"
            f" {shortest_ms / 1000:g} to {longest_ms / 1000:g} seconds."
        )
    return [Span(start, stop) for start, stop in pairwise([0, *cuts, n])]


def _levels_dbfs(sound: Samples, sample_rate: int, n: int, fps: Fraction) -> Doubles:
    """(n + 1,) how loud it is for QUIET_S around the beginning of each frame."""
    grain = max(1, round(GRAIN_S * sample_rate))
    block = grain * 20_000
    energy = [
        np.add.reduceat(piece.astype(np.float64) ** 2, np.arange(0, len(piece), grain))
        for start in range(0, len(sound), block)
        if len(piece := sound[start : start + block])
    ]
    power = np.concatenate([*energy, np.zeros(1)]) / grain
    summed = np.concatenate([[0.0], np.cumsum(power)])
    half = max(1, round(QUIET_S / GRAIN_S / 2))
    at = np.rint(np.arange(n + 1) * (sample_rate / grain / float(fps))).astype(np.int64)
    low, high = np.clip(at - half, 0, len(power) - 1), np.clip(at + half, 1, len(power))
    mean = (summed[high] - summed[low]) / np.maximum(high - low, 1)
    levels: Doubles = np.maximum(10 * np.log10(np.maximum(mean, 1e-12)), FLOOR_DB)
    return levels


def _places(levels: Doubles, words: Sequence[Word], fps: Fraction) -> dict[int, float]:
    """Frames at which to cut, and what that costs."""
    quietest = float(levels.min())
    places: dict[int, float] = {}
    for frame, cost in (
        *_anywhere(levels, fps),
        *_in_pauses(levels, fps),
        *_between_words(levels, words, fps),
    ):
        cost += LOUDER * (levels[frame] - quietest)
        places[frame] = min(cost, places.get(frame, cost))
    return places


def _anywhere(levels: Doubles, fps: Fraction) -> Iterator[tuple[int, float]]:
    step = max(1, round(WINDOW_S * fps))
    for first in range(1, len(levels) - 1, step):
        yield _quietest(levels, first, min(first + step, len(levels) - 1)), ANYWHERE


def _in_pauses(levels: Doubles, fps: Fraction) -> Iterator[tuple[int, float]]:
    """The longer nobody speaks, the more likely a sentence has ended."""
    quiet = levels < np.percentile(levels, 90) - PAUSE_DB
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(int)))
    for first, stop in edges.reshape(-1, 2).tolist():
        long_ms = float(1000 * (stop - first) / fps)
        if long_ms >= SHORT_PAUSE_MS and first > 0 and stop < len(levels):
            share = min(1.0, (long_ms - SHORT_PAUSE_MS) / (LONG_PAUSE_MS - SHORT_PAUSE_MS))
            yield _quietest(levels, first, stop), PAUSE + share * (SENTENCE - PAUSE)


def _between_words(
    levels: Doubles, words: Sequence[Word], fps: Fraction
) -> Iterator[tuple[int, float]]:
    for word, following in pairwise(words):
        first = -int(-word.end_ms * fps // 1000)
        stop = int(max(word.end_ms, following.start_ms) * fps / 1000) + 1
        if stop <= first:  # no frame begins between them: the nearest one does
            first = round((word.end_ms + following.start_ms) * fps / 2000)
            stop = first + 1
        first, stop = max(1, first), min(stop, len(levels) - 1)
        if first >= stop:
            continue
        ends_clause = CLAUSE_END.search(word.word)
        cost = SENTENCE if ends_sentence(word, following) else CLAUSE if ends_clause else WORDS
        yield _quietest(levels, first, stop), cost


def _quietest(levels: Doubles, first: int, stop: int) -> int:
    """The quietest frame of a stretch; of equals, the one nearest to its middle."""
    part = levels[first:stop]
    equals = np.flatnonzero(part <= part.min() + 0.5)
    middle = (len(part) - 1) / 2
    return first + int(equals[np.argmin(np.abs(equals - middle))])


def _cheapest(places: dict[int, float], n: int, longest: int, shortest: int) -> list[int] | None:
    """The cuts that cost least together; None when there are none within the limits."""
    at = np.array([0, *sorted(places), n])
    cost = np.array([0.0, *(places[frame] for frame in sorted(places)), 0.0])
    best, before = np.full(len(at), np.inf), np.full(len(at), -1)
    best[0] = 0.0
    for here in range(1, len(at)):
        low, high = np.searchsorted(at, (at[here] - longest, at[here] - shortest + 1))
        if low >= high:
            continue
        lengths = (at[here] - at[low:high]) / longest
        total = best[low:high] + UNEQUAL * lengths**2
        chosen = int(np.argmin(total))
        best[here], before[here] = total[chosen] + cost[here], low + chosen
    if not np.isfinite(best[-1]):
        return None
    cuts = []
    here = int(before[-1])
    while here > 0:
        cuts.append(int(at[here]))
        here = int(before[here])
    return cuts[::-1]
