"""What movement takes from the sound itself: how loud, when."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from avatar.engine.types import Waveform

RATE = 200  # decisions a second inside this package; frames are sampled from them
FLOOR_DB = 30.0  # this far below the clip's speech level nobody hears anything


def loudness(waveform: Waveform, sample_rate: int, n_ticks: int) -> NDArray[np.float32]:
    """How loud each tick of 5 ms is within this clip.

    Returns (n_ticks,) float32: 0 at or below the floor, 1 at the clip's own speech level (the 90th
    percentile), a little more in shouts.
    """
    edges = np.linspace(0, len(waveform), n_ticks + 1).astype(np.int64)
    power = np.empty(n_ticks, np.float64)
    for first in range(0, n_ticks, 20_000):  # a long sound is squared piece by piece
        last = min(n_ticks, first + 20_000)
        piece = np.square(waveform[edges[first] : edges[last]], dtype=np.float64)
        starts = np.minimum(edges[first:last] - edges[first], max(0, len(piece) - 1))
        sums = np.add.reduceat(piece, starts) if len(piece) else np.zeros(last - first)
        power[first:last] = sums / np.maximum(1, np.diff(edges[first : last + 1]))
    power = uniform_filter1d(power, size=7)  # 35 ms: longer than a voice's period
    level_db = 10 * np.log10(power + 1e-10)
    speech_db = float(np.percentile(level_db, 90))
    heard: NDArray[np.float32] = np.clip(1 + (level_db - speech_db) / FLOOR_DB, 0.0, 1.3).astype(
        np.float32
    )
    return heard


def at_frames(ticks: NDArray[np.float32], fps: float, n_frames: int) -> NDArray[np.float32]:
    """Sample a (n_ticks,) curve at the middle of each frame -> (n_frames,)."""
    middles = (np.arange(n_frames) + 0.5) / fps * RATE - 0.5
    return np.interp(middles, np.arange(len(ticks)), ticks).astype(np.float32)
