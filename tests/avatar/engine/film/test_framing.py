"""Which part of a film is shown, by numbers."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from avatar.engine.film.faces import FacePlace
from avatar.engine.film.framing import choose_window, face_rows
from avatar.engine.film.reading import Window
from avatar.engine.footage.look import Footage
from avatar.engine.media.probe import Probe

REEL = (1080, 1920)


def film(width, height):
    about = Probe(4000, width, height, Fraction(25), "h264")
    return Footage(
        path=Path("film.mp4"),
        duration_ms=4000,
        width=width,
        height=height,
        fps=Fraction(25),
        n_frames=100,
        rotation=0,
        codec="h264",
        has_sound=True,
        variable=False,
        about=about,
    )


def face(x, y, size):
    left, right = x - 10, x + 10
    return FacePlace(x, y, size, 1.2 * size, left, right, y - 0.6 * size, y + 0.4 * size)


def test_a_film_of_the_same_aspect_is_shown_whole():
    window = choose_window(film(720, 1280), face(100, 100, 80), *REEL)
    assert window == Window(0, 0, 720, 1280)


@pytest.mark.parametrize(("x", "left"), [(900, 596), (100, 0), (1900, 1314)])
def test_of_a_wide_film_the_part_around_the_face_is_shown(x, left):
    window = choose_window(film(1920, 1080), face(x, 400, 200), *REEL)
    assert (window.x, window.y, window.width, window.height) == (left, 0, 606, 1080)
    assert not window.laid_over


def test_of_a_high_film_the_face_is_in_the_upper_part():
    window = choose_window(film(1080, 1920), face(540, 760, 200), 1080, 1080)
    assert (window.x, window.width, window.height) == (0, 1080, 1080)
    assert (760 - window.y) / 1080 == pytest.approx(0.38, abs=0.01)


def test_a_face_that_is_too_large_lies_over_a_blurred_copy():
    window = choose_window(film(1280, 720), face(640, 340, 380), *REEL)
    assert window.laid_over
    assert (window.x, window.width, window.height) == (184, 912, 720)
    rows = face_rows(film(1280, 720), face(640, 340, 380), window, *REEL)
    scale = 1080 / 912
    assert rows.lips == pytest.approx((1920 - 720 * scale) / 2 + scale * 492, abs=2)


def test_a_close_up_is_not_cut_at_chin_and_forehead():
    window = choose_window(film(1080, 1920), face(540, 900, 600), 1920, 1080)
    assert window.laid_over
    assert window.height == 1728


def test_without_a_face_little_is_cut_and_never_much():
    assert choose_window(film(1080, 1350), None, *REEL) == Window(160, 0, 758, 1350)
    assert choose_window(film(1920, 1080), None, *REEL).laid_over


def test_captions_are_told_where_the_face_is_in_the_reel():
    wide, one = film(1920, 1080), face(900, 400, 200)
    rows = face_rows(wide, one, choose_window(wide, one, *REEL), *REEL)
    scale = 1920 / 1080
    assert (rows.forehead, rows.lips) == (pytest.approx(280 * scale), pytest.approx(480 * scale))
    assert face_rows(wide, None, Window(0, 0, 606, 1080), *REEL) is None


def test_a_face_that_moves_is_framed_by_where_it_goes():
    walking = replace(face(900, 400, 200), left=600, right=1400)
    window = choose_window(film(1920, 1080), walking, *REEL)
    assert window.x + window.width / 2 == pytest.approx(1000, abs=2)
