"""Every pair of colours that meets on a page can be read, by day and by night (WCAG 2.2)."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "studio" / "static" / "css" / "tokens.css"
PAIR = re.compile(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);")
COLOURS = {
    (name, theme): colour
    for name, light, dark in PAIR.findall(TOKENS.read_text())
    for theme, colour in (("light", light), ("dark", dark))
}
SURFACES = ("stage", "paper", "raised")
WASHES = ("good-wash", "warn-wash", "bad-wash")


def luminance(colour):
    """Relative luminance of `#rrggbb`, 0 to 1. Source: WCAG 2.2, "relative luminance"."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other, theme):
    light, dark = sorted((luminance(COLOURS[one, theme]), luminance(COLOURS[other, theme])))[::-1]
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_21_to_1():
    assert (luminance("#ffffff") + 0.05) / (luminance("#000000") + 0.05) == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("surface", SURFACES + WASHES)
def test_script_text_reads_at_7_to_1(surface, theme):
    assert contrast("ink", surface, theme) >= 7


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("words", ["ink-soft", "light", "good", "warn", "bad"])
def test_words_read_at_4_5_to_1(words, surface, theme):
    assert contrast(words, surface, theme) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("fill", ["light", "light-strong"])
def test_the_filled_button_reads_at_4_5_to_1(fill, theme):
    assert contrast("on-light", fill, theme) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("edge", ["line-strong", "light"])
def test_edges_of_controls_show_at_3_to_1(edge, surface, theme):
    assert contrast(edge, surface, theme) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", ["good", "warn", "bad"])
def test_a_notice_shows_its_state_on_its_own_wash(state, theme):
    assert contrast(state, f"{state}-wash", theme) >= 3
