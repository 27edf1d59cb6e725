"""Coarticulation: what the mouth does while it says one sound and prepares the next.

Source: Cohen & Massaro 1993, dominance functions: each sound pulls each part of the mouth towards
its own target, strongest at its centre and fading to both sides; the mouth is the weighted mean of
all pulls. Closures pull hardest, for a p whose lips do not meet is what viewers notice first.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avatar.engine.lips.breath import breaths
from avatar.engine.lips.sound import LIPS_HZ, RATE, at_frames, clarity, level_db
from avatar.engine.lips.visemes import (
    BREATH_IN,
    MOUTH,
    RELAX,
    REST,
    Target,
    is_vowel,
    targets_of,
)
from avatar.engine.types import Alignment, Phone, Waveform

LEAD_MS = 0  # a shape is at its centre with its sound: the fading below makes it begin earlier
REACH_MS = 320  # beyond this a sound has no pull
FADE_BEFORE_MS = 65.0  # how early a sound begins to pull ...
FADE_AFTER_MS = 50.0  # ... and how long it lets go
EDGE = 0.35  # share of a sound at each end in which it does not yet pull fully
NUCLEUS = 0.7  # share of a diphthong's time that its first vowel holds; the glide is brief
PAUSE_MS = 200  # shorter gaps are the closures of stops and hesitations: the mouth stays as it is
CLOSURE_MS = 60  # lips stay together at least this long
CLOSURE_RAMP_MS = 45.0
SHAPED_BY_SOUND = ("jaw", "upper", "lower")
LEAST_OPEN = 0.3  # how much of its opening a sound keeps, however muffled

Span = tuple[float, float, Target]  # start_ms, end_ms, what the mouth wants


def mouth_curves(
    alignment: Alignment,
    waveform: Waveform,
    sample_rate: int,
    *,
    fps: float,
    n_frames: int,
) -> dict[str, NDArray[np.float32]]:
    """The curves named in `MOUTH`, each (n_frames,) float32 in [0, 1]."""
    n_ticks = max(1, round(len(waveform) / sample_rate * RATE))
    level = level_db(waveform, sample_rate, n_ticks, above_hz=LIPS_HZ)
    spans = _spans(alignment, breaths(alignment, level, PAUSE_MS))
    curves = _blend(spans, n_ticks)
    how_far = _how_far(spans, level)
    for name in SHAPED_BY_SOUND:
        curves[name] *= how_far
    curves = {name: gaussian_filter1d(curve, sigma=3) for name, curve in curves.items()}
    _close(curves, spans, n_ticks, hold_ms=max(CLOSURE_MS, 1000 / fps + 12))
    _rest_in_silence(curves, spans, n_ticks)
    return {name: at_frames(curve, fps, n_frames) for name, curve in curves.items()}


def _spans(alignment: Alignment, drawn: list[tuple[int, int]]) -> list[Span]:
    """Every sound, breath and pause, in order, already early by `LEAD_MS`."""
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


def _how_far(spans: list[Span], level: NDArray[np.float64]) -> NDArray[np.float32]:
    """(n_ticks,) what the sound makes of each opening. Breath is faint with the mouth open."""
    heard = LEAST_OPEN + (1 - LEAST_OPEN) * gaussian_filter1d(clarity(level), sigma=6)
    breath = _during([span for span in spans if span[2] is BREATH_IN], len(level), 50, 50)
    how_far: NDArray[np.float32] = heard * (1 - breath) + breath
    return how_far


def _during(
    spans: list[Span], n_ticks: int, before_ms: float, after_ms: float
) -> NDArray[np.float32]:
    """(n_ticks,) 1 during the spans and this much around them, 0 elsewhere, soft between."""
    during = np.zeros(n_ticks, np.float32)
    for start_ms, end_ms, _ in spans:
        first = max(0, int((start_ms - before_ms) * RATE / 1000))
        during[first : max(0, int((end_ms + after_ms) * RATE / 1000) + 1)] = 1
    soft: NDArray[np.float32] = np.minimum(1, gaussian_filter1d(during, sigma=6))
    soft[soft < 0.02] = 0  # the tail of a Gaussian is not movement
    return soft


def _blend(spans: list[Span], n_ticks: int) -> dict[str, NDArray[np.float32]]:
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


def _close(
    curves: dict[str, NDArray[np.float32]], spans: list[Span], n_ticks: int, *, hold_ms: float
) -> None:
    """Bring the lips together for every p, b and m, long enough that a frame shows it."""
    shut = np.zeros(n_ticks, np.float32)
    for start_ms, end_ms, target in spans:
        if not target.closes:
            continue
        centre, half = (start_ms + end_ms) / 2, max(hold_ms, 0.8 * (end_ms - start_ms)) / 2
        first = max(0, int((centre - half - CLOSURE_RAMP_MS) * RATE / 1000))
        last = min(n_ticks, int((centre + half + CLOSURE_RAMP_MS) * RATE / 1000) + 2)
        at_ms = (np.arange(first, last) + 0.5) * (1000 / RATE)
        ramp = np.clip(1 - (np.abs(at_ms - centre) - half) / CLOSURE_RAMP_MS, 0, 1)
        smooth = (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
        shut[first:last] = np.maximum(shut[first:last], smooth)
    for name in ("jaw", "upper", "lower", "tuck", "tongue"):
        curves[name] *= 1 - shut
    curves["press"] = np.maximum(curves["press"], 0.85 * shut)


def _rest_in_silence(
    curves: dict[str, NDArray[np.float32]], spans: list[Span], n_ticks: int
) -> None:
    """Nothing moves the lips in a real pause: neither noise nor the tail of a neighbour."""
    gate = _during([span for span in _joined(spans) if span[2] is not REST], n_ticks, 90, 60)
    for name in MOUTH:
        curves[name] *= gate


def _joined(spans: list[Span]) -> list[Span]:
    """Spans without the gaps that are too short for a pause."""
    starts = [start for start, _, _ in spans[1:]] + [spans[-1][1]]
    return [
        (start, max(end, following), target)
        for (start, end, target), following in zip(spans, starts, strict=True)
    ]
