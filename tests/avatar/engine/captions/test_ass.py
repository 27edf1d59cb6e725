"""Captions are drawn by libass, and the pixels are looked at."""

import re
from itertools import pairwise

import numpy as np
import pytest

from avatar.engine.captions import STYLES, fonts_dir, script
from avatar.engine.captions.ass import escape
from avatar.engine.captions.layout import _visual_order
from avatar.engine.captions.zones import SAFE, FaceRows, headline_area, safe_area
from avatar.engine.errors import InputError
from avatar.engine.media.encode import captions_folder
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.types import Word

SIZES = [(1080, 1920), (720, 1280), (180, 320)]
GREY = 96


def spoken(text):
    return [Word(word, 400 * i, 400 * i + 380) for i, word in enumerate(text.split())]


def drawn(text, style, size, *, at_ms, label="", face=None):
    """Where libass changed a grey frame: (height, width) bool, and the frame's RGB."""
    width, height = size
    words = spoken(text)
    duration_ms = 400 * len(words) + 1000
    made = script(words, style, width, height, duration_ms, label, face=face)
    grey = f"color=c=0x{GREY:02x}{GREY:02x}{GREY:02x}:s={width}x{height}:r=25,format=rgb24"
    draw = f"setpts=PTS+{at_ms / 1000}/TB,ass=captions.ass:fontsdir=fonts"
    with captions_folder(made.text, fonts_dir(made.fonts)) as folder:
        source = ["-f", "lavfi", "-i", grey, "-vf", draw, "-frames:v", "1"]
        raw = run_ffmpeg([*source, "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"], cwd=folder)
    rgb = np.frombuffer(raw, np.uint8).reshape(height, width, 3)
    return (np.abs(rgb.astype(int) - GREY) > 12).any(axis=2), rgb


def box(mask):
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


LONG = "Extraordinarily complicated misunderstandings happen everywhere."
UNBREAKABLE = "Rechtsschutzversicherungsgesellschaften"


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", [LONG, UNBREAKABLE])
def test_captions_and_label_stay_inside_the_safe_zone(style, size, text):
    width, height = size
    mask, _ = drawn(text, style, size, at_ms=200, label="made with a synthetic person and voice")
    left, top, right, bottom = box(mask)
    one_px = 1  # antialiasing
    assert left >= SAFE.left * width - one_px
    assert right <= (1 - SAFE.right) * width + one_px
    assert top >= SAFE.top * height - one_px
    assert bottom <= (1 - SAFE.bottom) * height + one_px


@pytest.mark.parametrize("style", STYLES)
def test_captions_scale_with_the_frame(style):
    boxes = [np.array(box(drawn(LONG, style, s, at_ms=200)[0])) / s[0] for s in SIZES[:2]]
    assert boxes[0] == pytest.approx(boxes[1], abs=0.006)


@pytest.mark.parametrize("style", STYLES)
def test_captions_take_two_lines_at_most_and_are_centred(style):
    area = safe_area(1080, 1920)
    for at_ms in range(200, 2000, 400):
        mask, _ = drawn(LONG, style, (1080, 1920), at_ms=at_ms)
        left, top, right, bottom = box(mask)
        assert bottom - top < 2.9 * STYLES[style].em * 1080
        assert (left + right) / 2 == pytest.approx(area.centre_x, abs=14)


@pytest.mark.parametrize("style", STYLES)
def test_the_word_being_said_stands_out(style):
    """Between two moments of one phrase only the highlight moves."""
    masks = [drawn("salt and water", style, (540, 960), at_ms=ms) for ms in (250, 1050)]
    change = (np.abs(masks[0][1].astype(int) - masks[1][1]) > 40).any(axis=2)
    columns = np.flatnonzero(change.any(axis=0))
    middle = change.shape[1] // 2
    assert change[:, :middle].sum() > 50
    assert change[:, middle:].sum() > 50
    assert columns[-1] - columns[0] > 0.2 * change.shape[1]


def test_nothing_is_drawn_after_the_last_phrase_or_without_captions():
    assert not drawn("salt", "clean", (180, 320), at_ms=1300)[0].any()
    assert not drawn("salt", "none", (180, 320), at_ms=200)[0].any()


def test_label_is_there_without_captions_and_from_start_to_end():
    for at_ms in (0, 1300):
        mask, _ = drawn("salt", "none", (540, 960), at_ms=at_ms, label="synthetic demo")
        left, _top, right, bottom = box(mask)
        assert bottom < 0.22 * 960
        assert (right - left) < 0.5 * 540


