"""Times of letters and tokens become times of words."""

import pytest

from avatar.engine.hearing.base import Piece, two_letters, words_of
from avatar.engine.hearing.whisper import windows
from avatar.engine.types import Word


def test_letters_make_words():
    letters = [Piece(c, i / 10, (i + 1) / 10) for i, c in enumerate("Hi you!")]
    assert words_of("Hi you!", letters) == (Word("Hi", 0, 200), Word("you!", 300, 700))


def test_pieces_that_are_cut_elsewhere_are_shared_out():
    pieces = [Piece(" ice", 0.0, 0.3), Piece("cream", 0.3, 0.8), Piece(".", 0.8, 0.8)]
    assert words_of("icecream .", pieces) == (Word("icecream", 0, 800), Word(".", 800, 800))
    assert words_of("ic ecream.", pieces)[0] == Word("ic", 0, 200)


def test_times_never_go_back_and_words_without_pieces_take_what_is_left():
    pieces = [Piece("one", 1.0, 1.5), Piece("two", 0.9, 1.2)]
    words = words_of("one two three", pieces)
    assert [(w.start_ms, w.end_ms) for w in words] == [(1000, 1500), (1500, 1500), (1500, 1500)]


def test_nothing_makes_nothing():
    assert words_of("", [Piece("a", 0, 1)]) == ()
    assert words_of("a", []) == ()


@pytest.mark.parametrize(("given", "short"), [("pt-br", "pt"), ("EN_GB", "en"), ("de", "de")])
def test_languages_are_shortened(given, short):
    assert two_letters(given) == short


def _spoken(*pauses_ms):
    """Words of a second each with these pauses before them."""
    found, at = [], 0
    for number, pause in enumerate(pauses_ms):
        found.append(Word(f"w{number}", at + pause, at + pause + 1000))
        at += pause + 1000
    return found


def test_windows_are_cut_at_pauses_and_hold_everything():
    words = _spoken(0, 100, 100, 900, 100, 100, 100, 100)
    cut = list(windows(words, longest_s=5.5))
    assert [len(window) for window in cut] == [3, 5]
    assert [word for window in cut for word in window] == words


def test_a_word_longer_than_a_window_is_a_window():
    assert [len(w) for w in windows([Word("a", 0, 90_000), Word("b", 90_000, 90_500)])] == [1, 1]
