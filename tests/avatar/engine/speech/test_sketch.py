"""The sketch voice: what every speaker promises, and that it takes after the sample."""

import functools
import itertools
import time

import numpy as np
import pytest

from avatar.engine.errors import InputError
from avatar.engine.media.sound import write_wav
from avatar.engine.registry.voices import SKETCH
from avatar.engine.speech import Lines, speaker, timbre
from avatar.engine.speech.reading import read
from avatar.engine.speech.timbre import SAMPLE_RATE, unsteadied, voice_print
from avatar.engine.text import display_words

TEXT = "Most people quit in week two. Keep going, and tell us what happened!"
LONG = (
    "Here is what nobody tells you about the first month. You will want to stop, and that is fine."
    " Write down what you did, look at it once a week, and change one thing at a time."
)


def speak(text, **how):
    return speaker(SKETCH).speak(Lines(text, **how), None)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """`sample("Annie")` is a recording of that voice."""
    folder = tmp_path_factory.mktemp("samples")

    def path(variant):
        made = folder / f"{variant}.wav"
        if not made.exists():
            write_wav(made, read(LONG, "en", variant=variant).waveform, SAMPLE_RATE)
        return made

    return path


@pytest.fixture(scope="module")
def fitted_to(sample):
    """`fitted_to("Annie")` is TEXT in that voice; fitting takes a while and is done once."""

    @functools.cache
    def speech(variant):
        path = sample(variant)
        return speak(TEXT, language="en", sample=path, seed=0)

    return speech


@functools.cache
def print_of(variant):
    return voice_print(read(LONG, "en", variant=variant).waveform, SAMPLE_RATE)


def test_it_speaks():
    speech = speak(TEXT, language="en", sample=None, seed=0)
    assert speech.waveform.dtype == np.float32
    assert 0.5 < np.abs(speech.waveform).max() <= 0.99
    assert 3000 < speech.duration_ms < 8000
    assert (speech.made["engine"], speech.made["usd"]) == ("sketch", 0)


def test_an_emotion_changes_its_pace():
    excited, calm = (
        speaker(SKETCH).speak(Lines(TEXT, options=SKETCH.settled(SKETCH.moods[emotion])), None)
        for emotion in ("excited", "calm")
    )
    assert excited.duration_ms < 0.9 * calm.duration_ms


def test_its_own_times_are_those_of_the_text():
    speech = speak(TEXT, language="en-us", sample=None, seed=0)
    assert speech.alignment is not None
    assert [word.word for word in speech.alignment.words] == display_words(TEXT)
    assert speech.alignment.duration_ms == speech.duration_ms
    assert speech.waveform[: speech.alignment.words[0].start_ms * 22 - 500].max(initial=0) < 0.01


@pytest.mark.parametrize("variant", ["Annie", "m3"])
def test_pitch_is_the_samples_within_three_percent(sample, variant):
    speech = speak(LONG, language="en", sample=sample(variant), seed=0)
    got = voice_print(speech.waveform, speech.sample_rate)
    assert got.f0_hz == pytest.approx(print_of(variant).f0_hz, rel=0.03)


def test_the_colour_comes_nearer_to_the_sample(fitted_to):
    wanted = print_of("Annie").voiced_colour
    plain = speak(TEXT, language="en", sample=None, seed=0)
    colours = [voice_print(s.waveform, SAMPLE_RATE) for s in (plain, fitted_to("Annie"))]
    far, near = (np.std(c.voiced_colour - wanted) for c in colours)
    assert near < 0.7 * far


def test_fitting_moves_no_word_and_pauses_stay_silent(fitted_to):
    plain = speak(TEXT, language="en", sample=None, seed=0)
    fitted = fitted_to("Annie")
    assert fitted.alignment == plain.alignment
    assert len(fitted.waveform) == len(plain.waveform)
    pauses = [
        (a.end_ms, b.start_ms)
        for a, b in itertools.pairwise(plain.alignment.words)
        if b.start_ms - a.end_ms > 150
    ]
    assert pauses
    for start_ms, end_ms in pauses:
        middle = (start_ms + end_ms) * SAMPLE_RATE // 2000
        assert np.abs(fitted.waveform[middle : middle + 200]).max() < 1e-3


def test_the_same_seed_gives_the_same_take_and_another_seed_another():
    takes = [speak(TEXT, language="en", sample=None, seed=seed).waveform for seed in (5, 5, 6)]
    assert np.array_equal(takes[0], takes[1])
    assert len(takes[0]) != len(takes[2]) or not np.array_equal(takes[0], takes[2])


def test_without_a_sample_the_pitch_is_unsteady_and_nothing_else():
    plain = np.sin(2 * np.pi * 200 * np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    bent = unsteadied(plain, seed=3)[:]
    assert len(bent) == len(plain)
    crossings = np.flatnonzero((bent[:-1] < 0) & (bent[1:] >= 0))
    at = crossings + bent[crossings] / (bent[crossings] - bent[crossings + 1])
    pitch = SAMPLE_RATE / np.diff(at)
    assert pitch.mean() == pytest.approx(200, rel=0.001)
    assert 0.003 < pitch.std() / 200 < 0.009
    late_s = at / SAMPLE_RATE - np.rint(at * 200 / SAMPLE_RATE) / 200
    assert np.abs(late_s).max() < 0.001


def test_a_sample_without_a_voice_is_refused(tmp_path):
    path = tmp_path / "noise.wav"
    noise = np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE) * 0.1
    write_wav(path, noise.astype(np.float32), SAMPLE_RATE)
    with pytest.raises(InputError, match=r"No voice was found in noise\.wav"):
        speak(TEXT, language="en", sample=path, seed=0)


def test_speaking_takes_less_time_than_listening():
    started = time.process_time()
    speech = speak(LONG, language="en", sample=None, seed=0)
    assert time.process_time() - started < speech.duration_ms / 1000


def test_a_long_text_is_fitted_in_pieces_that_are_cut_in_its_pauses(tmp_path):
    waveform = read(" ".join([LONG] * 4), "en").waveform
    target = voice_print(read(LONG, "en", variant="f3").waveform, SAMPLE_RATE)
    assert len(waveform) > 2 * timbre.PIECE
    cuts = timbre._cuts(waveform)
    assert len(cuts) > 3
    assert all(0 < b - a <= timbre.PIECE for a, b in itertools.pairwise(cuts))
    for cut in cuts[1:-1]:
        assert not np.abs(waveform[cut - 200 : cut + 200]).any()
    spoken = timbre.fitted(waveform, target, seed=0)
    assert len(spoken) == len(waveform)
    for cut in cuts[1:-1]:
        assert np.abs(spoken[cut - 200 : cut + 200]).max() < 0.001
    for first in cuts[:-1]:  # each piece speaks like the target
        piece = voice_print(spoken[first : first + 5 * SAMPLE_RATE], SAMPLE_RATE)
        assert piece.f0_hz == pytest.approx(target.f0_hz, rel=0.1)
