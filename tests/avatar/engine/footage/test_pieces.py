"""Sounds with pauses at known places are cut there."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.engine.errors import InputError
from avatar.engine.footage import pieces
from avatar.engine.timing import n_frames
from avatar.engine.types import Word

RATE, FPS = 8000, Fraction(25)


def speech(seconds, pauses, seed=0):
    """Noise, silent from start to end of every pause (seconds)."""
    sound = 0.3 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    for start, end in pauses:
        sound[round(start * RATE) : round(end * RATE)] = 0
    return sound.astype(np.float32)


def words(*timed):
    return [Word(word, start, end) for word, start, end in timed]


def cuts_s(spans):
    return [float(span.start / FPS) for span in spans[1:]]


def test_a_short_sound_is_one_piece():
    spans = pieces(speech(8, []), RATE, FPS, longest_ms=8000)
    assert [(span.start, span.stop) for span in spans] == [(0, 200)]


def test_without_words_the_long_pause_is_cut_in_its_middle():
    sound = speech(16, [(5, 5.1), (8.0, 8.6), (11, 11.1)])
    (cut,) = cuts_s(pieces(sound, RATE, FPS, longest_ms=12_000))
    assert cut == pytest.approx(8.3, abs=0.03)


def test_a_sentence_ends_where_its_mark_says_so_not_at_the_longer_pause():
    sound = speech(16, [(6.0, 6.5), (9.0, 9.2)])
    said = words(
        ("Well", 0, 6000), ("then", 6500, 9000), ("go.", 9000, 9050), ("Now", 9200, 16_000)
    )
    (cut,) = cuts_s(pieces(sound, RATE, FPS, longest_ms=12_000, words=said))
    assert 9.04 <= cut <= 9.2


def test_a_comma_is_better_than_nothing():
    sound = speech(12, [(5.9, 6.0)])
    said = words(("one,", 0, 5900), ("two", 6000, 8000), ("three", 8000, 12_000))
    (cut,) = cuts_s(pieces(sound, RATE, FPS, longest_ms=9000, words=said))
    assert 5.88 <= cut <= 6.0


def test_words_without_a_gap_are_cut_at_the_frame_between_them():
    sound = speech(12, [])
    said = words(("one", 0, 6010), ("two", 6010, 12_000))
    assert cuts_s(pieces(sound, RATE, FPS, longest_ms=9000, words=said)) == [6.0]


def test_with_no_pause_at_all_the_quietest_place_is_taken():
    sound = speech(20, [])
    sound[round(9.99 * RATE) : round(10.01 * RATE)] *= 0.05
    (cut,) = cuts_s(pieces(sound, RATE, FPS, longest_ms=15_000))
    assert cut == pytest.approx(10.0, abs=0.02)


def test_the_last_piece_is_not_left_too_short():
    sound = speech(31, [(14.8, 15.2), (29.0, 29.6)])
    spans = pieces(sound, RATE, FPS, longest_ms=30_000, shortest_ms=4000)
    assert cuts_s(spans) == [pytest.approx(15.0, abs=0.2)]


def test_equally_good_places_make_equal_pieces():
    sound = speech(60, [(s, s + 0.6) for s in range(4, 58, 4)])
    spans = pieces(sound, RATE, FPS, longest_ms=32_000)
    assert cuts_s(spans) == [pytest.approx(30, abs=2.4)]


def test_a_sound_below_the_least_is_refused():
    with pytest.raises(InputError, match=r"lasts 1\.2 seconds; 2 are the least"):
        pieces(speech(1.2, []), RATE, FPS, longest_ms=60_000, shortest_ms=2000)


def test_limits_that_contradict_each_other_are_said():
    with pytest.raises(InputError, match=r"cannot be cut into pieces of 8 to 9 seconds"):
        pieces(speech(10, []), RATE, FPS, longest_ms=9000, shortest_ms=8000)


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(30)])
def test_half_an_hour_is_cut_within_the_limits_and_without_drift(fps):
    sound = speech(1800.021, [(s, s + 0.3) for s in np.arange(7.3, 1790, 11.7)])
    spans = pieces(sound, RATE, fps, longest_ms=60_000, shortest_ms=2000)
    assert spans[0].start == 0
    assert spans[-1].stop == n_frames(len(sound), RATE, fps)
    assert all(a.stop == b.start for a, b in itertools.pairwise(spans))
    assert all(2 <= float(span.n_frames / fps) <= 60 for span in spans)
    assert len(spans) <= 38
    samples = [span.samples(RATE, fps) for span in spans]
    assert all(a[1] == b[0] for a, b in itertools.pairwise(samples))


@settings(max_examples=40, deadline=None)
@given(
    seconds=st.floats(0.5, 40),
    longest=st.integers(3000, 12_000),
    seed=st.integers(0, 99),
    pauses=st.lists(st.tuples(st.floats(0, 38), st.floats(0.02, 1.5)), max_size=12),
)
def test_whatever_the_sound_the_pieces_cover_it(seconds, longest, seed, pauses):
    sound = speech(seconds, [(start, start + long) for start, long in pauses], seed)
    spans = pieces(sound, RATE, FPS, longest_ms=longest, shortest_ms=400)
    assert spans == pieces(sound, RATE, FPS, longest_ms=longest, shortest_ms=400)
    assert (spans[0].start, spans[-1].stop) == (0, n_frames(len(sound), RATE, FPS))
    assert all(a.stop == b.start for a, b in itertools.pairwise(spans))
    assert all(10 <= span.n_frames <= longest * FPS / 1000 for span in spans)
