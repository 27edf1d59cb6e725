"""What every voice over the network promises, against its double."""

import contextlib
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from avatar.engine.errors import (
    BadResult,
    Busy,
    InputError,
    KeyRefused,
    OutcomeUnknown,
    OverBudget,
    Refused,
    Unpaid,
)
from avatar.engine.media.sound import write_wav
from avatar.engine.options import EMOTIONS
from avatar.engine.speech import Lines, forget, speaker
from avatar.engine.speech.clones import _CloneJob
from avatar.engine.text import display_words
from studio.sandbox.vendors.common import orders
from tests.avatar.engine.speech.voices import CASES, CLONING, ONE_EACH, Case

TEXT = "Most people quit in week two. Keep going, and tell us what happened!"
each_voice = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
each_vendor = pytest.mark.parametrize("case", ONE_EACH, ids=lambda case: case.name)
each_clone = pytest.mark.parametrize("case", CLONING, ids=lambda case: case.name)


@pytest.fixture
def say(sandbox, voice_sample, lend, monkeypatch):
    """Speak as that engine would, with a sample where it cannot do without."""

    sandbox.set_rule("resemble.build_s", 0.5)
    monkeypatch.setattr(_CloneJob, "poll_s", 0.3)

    def spoken(case: Case, text=TEXT, *, context=None, **more):
        more.setdefault("sample", voice_sample if case.needs_sample else None)
        options = case.engine.settled(more.pop("options", {}))
        if case.sample_text and more["sample"]:
            options["sample_text"] = case.sample_text
        lines = Lines(text, "en", options=options, **more)
        return speaker(case.engine).speak(lines, context or lend())

    return spoken


def charged(sandbox, case):
    """How often each order that the double knows was charged, speech and clones."""
    return [
        order["charged"] for order in orders(sandbox) if order["vendor"].startswith(case.platform)
    ]


@each_voice
def test_it_speaks(sandbox, say, case):
    speech = say(case)
    assert 2500 < speech.duration_ms < 9000
    assert np.abs(speech.waveform[:]).max() > 0.05
    made = speech.made
    assert (made["engine"], made["model"]) == (case.name, case.engine.model)
    assert made["voice"]
    if case.engine.usd(characters=1):
        assert 0 < made["usd"] < 0.05
    assert all(times == 1 for times in charged(sandbox, case))


@each_voice
def test_its_words_have_times_where_the_vendor_gives_them(sandbox, say, case):
    speech = say(case)
    if not case.has_times:
        assert speech.word_times == ()
        return
    assert len(speech.word_times) == len(display_words(TEXT))
    assert None not in speech.word_times
    assert all(a[1] <= b[0] for a, b in pairwise(speech.word_times))
    assert speech.word_times[-1][1] <= speech.duration_ms


@each_voice
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_emotion_is_something_it_takes(sandbox, say, case, emotion):
    speech = say(case, "Keep going.", options=case.engine.moods.get(emotion, {}))
    assert speech.duration_ms > 300


@each_vendor
def test_the_same_words_are_paid_for_once(sandbox, say, case, lend):
    first, second = say(case, context=lend()), say(case, context=lend())
    assert np.array_equal(first.waveform[:], second.waveform[:])
    assert first.made == second.made
    assert all(times == 1 for times in charged(sandbox, case))


@each_vendor
def test_a_long_text_is_one_voice_over(sandbox, say, case, monkeypatch):
    short = replace(case.engine, longest_chars=40)
    monkeypatch.setattr(Case, "engine", short)
    speech = say(case)
    assert len(speech.made["request_ids"]) in (0, 2)
    assert 2500 < speech.duration_ms < 9500
    if case.has_times:
        assert len(speech.word_times) == len(display_words(TEXT))
        assert all(a[1] <= b[0] for a, b in pairwise(speech.word_times))


@each_vendor
def test_a_wrong_key_is_said_so_and_costs_nothing(sandbox, say, case, lend):
    with pytest.raises(KeyRefused):
        say(case, context=lend(**{case.key_name: case.wrong_key}))
    assert charged(sandbox, case) == []


@each_vendor
def test_an_empty_account_is_said_so_and_can_be_filled(sandbox, say, case, lend):
    with pytest.raises(Unpaid):
        say(case, context=lend(**{case.key_name: "unpaid-key"}))
    assert charged(sandbox, case) == []
    assert say(case).duration_ms > 2500


@each_vendor
def test_what_the_vendor_does_not_say_is_refused_in_its_words(sandbox, say, case):
    with pytest.raises(Refused) as refusal:
        say(case, "This is [refuse] what it will not say.")
    assert str(refusal.value).count(".") >= 1
    assert "Traceback" not in str(refusal.value)


