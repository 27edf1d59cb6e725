"""Steady noise turned down, the voice left."""

import numpy as np
import pytest

from avatar.engine.align import hear
from avatar.engine.lips import perform
from avatar.engine.media import denoise
from avatar.engine.media.denoise import denoised
from avatar.engine.speech.reading import read

RATE = 16_000


def clean_of(waveform, rate):
    return np.concatenate(list(denoised(waveform, rate)))


def level(waveform):
    return 10 * np.log10(np.mean(waveform.astype(float) ** 2) + 1e-12)


def tone_in_noise(seconds=6.0, noise=0.03):
    """Half a second of tone in every second."""
    t = np.arange(round(seconds * RATE)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 700 * t) * (t % 1 < 0.5)
    hiss = noise * np.random.default_rng(0).standard_normal(len(t))
    return (tone + hiss).astype(np.float32), t % 1 < 0.5


def test_noise_between_sounds_falls_by_ten_decibels_and_the_sounds_stay():
    waveform, sounds = tone_in_noise()
    clean = clean_of(waveform, RATE)
    assert clean.shape == waveform.shape
    assert clean.dtype == np.float32
    assert level(clean[~sounds]) < level(waveform[~sounds]) - 10
    assert level(clean[sounds]) == pytest.approx(level(waveform[sounds]), abs=1)


def test_pieces_join_without_a_seam(monkeypatch):
    waveform, _ = tone_in_noise()
    whole = clean_of(waveform, RATE)
    monkeypatch.setattr(denoise, "PIECE_S", 2)
    np.testing.assert_allclose(clean_of(waveform, RATE), whole, atol=0.02)


@pytest.mark.parametrize("n", [1, 100, 5000])
def test_a_sound_of_any_length_stays_finite(n):
    clean = clean_of(np.full(n, 0.1, np.float32), RATE)
    assert clean.shape == (n,)
    assert np.isfinite(clean).all()
    assert not clean_of(np.zeros(n, np.float32), RATE).any()


def test_a_mouth_studied_without_the_noise_moves_more_like_one_that_heard_none():
    reading = read("Most people quit in week two. We try again.", "en", variant="m1")
    pause = np.zeros(reading.sample_rate, np.float32)
    quiet = np.concatenate([pause, reading.waveform, pause])
    hiss = np.random.default_rng(0).standard_normal(len(quiet)) * reading.waveform.std() * 0.4
    noisy = (quiet + hiss).astype(np.float32)

    def jaw(waveform):
        heard = hear(waveform, reading.sample_rate)
        return perform(heard, waveform, reading.sample_rate, fps=30).curves["jaw"]

    wanted = jaw(quiet)
    with_noise, without = (
        np.corrcoef(wanted, jaw(sound))[0, 1]
        for sound in (noisy, clean_of(noisy, reading.sample_rate))
    )
    assert without > max(0.7, with_noise + 0.05)
