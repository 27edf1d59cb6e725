"""Where somebody speaks, by level alone: against the clip's own noise and its own vowels."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, label, maximum, uniform_filter1d

from avatar.engine.align.features import HOP_MS, Array, Features

SPEECH_RANGE_DB = 40.0  # from the loud vowels down to the faint ends of words
NOISE_PERCENTILE = 5  # fluent speech pauses hardly longer
ABOVE_NOISE_DB = 9.0  # noise itself goes up and down
LEAST_CONTRAST_DB = 10.0  # the threshold stays this far below the loud vowels
SOFTNESS_DB = 2.0
SILENT_DB = -80.0  # of the loudest moments
AUDIBLE_RANGE_DB = 60.0
VOWEL_RANGE_DB = 25.0  # from the loud vowels to a murmured one; breath is 35 below and more
LONGEST_CLOSURE_MS = 120  # the silence inside a word, before the burst of a stop


def speech_in(sound: Features) -> Array:
    """How surely each frame holds speech rather than a pause, 0 to 1.

    Hisses show in the level of the whole band, vowels behind a hissing microphone in that of the
    lower one. Sounds that have no vowel near them are no speech: breath drawn in before a
    sentence, smacking lips, a chair.
    """
    by_level = speech_frames(sound.speech_db), speech_frames(sound.sonority_db)
    likely: Array = np.maximum(*by_level)
    likely[~_near_a_vowel(likely > 0.5, sound.sonority_db)] = 0
    return likely


def _near_a_vowel(speech: NDArray[np.bool_], sonority: Array) -> NDArray[np.bool_]:
    """The frames of stretches of sound that hold a vowel; closures do not part a stretch."""
    half = LONGEST_CLOSURE_MS // (2 * HOP_MS)
    stretch, n = label(binary_dilation(speech, iterations=half))
    loudest = maximum(np.where(speech, sonority, -np.inf), stretch, np.arange(n + 1))
    spoken: NDArray[np.bool_] = loudest > _loud(sonority) - VOWEL_RANGE_DB
    spoken[0] = False
    near: NDArray[np.bool_] = spoken[stretch]
    return near


def speech_frames(level: Array) -> Array:
    """The same by one level, (n_frames,) dB, whatever makes the sound."""
    smooth = uniform_filter1d(level, 5, mode="nearest")
    above = (smooth - speech_threshold(smooth)) / SOFTNESS_DB
    likely: Array = (1 / (1 + np.exp(-np.clip(above, -30, 30)))).astype(np.float32)
    return likely


def speech_threshold(level: Array) -> float:
    """The level in dB that parts speech from what is behind it."""
    if float(np.percentile(level, 99)) < SILENT_DB:
        return 0.0
    loud, noise = _loud(level), float(np.percentile(_audible(level), NOISE_PERCENTILE))
    return max(loud - SPEECH_RANGE_DB, min(noise + ABOVE_NOISE_DB, loud - LEAST_CONTRAST_DB))


def _loud(level: Array) -> float:
    """The level of this clip's loud vowels."""
    return float(np.percentile(_audible(level), 95))


def _audible(level: Array) -> Array:
    """Without digital silence, which is no noise."""
    audible: Array = level[level > float(np.percentile(level, 99)) - AUDIBLE_RANGE_DB]
    return audible