@each_vendor
@pytest.mark.usefixtures("_settled_long_ago")
@pytest.mark.parametrize("kind", ["html", "malformed", "close_after"])
def test_an_order_without_a_proper_answer_is_not_sent_again(sandbox, say, case, kind):
    clone_first(say, case)
    sandbox.faults.add(kind=kind, platform=case.platform, method="POST", path=case.speaks)
    for _ in range(2):
        with pytest.raises((OutcomeUnknown, BadResult)):
            say(case)
        if kind == "malformed" and case.name == "speech":
            break  # half a sound is a sound: paid, of no use, and a person may order another
    assert all(times == 1 for times in charged(sandbox, case))


def clone_first(say, case):
    if case.needs_sample:
        say(case, "Other words.")


@each_vendor
def test_a_pause_that_it_asks_for_is_kept_and_costs_nothing(sandbox, say, case):
    clone_first(say, case)
    sandbox.faults.add(
        kind="status", status=429, seconds=7, platform=case.platform, path=case.speaks
    )
    with pytest.raises(Busy):
        say(case)
    assert say(case).duration_ms > 2500
    assert all(times == 1 for times in charged(sandbox, case))


@each_vendor
@pytest.mark.parametrize("bad", ["silent", "short", "empty"])
def test_a_sound_of_no_use_is_not_taken_for_a_voice(sandbox, say, case, bad):
    sandbox.set_rule(f"{case.platform}.bad_voice", bad)
    with pytest.raises((BadResult, OutcomeUnknown)):
        say(case)


@each_vendor
def test_nothing_is_ordered_beyond_what_is_allowed(sandbox, say, case, lend):
    if not case.engine.usd(characters=1):
        return
    with pytest.raises(OverBudget):
        say(case, context=lend(most_usd=0.00001))
    assert charged(sandbox, case) == []


@each_clone
def test_a_voice_is_made_of_the_sample_once_for_many_takes(sandbox, say, case, voice_sample, lend):
    first = say(case, sample=voice_sample)
    second = say(case, "Now something else.", sample=voice_sample, context=lend())
    assert first.made["is_cloned"]
    assert first.made["voice"] == second.made["voice"]
    assert charged(sandbox, case) == [1, 1, 1]


@each_clone
@pytest.mark.usefixtures("_settled_long_ago")
def test_a_voice_whose_answer_was_lost_is_looked_for(sandbox, say, case, voice_sample, lend):
    sandbox.faults.add(kind="close_after", method="POST", path=f"{case.clones}$", times=1)
    with pytest.raises((OutcomeUnknown, Busy)):
        say(case, sample=voice_sample)
    assert say(case, sample=voice_sample, context=lend()).made["is_cloned"]
    assert charged(sandbox, case) == [1, 1]


@each_clone
@pytest.mark.usefixtures("_settled_long_ago")
def test_a_voice_that_was_never_made_is_ordered_anew(sandbox, say, case, voice_sample, lend):
    sandbox.faults.add(kind="close_before", method="POST", path=f"{case.clones}$", times=1)
    with pytest.raises((OutcomeUnknown, Busy)):
        say(case, sample=voice_sample)
    assert charged(sandbox, case) == []
    with contextlib.suppress(Busy):  # it was looked for, and is not there
        say(case, sample=voice_sample, context=lend())
    assert say(case, sample=voice_sample, context=lend()).made["is_cloned"]
    assert charged(sandbox, case) == [1, 1]


@each_clone
def test_a_voice_that_is_forgotten_there_is_made_again(sandbox, say, case, voice_sample, lend):
    voice = say(case, sample=voice_sample).made["voice"]
    for _ in range(2):  # one that is gone is no error
        forget(case.name, voice, lend().access)
    again = say(case, "Now something else.", sample=voice_sample, context=lend())
    assert again.made["is_cloned"]


@each_clone
def test_a_named_voice_is_used_instead_of_the_sample(sandbox, say, case, voice_sample):
    known = say(case, sample=voice_sample).made["voice"]
    named = say(case, "And now?", sample=voice_sample, options={"voice_id": known})
    assert named.made["voice"] == known
    assert not named.made["is_cloned"]


@each_clone
def test_a_sample_that_is_too_short_is_said_so_before_anything_is_sent(
    sandbox, say, case, tmp_path
):
    short = tmp_path / "short.wav"
    tone = 0.3 * np.sin(np.arange(24_000 * 3) / 20).astype(np.float32)
    write_wav(short, tone, 24_000)
    with pytest.raises(InputError, match=r"short\.wav\s+has 3\.0"):
        say(case, sample=short)
    assert charged(sandbox, case) == []
