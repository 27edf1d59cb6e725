"""A text read aloud: every word of it in time, as captions will show it."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.engine.errors import InputError
from avatar.engine.speech.reading import PAUSE_MS, PAUSE_SPREAD, read
from avatar.engine.text import display_words, speakable
from avatar.engine.types import Alignment


def assert_sound(alignment: Alignment, text: str) -> None:
    """What holds for every alignment of a spoken text."""
    assert [word.word for word in alignment.words] == display_words(text)
    assert alignment.unplaced == ()
    for row in (alignment.words, alignment.phones):
        assert all(0 <= one.start_ms < one.end_ms <= alignment.duration_ms for one in row)
        assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(row))
    assert all(phone.phone for phone in alignment.phones)


TEXTS = {
    "en-us": "It cost 3,000 euros, e.g. Dr. Smith's “well-known” café — rock'n'roll! 12:30? A.I.",
    "en": "In the middle of the world. I have been to the end of it, 1999 to 2024.",
    "fr-fr": "L'été, qu'est-ce que c'est ? Aujourd'hui 1234,50 € — d'accord.",
    "de": "Guten Tag! Die Straßenbahnhaltestelle kostet 12,50 €.",
    "cmn": "你好,世界。我们今天讨论3000个问题。",
    "ja": "きょうは、いい天気です。カメラを買いました。",
    "th": "สวัสดีครับ วันนี้อากาศดีมาก",
    "ar": "مرحبا بالعالم، كيف حالك؟",
    "hi": "नमस्ते दुनिया, आप कैसे हैं?",
    "ko": "안녕하세요 여러분.",
    "ru": "Привет, мир! Это 5 минут.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_words_are_those_of_the_text_in_any_script(language):
    text = speakable(TEXTS[language], language)
    assert_sound(read(text, language).alignment, text)


@given(
    st.lists(
        st.sampled_from(
            ["it's", "3,000", "U.S.", "of", "the", "7", "—", "&", "well-known", "12:30", "ok?"]
        ),
        min_size=1,
    )
)
@settings(max_examples=12, deadline=None)
def test_any_mixture_of_awkward_words_is_placed(words):
    try:
        text = speakable(" ".join(words), "en")
    except InputError:
        return
    assert_sound(read(text, "en-us").alignment, text)


def test_the_number_stays_one_word_while_all_of_it_is_spoken():
    alignment = read("It cost 3,000 euros.", "en-us").alignment
    number = next(word for word in alignment.words if word.word == "3,000")
    inside = [p.phone for p in alignment.phones if number.start_ms <= p.start_ms < number.end_ms]
    assert "θ" in inside
    assert "z" in inside


def test_words_that_are_read_as_one_share_its_phones():
    alignment = read("in the middle", "en-us").alignment
    assert [word.word for word in alignment.words] == ["in", "the", "middle"]
    assert all(word.end_ms - word.start_ms >= 40 for word in alignment.words)


@pytest.mark.parametrize(
    ("between", "kind"),
    [(", ", "comma"), (". ", "sentence"), (".\n", "line"), (".\n\n", "paragraph")],
)
def test_pauses_are_as_long_as_their_punctuation_asks(between, kind):
    alignment = read(f"Red{between}Blue is here", "en").alignment
    pause_ms = alignment.words[1].start_ms - alignment.words[0].end_ms
    assert pause_ms == pytest.approx(PAUSE_MS[kind], rel=PAUSE_SPREAD + 0.05)


def test_an_abbreviation_does_not_end_the_sentence():
    alignment = read("Ask Dr. Smith today", "en").alignment
    assert alignment.words[2].start_ms - alignment.words[1].end_ms < 100


def test_pauses_are_silent_and_cut_without_a_click():
    reading = read("First sentence. Second sentence, and more.\n\nThird.", "en", seed=3)
    ends = [p.end for p in reading.phones]
    starts = [p.start for p in reading.phones[1:]] + [len(reading.waveform)]
    for end, start in zip(ends, starts, strict=True):
        if start - end > reading.sample_rate // 5:
            middle = (start + end) // 2
            assert np.abs(reading.waveform[middle : middle + 200]).max() == 0
    assert np.abs(np.diff(reading.waveform)).max() < 0.6


def test_a_text_longer_than_one_breath_is_read_to_its_end():
    text = " ".join(f"This is sentence number {i}." for i in range(120))
    assert_sound(read(text, "en").alignment, text)


def test_the_seed_decides_the_pauses():
    text = "One. Two. Three."
    assert np.array_equal(read(text, "en", seed=1).waveform, read(text, "en", seed=1).waveform)
    assert len(read(text, "en", seed=1).waveform) != len(read(text, "en", seed=2).waveform)


def test_an_empty_text_is_refused():
    with pytest.raises(InputError, match="nothing to say"):
        read("\n\n", "en")
