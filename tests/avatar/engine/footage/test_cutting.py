"""Pieces laid end to end are the whole, and none of them clicks."""

from fractions import Fraction

import numpy as np
import pytest
import soundfile

from avatar.engine.errors import Cancelled, InputError
from avatar.engine.footage import (
    Span,
    cut_footage,
    cut_sound,
    cutting,
    fitted,
    look,
    made_as_long,
)
from tests.avatar.engine.footage.clips import numbered, numbers

RATE, FPS = 44_100, Fraction(30000, 1001)


def tone(seconds, hz=200):
    return (0.5 * np.cos(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(
        np.float32
    )


def read(path):
    return soundfile.read(path, dtype="float32")[0]


def bend(sound):
    """How far the wave bends at most from one sample to the next."""
    return np.abs(np.diff(sound, 2)).max()


def test_pieces_laid_end_to_end_are_the_sound(tmp_path):
    sound = tone(4)
    spans = [Span(0, 31), Span(31, 77), Span(77, 120)]
    parts = [read(path) for path in cut_sound(sound, RATE, spans, FPS, tmp_path)]
    whole = np.concatenate(parts)
    assert len(whole) == round(120 * RATE / FPS)
    n_fade = round(cutting.FADE_S * RATE)
    edges = [round(31 * RATE / FPS), round(77 * RATE / FPS)]
    kept = np.ones(len(sound), bool)
    for edge in edges:
        kept[edge - n_fade : edge + n_fade] = False
    assert np.abs(whole[: len(sound)] - sound)[kept].max() < 1e-4
    assert (whole[len(sound) :] == 0).all()


def test_a_cut_in_a_loud_sound_does_not_click(tmp_path):
    sound = tone(2)
    spans = [Span(0, 23), Span(23, 40)]
    first, second = (read(path) for path in cut_sound(sound, RATE, spans, FPS, tmp_path))
    silence = np.zeros(9, np.float32)
    abrupt = bend(np.append(sound[: len(first)], silence))
    assert bend(np.append(first, silence)) < 0.1 * abrupt
    assert bend(np.append(silence, second)[: len(second) - 900]) < 0.1 * abrupt


def test_silence_is_cut_without_a_fade(tmp_path):
    sound = 0.001 * tone(2)
    spans = [Span(0, 23), Span(23, 40)]
    first, _ = (read(path) for path in cut_sound(sound, RATE, spans, FPS, tmp_path))
    assert np.abs(first - sound[: len(first)]).max() < 4e-5  # 16 bit


def test_a_long_sound_is_written_in_parts_that_fit(tmp_path, monkeypatch):
    sound = tone(3)
    (whole,) = cut_sound(sound, RATE, [Span(5, 80)], FPS, tmp_path)
    expected = read(whole)
    for at_once in (999, 1000, 44_101):
        monkeypatch.setattr(cutting, "AT_ONCE", at_once)
        (again,) = cut_sound(sound, RATE, [Span(5, 80)], FPS, tmp_path)
        assert np.array_equal(read(again), expected)


def test_a_sound_is_cut_or_gets_silence_behind_it(tmp_path):
    sound = tone(2)
    shorter = read(made_as_long(sound, RATE, 1500, tmp_path / "a.wav"))
    assert len(shorter) == 66_150
    assert abs(shorter[-1]) < 0.001
    longer = read(made_as_long(sound, RATE, 3000, tmp_path / "b.wav"))
    assert len(longer) == 132_300
    assert np.abs(longer[: len(sound)] - sound).max() < 1e-4
    assert (longer[len(sound) :] == 0).all()
    same = read(made_as_long(sound, RATE, 2000, tmp_path / "c.wav"))
    assert np.abs(same - sound).max() < 1e-4


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("footage")
    return fitted(look(numbered(folder / "clip.mp4", 50)), 2000, "loop", folder / "fitted.mp4")


def test_each_film_goes_on_where_the_last_one_stopped(footage, tmp_path):
    shares = []
    spans = [Span(0, 13), Span(13, 40), Span(40, 51)]
    films = cut_footage(footage, spans, tmp_path, on_progress=shares.append)
    assert [numbers(film) for film in films] == [
        list(range(13)),
        list(range(13, 40)),
        [*range(40, 50), 49],
    ]
    assert (shares, shares[-1]) == (sorted(shares), 1)


def test_footage_that_was_not_fitted_is_refused(footage, tmp_path):
    with pytest.raises(InputError, match="has 50 frames for a sound of 90"):
        cut_footage(footage, [Span(0, 90)], tmp_path)


def test_cutting_can_be_stopped(footage, tmp_path):
    with pytest.raises(Cancelled):
        cut_footage(footage, [Span(0, 50)], tmp_path, should_stop=lambda: True)
    assert list(tmp_path.iterdir()) == []
