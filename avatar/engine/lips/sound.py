"""What movement takes from the sound itself: how loud, when."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from avatar.engine.media.filters import high_pass
from avatar.engine.types import Samples

RATE = 200  # decisions a second inside this package; frames are sampled from them
FLOOR_DB = 30.0  # this far below the clip's speech level nobody hears anything
# Lips that close or round dam the sound above the first formant of close vowels; the voice's own
# hum below goes on behind them (Stevens 1998). So this part of the sound tells how open they are.
LIPS_HZ = 500.0
LIPS_RANGE_DB = 40.0  # from clear vowels to nothing
SILENT_DB = -100.0
NOISE_PERCENTILE, NOISE_TIMES = 10, 1.5  # people pause more often; noise goes up and down


def loudness(waveform: Samples, sample_rate: int, n_ticks: int) -> NDArray[np.float32]:
    """How loud each tick of 5 ms is within this clip.

    Returns (n_ticks,) float32: 0 at or below the floor, 1 at the clip's own speech level (the 90th
    percentile), a little more in shouts.
    """
    return _within_clip(level_db(waveform, sample_rate, n_ticks), FLOOR_DB)


def clarity(level: NDArray[np.float64]) -> NDArray[np.float32]:
    """How freely the sound comes out of the mouth, 0 to 1.3.

    level: (n_ticks,) as `level_db` gives it above LIPS_HZ. The noise behind the voice, which never
    stops, came through no lips and is taken off.
    """
    power = 10 ** (level / 10)
    noise = NOISE_TIMES * float(np.percentile(power, NOISE_PERCENTILE))
    voice = 10 * np.log10(np.maximum(power - noise, 0) + 10 ** (SILENT_DB / 10))
    return _within_clip(voice, LIPS_RANGE_DB)


def level_db(
    waveform: Samples, sample_rate: int, n_ticks: int, *, above_hz: float = 0.0
) -> NDArray[np.float64]:
    """Level of each tick over 35 ms, longer than a voice's period; (n_ticks,) dB."""
    edges = np.linspace(0, len(waveform), n_ticks + 1).astype(np.int64)
    power = np.empty(n_ticks, np.float64)
    heard = high_pass(above_hz, sample_rate) if above_hz else None
    for first in range(0, n_ticks, 20_000):  # a long sound is squared piece by piece
        last = min(n_ticks, first + 20_000)
        piece = waveform[edges[first] : edges[last]].astype(np.float64)
        if heard is not None:
            piece = heard(piece)
        piece = np.square(piece)
        starts = np.minimum(edges[first:last] - edges[first], max(0, len(piece) - 1))
        sums = np.add.reduceat(piece, starts) if len(piece) else np.zeros(last - first)
        power[first:last] = sums / np.maximum(1, np.diff(edges[first : last + 1]))
    power = np.maximum(uniform_filter1d(power, size=7), 0)
    level: NDArray[np.float64] = 10 * np.log10(power + 10 ** (SILENT_DB / 10))
    return level


def _within_clip(level: NDArray[np.float64], range_db: float) -> NDArray[np.float32]:
    speech_db = float(np.percentile(level, 90))
    heard: NDArray[np.float32] = np.clip(1 + (level - speech_db) / range_db, 0.0, 1.3).astype(
        np.float32
    )
    return heard


def at_frames(ticks: NDArray[np.float32], fps: float, n_frames: int) -> NDArray[np.float32]:
    """Sample a (n_ticks,) curve at the middle of each frame -> (n_frames,)."""
    middles = (np.arange(n_frames) + 0.5) / fps * RATE - 0.5
    return np.interp(middles, np.arange(len(ticks)), ticks).astype(np.float32)
