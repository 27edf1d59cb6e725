"""How the mouth moves: from phones their shape, from the sound how far.

Phones alone know a closure, the sound alone knows a mumbled vowel; each corrects the other. Where
no text is known the phones are guesses, and the sound decides alone how far the mouth opens.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avatar.engine.lips.breath import breaths
from avatar.engine.lips.opening import OPENINGS, openings_heard
from avatar.engine.lips.pull import PAUSE_MS, Span, blended, mouth_spans
from avatar.engine.lips.sound import LIPS_HZ, RATE, at_frames, clarity, level_db
from avatar.engine.lips.visemes import BREATH_IN, MOUTH, REST, Target
from avatar.engine.types import Alignment, Samples

CLOSURE_MS = 60  # lips stay together at least this long
CLOSURE_RAMP_MS = 45.0
# A guessed p, b or m is believed where the heard jaw is that small, and that share of what is
# heard on both sides of it. Half of those are true, of all guesses a quarter.
CLOSED_JAW, CLOSED_SHARE, BESIDE_MS = 0.25, 0.75, 120
LEAST_OPEN = 0.3  # how much of its opening a sound keeps, however muffled
TRUST_IN_SOUND = 0.4  # where the phones come from a text; 1 where they are guesses themselves


def mouth_curves(
    alignment: Alignment,
    waveform: Samples,
    sample_rate: int,
    *,
    fps: float,
    n_frames: int,
) -> dict[str, NDArray[np.float32]]:
    """The curves named in `MOUTH`, each (n_frames,) float32 in [0, 1].

    An alignment without words was heard, not read.
    """
    n_ticks = max(1, round(len(waveform) / sample_rate * RATE))
    level = level_db(waveform, sample_rate, n_ticks, above_hz=LIPS_HZ)
    spans = mouth_spans(alignment, breaths(alignment, level, PAUSE_MS))
    heard = openings_heard(waveform, sample_rate, n_ticks) if alignment.phones else {}
    if heard and not alignment.words:
        spans = [_if_believed(span, heard["jaw"]) for span in spans]
    curves = blended(spans, n_ticks)
    breath = _during([span for span in spans if span[2] is BREATH_IN], n_ticks, 50, 50)
    closures = [span for span in spans if span[2].closes]
    trust = (TRUST_IN_SOUND if alignment.words else 1.0) * (1 - breath)
    for name in heard:
        curves[name] += trust * (heard[name] - curves[name])
    how_far = _how_far(level)
    for name in OPENINGS:
        curves[name] *= how_far * (1 - breath) + breath  # faint with the mouth open
    curves = {name: gaussian_filter1d(curve, sigma=3) for name, curve in curves.items()}
    _close(curves, closures, n_ticks, hold_ms=max(CLOSURE_MS, 1000 / fps + 12))
    _rest_in_silence(curves, spans, n_ticks)
    return {name: at_frames(curve, fps, n_frames) for name, curve in curves.items()}


def _how_far(level: NDArray[np.float64]) -> NDArray[np.float32]:
    """(n_ticks,) what the sound's level makes of each opening."""
    how_far: NDArray[np.float32] = LEAST_OPEN + (1 - LEAST_OPEN) * gaussian_filter1d(
        clarity(level), sigma=6
    )
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


def _if_believed(span: Span, jaw: NDArray[np.float32]) -> Span:
    """A closure that was only guessed counts where it sounds like one; else it asks for nothing.

    A voice that fades out sounds like an m as well, but nothing opens after it.
    """

    def heard(start_ms: float, end_ms: float) -> NDArray[np.float32]:
        first, last = (max(0, int(at_ms * RATE / 1000)) for at_ms in (start_ms, end_ms))
        return jaw[first : last + 1]

    start_ms, end_ms, target = span
    if not target.closes:
        return span
    before = heard(start_ms - BESIDE_MS, start_ms).max(initial=0)
    after = heard(end_ms, end_ms + BESIDE_MS).max(initial=0)
    during = heard(start_ms, end_ms)
    most = min(CLOSED_JAW, CLOSED_SHARE * min(before, after))
    return span if len(during) and during.mean() < most else (start_ms, end_ms, Target({}))


def _close(
    curves: dict[str, NDArray[np.float32]], closures: list[Span], n_ticks: int, *, hold_ms: float
) -> None:
    """Bring the lips together for every p, b and m, long enough that a frame shows it."""
    shut = np.zeros(n_ticks, np.float32)
    for start_ms, end_ms, _ in closures:
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
