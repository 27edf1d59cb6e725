import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.engine.captions.phrases import (
    LEANING,
    MAX_COLUMNS,
    MAX_WORDS,
    columns,
    group,
    join,
)
from avatar.engine.types import Word

WORD_MS, GAP_MS = 300, 20


def spoken(text, pause_ms=0):
    """Words one after the other; a pause after each sentence."""
    words, now = [], 100
    for word in text.split():
        words.append(Word(word, now, now + WORD_MS))
        now += WORD_MS + GAP_MS + (pause_ms if word[-1] in ".!?" else 0)
    return words, now + 500


def texts(text, pause_ms=0):
    return [phrase.text for phrase in group(*spoken(text, pause_ms))]


def test_sentences_are_never_mixed():
    assert texts("Stop. Look at this! Right?") == ["Stop.", "Look at this!", "Right?"]


def test_titles_and_initials_end_no_sentence():
    assert texts("Dr. Grace B. Hopper wrote it.")[0].startswith("Dr. Grace")


def test_commas_are_where_to_cut():
    assert texts("Mix flour and water at night, then go straight to bed.") == [
        "Mix flour and water at night,",
        "then go straight to bed.",
    ]


def test_no_phrase_ends_on_a_word_that_leans_on_the_next():
    text = (
        "Here are three things that every new baker in the world should know before "
        "they buy a bag of the expensive flour from a shop in town."
    )
    for phrase in texts(text)[:-1]:
        assert phrase.split()[-1].lower() not in LEANING


def test_a_long_pause_parts_what_punctuation_does_not():
    words = [Word("wait", 0, 300), Word("for", 320, 500), Word("it", 2000, 2200)]
    assert [p.text for p in group(words, 3000)] == ["wait for", "it"]


def test_a_phrase_lingers_but_not_into_the_next():
    first, second = group([Word("One.", 0, 300), Word("Two.", 500, 800)], 5000)
    assert (first.start_ms, first.end_ms) == (0, 500)
    assert (second.start_ms, second.end_ms) == (500, 1200)


def test_chinese_is_cut_between_characters_and_joined_without_spaces():
    phrases = group([Word("今天我们来聊聊怎么做面包，非常简单。", 0, 4000)], 4000)
    assert "".join(phrase.text for phrase in phrases) == "今天我们来聊聊怎么做面包，非常简单。"
    assert len(phrases) > 1
    assert not any(phrase.text[0] in "，。" for phrase in phrases)


def test_korean_keeps_its_spaces():
    assert join([Word("안녕하세요", 0, 1), Word("여러분", 1, 2)]) == "안녕하세요 여러분"


def test_no_words_no_phrases():
    assert group([], 1000) == []


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(categories=["L", "P", "Nd"]), min_size=1, max_size=12),
            st.integers(0, 900),  # length, nothing at all included
            st.integers(0, 1500),  # pause
        ),
        max_size=40,
    ),
    st.integers(100, 30_000),
)
def test_every_cue_has_length_inside_the_video_and_none_overlap(parts, duration_ms):
    words, now = [], 0
    for text, length, pause in parts:
        words.append(Word(text, now, now + length))
        now += length + pause
    phrases = group(words, duration_ms)
    edge = 0
    for phrase in phrases:
        assert edge <= phrase.start_ms < phrase.end_ms <= duration_ms
        assert all(w.start_ms < w.end_ms <= duration_ms for w in phrase.words)
        edge = phrase.end_ms
        if len(phrase.words) > 1:
            assert columns(phrase.text) <= MAX_COLUMNS
            assert len(phrase.words) <= 2 * MAX_WORDS


@pytest.mark.parametrize("late_ms", [0, 5_000])
def test_words_beyond_the_end_stay_inside(late_ms):
    (phrase,) = group([Word("late", 900 + late_ms, 950 + late_ms)], 1000)
    assert phrase.start_ms < phrase.end_ms == 1000
