"""Coarticulation: what the mouth does while it says one sound and prepares the next.

Source: Cohen & Massaro 1993, dominance functions: each sound pulls each part of the mouth towards
its own target, strongest at its centre and fading to both sides; the mouth is the weighted mean of
all pulls. Closures pull hardest, for a p whose lips do not meet is what viewers notice first.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avatar.engine.lips.sound import RATE, at_frames, loudness
from avatar.engine.lips.visemes import MOUTH, RELAX, REST, Target, targets_of
from avatar.engine.types import Alignment, Waveform

LEAD_MS = 40  # a shape is there this much before its sound
REACH_MS = 320  # beyond this a sound has no pull
FADE_BEFORE_MS = 65.0  # how early a sound begins to pull ...
FADE_AFTER_MS = 50.0  # ... and how long it lets go
PAUSE_MS = 70  # shorter gaps between phones are not silence
CLOSURE_MS = 60  # lips stay together at least this long
CLOSURE_RAMP_MS = 45.0
SHAPED_BY_LOUDNESS = ("jaw", "upper", "lower")

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
    loud = loudness(waveform, sample_rate, n_ticks)
    spans = _spans(alignment)
    curves = _blend(spans, n_ticks)
    how_far = 0.30 + 0.75 * gaussian_filter1d(loud, sigma=6)
    for name in SHAPED_BY_LOUDNESS:
        curves[name] *= how_far
    curves = {name: gaussian_filter1d(curve, sigma=3) for name, curve in curves.items()}
    _close(curves, spans, n_ticks, hold_ms=max(CLOSURE_MS, 1000 / fps + 12))
    _rest_in_silence(curves, alignment, n_ticks)
    return {name: at_frames(curve, fps, n_frames) for name, curve in curves.items()}


def _spans(alignment: Alignment) -> list[Span]:
    """Every sound and every pause, in order, already early by `LEAD_MS`."""
    spans: list[Span] = []
    silent_since = 0
    for phone in alignment.phones:
        if phone.start_ms - silent_since >= PAUSE_MS:
            spans.append((silent_since - LEAD_MS, phone.start_ms - LEAD_MS, REST))
        targets = targets_of(phone.phone)
        length = (phone.end_ms - phone.start_ms) / len(targets)
        start = phone.start_ms - LEAD_MS
        for i, target in enumerate(targets):
            spans.append((start + i * length, start + (i + 1) * length, target))
        silent_since = phone.end_ms
    if alignment.duration_ms > silent_since or not spans:
        spans.append((silent_since - LEAD_MS, alignment.duration_ms + REACH_MS, REST))
    return spans


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
    """1 in the middle half of a sound, fading exponentially to both sides."""
    quarter = (end_ms - start_ms) / 4
    before = np.maximum(0, start_ms + quarter - at_ms) / FADE_BEFORE_MS
    after = np.maximum(0, at_ms - (end_ms - quarter)) / FADE_AFTER_MS
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
    curves: dict[str, NDArray[np.float32]], alignment: Alignment, n_ticks: int
) -> None:
    """Nothing moves the lips in a real pause: neither noise nor the tail of a neighbour."""
    speaking = np.zeros(n_ticks, np.float32)
    for phone in alignment.phones:
        first = max(0, int((phone.start_ms - 90) * RATE / 1000))
        last = int((phone.end_ms + 60) * RATE / 1000) + 1
        speaking[first:last] = 1
    gate = np.minimum(1, gaussian_filter1d(speaking, sigma=6))
    gate[gate < 0.02] = 0  # the tail of a Gaussian is not movement
    for name in MOUTH:
        curves[name] *= gate
