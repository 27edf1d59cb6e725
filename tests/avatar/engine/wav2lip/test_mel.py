import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from avatar.engine.media.sound import read_sound
from avatar.engine.wav2lip.mel import (
    SAMPLE_RATE,
    at_16_khz,
    mel_filters,
    mel_frames,
    mel_windows,
    n_mel_frames,
)

RECORDING = Path(os.environ.get("UNDERSTUDY_MEDIA", "media"), "speech", "arctic_slt_a0009.wav")


def voice_like(seconds, sample_rate=SAMPLE_RATE):
    """A hum with overtones that comes and goes, and a little noise."""
    t = np.arange(round(seconds * sample_rate)) / sample_rate
    hum = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 30))
    noise = np.random.default_rng(0).normal(0, 0.01, len(t))
    return (0.2 * hum * np.sin(2 * np.pi * 1.3 * t) ** 2 + noise).astype(np.float32)


def slow_filters():
    """The same triangles, one frequency after the other. Slaney 1998."""

    def mel(hz):
        return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)

    def hz(mel):
        return mel * 200 / 3 if mel < 15 else 1000 * np.exp((mel - 15) * np.log(6.4) / 27)

    edges = [hz(mel(55) + k / 81 * (mel(7600) - mel(55))) for k in range(82)]
    table = np.zeros((80, 401))
    for band, (low, middle, high) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        for number in range(401):
            at = number * 20.0
            if low < at <= middle:
                table[band, number] = (at - low) / (middle - low) * 2 / (high - low)
            elif middle < at < high:
                table[band, number] = (high - at) / (high - middle) * 2 / (high - low)
    return table


def reference(sound):
    """By torch's own short-time transform."""
    emphasised = torch.tensor(np.append(sound[:1], sound[1:] - np.float32(0.97) * sound[:-1]))
    magnitude = torch.stft(
        emphasised.double(),
        800,
        200,
        window=torch.hann_window(800, dtype=torch.float64),
        center=True,
        pad_mode="constant",
        return_complex=True,
    ).abs()
    decibel = 20 * np.log10(np.maximum(1e-5, slow_filters() @ magnitude.numpy())) - 20
    return np.clip(8 * (decibel + 100) / 100 - 4, -4, 4)


def test_filters_are_slaneys():
    np.testing.assert_allclose(mel_filters(), slow_filters(), atol=1e-12)


@pytest.mark.parametrize("n_samples", [16_000, 15_999, 20_123, 300, 1])
def test_the_spectrogram_is_what_its_definition_says(n_samples):
    sound = voice_like(2)[:n_samples]
    mel = mel_frames(sound, 0, n_mel_frames(n_samples))
    assert mel.dtype == np.float32
    np.testing.assert_allclose(mel, reference(sound), atol=1e-4)


@pytest.mark.skipif(not RECORDING.exists(), reason="the media folder is not ours to ship")
def test_a_recording_gives_the_mel_of_the_public_model(golden):
    sound, sample_rate = read_sound(RECORDING)
    assert sample_rate == SAMPLE_RATE
    mel = mel_frames(sound, 0, n_mel_frames(len(sound)))
    assert mel.shape == (80, 248)
    assert np.abs(mel - golden["mel"]).max() < 1e-3


def test_pieces_are_the_same_as_the_whole():
    sound = voice_like(3)
    whole = mel_frames(sound, 0, n_mel_frames(len(sound)))
    for start in range(0, whole.shape[1], 50):
        stop = min(whole.shape[1], start + 50)
        np.testing.assert_array_equal(mel_frames(sound, start, stop), whole[:, start:stop])


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30000, 1001), Fraction(60), Fraction(10)])
def test_each_frame_hears_the_fifth_of_a_second_from_its_own_time_on(fps):
    sound = voice_like(2)
    whole = mel_frames(sound, 0, n_mel_frames(len(sound)))
    n = int(2 * fps)
    for first in (0, n // 2):  # a batch is the same as all
        for number, window in enumerate(mel_windows(sound, fps, first, n), first):
            at = min(int(number * 80 / fps), whole.shape[1] - 16)
            np.testing.assert_array_equal(window, whole[:, at : at + 16])


def test_a_sound_shorter_than_a_window_goes_on_in_silence():
    sound = voice_like(0.1)
    windows = mel_windows(sound, Fraction(25), 0, 3)
    assert windows.shape == (3, 80, 16)
    assert windows[0, :, :8].max() > -2
    assert (windows[:, :, 9:] == -4).all()


def test_silence_is_the_lowest_value():
    assert (mel_frames(np.zeros(4000, np.float32), 0, 21) == -4).all()


def test_a_long_sound_of_another_rate_is_brought_to_16_khz_without_a_seam():
    rate, seconds = 44_100, 65
    t = np.arange(rate * seconds) / rate
    tone = np.sin(2 * np.pi * 440 * t).astype(np.float32)
    out = at_16_khz(tone, rate)
    assert len(out) == 16_000 * seconds
    wanted = np.sin(2 * np.pi * 440 * np.arange(len(out)) / 16_000)
    error = np.abs(out[:] - wanted)
    assert error[200:-200].max() < 2e-3


def test_a_sound_at_16_khz_is_not_touched():
    sound = voice_like(0.2)
    assert at_16_khz(sound, 16_000) is sound
