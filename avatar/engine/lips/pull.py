"""Coarticulation: what the mouth does while it says one sound and prepares the next.

Source: Cohen & Massaro 1993, dominance functions: each sound pulls each part of the mouth towards
its own target, strongest at its centre and fading to both sides; the mouth is the weighted mean of
all pulls. Closures pull hardest, for a p whose lips do not meet is what viewers notice first.
"""

import numpy as np
from numpy.typing import NDArray

from avatar.engine.lips.sound import RATE
from avatar.engine.lips.visemes import (
    BREATH_IN,
    MOUTH,
    RELAX,
    REST,
    Target,
    is_vowel,
    targets_of,
)
from avatar.engine.types import Alignment, Phone

# A shape is at its centre with its sound; the fading below makes it begin earlier. Against eight
# real people every lead from -20 to 10 ms does within 0.01, 20 ms loses 0.02 and 40 ms 0.06.
LEAD_MS = 0
REACH_MS = 320  # beyond this a sound has no pull
FADE_BEFORE_MS = 65.0  # how early a sound begins to pull ...
FADE_AFTER_MS = 50.0  # ... and how long it lets go
EDGE = 0.35  # share of a sound at each end in which it does not yet pull fully
NUCLEUS = 0.7  # share of a diphthong's time that its first vowel holds; the glide is brief
PAUSE_MS = 200  # shorter gaps are the closures of stops and hesitations: the mouth stays as it is

Span = tuple[float, float, Target]  # start_ms, end_ms, what the mouth wants


def mouth_spans(alignment: Alignment, drawn: list[tuple[int, int]]) -> list[Span]:
    """Every sound, breath and pause, in order, already early by `LEAD_MS`.

    drawn: when breath is drawn audibly, (start_ms, end_ms).
    """
    moves = [(start, end, [BREATH_IN], [1.0]) for start, end in drawn]
    for phone in alignment.phones:
        moves.append((phone.start_ms, phone.end_ms, *_targets(phone)))
    spans: list[Span] = []
    still_since = 0
    for start_ms, end_ms, targets, shares in sorted(moves, key=lambda move: move[0]):
        if start_ms - still_since >= PAUSE_MS:
            spans.append((still_since - LEAD_MS, start_ms - LEAD_MS, REST))
        at = float(start_ms - LEAD_MS)
        for target, share in zip(targets, shares, strict=True):
            spans.append((at, at + share * (end_ms - start_ms), target))
            at = spans[-1][1]
        still_since = end_ms
    if alignment.duration_ms > still_since or not spans:
        spans.append((still_since - LEAD_MS, alignment.duration_ms + REACH_MS, REST))
    return spans


def _targets(phone: Phone) -> tuple[list[Target], list[float]]:
    """What the mouth passes through, and the share of the phone's time for each."""
    targets = targets_of(phone.phone)
    if len(targets) == 2 and is_vowel(phone.phone):
        return targets, [NUCLEUS, 1 - NUCLEUS]
    return targets, [1 / len(targets)] * len(targets)


def blended(spans: list[Span], n_ticks: int) -> dict[str, NDArray[np.float32]]:
    """The weighted mean of all pulls, (n_ticks,) a part."""
    pulled = np.zeros((len(MOUTH), n_ticks), np.float32)
    weight = np.full((len(MOUTH), n_ticks), 1e-6, np.float32)
    for start_ms, end_ms, target in spans:
        first = max(0, int((start_ms - REACH_MS) * RATE / 1000))
        last = min(n_ticks, int((end_ms + REACH_MS) * RATE / 1000) + 1)
        if first >= last:
            continue
        at_ms = (np.arange(first, last, dtype=np.float32) + 0.5) * (1000 / RATE)
        pull = _dominance(at_ms, start_ms, end_ms)
        insist = np.array([target.insist.get(name, RELAX) for name in MOUTH], np.float32)
        goal = np.array([target.goal.get(name, 0.0) for name in MOUTH], np.float32)
        pulled[:, first:last] += np.outer(insist * goal, pull)
        weight[:, first:last] += np.outer(insist, pull)
    return dict(zip(MOUTH, pulled / weight, strict=True))


def _dominance(at_ms: NDArray[np.float32], start_ms: float, end_ms: float) -> NDArray[np.float32]:
    """1 in the middle of a sound, fading exponentially to both sides."""
    edge = EDGE * (end_ms - start_ms)
    before = np.maximum(0, start_ms + edge - at_ms) / FADE_BEFORE_MS
    after = np.maximum(0, at_ms - (end_ms - edge)) / FADE_AFTER_MS
    pull: NDArray[np.float32] = np.exp(-((before + after) ** 1.4))
    return pull
