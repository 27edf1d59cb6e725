"""Long texts in pieces that engines take."""

import pytest

from avatar.engine.speech.split import split
from avatar.engine.text import display_words

TEXT = (
    "Most people quit in week two. They do, really, and nobody says why!\n\n"
    "Here is what I did: I wrote it down. Was it hard? Not at all. 这是第一句。这是第二句。"
)


@pytest.mark.parametrize("longest", [12, 30, 45, 60, 80, 1000])
def test_no_piece_is_too_long_and_no_word_is_lost(longest):
    pieces = split(TEXT, longest)
    assert all(0 < len(piece) <= longest for piece in pieces)
    assert [w for piece in pieces for w in display_words(piece)] == display_words(TEXT)


def test_it_is_cut_at_sentences_where_there_are_some():
    assert split(TEXT, 68)[:2] == [
        "Most people quit in week two. They do, really, and nobody says why!",
        "Here is what I did: I wrote it down. Was it hard? Not at all. 这是第一句。",
    ]


def test_a_text_that_fits_stays_whole():
    assert split(TEXT, None) == split(TEXT, 5000) == [TEXT]


def test_a_word_longer_than_the_limit_is_cut():
    assert split("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]
