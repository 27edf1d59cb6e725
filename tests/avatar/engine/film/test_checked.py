"""What vendors have been known to send, and what is said about it."""

import pytest

from avatar.engine.errors import BadResult, Cancelled
from avatar.engine.film import checked
from avatar.engine.media.ffmpeg import run_ffmpeg

MOVING = "testsrc2=size=320x320:rate=25"
TONE, SILENCE = "sine=sample_rate=44100", "anullsrc=sample_rate=44100"


def film(path, picture=MOVING, sound=TONE, seconds=2.0, args=()):
    inputs = ["-f", "lavfi", "-i", picture] if picture else []
    inputs += ["-f", "lavfi", "-i", sound] if sound else []
    run_ffmpeg([*inputs, "-t", str(seconds), "-pix_fmt", "yuv420p", *args, f"file:{path}"])
    return path


def test_a_good_film_is_described(tmp_path):
    found = checked(film(tmp_path / "film.mp4"), 2100)
    assert (found.width, found.fps, found.has_sound) == (320, 25, True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "film.mp4 is empty"),
        (b"<html><title>502 Bad Gateway</title></html>", "film.mp4 is a web page, not a video"),
        (b'{"detail": "expired"}', "film.mp4 is a text file, not a video"),
        (b"\x00\x00\x00\x20ftypisom" + b"\x00" * 400, "film.mp4 cannot be read as a video"),
    ],
)
def test_what_is_no_film_is_called_by_its_name(tmp_path, content, why):
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(BadResult, match=f"What came back cannot be used: {why}"):
        checked(path, 2000)


def test_a_download_that_broke_off_is_refused(tmp_path):
    whole = film(tmp_path / "whole.mp4", args=("-movflags", "+faststart"))
    part = tmp_path / "film.mp4"
    part.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    with pytest.raises(BadResult, match=r"film\.mp4 breaks off after"):
        checked(part, 2000)


def test_damage_in_the_middle_is_found(tmp_path):
    path = film(tmp_path / "film.mp4", seconds=4, args=("-g", "5"))
    content = bytearray(path.read_bytes())
    start, stop = len(content) // 6, len(content) * 4 // 5
    content[start:stop] = b"\x55" * (stop - start)
    path.write_bytes(content)
    with pytest.raises(BadResult):
        checked(path, 4000)


def test_sound_alone_is_refused(tmp_path):
    with pytest.raises(BadResult, match="no picture in it"):
        checked(film(tmp_path / "film.mp4", picture=None, args=("-vn",)), 2000)


def test_a_film_without_sound_is_refused_where_one_is_expected(tmp_path):
    path = film(tmp_path / "film.mp4", sound=None)
    with pytest.raises(BadResult, match=r"What came back has no sound\."):
        checked(path, 2000)
    assert not checked(path, 2000, needs_sound=False).has_sound


def test_a_silent_track_is_no_sound(tmp_path):
    with pytest.raises(BadResult, match="is silent: nobody speaks"):
        checked(film(tmp_path / "film.mp4", sound=SILENCE), 2000)


@pytest.mark.parametrize("expected_ms", [1000, 1750, 2250, 9000])
def test_another_length_is_refused_with_both(tmp_path, expected_ms):
    path = film(tmp_path / "film.mp4")
    with pytest.raises(BadResult, match=r"lasts 2\.0 seconds instead of \d\.\d\."):
        checked(path, expected_ms)


@pytest.mark.parametrize("expected_ms", [1810, 2000, 2190])
def test_a_few_frames_more_or_less_are_mended_later(tmp_path, expected_ms):
    assert checked(film(tmp_path / "film.mp4"), expected_ms).duration_ms == 2000


def test_a_black_film_is_refused(tmp_path):
    noise = "color=black:size=320x320:rate=25,noise=alls=6:allf=t"
    with pytest.raises(BadResult, match="black from beginning to end"):
        checked(film(tmp_path / "film.mp4", noise), 2000)


def test_a_photo_that_does_not_move_is_refused_unless_nothing_is_said(tmp_path):
    path = film(tmp_path / "film.mp4", "smptebars=size=320x320:rate=25")
    with pytest.raises(BadResult, match="stands still"):
        checked(path, 2000)
    assert checked(path, 2000, moves=False).n_frames == 50


def test_a_small_mouth_that_moves_is_enough(tmp_path):
    mouth = "drawbox=x=150:y=230:w=20:h=12:color=black:t=fill:enable='gt(mod(t,0.7),0.35)'"
    path = film(tmp_path / "film.mp4", f"smptebars=size=320x320:rate=25,{mouth}")
    assert checked(path, 2000).n_frames == 50


def test_checking_can_be_stopped(tmp_path):
    path = film(tmp_path / "film.mp4")
    with pytest.raises(Cancelled):
        checked(path, 2000, should_stop=lambda: True)
