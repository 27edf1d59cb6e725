"""Films and sounds of the right length, made of what was given."""

import numpy as np
import pytest
from PIL import Image

from studio.sandbox.vendors import media
from studio.sandbox.vendors.media import NotMedia, Recipe, look, make_film, run_ffmpeg


def lightness(path, seconds):
    """Of the frame at that time, 0 to 255."""
    out = path.with_suffix(f".{seconds}.png")
    run_ffmpeg("-ss", str(seconds), *media.reading(path), "-frames:v", "1", str(out))
    with Image.open(out) as image:
        return float(np.asarray(image.convert("L")).mean())


@pytest.mark.parametrize(
    ("fit", "sound_s", "expected_s"),
    [
        ("bounce", 2.0, 2.0), ("bounce", 0.6, 0.6), ("loop", 2.0, 2.0), ("loop", 0.6, 0.6),
        ("cut_off", 2.0, 1.2), ("cut_off", 0.6, 0.6), ("silence", 2.0, 2.0),
        ("silence", 0.6, 1.2), ("remap", 2.0, 2.0), ("remap", 0.6, 0.6), ("film", 2.0, 1.2),
    ],
)  # fmt: skip
def test_length_follows_the_fit(clip, voice, tmp_path, fit, sound_s, expected_s):
    made = tmp_path / "made.mp4"
    make_film(Recipe(clip, voice(sound_s), fit), made)
    seen = look(made)
    assert (seen.kind, seen.width, seen.height, seen.has_sound) == ("video", 96, 160, True)
    assert seen.seconds == pytest.approx(expected_s, abs=0.09)


def test_bounce_turns_round_and_loop_starts_again(clip, voice, tmp_path):
    for fit, at_2_3_s in (("bounce", "dark"), ("loop", "light")):
        made = tmp_path / f"{fit}.mp4"
        make_film(Recipe(clip, voice(2.4), fit), made)
        assert lightness(made, 1.1) > 150
        assert (lightness(made, 2.25) < 60) == (at_2_3_s == "dark")


def test_silence_holds_the_last_picture(clip, voice, tmp_path):
    made = tmp_path / "made.mp4"
    make_film(Recipe(clip, voice(2.0), "silence"), made)
    assert lightness(made, 1.9) == pytest.approx(lightness(made, 1.16), abs=12)


def test_a_photo_lasts_as_long_as_the_sound(photo, voice, tmp_path):
    made = tmp_path / "made.mp4"
    make_film(Recipe(photo, voice(0.8), short_side=180, aspect=9 / 16), made)
    seen = look(made)
    assert (seen.width, seen.height) == (180, 320)
    assert seen.seconds == pytest.approx(0.8, abs=0.05)
    assert lightness(made, 0.5) > 60


@pytest.mark.parametrize("how", media.SPOILT)
def test_what_is_spoilt_is_spoilt(clip, tmp_path, how):
    target = tmp_path / "spoilt.mp4"
    media.spoil(clip, how, target)
    if how in ("zero", "html", "broken"):
        with pytest.raises(NotMedia):
            look(target)
    elif how == "silent":
        assert not look(target).has_sound
    elif how == "truncated":
        assert target.stat().st_size < clip.stat().st_size
    else:
        assert look(target).seconds == pytest.approx({"short": 0.6, "long": 2.4}[how], abs=0.2)


def test_text_is_no_media(tmp_path):
    path = tmp_path / "words.mp4"
    path.write_text("ffconcat version 1.0\nfile 'words.mp4'\n")
    with pytest.raises(NotMedia):
        look(path)
