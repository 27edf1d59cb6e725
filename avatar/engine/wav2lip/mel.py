"""The sound as Wav2Lip hears it: a mel spectrogram, read piece by piece however long it is.

Slaney's filterbank and centred frames, as librosa's defaults make them, without librosa.
"""

import functools
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from avatar.engine.media.resample import resampled
from avatar.engine.scratch import Scratch
from avatar.engine.types import Samples

Floats = NDArray[np.float32]

SAMPLE_RATE = 16_000
N_FFT, HOP = 800, 200  # samples: 50 ms, and 80 frames a second
FRAMES_A_SECOND = SAMPLE_RATE // HOP
N_BANDS, LOWEST_HZ, HIGHEST_HZ = 80, 55.0, 7600.0
WINDOW_FRAMES = 16  # what the network hears at once: 0.2 s
PRE_EMPHASIS = 0.97
FAINTEST, REFERENCE_DB, RANGE_DB, REACH = 1e-5, 20.0, 100.0, 4.0
SILENCE = -REACH  # the value of a band in which nothing is heard
PIECE_S, MARGIN_S = 30, 1  # of a sound that is brought to 16 kHz


def at_16_khz(sound: Samples, sample_rate: int) -> Samples:
    """The sound at the model's sample rate, on disk where it had another one."""
    if sample_rate == SAMPLE_RATE:
        return sound
    out = Scratch()
    n_wanted = -(-len(sound) * SAMPLE_RATE // sample_rate)
    for second in range(0, -(-len(sound) // sample_rate), PIECE_S):
        before = min(second, MARGIN_S)
        start = (second - before) * sample_rate
        stop = (second + PIECE_S + MARGIN_S) * sample_rate
        piece = resampled(sound[start:stop], sample_rate, SAMPLE_RATE)
        kept = piece[before * SAMPLE_RATE : (before + PIECE_S) * SAMPLE_RATE]
        out.append(kept[: n_wanted - len(out)])
    return out


def n_mel_frames(n_samples: int) -> int:
    return 1 + n_samples // HOP


def mel_frames(sound: Samples, start: int, stop: int) -> Floats:
    """Mel frames start to stop of a sound at 16 kHz.

    Returns (80, stop - start) float32 in [-4, 4]; frame k is centred on sample 200 k.
    """
    first = start * HOP - N_FFT // 2
    emphasised = _emphasised(sound, first, (stop - 1) * HOP + N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(emphasised, N_FFT)[::HOP]
    magnitude = np.abs(np.fft.rfft(frames * _hann(), axis=1))
    level_db = 20 * np.log10(np.maximum(FAINTEST, mel_filters() @ magnitude.T)) - REFERENCE_DB
    scaled = 2 * REACH * (level_db + RANGE_DB) / RANGE_DB - REACH
    clipped: Floats = np.clip(scaled, -REACH, REACH).astype(np.float32)
    return clipped


def mel_windows(sound: Samples, fps: Fraction, start: int, stop: int) -> Floats:
    """What the network hears with the video frames start to stop: (stop - start, 80, 16).

    Frame i hears the 16 mel frames from 80 i / fps on; past the end of the sound, the last 16. A
    sound of less than 0.2 s goes on in silence.
    """
    n = n_mel_frames(len(sound))
    latest = max(0, n - WINDOW_FRAMES)
    begins = [min(latest, int(i * FRAMES_A_SECOND / fps)) for i in range(start, stop)]
    heard = mel_frames(sound, begins[0], min(n, begins[-1] + WINDOW_FRAMES))
    missing = max(0, begins[-1] + WINDOW_FRAMES - n)
    heard = np.pad(heard, ((0, 0), (0, missing)), constant_values=SILENCE)
    offsets = np.array(begins) - begins[0]
    windows = np.lib.stride_tricks.sliding_window_view(heard, WINDOW_FRAMES, axis=1)
    return np.ascontiguousarray(windows.transpose(1, 0, 2)[offsets])


def _emphasised(sound: Samples, first: int, end: int) -> NDArray[np.float64]:
    """Samples first to end, zero before and behind the sound, each less 0.97 of the one before."""
    low, high = max(0, first - 1), min(len(sound), end)
    piece = np.zeros(end - first + 1)
    if low < high:
        piece[low - first + 1 : high - first + 1] = sound[low:high]
    emphasised = piece[1:] - PRE_EMPHASIS * piece[:-1]
    emphasised[max(0, high - first) :] = 0.0  # the filter does not ring on behind the last sample
    return emphasised


@functools.cache
def _hann() -> NDArray[np.float64]:
    window: NDArray[np.float64] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    return window


@functools.cache
def mel_filters() -> NDArray[np.float64]:
    """(80, 401): how much of each frequency each band hears; triangles of equal area.

    Source: Slaney 1998, Auditory Toolbox.
    """
    edges = _hz(np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), N_BANDS + 2))[:, None]
    hz = np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((hz - low) / (middle - low), (high - hz) / (high - middle))
    filters: NDArray[np.float64] = np.maximum(0, triangles) * (2 / (high - low))
    return filters


# Slaney's scale is straight up to 1 kHz, 15 mels there, and then 27 mels for each factor of 6.4.
BEND_HZ, BEND_MEL = 1000.0, 15.0
MELS_A_STEP, STEP = 27.0, 6.4


def _mel(hz: float) -> float:
    if hz < BEND_HZ:
        return hz * BEND_MEL / BEND_HZ
    return BEND_MEL + MELS_A_STEP * float(np.log(hz / BEND_HZ) / np.log(STEP))


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    curved = BEND_HZ * STEP ** ((mel - BEND_MEL) / MELS_A_STEP)
    hz: NDArray[np.float64] = np.where(mel < BEND_MEL, mel * BEND_HZ / BEND_MEL, curved)
    return hz
