"""Open voices as processes, with packages of the same interface in place of the real ones."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from avatar.engine.errors import BadResult, Cancelled, InputError, JobFailed, ModelUnavailable
from avatar.engine.registry import find, missing
from avatar.engine.speech import Lines, speaker
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Kind
from tests.avatar.engine.speech.local.stand_ins import write_packages

TEXT = "Most people quit in week two. Keep going, and tell us what happened!"


@pytest.fixture
def packages(tmp_path):
    """Environment of an interpreter that has them."""
    python = str(write_packages(tmp_path / "packages"))
    secret = {"SYNC_API_KEY": "which it must not see"}
    return {"CHATTERBOX_PYTHON": python, "QWEN_TTS_PYTHON": python, **secret}


@pytest.fixture
def say(tmp_path, packages):
    def spoken(name, text=TEXT, *, environ=None, stop=lambda: False, longest=None, **more):
        engine = find(name, Kind.VOICE)
        if longest:
            engine = replace(engine, longest_chars=longest)
        access = Access(environ={**packages, **(environ or {})})
        context = Context(access, FileJournal(tmp_path / "orders"), should_stop=stop)
        lines = Lines(text, options=engine.settled(more.pop("options", {})), **more)
        return speaker(engine).speak(lines, context)

    return spoken


@pytest.mark.parametrize("name", ["chatterbox", "qwen-tts"])
def test_it_speaks_in_a_process_of_its_own(say, voice_sample, name):
    speech = say(name, sample=voice_sample)
    assert speech.duration_ms == pytest.approx(60 * len(TEXT), rel=0.05)
    assert speech.made["engine"] == name
    assert speech.made["is_cloned"]
    assert speech.made["usd"] == 0


@pytest.mark.parametrize("name", ["chatterbox", "qwen-tts"])
def test_a_long_text_is_said_piece_by_piece_without_a_click(say, voice_sample, name):
    speech = say(name, sample=voice_sample, longest=40)
    sound = speech.waveform[:]
    assert speech.duration_ms > 60 * (len(TEXT) - 5) + 300
    assert (np.abs(sound) < 0.01).mean() > 0.05  # the pause between
    assert np.abs(np.diff(sound)).max() < 0.05


def test_another_language_is_another_model(say):
    assert say("chatterbox", "Guten Tag, meine Damen.", language="de").duration_ms > 1000


def test_options_reach_the_package(say):
    calm, excited = (say("chatterbox", options={"exaggeration": e}) for e in (0.25, 2.0))
    pitch = [np.abs(np.diff(np.sign(s.waveform[:]))).sum() for s in (calm, excited)]
    assert pitch[1] > 2 * pitch[0]


def test_an_interpreter_without_the_package_is_the_installers_matter(say):
    with pytest.raises(ModelUnavailable, match=r"CHATTERBOX_PYTHON: No module named 'chatterbox'"):
        say("chatterbox", environ={"CHATTERBOX_PYTHON": sys.executable})


def test_an_interpreter_that_is_not_there_is_said_so(say):
    with pytest.raises(ModelUnavailable, match="cannot be started"):
        say("chatterbox", environ={"CHATTERBOX_PYTHON": "/nowhere/python"})
    access = Access(environ={"CHATTERBOX_PYTHON": "/nowhere/python"})
    assert "is not there" in missing(find("chatterbox", Kind.VOICE), access)


def test_what_the_package_raises_is_a_sentence(say):
    with pytest.raises(JobFailed, match="RuntimeError: CUDA out of memory"):
        say("chatterbox", "This will [fail] now.")


def test_silence_is_no_voice(say):
    with pytest.raises(BadResult, match="silent"):
        say("chatterbox", "This is [silent] here.")


def test_a_voice_that_must_have_a_sample_says_so(say):
    with pytest.raises(InputError, match="give it one"):
        say("qwen-tts")


def test_a_process_that_dies_is_noticed(say, tmp_path, packages):
    broken = tmp_path / "packages" / "chatterbox" / "__init__.py"
    broken.write_text(
        "import os, sys\nprint('killed by want of memory', file=sys.stderr)\nos._exit(9)"
    )
    with pytest.raises(JobFailed, match=r"ended before it had spoken\. It said: killed by want"):
        say("chatterbox")


def test_it_can_be_stopped(say, tmp_path, packages):
    broken = tmp_path / "packages" / "chatterbox" / "__init__.py"
    broken.write_text("import time\ntime.sleep(60)")
    with pytest.raises(Cancelled):
        say("chatterbox", stop=lambda: True)
