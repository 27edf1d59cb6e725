"""What is heard before anything is said: samples without noise, and with their words."""

import json

import pytest

from avatar.engine.cache import Cache
from avatar.engine.listening import cleaned, told
from avatar.engine.media.sound import read_sound, write_wav
from avatar.engine.options import ReelOptions
from avatar.engine.order import checked_order
from avatar.engine.speech.reading import read_to_disk
from avatar.engine.text import display_words
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context

TEXT = "The kettle is on, and the tea is almost ready. Come in, sit down, and tell me everything."


@pytest.fixture
def sample(tmp_path):
    reading = read_to_disk(TEXT, "en")
    path = tmp_path / "sample.wav"
    write_wav(path, reading.waveform[:], reading.sample_rate)
    return path


@pytest.fixture
def prepared(sandbox, tmp_path, hopper, sample):
    def prepare(**options):
        wanted = ReelOptions(voice_sample=sample, **options)
        order = checked_order(hopper, "Hello there.", None, None, wanted)
        context = Context(Access(), FileJournal(tmp_path / "orders"))
        done = cleaned(order, Cache(tmp_path / "cache"), context, lambda sentence: None)
        return done.options, context

    return prepare


def test_a_sample_stays_as_it_is_unless_somebody_asks(prepared, sample):
    options, _ = prepared(voice="elevenlabs, sketch")
    assert options.voice_sample == sample


@pytest.mark.parametrize("name", ["own-denoiser", "elevenlabs:audio-isolation"])
def test_a_sample_is_freed_of_noise_before_it_is_cloned(prepared, sample, name):
    options, _ = prepared(voice="elevenlabs", denoiser=name)
    assert options.voice_sample != sample
    assert len(read_sound(options.voice_sample)[0]) == len(read_sound(sample)[0])


def test_a_voice_that_wants_the_words_of_the_sample_gets_them(prepared):
    options, context = prepared(
        voice="resemble:chatterbox-pro", transcriber="elevenlabs:scribe_v2"
    )
    assert options.voice_options["sample_text"]
    assert [one["engine"] for one in context.journal.bought] == ["elevenlabs:scribe_v2"]


@pytest.mark.parametrize(
    "how",
    [
        {"voice": "sketch", "transcriber": "elevenlabs:scribe_v2"},
        {
            "voice": "resemble:chatterbox-pro",
            "transcriber": "elevenlabs:scribe_v2",
            "voice_options": {"sample_text": "As I said."},
        },
    ],
    ids=["does not want them", "has them"],
)
def test_nobody_is_paid_for_words_that_nobody_needs(prepared, how):
    options, context = prepared(**how)
    assert options.voice_options == how.get("voice_options", {})
    assert context.journal.bought == []


def test_words_that_no_space_parts_are_timed_each(hopper, tmp_path):
    text = "你好,世界。我们今天讨论三个问题。"
    reading = read_to_disk(text, "cmn")
    cache = Cache(tmp_path / "cache")
    take = cache.fetch(
        "take",
        {"text": text},
        lambda folder: write_wav(folder / "take.wav", reading.waveform[:], reading.sample_rate),
    )
    wanted = ReelOptions(language="cmn", aligner="own-aligner", captions="none")
    order = checked_order(hopper, text, None, None, wanted)
    context = Context(Access(), FileJournal(tmp_path / "orders"))
    _, timed = told(order, cache, context, take, print)
    times = json.loads(timed.path("words.json").read_text())
    assert len(times) == len(display_words(text)) > 10
    assert None not in times
