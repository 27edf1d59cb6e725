"""A known text over other voices, where espeak-ng's own events are the truth."""

import difflib
import itertools

import numpy as np
import pytest

from avatar.engine.align import align
from avatar.engine.errors import AlignmentError, InputError
from avatar.engine.media.resample import resampled
from avatar.engine.speech.reading import read
from avatar.engine.text import display_words
from avatar.engine.types import Alignment

TEXT = "Here's the truth: most people quit in week two. We try again, and keep the camera close."
TEXTS = {
    "en-us": TEXT,
    "de": "Guten Tag, ich heiße Anna und wohne seit drei Jahren in Berlin.",
    "es": "Mi papá compra un barco pequeño, y nosotros bebemos café con leche.",
    "cmn": "你好,世界。我们今天讨论三个问题。",
}


def spoken(language="en-us", *, lead_s=0.0, noise=0.0, gain=1.0, **how):
    """Another voice saying the text, and the truth about it."""
    reading = read(TEXTS[language], language, seed=7, **how)
    rng = np.random.default_rng(0)
    lead = np.zeros(round(lead_s * reading.sample_rate), np.float32)
    waveform = np.concatenate([lead, reading.waveform * gain, lead])
    waveform = waveform + (noise * rng.standard_normal(len(waveform))).astype(np.float32)
    return waveform, reading.sample_rate, reading.alignment


def boundary_errors_ms(found, truth, lead_ms):
    """Of the phones that both have, in order."""
    match = difflib.SequenceMatcher(
        None, [p.phone for p in truth.phones], [p.phone for p in found.phones], autojunk=False
    )
    errors = [
        abs(at - lead_ms - true)
        for block in match.get_matching_blocks()
        for one, other in zip(
            truth.phones[block.a : block.a + block.size],
            found.phones[block.b : block.b + block.size],
            strict=True,
        )
        for true, at in ((one.start_ms, other.start_ms), (one.end_ms, other.end_ms))
    ]
    assert len(errors) > 1.8 * len(truth.phones)  # nearly all were found
    return np.array(errors)


@pytest.mark.parametrize(
    "how",
    [
        {"variant": "Annie", "words_per_minute": 260},
        {"variant": "klatt2", "words_per_minute": 130, "lead_s": 2.0},
        {"variant": "m7", "words_per_minute": 190, "lead_s": 0.3, "noise": 0.01},
        {"variant": "f3", "gain": 0.02},
        {"language": "de", "variant": "f4", "lead_s": 0.5},
        {"language": "es", "variant": "m3", "words_per_minute": 210},
        {"language": "cmn", "variant": "Annie"},
    ],
    ids=str,
)
def test_phones_are_found_in_another_voice_speed_and_language(how):
    waveform, rate, truth = spoken(**how)
    language = how.get("language", "en-us")
    found = align(waveform, rate, TEXTS[language], language)
    errors = boundary_errors_ms(found, truth, 1000 * how.get("lead_s", 0.0))
    assert np.median(errors) <= 12
    assert np.percentile(errors, 90) <= 60


def test_what_is_found_is_in_order_and_within_the_sound():
    waveform, rate, _ = spoken(variant="m3", lead_s=0.5)
    found = align(waveform, rate, TEXT, "en-us")
    assert [word.word for word in found.words] == display_words(TEXT)
    assert found.unplaced == ()
    assert found.duration_ms == round(1000 * len(waveform) / rate)
    for row in (found.phones, found.words):
        assert all(one.start_ms < one.end_ms <= found.duration_ms for one in row)
        assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(row))


def test_a_long_pause_in_the_middle_stays_free_of_phones():
    reading = read(TEXT, "en-us", variant="m3")
    cut = next(p.end for p, w in zip(reading.phones, reading.phone_words, strict=True) if w == 9)
    cut += reading.sample_rate // 10
    pause = np.zeros(4 * reading.sample_rate, np.float32)
    waveform = np.concatenate([reading.waveform[:cut], pause, reading.waveform[cut:]])
    found = align(waveform, reading.sample_rate, TEXT, "en-us")
    gap_ms = max(b.start_ms - a.end_ms for a, b in itertools.pairwise(found.phones))
    assert gap_ms > 3900


@pytest.mark.parametrize("rate", [8000, 44_100])
def test_any_sample_rate_will_do(rate):
    waveform, own_rate, truth = spoken(variant="m3")
    found = align(resampled(waveform, own_rate, rate), rate, TEXT, "en-us")
    assert np.median(boundary_errors_ms(found, truth, 0)) <= 15


