"""What is said about a video, from curves of one number a frame. What each means: `judge`."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.engine.judge.seen import Seen
from avatar.engine.types import Phone

Floats = NDArray[np.float64]
Span = tuple[int, int]  # start_ms, end_ms

LOUD_PERCENTILE = 95  # of the openings of a clip: what "open" is measured by
CLOSED_SHARE, QUIET_SHARE = 0.10, 0.05  # of it
PAUSE_MS = 200
SETTLING_MS = 100  # lips need that to close after a sound, and to get ready for the next
MOST_LAG = 3  # frames
LEAST_SHARED_S = 1.0
LEAST_MOVED = 1e-4  # spread of an opening below which a mouth did not move

LIDS_OPEN_PERCENTILE = 90
LID_SHUT = 0.6  # of the open eye: below, it is a blink (0.2 of 0.3 with Soukupová & Čech)
LONGEST_BLINK_MS = 700  # eyes shut for longer are not blinking
TOGETHER_MS = 80

RATE = 200  # comparisons a second
MOST_OFFSET_MS = 200
WINDOW_S = 20.0
LEAST_LIKE = 0.2  # correlation below which a window says nothing of its offset


def level(opening: Floats) -> float:
    """The clip's own measure of an open mouth."""
    return float(np.percentile(opening, LOUD_PERCENTILE))


def synchrony(seen: Seen, real: Seen) -> dict[str, Any] | None:
    """The reel's opening against the real one, at the real frames. None when one is still."""
    length_s = min(seen.at_s[-1], real.at_s[-1])
    at_s = real.at_s[real.at_s <= length_s]
    if length_s < LEAST_SHARED_S:
        return None
    true = real.opening[: len(at_s)]
    frame_s = 1 / float(real.fps)
    by_lag = {lag: _r(seen, at_s + lag * frame_s, true) for lag in range(-MOST_LAG, MOST_LAG + 1)}
    if any(math.isnan(r) for r in by_lag.values()):
        return None
    lag = max(by_lag, key=lambda lag: by_lag[lag])
    return {
        "r": _round(by_lag[0]),
        "best_r": _round(by_lag[lag]),
        "lag_frames": lag,
        "lag_ms": round(1000 * lag * frame_s),
        "frames": len(at_s),
    }


def _r(seen: Seen, at_s: Floats, true: Floats) -> float:
    """Correlation of what is seen at these times with what is true, where there is anything."""
    inside = (at_s >= 0) & (at_s <= seen.n_frames / float(seen.fps))
    return correlation(np.interp(at_s[inside], seen.at_s, seen.opening), true[inside])


