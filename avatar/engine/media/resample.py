"""Another sample rate."""

from math import gcd

import numpy as np
from scipy.signal import resample_poly

from avatar.engine.types import Waveform


def resampled(waveform: Waveform, sample_rate: int, wanted: int) -> Waveform:
    """The sound at another sample rate, band-limited."""
    if sample_rate == wanted:
        return waveform.astype(np.float32)
    common = gcd(sample_rate, wanted)
    out: Waveform = resample_poly(waveform, wanted // common, sample_rate // common)
    return out.astype(np.float32)