def test_words_that_are_not_spoken_are_unplaced_and_the_rest_stays_right():
    waveform, rate, truth = spoken(variant="m3")
    longer = TEXT + " Subscribe for wonderful strawberry recipes."
    found = align(waveform, rate, longer, "en-us")
    assert {"wonderful", "strawberry"} <= set(found.unplaced)
    assert [w.word for w in found.words] + list(found.unplaced) == display_words(longer)
    for found_word, word in zip(found.words[:12], truth.words[:12], strict=True):
        assert found_word.start_ms == pytest.approx(word.start_ms, abs=80)


@pytest.mark.parametrize(
    "other",
    [
        "Yesterday my uncle painted a yellow house, while seven dogs were barking loudly.",
        "Follow my channel for more healthy recipes and garden ideas every day of the year.",
    ],
)
def test_another_text_is_refused(other):
    waveform, rate, _ = spoken(variant="f3")
    with pytest.raises(AlignmentError, match="what the sound says"):
        align(waveform, rate, other, "en-us")


@pytest.mark.parametrize("variant", ["m3", "f3", "m7"])
def test_a_text_read_in_another_dialect_than_it_is_spoken_is_not_refused(variant):
    waveform, rate, _ = spoken(variant=variant, noise=0.003)
    assert align(waveform, rate, TEXT, "en-gb").unplaced == ()


@pytest.mark.parametrize("variant", ["m7", "f3", "klatt2", "Annie"])
def test_a_short_right_text_is_never_refused(variant):
    text = "Bin blue at F two now"
    reading = read(text, "en", variant=variant, words_per_minute=230)
    rng = np.random.default_rng(1)
    lead = np.zeros(reading.sample_rate, np.float32)
    waveform = np.concatenate([lead, reading.waveform])
    waveform = (waveform + 0.01 * rng.standard_normal(len(waveform))).astype(np.float32)
    found = align(waveform, reading.sample_rate, text, "en")
    assert found.unplaced == ()
    assert found.words[0].start_ms == pytest.approx(
        1000 + reading.alignment.words[0].start_ms, abs=60
    )


def test_a_text_much_longer_than_the_sound_is_refused_with_both_numbers():
    waveform, rate, _ = spoken(variant="m3")
    with pytest.raises(AlignmentError, match=r"170 words, the sound \d\.\d seconds"):
        align(waveform, rate, " ".join([TEXT] * 10), "en-us")


def test_silence_holds_no_text():
    with pytest.raises(AlignmentError, match="no speech"):
        align(np.zeros(16_000, np.float32), 16_000, TEXT, "en-us")


def test_an_unknown_language_is_the_creators_to_mend():
    waveform, rate, _ = spoken()
    with pytest.raises(InputError, match="no voice for the language"):
        align(waveform, rate, TEXT, "qqq")


def test_what_is_spoken_beside_the_text_is_said_and_mouthed():
    before = read("Here's the truth: most people quit in week two.", "en-us", variant="m3")
    beside = read("Honestly, nobody told me about this.", "en-us", variant="m3")
    after = read("We try again, and keep the camera close.", "en-us", variant="m3")
    rate = before.sample_rate
    waveform = np.concatenate([before.waveform, beside.waveform, after.waveform])
    found = align(waveform, rate, TEXT, "en-us")
    first_ms, last_ms = (1000 * n / rate for n in (len(before.waveform), len(after.waveform)))
    assert found.unplaced == ()
    assert found.words[-1].start_ms > 1000 * len(waveform) / rate - last_ms
    spoken_ms = sum(p.end_ms - p.start_ms for p in beside.alignment.phones)
    assert sum(end - start for start, end in found.unwritten) > 0.75 * spoken_ms
    for start, end in found.unwritten:
        assert start > first_ms - 400
        assert end < 1000 * len(waveform) / rate - last_ms + 200
        assert any(start <= p.start_ms < end for p in found.phones)
    assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(found.phones))
    assert Alignment.from_json(found.to_json()) == found
    (sentence,) = found.differences()
    assert "seconds of speech are not in the text" in sentence


def test_missing_words_are_said_in_a_sentence():
    few = Alignment(1000, (), (), unplaced=("one",))
    many = Alignment(1000, (), (), unplaced=("one",) * 30)
    assert few.differences() == ["One word of the text was not found in the sound: one"]
    assert many.differences()[0].startswith(
        "30 words of the text were not found in the sound: one"
    )
    assert len(many.differences()[0]) < 150
    assert Alignment(1000, (), ()).differences() == []
