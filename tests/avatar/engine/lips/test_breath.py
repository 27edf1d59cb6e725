"""Breath opens the mouth; everything else that can be heard in a pause does not."""

import numpy as np
import pytest

from avatar.engine.lips import perform
from avatar.engine.types import Alignment, Phone, Word

RATE = 16_000
LEAD_MS, DURATION_MS = 1000, 2600


def clip(*, noise_from_ms, noise_to_ms, level=0.004, room=0.0004):
    """A vowel after a second of room, in which something hisses."""
    rng = np.random.default_rng(0)
    t_ms = np.arange(RATE * DURATION_MS // 1000) / RATE * 1000
    sound = room * rng.standard_normal(len(t_ms))
    hiss = (t_ms >= noise_from_ms) & (t_ms < noise_to_ms)
    sound[hiss] += level * rng.standard_normal(int(hiss.sum()))
    spoken = (t_ms >= LEAD_MS) & (t_ms < LEAD_MS + 400)
    for hz in (140, 700, 1400):
        sound[spoken] += 0.1 * np.sin(2 * np.pi * hz * t_ms[spoken] / 1000)
    phones = (Phone("a", LEAD_MS, LEAD_MS + 400),)
    return Alignment(DURATION_MS, phones, (Word("ah", LEAD_MS, LEAD_MS + 400),)), sound.astype(
        np.float32
    )


def jaw_before_speech(**how):
    alignment, waveform = clip(**how)
    jaw = perform(alignment, waveform, RATE, fps=50).curves["jaw"]
    return jaw[: (LEAD_MS - 150) * 50 // 1000], jaw.max()


def test_an_audible_breath_before_the_first_word_opens_the_mouth():
    before, most = jaw_before_speech(noise_from_ms=400, noise_to_ms=750)
    assert before[22:35].min() > 0.2 * most  # while it is drawn
    assert before[:10].max() == 0  # before it
    assert before.max() < 0.8 * most


@pytest.mark.parametrize(
    "how",
    [
        {"noise_from_ms": 0, "noise_to_ms": 0},
        {"noise_from_ms": 0, "noise_to_ms": DURATION_MS},  # the room hisses all the time
        {"noise_from_ms": 500, "noise_to_ms": 540},  # a click
        {"noise_from_ms": 100, "noise_to_ms": 350},  # nobody speaks after it
        {"noise_from_ms": 400, "noise_to_ms": 750, "level": 0.2},  # a door
        {"noise_from_ms": 400, "noise_to_ms": 750, "level": 2e-5, "room": 0.0},  # too faint
    ],
    ids=str,
)
def test_other_sounds_and_silence_do_not(how):
    before, _ = jaw_before_speech(**how)
    assert before.max() == 0


def test_noise_after_the_last_word_leaves_the_mouth_shut():
    alignment, waveform = clip(noise_from_ms=1700, noise_to_ms=2100)
    jaw = perform(alignment, waveform, RATE, fps=50).curves["jaw"]
    assert jaw[(LEAD_MS + 400 + 150) * 50 // 1000 :].max() == 0
