"""A sound with the steady noise behind it turned down, for analysis only.

Wiener filtering against the spectrum that is there even while nobody speaks: fans, streets, a
hissing microphone. What comes and goes as quickly as speech (music, other people) stays.
Source: Loizou 2013, Speech Enhancement, chapter 6.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter
from scipy.signal import istft, stft

from avatar.engine.types import Samples, Waveform

WINDOW_S, OVERLAP = 0.032, 0.75
PIECE_S, MARGIN_S = 30, 1
NOISE_PERCENTILE = 20  # of a bin's power over time: people pause more often than this
SMOOTHED_FRAMES = 9  # 72 ms: noise itself goes up and down
LOOKED_AT = 20_000  # frames of the whole sound, at most
OVERESTIMATED = 2.0  # or what is left of the noise tinkles
LEAST_GAIN = 0.2  # less noise costs more of the voice than it gains


def denoised(waveform: Samples, sample_rate: int) -> Iterator[Waveform]:
    """The sound without its steady noise, sample for sample as long, piece after piece."""
    noise = _noise(waveform, sample_rate)
    for start, end, lead, piece in _pieces(waveform, sample_rate):
        spectrum = _spectrum(piece, sample_rate)
        power = uniform_filter(np.abs(spectrum) ** 2, 3)
        above = np.maximum(power / (OVERESTIMATED * noise[:, None] + 1e-20) - 1, 0)
        spectrum *= np.maximum(above / (above + 1), LEAST_GAIN)
        _, part = istft(spectrum, sample_rate, **_windows(sample_rate))
        part = np.pad(part, (0, max(0, len(piece) - len(part))))
        yield part[lead : lead + end - start].astype(np.float32)


def _noise(waveform: Samples, sample_rate: int) -> NDArray[np.float64]:
    """(n_bins,) power that each bin hardly ever falls below."""
    every = 1 + int(len(waveform) / (sample_rate * WINDOW_S * (1 - OVERLAP)) / LOOKED_AT)
    looked_at = [
        uniform_filter(np.abs(_spectrum(piece, sample_rate)) ** 2, (1, SMOOTHED_FRAMES))[
            :, ::every
        ]
        for _, _, _, piece in _pieces(waveform, sample_rate)
    ]
    noise: NDArray[np.float64] = np.percentile(np.hstack(looked_at), NOISE_PERCENTILE, axis=1)
    return noise


def _pieces(waveform: Samples, sample_rate: int) -> Iterator[tuple[int, int, int, Waveform]]:
    """(start, end, lead, samples): the samples begin `lead` before start and reach beyond end."""
    margin = MARGIN_S * sample_rate
    cuts = [*range(0, len(waveform), PIECE_S * sample_rate), len(waveform)]
    for start, end in pairwise(cuts):
        lead = min(start, margin)
        yield start, end, lead, waveform[start - lead : end + margin]


def _spectrum(waveform: Waveform, sample_rate: int) -> NDArray[np.complex64]:
    """(n_bins, n_frames)."""
    windows = _windows(sample_rate)
    short = max(0, windows["nperseg"] - len(waveform))
    spectrum: NDArray[np.complex64] = stft(np.pad(waveform, (0, short)), sample_rate, **windows)[2]
    return spectrum


def _windows(sample_rate: int) -> dict[str, int]:
    n = round(WINDOW_S * sample_rate) // 4 * 4
    return {"nperseg": n, "noverlap": round(OVERLAP * n)}
