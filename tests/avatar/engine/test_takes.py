"""Who speaks a take, what is recorded of it, and what happens when the first choice cannot."""

import json
from dataclasses import replace

import pytest

from avatar.engine.cache import Cache
from avatar.engine.errors import Busy, InputError, KeyRefused, OutcomeUnknown
from avatar.engine.options import ReelOptions
from avatar.engine.order import checked_order
from avatar.engine.takes import aligned, read_alignment, read_made, spoken
from avatar.engine.text import display_words
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context
from studio.sandbox.vendors.common import orders
from tests.studio.sandbox.vendors.samples import sample as write_sample

TEXT = "Most people quit in week two. Keep going, and tell us what happened!"


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def take_of(hopper, tmp_path, warnings):
    """Speak with these options; `keys` by name go before the sandbox's."""

    def spoken_with(*, keys=None, text=TEXT, **options):
        order = checked_order(hopper, text, None, None, ReelOptions(**options))
        access = Access(keys=keys or {})
        context = Context(access, FileJournal(tmp_path / "orders"), patience_s=20)
        cache = Cache(tmp_path / "cache")
        return order, cache, spoken(order, cache, context, warnings.append)

    return spoken_with


def test_what_spoke_is_recorded_with_the_take(sandbox, take_of):
    *_, take = take_of(voice="elevenlabs:eleven_flash_v2_5", emotion="calm")
    made = read_made(take)
    assert made["engine"] == "elevenlabs:eleven_flash_v2_5"
    assert made["model"] == "eleven_flash_v2_5"
    assert made["settings"] == {"stability": 0.75, "style": 0.0, "speed": 0.93}
    assert made["usd"] == pytest.approx(len(TEXT) * 0.00005, rel=0.05)
    assert len(made["request_ids"]) == 1
    assert "sandbox-key" not in json.dumps(made)


def test_an_option_that_was_chosen_goes_before_the_emotion(sandbox, take_of):
    *_, take = take_of(
        voice="elevenlabs, sketch", emotion="calm", voice_options={"stability": 0.1}
    )
    assert read_made(take)["settings"]["stability"] == 0.1


def test_a_take_is_spoken_once_while_nothing_changes(sandbox, take_of):
    takes = [take_of(voice="minimax:speech-2.8-hd")[-1] for _ in range(2)]
    assert takes[0].folder == takes[1].folder
    assert [order["charged"] for order in orders(sandbox)] == [1]


@pytest.mark.parametrize(
    ("key", "why"), [("nobody's", "does not accept the key"), ("unpaid-key", "no characters left")]
)
def test_the_next_voice_speaks_when_the_first_cannot_and_says_so(
    sandbox, take_of, warnings, key, why
):
    *_, take = take_of(voice="elevenlabs, sketch", keys={"ELEVENLABS_API_KEY": key})
    assert read_made(take)["engine"] == "sketch"
    assert len(warnings) == 1
    assert warnings[0].startswith("ElevenLabs Multilingual v2 was passed over.")
    assert why in warnings[0]


def test_a_voice_that_was_paid_for_nothing_is_not_paid_again_by_the_same_render(
    sandbox, take_of, warnings
):
    """A render that waits for its film comes again and again."""
    sandbox.set_rule("elevenlabs.bad_voice", "silent")
    for _ in range(3):
        *_, take = take_of(voice="elevenlabs, sketch")
        assert read_made(take)["engine"] == "sketch"
    assert [order["charged"] for order in orders(sandbox)] == [1]
    assert len(warnings) == 3


def test_the_only_voice_that_cannot_is_an_error(sandbox, take_of):
    with pytest.raises(KeyRefused):
        take_of(voice="elevenlabs", keys={"ELEVENLABS_API_KEY": "nobody's"})


@pytest.mark.parametrize(
    ("fault", "error"),
    [({"kind": "status", "status": 429}, Busy), ({"kind": "close_after"}, OutcomeUnknown)],
)
def test_no_other_voice_speaks_while_the_first_may_still(sandbox, take_of, warnings, fault, error):
    sandbox.faults.add(platform="elevenlabs", path="text-to-speech", **fault)
    with pytest.raises(error):
        take_of(voice="elevenlabs, sketch")
    assert warnings == []


def test_a_voice_that_does_not_imitate_says_so(sandbox, take_of, warnings, tmp_path):
    sample = write_sample(tmp_path / "me.wav", 16)
    *_, take = take_of(voice="speech", voice_sample=sample)
    assert not read_made(take)["is_cloned"]
    assert warnings == [
        "Speech server has voices of its own; it does not imitate the voice sample."
    ]


def test_an_option_that_no_voice_has_is_an_error(sandbox, take_of):
    with pytest.raises(InputError, match="no option nonsense"):
        take_of(voice="elevenlabs, sketch", voice_options={"nonsense": 1})


@pytest.mark.parametrize("voice", ["elevenlabs:eleven_v3", "speech"])
def test_its_words_stand_where_they_are_heard(sandbox, take_of, voice):
    order, cache, take = take_of(voice=voice)
    _, found = aligned(order, cache, take)
    alignment = read_alignment(found.path("alignment.json"))
    assert [word.word for word in alignment.words] == display_words(TEXT)
    assert len(alignment.phones) > 40
    if not take.path("words.json").exists():
        return
    times = json.loads(take.path("words.json").read_text())
    assert [[w.start_ms, w.end_ms] for w in alignment.words] == times


def test_a_recording_has_no_voice_to_tell_of(hopper, tmp_path):
    sample = write_sample(tmp_path / "me.wav", 3)
    order = checked_order(hopper, None, sample, None, ReelOptions())
    order = replace(order, audio=sample)
    context = Context(Access({}), FileJournal(tmp_path / "orders"))
    assert read_made(spoken(order, Cache(tmp_path / "cache"), context)) is None
