"""Phone boundaries moved to where the sound itself changes.

Time warping finds a boundary to within a few frames: where the reference changes. The voice
changes at a moment of its own nearby, and that is the boundary.
"""

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align.features import HOP_MS, Array, Scale, scales
from avatar.engine.scratch import Rows, pieces

REACH_MS = 30
COMPARED_MS = 20  # on each side of a boundary
TRUST_MS = 18  # how far a boundary usually has to move
DOUBT_WEIGHT = 0.35  # of the greatest change nearby, at TRUST_MS
SHORTEST_MS = 10  # of a phone
LEVEL_PER_DB = 0.12  # a change of 8 dB is as much as one deviation of a cepstrum


def refined(
    bounds: NDArray[np.float64], spectrum: Rows, speech: NDArray[np.bool_], level: Array
) -> NDArray[np.float64]:
    """Boundaries moved by at most REACH_MS to the greatest change nearby.

    bounds: (n_phones, 2) in frames, NaN for phones that were not found.
    spectrum: (n_frames, n); speech: (n_frames,) where it is typical; level: (n_frames,) dB.
    """
    scale, _ = scales(spectrum, speech)
    change = _changes(spectrum, scale, level)
    moved = bounds.copy()
    found = np.flatnonzero(~np.isnan(bounds[:, 0]))
    for before, after in zip([None, *found], [*found, None], strict=True):
        meets = (
            before is not None and after is not None and bounds[after, 0] - bounds[before, 1] < 2
        )
        if meets:
            moved[before, 1] = moved[after, 0] = _best(change, bounds[after, 0])
            continue
        if before is not None:
            moved[before, 1] = _best(change, bounds[before, 1])
        if after is not None:
            moved[after, 0] = _best(change, bounds[after, 0])
    return _kept_apart(moved, bounds)


def _changes(spectrum: Rows, scale: Scale, level: Array) -> Array:
    """`_change` of every frame, worked out piece by piece."""
    margin = COMPARED_MS // HOP_MS + 1
    found = np.empty(len(level), np.float32)
    for first, stop in pieces(len(level)):
        begin = max(0, first - margin)
        near = scale(spectrum[begin : stop + margin])
        rows = np.hstack([near, level[begin : stop + margin, None] * LEVEL_PER_DB])
        found[first:stop] = _change(rows)[first - begin : stop - begin]
    return found


def _change(rows: Array) -> Array:
    """How different the sound is on both sides of the start of each frame."""
    n = COMPARED_MS // HOP_MS
    sums = np.cumsum(np.pad(rows, ((n + 1, n), (0, 0)), mode="edge"), axis=0, dtype=np.float64)
    before = sums[n : n + len(rows)] - sums[: len(rows)]
    after = sums[2 * n : 2 * n + len(rows)] - sums[n : n + len(rows)]
    distance: Array = np.linalg.norm(after - before, axis=1).astype(np.float32) / n
    return distance


def _best(change: Array, at: float) -> float:
    reach = REACH_MS // HOP_MS
    near = np.arange(max(0, int(at) - reach), min(len(change), int(at) + reach + 1))
    if not len(near):
        return at
    doubt = ((near - at) * HOP_MS / TRUST_MS) ** 2
    best = near[np.argmax(change[near] / (change[near].max() + 1e-9) - DOUBT_WEIGHT * doubt)]
    return float(best) - 0.5  # a frame starts half a hop before its centre


def _kept_apart(moved: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Phones that would become too short, or turn around, keep the boundaries they had."""
    least = SHORTEST_MS / HOP_MS
    for _ in range(3):
        short = np.flatnonzero(moved[:, 1] - moved[:, 0] < least)
        if not len(short):
            break
        for i in short:
            if moved[i, 0] != bounds[i, 0]:
                _restore_start(moved, bounds, i)
            if moved[i, 1] != bounds[i, 1]:
                _restore_end(moved, bounds, i)
    return moved


def _restore_start(moved: NDArray[np.float64], bounds: NDArray[np.float64], i: int) -> None:
    if i and moved[i - 1, 1] == moved[i, 0]:
        moved[i - 1, 1] = bounds[i, 0]
    moved[i, 0] = bounds[i, 0]


def _restore_end(moved: NDArray[np.float64], bounds: NDArray[np.float64], i: int) -> None:
    if i + 1 < len(moved) and moved[i + 1, 0] == moved[i, 1]:
        moved[i + 1, 0] = bounds[i, 1]
    moved[i, 1] = bounds[i, 1]
