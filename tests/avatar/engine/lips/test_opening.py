"""How far the mouth is open by the sound alone, in voices and languages never learned from."""

import numpy as np
import pytest

from avatar.engine.align import hear
from avatar.engine.lessons import VOICES
from avatar.engine.lips import perform
from avatar.engine.lips.opening import OPENINGS, openings_heard
from avatar.engine.lips.pull import blended, mouth_spans
from avatar.engine.media.resample import resampled
from avatar.engine.speech.reading import read

UNSEEN = "m1"
TEXTS = {
    "en": "Most people quit in week two. We try again, and keep the camera close.",
    "it": "La mia casa è molto bella, e il sole splende sempre sopra il mare.",
    "pl": "Dzień dobry, mam na imię Anna i mieszkam w małym domu.",
}


def heard_and_true(language, *, rate=None, gain=1.0):
    """Jaw by the sound and by the phones that were really said, where one speaks."""
    reading = read(TEXTS[language], language, variant=UNSEEN)
    n_ticks = len(reading.waveform) * 200 // reading.sample_rate
    rate = rate or reading.sample_rate
    waveform = gain * resampled(reading.waveform, reading.sample_rate, rate)
    heard = openings_heard(waveform.astype(np.float32), rate, n_ticks)["jaw"]
    true = blended(mouth_spans(reading.alignment, []), n_ticks)["jaw"]
    speaking = np.zeros(n_ticks, bool)
    for phone in reading.alignment.phones:
        speaking[phone.start_ms // 5 : phone.end_ms // 5] = True
    return heard[speaking], true[speaking]


def test_the_voice_is_none_of_those_learned_from():
    assert UNSEEN not in VOICES


@pytest.mark.parametrize("language", TEXTS)
def test_the_sound_tells_how_far_the_mouth_is_open(language):
    heard, true = heard_and_true(language)
    assert np.corrcoef(heard, true)[0, 1] > 0.45


@pytest.mark.parametrize(
    ("how", "alike"),
    [({"rate": 44_100}, 0.98), ({"gain": 0.05}, 0.98), ({"rate": 8000}, 0.7)],  # a telephone
    ids=str,
)
def test_sample_rate_and_gain_hardly_matter(how, alike):
    usual, _ = heard_and_true("en")
    other, _ = heard_and_true("en", **how)
    assert np.corrcoef(usual, other)[0, 1] > alike
    assert abs(usual.mean() - other.mean()) < 0.08


def test_every_tick_has_a_number_in_range_in_any_sound():
    rng = np.random.default_rng(0)
    for waveform in (np.zeros(4000), 0.1 * rng.standard_normal(4000), np.ones(1)):
        heard = openings_heard(waveform.astype(np.float32), 16_000, 51)
        assert heard.keys() == set(OPENINGS)
        for curve in heard.values():
            assert curve.shape == (51,)
            assert (curve >= 0).all()
            assert (curve <= 1).all()


def test_without_a_text_the_mouth_moves_much_as_it_does_with_one():
    reading = read(TEXTS["en"], "en", variant=UNSEEN)
    how = {"waveform": reading.waveform, "sample_rate": reading.sample_rate, "fps": 30}
    told = perform(reading.alignment, **how).curves["jaw"]
    guessed = perform(hear(how["waveform"], how["sample_rate"]), **how).curves["jaw"]
    assert np.corrcoef(told, guessed)[0, 1] > 0.7
