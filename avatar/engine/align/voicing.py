"""Where somebody speaks, by level alone."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from avatar.engine.align.features import Array, sonority_level, speech_level

SPEECH_RANGE_DB = 40.0  # from the loud vowels down to the faint ends of words
NOISE_PERCENTILE = 5  # fluent speech pauses hardly longer
ABOVE_NOISE_DB = 9.0  # noise itself goes up and down
LEAST_CONTRAST_DB = 10.0  # the threshold stays this far below the loud vowels
SOFTNESS_DB = 2.0
SILENT_DB = -80.0  # of the loudest moments
AUDIBLE_RANGE_DB = 60.0


def speech_in(power: Array) -> Array:
    """How surely each frame holds speech rather than a pause, 0 to 1.

    power: (n_frames, n_bins) as `features.spectra` gives it. Hisses show in the level of the whole
    band, vowels behind a hissing microphone in that of the lower one.
    """
    likely: Array = np.maximum(
        speech_frames(speech_level(power)), speech_frames(sonority_level(power))
    )
    return likely


def speech_frames(level: Array) -> Array:
    """The same by one level, (n_frames,) dB."""
    smooth = uniform_filter1d(level, 5, mode="nearest")
    above = (smooth - speech_threshold(smooth)) / SOFTNESS_DB
    likely: Array = (1 / (1 + np.exp(-np.clip(above, -30, 30)))).astype(np.float32)
    return likely


def speech_threshold(level: Array) -> float:
    """The level in dB that parts speech from what is behind it."""
    loud = float(np.percentile(level, 99))
    if loud < SILENT_DB:
        return 0.0
    audible = level[level > loud - AUDIBLE_RANGE_DB]  # digital silence is no noise
    loud = float(np.percentile(audible, 95))
    noise = float(np.percentile(audible, NOISE_PERCENTILE))
    return max(loud - SPEECH_RANGE_DB, min(noise + ABOVE_NOISE_DB, loud - LEAST_CONTRAST_DB))
