"""Voices that fal, WaveSpeed, Replicate and Hedra host, against their doubles."""

from dataclasses import replace

import numpy as np
import pytest

from avatar.engine.errors import (
    BadResult,
    Busy,
    InputError,
    JobFailed,
    KeyRefused,
    OutcomeUnknown,
    Pending,
    Refused,
    Unpaid,
)
from avatar.engine.registry.cloning import CLONING
from avatar.engine.registry.resold_voices import RESOLD
from avatar.engine.speech import Lines, forget, speaker
from avatar.engine.speech.jobs import _Job, named
from avatar.engine.vendors.access import VENDORS
from studio.sandbox.vendors.common import orders

TEXT = "Most people quit in week two. Keep going, and tell us what happened!"
SELLERS = ("fal", "wavespeed", "replicate", "hedra")
# Whose ids no vendor has confirmed: the doubles do not know them, and maybe nobody does.
UNKNOWN = (
    "replicate:elevenlabs/v2-multilingual", "replicate:minimax/speech-2.8-hd",
    "hedra:elevenlabs-flash-v2-5",
)  # fmt: skip
KNOWN = [engine for engine in RESOLD if engine.name not in UNKNOWN]
each_voice = pytest.mark.parametrize("engine", KNOWN, ids=lambda engine: engine.name)
BY_NAME = {engine.name: engine for engine in RESOLD}
ONE_EACH = [
    BY_NAME["fal:fal-ai/chatterbox/text-to-speech"],
    BY_NAME["wavespeed:elevenlabs/eleven-v3"],
    BY_NAME["replicate:elevenlabs/flash-v2.5"],
    BY_NAME["hedra:elevenlabs-v3"],
]
each_seller = pytest.mark.parametrize("engine", ONE_EACH, ids=lambda engine: engine.vendor)


@pytest.fixture(autouse=True)
def _quick_jobs(sandbox, monkeypatch):
    monkeypatch.setattr(_Job, "poll_s", 0.05)
    for seller in SELLERS:
        sandbox.set_rule(f"{seller}.job_s", 0)


@pytest.fixture
def say(voice_sample, lend):
    def spoken(engine, text=TEXT, *, context=None, **more):
        more.setdefault("sample", voice_sample if "audio*" in engine.inputs else None)
        options = engine.settled(more.pop("options", {}))
        return speaker(engine).speak(Lines(text, options=options, **more), context or lend())

    return spoken


def charged(sandbox):
    return [order["charged"] for order in orders(sandbox)]


@pytest.mark.parametrize("name", UNKNOWN)
def test_no_voice_is_made_for_a_model_that_is_not_there(sandbox, say, voice_sample, name):
    with pytest.raises(Refused):
        say(BY_NAME[name], sample=voice_sample)
    assert charged(sandbox) == []


@each_voice
def test_it_speaks_with_an_emotion(sandbox, say, engine):
    speech = say(engine, options=engine.moods.get("excited", {}))
    assert 2500 < speech.duration_ms < 9000
    assert np.abs(speech.waveform[:]).max() > 0.05
    assert speech.made["engine"] == engine.name
    assert speech.made["usd"] > 0
    assert speech.made["request_ids"]
    assert charged(sandbox) == [1]


@pytest.mark.parametrize("engine", [e for e in KNOWN if e.clones], ids=lambda engine: engine.name)
def test_it_imitates_the_sample_and_makes_its_voice_once(sandbox, say, engine, voice_sample, lend):
    first = say(engine, sample=voice_sample)
    second = say(engine, "Now something else.", sample=voice_sample, context=lend())
    assert first.made["is_cloned"]
    assert first.made["voice"] == second.made["voice"]
    n_voices = 1 if engine.name in CLONING else 0
    assert charged(sandbox) == [1] * (n_voices + 2)


@each_seller
def test_a_long_text_is_one_voice_over(sandbox, say, engine):
    speech = say(replace(engine, longest_chars=45))
    assert len(speech.made["request_ids"]) == 2
    assert 2500 < speech.duration_ms < 9500


@each_seller
@pytest.mark.parametrize(("key", "error"), [("nobody's", KeyRefused), ("unpaid-key", Unpaid)])
def test_a_key_that_cannot_pay_is_said_so_and_costs_nothing(
    sandbox, say, engine, lend, key, error
):
    with pytest.raises(error):
        say(engine, context=lend(**{VENDORS[engine.vendor].key: key}))
    assert charged(sandbox) == []


@each_seller
def test_what_the_seller_does_not_say_is_refused(sandbox, say, engine):
    with pytest.raises(Refused):
        say(engine, "This is [refuse] what it will not say.")


@each_seller
@pytest.mark.parametrize("bad", ["truncated", "zero", "html", "silent", "empty", "404"])
def test_a_sound_of_no_use_is_not_taken_for_a_voice(sandbox, say, engine, bad):
    sandbox.set_rule(f"{engine.vendor}.bad_result", bad)
    with pytest.raises((BadResult, JobFailed)):
        say(engine)


@each_seller
def test_a_job_that_takes_long_is_asked_after_later_and_paid_once(sandbox, say, engine, lend):
    sandbox.set_rule(f"{engine.vendor}.job_s", 3600)
    with pytest.raises(Pending):
        say(engine, context=replace(lend(), patience_s=0))
    sandbox.set_rule(f"{engine.vendor}.job_s", 0)
    assert say(engine, context=lend()).duration_ms > 2500
    assert charged(sandbox) == [1]


@each_seller
@pytest.mark.usefixtures("_settled_long_ago")
def test_an_order_whose_answer_was_lost_is_never_paid_twice(sandbox, say, engine, lend):
    sandbox.faults.add(kind="close_after", platform=engine.vendor, commit=True, times=1)
    with pytest.raises((Busy, OutcomeUnknown)):
        say(engine, context=lend())
    assert charged(sandbox) == [1]
    if engine.vendor == "fal":  # it has no list of jobs: a person decides
        with pytest.raises(OutcomeUnknown):
            say(engine, context=lend())
    else:
        assert say(engine, context=lend()).duration_ms > 2500
    assert charged(sandbox) == [1]


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_model_that_the_seller_does_not_have_is_refused_and_costs_nothing(sandbox, say, name):
    assert not BY_NAME[name].confirmed
    with pytest.raises(Refused):
        say(BY_NAME[name])
    assert charged(sandbox) == []


def test_a_voice_without_a_sample_where_one_is_needed_says_so(sandbox, say):
    with pytest.raises(InputError, match="give it one"):
        say(BY_NAME["wavespeed:wavespeed-ai/qwen3-tts/voice-clone"], sample=None)


def test_a_voice_that_no_call_deletes_is_named(lend):
    with pytest.raises(InputError, match="delete v1 on its website"):
        forget("fal:fal-ai/minimax/speech-2.8-hd", "v1", lend().access)


@pytest.mark.parametrize(
    "output",
    ["v1", ["v1"], {"voice_id": "v1"}, {"custom_voice_id": "v1", "audio": {"url": "https://x"}},
     [{"url": None, "voice_id": "v1"}]],
)  # fmt: skip
def test_the_name_of_a_voice_is_found_wherever_it_lies(output):
    assert named(output, ("voice_id", "custom_voice_id")) == "v1"


def test_an_address_is_no_name_of_a_voice():
    assert named("https://example.org/a.wav", ("voice_id",)) == ""
    assert named({"audio": {"url": "https://x"}}, ("voice_id",)) == ""
