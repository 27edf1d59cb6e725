"""Where somebody speaks, by level alone."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from avatar.engine.align.features import Array

SPEECH_RANGE_DB = 40.0  # from the loud vowels down to the faint ends of words
NOISE_PERCENTILE = 3  # fluent speech pauses hardly longer
ABOVE_NOISE_DB = 9.0  # noise itself goes up and down
LEAST_CONTRAST_DB = 10.0  # the threshold stays this far below the loud vowels
SOFTNESS_DB = 2.0
SILENT_DB = -95.0


def speech_frames(level: Array) -> Array:
    """How surely each frame holds speech rather than a pause, 0 to 1.

    level: (n_frames,) dB, as `features.speech_level` gives it.
    """
    smooth = uniform_filter1d(level, 5, mode="nearest")
    above = (smooth - speech_threshold(smooth)) / SOFTNESS_DB
    likely: Array = (1 / (1 + np.exp(-np.clip(above, -30, 30)))).astype(np.float32)
    return likely


def speech_threshold(level: Array) -> float:
    """The level in dB that parts speech from what is behind it."""
    audible = level[level > SILENT_DB]
    if not len(audible):
        return 0.0
    loud = float(np.percentile(audible, 95))
    noise = float(np.percentile(level, NOISE_PERCENTILE))
    return max(loud - SPEECH_RANGE_DB, min(noise + ABOVE_NOISE_DB, loud - LEAST_CONTRAST_DB))
