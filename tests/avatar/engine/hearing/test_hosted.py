"""Listening over the network, against the doubles."""

from pathlib import Path

import pytest

from avatar.engine.errors import BadResult, KeyRefused, Unpaid
from avatar.engine.hearing import denoiser, listener
from avatar.engine.media.sound import read_sound, write_wav
from avatar.engine.options import ReelOptions
from avatar.engine.pipeline import make_reel
from avatar.engine.registry import ENGINES
from avatar.engine.speech.reading import read_to_disk
from avatar.engine.speech.times import word_times
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context

TEXT = "The kettle is on, and the tea is almost ready. Come in, sit down, and tell me everything."
TRANSCRIBERS = ("elevenlabs:scribe_v2", "openai:whisper-1")


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    reading = read_to_disk(TEXT, "en")
    path = tmp_path_factory.mktemp("sound") / "said.wav"
    write_wav(path, reading.waveform[:], reading.sample_rate)
    return path


@pytest.fixture
def context(sandbox, tmp_path):
    return Context(Access(), FileJournal(tmp_path / "orders"))


@pytest.mark.parametrize("name", TRANSCRIBERS)
def test_what_was_said_comes_with_its_times(name, sound, context):
    heard = listener(ENGINES[name]).listen(sound, text="", language="en", context=context)
    assert heard.text
    times = word_times(heard.text, heard.fragments)
    assert len(times) == len(heard.text.split())
    length_ms = 1000 * len(read_sound(sound)[0]) / read_sound(sound)[1]
    assert all(0 <= time[0] <= time[1] <= length_ms + 200 for time in times if time)


def test_a_known_text_comes_back_word_for_word(sound, context):
    engine = ENGINES["elevenlabs:forced-alignment"]
    heard = listener(engine).listen(sound, text=TEXT, language="en", context=context)
    assert None not in word_times(TEXT, heard.fragments)


def test_listening_twice_is_paid_once(sound, context):
    engine = ENGINES["elevenlabs:scribe_v2"]
    for _ in range(2):
        listener(engine).listen(sound, text="", language="en", context=context)
    assert len(context.journal.bought) == 1


def test_a_cleaned_sound_is_as_long_as_it_was(sound, context, tmp_path):
    target = tmp_path / "clean.wav"
    denoiser(ENGINES["elevenlabs:audio-isolation"]).clean(sound, target, context=context)
    (was, rate), (now, same) = read_sound(sound), read_sound(target)
    assert (len(was), rate) == (len(now), same)


def test_our_own_denoiser_has_the_same_face(sound, context, tmp_path):
    target = tmp_path / "clean.wav"
    denoiser(ENGINES["own-denoiser"]).clean(sound, target, context=context)
    assert len(read_sound(target)[0]) == len(read_sound(sound)[0])


@pytest.mark.parametrize(
    ("key", "error"), [("wrong", KeyRefused), ("expired-key", KeyRefused), ("unpaid-key", Unpaid)]
)
def test_a_key_that_is_of_no_use(key, error, sound, context, monkeypatch):
    monkeypatch.setenv("ELEVENLABS_API_KEY", key)
    with pytest.raises(error):
        listener(ENGINES["elevenlabs:scribe_v2"]).listen(
            sound, text="", language="en", context=context
        )


@pytest.mark.parametrize("kind", ["html", "malformed"])
def test_an_answer_that_says_nothing_is_not_paid_for_twice(kind, sound, context, sandbox):
    sandbox.fault(kind, platform="elevenlabs", path="speech-to-text")
    engine = ENGINES["elevenlabs:scribe_v2"]
    for _ in range(2):
        with pytest.raises(Exception, match=r"ElevenLabs|being ordered"):
            listener(engine).listen(sound, text="", language="en", context=context)
    assert sandbox.calls["elevenlabs"] == 1


def test_a_recording_without_a_text_gets_captions(hopper, sound, context, tmp_path):
    options = ReelOptions(width=180, height=320, fps=12, transcriber="elevenlabs:scribe_v2")
    files = make_reel(hopper, tmp_path / "reel.mp4", audio=sound, options=options, context=context)
    assert files.alignment.words
    assert files.srt.read_text().strip()


def test_times_that_are_no_numbers_are_of_no_use():
    from avatar.engine.hearing.hosted import _fragments

    with pytest.raises(BadResult, match="not numbers"):
        _fragments([{"text": "a", "start": "soon", "end": 1}])
