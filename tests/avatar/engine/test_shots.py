from fractions import Fraction
from itertools import pairwise

import pytest

from avatar.engine.shots import NEARER, punched_in
from avatar.engine.types import Alignment, Phone, Word

FPS = Fraction(30000, 1001)


def spoken(*sentences: str, word_ms: int = 300, pause_ms: int = 400) -> Alignment:
    words, now = [], 100
    for sentence in sentences:
        for word in sentence.split():
            words.append(Word(word, now, now + word_ms))
            now += word_ms
        now += pause_ms
    phones = tuple(Phone("a", w.start_ms, w.end_ms) for w in words)
    return Alignment(now, phones, tuple(words))


def n_frames(alignment: Alignment) -> int:
    return round(alignment.duration_ms * FPS / 1000)


SIX = "One two three four five six."


def test_shots_cover_every_frame_once_and_alternate():
    alignment = spoken(SIX, SIX, SIX, SIX)
    shots = punched_in(alignment, FPS, n_frames(alignment))
    assert [shot.nearer for shot in shots] == [1, NEARER, 1, NEARER]
    assert (shots[0].start, shots[-1].stop) == (0, n_frames(alignment))
    assert all(one.stop == other.start for one, other in pairwise(shots))


def test_cuts_are_in_the_pauses_between_sentences():
    alignment = spoken(SIX, "Mr. Smith has six words here.", SIX)
    shots = punched_in(alignment, FPS, n_frames(alignment))
    ends = [w.end_ms for w in alignment.words if w.word in ("six.", "here.")]
    starts = [ms + 400 for ms in ends]
    for shot, end_ms, start_ms in zip(shots[1:], ends, starts, strict=False):
        assert end_ms - 17 <= 1000 * shot.start / FPS <= start_ms
    assert len(shots) == 3


def test_no_shot_is_shorter_than_one_can_see():
    alignment = spoken("Yes.", SIX, "No.", "Oh!", SIX, "Bye.")
    shots = punched_in(alignment, FPS, n_frames(alignment))
    assert len(shots) > 1
    assert min(shot.stop - shot.start for shot in shots) >= 1.6 * FPS - 1


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_loop_ends_as_wide_as_it_begins(n):
    alignment = spoken(*[SIX] * n)
    shots = punched_in(alignment, FPS, n_frames(alignment), loop=True)
    assert shots[0].nearer == shots[-1].nearer == 1
    assert shots[-1].stop == n_frames(alignment)


def test_without_words_long_pauses_part_the_shots():
    heard = spoken(SIX, SIX, pause_ms=600)
    alignment = Alignment(heard.duration_ms, heard.phones, ())
    shots = punched_in(alignment, FPS, n_frames(alignment))
    assert [shot.nearer for shot in shots] == [1, NEARER]