@pytest.mark.parametrize("text", [r"{\b1}", r"a\Nb", r"\{x\}", r"{\pos(0,0)}", r"c\h"])
def test_text_is_shown_and_never_obeyed(text):
    """It is as wide as its characters are, so all of them were drawn."""
    plain = text.replace("{", "(").replace("}", ")").replace("\\", "/")
    shown, expected = (box(drawn(t, "clean", (1080, 1920), at_ms=200)[0]) for t in (text, plain))
    assert shown[2] - shown[0] == pytest.approx(expected[2] - expected[0], rel=0.12)
    assert shown[1] == pytest.approx(expected[1], abs=12)


def test_newlines_in_a_word_cannot_start_an_event():
    hostile = Word("a\nDialogue: 0,0:00:00.00,0:00:09.00,Base,,x", 0, 500)
    text = script([hostile], "clean", 90, 160, 900).text
    assert len(re.findall(r"^Dialogue:", text, re.M)) == len(re.findall("Dialogue:", text)) - 1
    assert escape("a\r\nb\u2028c") == "a b c"


def test_right_to_left_reads_from_the_right():
    """The first Hebrew word is said first and stands rightmost."""
    _, rgb = drawn("שלום עולם", "bold", (1080, 1920), at_ms=200)
    yellow = (rgb[..., 0] > 200) & (rgb[..., 2] < 150)
    white = (rgb > 220).all(axis=2)
    assert np.flatnonzero(yellow.any(axis=0)).min() > np.flatnonzero(white.any(axis=0)).max()


def test_latin_words_and_numbers_inside_hebrew_keep_their_order():
    words = [Word(w, i, i + 1) for i, w in enumerate(["שלום", "Open", "AI", "2030", "עולם"])]
    assert [words[i].word for i in _visual_order(words)] == ["עולם", "Open", "AI", "2030", "שלום"]


def test_unknown_style_lists_the_choices():
    with pytest.raises(InputError, match="clean, bold, pop or none"):
        script([], "shouty", 1080, 1920, 1000)


def test_a_phrase_is_gone_when_the_next_one_comes():
    """At no hundredth of a second are both on the frame, whatever the milliseconds."""
    words = [Word(f"word{i}.", 417 * i, 417 * (i + 1)) for i in range(6)]
    text = script(words, "clean", 720, 1280, 3000).text
    phrases = sorted(set(re.findall(r"Dialogue: 2,([\d:.]+),([\d:.]+),", text)))
    assert len(phrases) > 1
    assert all(end <= start for (_, end), (start, _) in pairwise(phrases))


def test_events_are_never_shorter_than_a_hundredth():
    text = script([Word("blink", 996, 1000)], "clean", 1080, 1920, 1000).text
    for start, end in re.findall(r"Dialogue: \d,([\d:.]+),([\d:.]+),", text):
        assert start < end


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("style", STYLES)
def test_words_stand_at_the_head_where_a_low_face_would_wear_them_on_its_mouth(size, style):
    height = size[1]
    low = FaceRows(forehead=0.38 * height, lips=0.84 * height)
    mask, _ = drawn(
        "Two short lines of words here", style, size, at_ms=500, label="Demo", face=low
    )
    _, top, _, bottom = box(mask)
    assert top >= round(SAFE.top * height) - 1
    assert bottom < low.forehead


def test_words_stay_at_the_foot_below_a_mouth_that_is_high_enough():
    high = FaceRows(forehead=0.25 * 1920, lips=0.52 * 1920)
    with_face, _ = drawn("Two short lines", "clean", (1080, 1920), at_ms=500, face=high)
    without, _ = drawn("Two short lines", "clean", (1080, 1920), at_ms=500)
    np.testing.assert_array_equal(with_face, without)


def test_words_stay_at_the_foot_when_there_is_no_room_above_the_face_either():
    filling = FaceRows(forehead=0.1 * 1920, lips=0.8 * 1920)
    with_face, _ = drawn("Two short lines", "clean", (1080, 1920), at_ms=500, face=filling)
    without, _ = drawn("Two short lines", "clean", (1080, 1920), at_ms=500)
    np.testing.assert_array_equal(with_face, without)


def test_a_headline_goes_above_a_low_face():
    usual = headline_area(1080, 1920)
    assert headline_area(1080, 1920, FaceRows(400, 1000)) == usual
    above = headline_area(1080, 1920, FaceRows(forehead=750, lips=1600))
    assert above.bottom <= 750
    assert above.top >= 240  # what profile grids show
