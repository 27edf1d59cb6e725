"""Where somebody speaks, by level alone."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from avatar.engine.align.features import Array

SPEECH_RANGE_DB = 32.0  # from the loud vowels down to the faint ends of words
ABOVE_NOISE_DB = 7.0
LEAST_CONTRAST_DB = 12.0  # the threshold stays this far below the loud vowels
SOFTNESS_DB = 2.5
SILENT_DBFS = -75.0


def speech_frames(level: Array) -> Array:
    """How surely each frame holds speech rather than a pause, 0 to 1.

    level: (n_frames,) dBFS.
    """
    smooth = uniform_filter1d(level, 5, mode="nearest")
    threshold = speech_threshold(smooth)
    return (1 / (1 + np.exp(-np.clip((smooth - threshold) / SOFTNESS_DB, -30, 30)))).astype(
        np.float32
    )


def speech_threshold(level: Array) -> float:
    """The level in dBFS that parts speech from what is behind it."""
    audible = level[level > SILENT_DBFS]
    if not len(audible):
        return 0.0
    loud = float(np.percentile(audible, 95))
    noise = float(np.percentile(level, 5))
    return max(loud - SPEECH_RANGE_DB, min(noise + ABOVE_NOISE_DB, loud - LEAST_CONTRAST_DB))