def correlation(one: Floats, other: Floats) -> float:
    """Pearson's r; nan when one of them does not move."""
    if len(one) < 2 or one.std() < LEAST_MOVED or other.std() < LEAST_MOVED:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def closures(seen: Seen, phones: list[Phone]) -> dict[str, Any]:
    """How many of these phones show their lips together in the frame of their centre."""
    most = CLOSED_SHARE * level(seen.opening)
    shown = {}
    for phone in phones:
        frame = int((phone.start_ms + phone.end_ms) / 2000 * float(seen.fps))
        if frame < seen.n_frames:
            shown[phone] = float(seen.opening[frame])
    open_ones = [phone for phone, opening in shown.items() if opening > most]
    return {
        "rate": _share(len(shown) - len(open_ones), len(shown)),
        "n": len(shown),
        "open_at_ms": [(phone.start_ms + phone.end_ms) // 2 for phone in open_ones],
    }


def quiet(seen: Seen, pauses: list[Span], source: str) -> dict[str, Any]:
    """How many frames within pauses show a closed mouth: all of them, and the settled ones."""
    closed = seen.opening <= QUIET_SHARE * level(seen.opening)
    at_ms = 1000 * seen.at_s
    within, settled = np.zeros(len(closed), bool), np.zeros(len(closed), bool)
    for start_ms, end_ms in pauses:
        if end_ms - start_ms <= PAUSE_MS:
            continue
        within |= (at_ms >= start_ms) & (at_ms < end_ms)
        first = start_ms + SETTLING_MS if start_ms > 0 else 0
        last = end_ms - SETTLING_MS if end_ms < at_ms[-1] else end_ms
        settled |= (at_ms >= first) & (at_ms < last)
    open_ms = at_ms[settled & ~closed]
    return {
        "rate": _share(int((closed & settled).sum()), int(settled.sum())),
        "frames": int(settled.sum()),
        "rate_with_edges": _share(int((closed & within).sum()), int(within.sum())),
        "frames_with_edges": int(within.sum()),
        "open_at_ms": [int(ms) for ms in open_ms],
        "source": source,
    }


def blinks(seen: Seen) -> dict[str, Any]:
    """How often both lids go down, how far, and how regularly."""
    fps = float(seen.fps)
    open_lids = np.percentile(seen.lids, LIDS_OPEN_PERCENTILE, axis=1, keepdims=True)
    share = seen.lids / np.maximum(open_lids, 1e-6)  # (2, n)
    found = _shut_spans((share < LID_SHUT).any(axis=0), round(TOGETHER_MS / 1000 * fps))
    found = [(a, b) for a, b in found if (b - a) / fps * 1000 <= LONGEST_BLINK_MS]
    lowest = np.array([share[:, a:b].min(axis=1).max() for a, b in found])  # of the higher lid
    both = lowest < LID_SHUT
    firsts_s = np.array([a for a, _ in found])[both] / fps if found else np.zeros(0)
    gaps = np.diff(firsts_s)
    return {
        "n": len(found),
        "per_minute": round(60 * len(found) * fps / seen.n_frames, 1),
        "both_lids": _share(int(both.sum()), len(found)),
        "closed_to": _round(np.median(lowest[both])) if both.any() else None,
        "gap_variation": _round(gaps.std() / gaps.mean()) if len(gaps) > 1 else None,
        "at_s": [round(float(s), 2) for s in firsts_s],
    }


def _shut_spans(shut: NDArray[np.bool_], near: int) -> list[tuple[int, int]]:
    """(first, last + 1) of each run of True; runs at most `near` frames apart are one."""
    spans: list[tuple[int, int]] = []
    for first, last in np.flatnonzero(np.diff(shut, prepend=False, append=False)).reshape(-1, 2):
        if spans and first - spans[-1][1] <= near:
            spans[-1] = spans[-1][0], int(last)
        else:
            spans.append((int(first), int(last)))
    return spans


def flicker(seen: Seen) -> dict[str, Any] | None:
    """Change from frame to frame where nothing should change; None where the head fills all."""
    known = seen.flicker[np.isfinite(seen.flicker)]
    if not len(known):
        return None
    return {"median": _round(np.median(known)), "p99": _round(np.percentile(known, 99))}


def offset(seen: Seen, expected: Floats) -> dict[str, Any] | None:
    """How much later the lips are than `expected`, (n_ticks,) at RATE from the beginning on.

    Over the whole clip and window by window. None when nothing in it is alike.
    """
    at_s = (np.arange(len(expected)) + 0.5) / RATE
    shown = at_s < seen.n_frames / float(seen.fps)
    whole = _lag_ms(seen, at_s[shown], expected[shown])
    if whole is None:
        return None
    at, lags = [], []
    length = int(WINDOW_S * RATE)
    for first in range(0, int(shown.sum()) - length + 1, length):
        window = slice(first, first + length)
        lag = _lag_ms(seen, at_s[window], expected[window])
        if lag is not None:
            at.append((first + length / 2) / RATE / 60)
            lags.append(lag[0])
    drift = _slope(np.array(at), np.array(lags)) if len(at) > 1 else None
    return {
        "ms": round(whole[0], 1),
        "r": _round(whole[1]),
        "drift_ms_per_minute": None if drift is None else round(drift, 1),
        "windows": len(at),
    }


def _lag_ms(seen: Seen, at_s: Floats, expected: Floats) -> tuple[float, float] | None:
    """Where the correlation peaks, between the ticks by a parabola, and how high."""
    most = MOST_OFFSET_MS * RATE // 1000
    lags = np.arange(-most, most + 1)
    rs = np.array(
        [correlation(np.interp(at_s + k / RATE, seen.at_s, seen.opening), expected) for k in lags]
    )
    if not np.isfinite(rs).all() or rs.max() < LEAST_LIKE:
        return None
    peak = int(rs.argmax())
    if peak in (0, len(rs) - 1):
        return None
    before, at, after = rs[peak - 1 : peak + 2]
    bend = before - 2 * at + after
    between = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float((lags[peak] + between) * 1000 / RATE), float(at)


def _slope(x: Floats, y: Floats) -> float:
    """The median of all slopes between two points (Theil-Sen): one bad window does not count."""
    i, j = np.triu_indices(len(x), 1)
    return float(np.median((y[j] - y[i]) / (x[j] - x[i])))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _round(value: float | np.floating[Any]) -> float:
    return round(float(value), 4)
