import pytest

from avatar.engine.captions import fonts
from avatar.engine.captions.fonts import BUNDLED, FREDOKA, MANROPE, ROBOTO, runs, stack
from avatar.engine.errors import InputError

PRIVATE_USE = "\ue123"  # no font has it


def test_bundled_fonts_have_the_names_that_scripts_ask_for():
    assert [font.family for font in (MANROPE, ROBOTO, FREDOKA)] == [
        "Manrope ExtraBold",
        "Roboto Black",
        "Fredoka One",
    ]


def test_widths_are_those_of_the_font():
    assert FREDOKA.width("W") > 2 * FREDOKA.width("i")
    assert FREDOKA.width("Wi") == pytest.approx(FREDOKA.width("W") + FREDOKA.width("i"))
    assert 0.4 < MANROPE.width("n") < 0.8


def test_a_word_the_style_cannot_show_comes_from_another_bundled_font():
    available = stack("pop, привет", FREDOKA)
    assert [run.font for run in runs("pop,", available)] == [FREDOKA]
    assert [run.font for run in runs("привет", available)] == [MANROPE]


def test_a_character_no_font_has_is_named_with_what_to_do():
    with pytest.raises(InputError, match=r"U\+E123.*install.*captions none"):
        stack(f"hello {PRIVATE_USE}", MANROPE)


def test_a_system_font_is_found_and_comes_into_the_folder(monkeypatch):
    """The "system" is a folder that holds one of our own fonts."""
    monkeypatch.setattr(fonts, "BUNDLED", (FREDOKA,))
    monkeypatch.setattr(fonts.shutil, "which", lambda name: None)
    monkeypatch.setattr(fonts, "SYSTEM_FOLDERS", (str(MANROPE.path.parent),))
    fonts._system_font.cache_clear()
    try:
        available = stack("Привет", FREDOKA)
    finally:
        fonts._system_font.cache_clear()
    assert available[-1].path.parent == MANROPE.path.parent
    assert runs("Привет", available)[0].font == available[-1]
    linked = {path.resolve() for path in fonts.fonts_dir(available).iterdir()}
    assert available[-1].path.resolve() in linked


def test_spaces_joiners_and_direction_marks_need_no_glyph():
    assert MANROPE.shows("a\u00a0b\u200d\u200f\u2060")


def test_folder_is_made_once():
    assert fonts.fonts_dir() == fonts.fonts_dir(tuple(reversed(BUNDLED)))
