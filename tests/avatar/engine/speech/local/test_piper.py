"""Piper's program, played by a script that takes the same options."""

import pytest

from avatar.engine.errors import BadResult, InputError, JobFailed, ModelUnavailable
from avatar.engine.registry.voices import PIPER
from avatar.engine.speech import Lines, speaker
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context
from tests.avatar.engine.speech.local.stand_ins import write_piper

TEXT = "Most people quit in week two.\nKeep going!"


@pytest.fixture
def environ(tmp_path):
    return write_piper(tmp_path)


@pytest.fixture
def say(tmp_path, environ):
    def spoken(text=TEXT, options=None, **more):
        context = Context(Access(environ=environ), FileJournal(tmp_path / "orders"))
        lines = Lines(text, options=PIPER.settled(options or {}), **more)
        return speaker(PIPER).speak(lines, context)

    return spoken


def test_it_speaks(say):
    speech = say()
    assert speech.duration_ms == pytest.approx(60 * len(TEXT), rel=0.05)
    assert speech.made["voice"] == "en_US-amy-medium"


def test_an_emotion_changes_its_pace(say):
    excited, calm = (say(options=PIPER.moods[emotion]) for emotion in ("excited", "calm"))
    assert excited.duration_ms < 0.9 * calm.duration_ms


def test_a_missing_program_is_named(say, environ):
    environ["PIPER_COMMAND"] = "/nowhere/piper"
    with pytest.raises(ModelUnavailable, match="/nowhere/piper"):
        say()


def test_a_voice_without_its_description_is_said_so(say, tmp_path):
    (tmp_path / "en_US-amy-medium.onnx.json").unlink()
    with pytest.raises(ModelUnavailable, match=r"amy-medium\.onnx\.json"):
        say()


def test_a_voice_of_another_language_is_not_made_to_read(say):
    with pytest.raises(InputError, match="speaks English; the text is German"):
        say("Guten Tag.", language="de")


def test_a_program_that_fails_says_why(say):
    with pytest.raises(JobFailed, match=r"\(exit 1\). It said: Error: the voice is not an ONNX"):
        say("This will crash.")


def test_a_program_that_writes_nothing_is_no_voice(say):
    with pytest.raises(BadResult):
        say("It writes nothing.")
