"""Windows in which whisper places words."""

from avatar.engine.hearing.whisper import windows
from avatar.engine.types import Word


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
