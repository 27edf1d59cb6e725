"""How loud and how clear a sound is."""

import numpy as np
import pytest

from avatar.engine.lips.sound import LIPS_HZ, clarity, level_db

RATE = 16_000


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.04])
def test_steady_noise_is_no_clear_voice(noise):
    """Half a second of a clear tone in every second, with noise up to 15 dB below it."""
    t = np.arange(6 * RATE) / RATE
    sounds = t % 1 < 0.5
    hiss = noise * np.random.default_rng(0).standard_normal(len(t))
    waveform = (0.3 * np.sin(2 * np.pi * 900 * t) * sounds + hiss).astype(np.float32)
    heard = clarity(level_db(waveform, RATE, 1200, above_hz=LIPS_HZ))
    on = sounds[RATE // 400 :: RATE // 200]
    inside = np.convolve(on, np.ones(21), "same")
    assert heard[inside == 21].min() > 0.95
    assert np.median(heard[inside == 0]) < 0.15
