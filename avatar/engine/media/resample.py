"""Another sample rate."""

from math import gcd

import numpy as np

from avatar.engine.types import Waveform

ROLL_OFF = 0.93  # of the lower Nyquist frequency: from here on the sound fades out
MARGIN_S = 0.05  # of silence behind the sound, so that its end does not ring into its beginning


def resampled(waveform: Waveform, sample_rate: int, wanted: int) -> Waveform:
    """The sound at another sample rate, band-limited. For pieces: it is transformed as a whole."""
    if sample_rate == wanted:
        return waveform.astype(np.float32)
    common = gcd(sample_rate, wanted)
    down, up = sample_rate // common, wanted // common
    n_periods = -(-(len(waveform) + round(MARGIN_S * sample_rate)) // down)
    spectrum = np.fft.rfft(waveform, n_periods * down)
    n = n_periods * up
    kept = np.zeros(n // 2 + 1, np.complex128)
    n_kept = min(len(kept), len(spectrum))
    nyquist = min(n, n_periods * down) / 2
    along = (np.arange(n_kept) / nyquist - ROLL_OFF) / (1 - ROLL_OFF)
    kept[:n_kept] = spectrum[:n_kept] * np.cos(np.pi / 2 * np.clip(along, 0, 1)) ** 2
    out = np.fft.irfft(kept, n) * (up / down)
    return out[: -(-len(waveform) * up // down)].astype(np.float32)
