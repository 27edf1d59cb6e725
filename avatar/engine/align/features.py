"""What the aligner compares: the shape of the short-time spectrum, free of pitch and loudness.

Computed in pieces and kept on disk: of half an hour only two levels a frame are held.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from avatar.engine.media.resample import resampled
from avatar.engine.scratch import Rows, Scratch, pieces
from avatar.engine.types import Samples

Array = NDArray[np.float32]

SAMPLE_RATE = 16_000
HOP_MS = 5
HOP = SAMPLE_RATE * HOP_MS // 1000
WINDOW = 320  # 20 ms: short enough for stops, long enough for a low voice
FFT_SIZE = 512
N_FILTERS, N_CEPSTRA = 30, 13
LOWEST_HZ, HIGHEST_HZ = 100.0, 7000.0
BANDS_HZ = (3600.0, 4900.0, 5400.0, HIGHEST_HZ)  # how high sounds of 8, 11.025, 12 kHz, more reach
PRE_EMPHASIS = 0.97
SPEECH_BAND_HZ = (150.0, 7000.0)
SONORITY_BAND_HZ = (150.0, 3000.0)
BINS_HZ = np.fft.rfftfreq(FFT_SIZE, 1 / SAMPLE_RATE)
PIECE_S = 30
FRAMES_A_PIECE = PIECE_S * 1000 // HOP_MS
SLOPE_FRAMES = 3  # reach of the time derivative


@dataclass(frozen=True)
class Features:
    """A sound every HOP_MS; row i is centred on i * HOP_MS."""

    cepstra: tuple[Rows, ...]  # a vocal tract each, (n_frames, N_CEPSTRA)
    speech_db: Array  # (n_frames,) see `speech_level`
    sonority_db: Array  # (n_frames,) see `sonority_level`


def features(
    waveform: Samples,
    sample_rate: int,
    *,
    band_hz: float | None = None,
    warps: tuple[float, ...] = (1.0,),
) -> Features:
    """band_hz: up to where the shape is looked at; None for all that the rate allows.
    warps: see `cepstra`.
    """
    band_hz = band_hz or highest_hz(sample_rate)
    shapes = tuple(Scratch((N_CEPSTRA,)) for _ in warps)
    levels = []
    for power in spectra(waveform, sample_rate):
        for shape, warp in zip(shapes, warps, strict=True):
            shape.append(cepstra(power, warp=warp, highest_hz=band_hz))
        levels.append((speech_level(power), sonority_level(power)))
    speech_db, sonority_db = (np.concatenate(level) for level in zip(*levels, strict=True))
    return Features(shapes, speech_db, sonority_db)


def spectra(waveform: Samples, sample_rate: int) -> Iterator[Array]:
    """Power spectra after pre-emphasis, (n, FFT_SIZE // 2 + 1), of PIECE_S after PIECE_S."""
    piece = PIECE_S * sample_rate
    margin = sample_rate // 10  # holds the window's halves and the resampler's tails
    n_frames = max(1, -(-len(waveform) * SAMPLE_RATE // (sample_rate * HOP)))
    for start in range(0, max(1, len(waveform)), piece):
        first = max(0, start - margin)
        part = resampled(waveform[first : start + piece + margin], sample_rate, SAMPLE_RATE)
        lead = (start - first) * SAMPLE_RATE // sample_rate
        row = start // piece * FRAMES_A_PIECE
        yield _power(_frames(part, lead, min(FRAMES_A_PIECE, n_frames - row)))


def _frames(waveform: Array, lead: int, n_frames: int) -> Array:
    """Windows centred on lead, lead + HOP, ...; silence beyond the ends."""
    need = lead + (n_frames - 1) * HOP + WINDOW // 2
    padded = np.pad(waveform, (WINDOW // 2, max(0, need - len(waveform))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    return windows[lead : lead + n_frames * HOP : HOP]


def _power(frames: Array) -> Array:
    emphasised = np.empty_like(frames)
    emphasised[:, 0] = frames[:, 0] * (1 - PRE_EMPHASIS)
    emphasised[:, 1:] = frames[:, 1:] - PRE_EMPHASIS * frames[:, :-1]
    spectrum = np.fft.rfft(emphasised * np.hanning(WINDOW).astype(np.float32), FFT_SIZE)
    power: Array = (np.abs(spectrum) ** 2).astype(np.float32)
    return power


def highest_hz(sample_rate: int) -> float:
    """The widest of BANDS_HZ that a sound at this rate fills."""
    return max((band for band in BANDS_HZ if band <= 0.45 * sample_rate), default=BANDS_HZ[0])


def speech_level(power: Array) -> Array:
    """(n_frames,) dB. Every speech sound counts alike, faint fricatives too; hum does not."""
    return _band_db(power, *SPEECH_BAND_HZ, weights=None)


def sonority_level(power: Array) -> Array:
    """(n_frames,) dB. How loud a vowel would be: high in vowels, low in any voice's fricatives."""
    turn = np.exp(-2j * np.pi * BINS_HZ / SAMPLE_RATE)
    return _band_db(power, *SONORITY_BAND_HZ, weights=1 / np.abs(1 - PRE_EMPHASIS * turn) ** 2)


def _band_db(
    power: Array, low_hz: float, high_hz: float, weights: NDArray[np.float64] | None
) -> Array:
    band = ((low_hz < BINS_HZ) & (high_hz > BINS_HZ)) * (1.0 if weights is None else weights)
    level: Array = 10 * np.log10(np.maximum(power @ band.astype(np.float32) / FFT_SIZE, 1e-10))
    return level


def cepstra(power: Array, *, warp: float = 1.0, highest_hz: float = HIGHEST_HZ) -> Array:
    """Mel cepstra without the level, (n_frames, N_CEPSTRA).

    warp: the frequencies of this voice times `warp` are compared; above 1 it sounds like a
    shorter vocal tract.
    """
    mel = power @ _filters(round(warp, 3), highest_hz).T
    return _cepstra_of_log(np.log(np.maximum(mel, 1e-9)))


def _cepstra_of_log(log_mel: Array) -> Array:
    transformed: Array = log_mel @ _cosines()
    return transformed.astype(np.float32)


@cache
def _cosines() -> Array:
    """(N_FILTERS, N_CEPSTRA): the discrete cosine transform II, orthonormal, without the mean."""
    at = np.outer(np.arange(N_FILTERS) + 0.5, np.arange(1, N_CEPSTRA + 1))
    waves = np.sqrt(2 / N_FILTERS) * np.cos(np.pi / N_FILTERS * at)
    waves_32: Array = waves.astype(np.float32)
    return waves_32


@lru_cache(maxsize=32)
def _filters(warp: float, highest_hz: float) -> Array:
    """Triangular mel filters, (N_FILTERS, FFT_SIZE // 2 + 1), on frequencies divided by warp."""
    edges = _hz(np.linspace(_mel(LOWEST_HZ), _mel(highest_hz), N_FILTERS + 2)) / warp
    bins = BINS_HZ[None, :]
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    filters: Array = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    return filters


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return 700 * (10 ** (mel / 2595) - 1)


def slopes(rows: Array, reach: int = SLOPE_FRAMES) -> Array:
    """Change a frame, by regression over `reach` frames on each side."""
    padded = np.pad(rows, ((reach, reach), (0, 0)), mode="edge")
    n = len(rows)
    total = np.zeros_like(rows)
    for k in range(1, reach + 1):
        total += k * (padded[reach + k : reach + k + n] - padded[reach - k : reach - k + n])
    return total / (2 * sum(k * k for k in range(1, reach + 1)))


def with_slopes(rows: Rows, first: int, stop: int) -> tuple[Array, Array]:
    """Some rows of a table, and their slopes."""
    begin = max(0, first - SLOPE_FRAMES)
    near = rows[begin : stop + SLOPE_FRAMES]
    inside = slice(first - begin, stop - begin)
    return near[inside], slopes(near)[inside]


@dataclass(frozen=True)
class Scale:
    """What makes each column of a table have the mean 0 and the deviation 1."""

    mean: Array
    deviation: Array

    def __call__(self, rows: Array) -> Array:
        scaled: Array = (rows - self.mean) / self.deviation
        return scaled


def scales(rows: Rows, of: NDArray[np.bool_]) -> tuple[Scale, Scale]:
    """Those of a table and of its slopes, over the rows chosen; over all where none is."""
    chosen = of if of.any() else np.ones_like(of)
    sums = np.zeros((2, 2, rows[:1].shape[1]))
    for first, stop in pieces(len(rows)):
        for sum_, values in zip(sums, with_slopes(rows, first, stop), strict=True):
            mine = values[chosen[first:stop]].astype(np.float64)
            sum_ += mine.sum(axis=0), np.square(mine).sum(axis=0)
    means, squares = sums.transpose(1, 0, 2) / chosen.sum()
    deviations = np.sqrt(np.maximum(squares - means**2, 0)) + 1e-6
    shape, change = (
        Scale(mean.astype(np.float32), deviation.astype(np.float32))
        for mean, deviation in zip(means, deviations, strict=True)
    )
    return shape, change
