"""A creator's file, and a sentence for whatever is wrong with it."""

from fractions import Fraction

import pytest

from avatar.engine.errors import Cancelled, InputError
from avatar.engine.footage import look
from avatar.engine.media.ffmpeg import run_ffmpeg
from tests.avatar.engine.footage.clips import numbered

KEY = "76a6c65c5ea762046bd749a2e632ccbb"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return numbered(tmp_path_factory.mktemp("clip") / "clip.mp4", 50)


def remade(clip, path, *args):
    run_ffmpeg(["-i", f"file:{clip}", *args, "-y", f"file:{path}"])
    return path


def test_a_plain_clip_is_described(clip):
    found = look(clip)
    assert (found.width, found.height, found.fps) == (256, 256, 25)
    assert (found.duration_ms, found.codec, found.has_sound) == (2000, "h264", True)
    assert not found.variable
    assert found.steady_fps() == 25


def test_a_turned_clip_is_as_wide_as_it_is_seen(tmp_path):
    lying = tmp_path / "lying.mp4"
    picture = ["-f", "lavfi", "-i", "testsrc=size=480x270:rate=30:duration=1.5"]
    run_ffmpeg([*picture, "-pix_fmt", "yuv420p", f"file:{lying}"])
    turned = tmp_path / "turned.mp4"
    run_ffmpeg(["-display_rotation", "90", "-i", f"file:{lying}", "-c", "copy", f"file:{turned}"])
    found = look(turned)
    assert (found.width, found.height, found.rotation) == (270, 480, 90)
    assert not found.has_sound


def test_pixels_that_are_not_square_are_counted_as_seen(tmp_path):
    path = tmp_path / "wide.mp4"
    picture = "testsrc=size=360x288:rate=25:duration=1.2,setsar=16/15"
    run_ffmpeg(["-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", f"file:{path}"])
    assert (look(path).width, look(path).height) == (384, 288)


def test_frames_that_come_irregularly_get_a_constant_rate(tmp_path):
    path = tmp_path / "phone.mp4"
    picture = "testsrc=size=256x256:rate=60:duration=3,select='lt(mod(n,7),4)'"
    run_ffmpeg(
        ["-f", "lavfi", "-i", picture, "-fps_mode", "vfr", "-pix_fmt", "yuv420p", f"file:{path}"]
    )
    found = look(path)
    assert found.variable
    assert found.steady_fps() == 30


@pytest.mark.parametrize(
    ("rate", "steady"),
    [
        ("50", Fraction(25)),
        ("60000/1001", Fraction(30000, 1001)),
        ("24000/1001", Fraction(24000, 1001)),
        ("15", Fraction(25)),
    ],
)
def test_other_rates_are_brought_near_to_usual_ones(tmp_path, rate, steady):
    path = tmp_path / "clip.mp4"
    picture = f"testsrc=size=256x256:rate={rate}:duration=1.2"
    run_ffmpeg(["-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", f"file:{path}"])
    assert look(path).steady_fps() == steady


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "clip.mp4 is empty."),
        (b"<!doctype html><html><body>503</body></html>", "clip.mp4 is a web page, not a video."),
        (b'{"error": "not found"}', "clip.mp4 is a text file, not a video."),
        (b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n", "clip.mp4 is a text file, not a video."),
        (b"\x00" * 5000, "clip.mp4 cannot be read as a video"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 99, "clip.mp4 is a JPEG photo, not a video."),
        (b"GIF89a" + b"\x00" * 99, "clip.mp4 is a GIF picture, not a video."),
    ],
)
def test_what_is_no_video_is_called_by_its_name(tmp_path, content, sentence):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        look(path)
    assert str(refused.value).startswith(sentence)


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(InputError, match="There is no video"):
        look(tmp_path / "none.mp4")


def test_sound_alone_is_no_footage(clip, tmp_path):
    with pytest.raises(InputError, match="no picture in it, only sound"):
        look(remade(clip, tmp_path / "sound.mp4", "-vn"))


def test_one_frame_is_a_still_picture(clip, tmp_path):
    with pytest.raises(InputError, match="is a still picture, not a video"):
        look(remade(clip, tmp_path / "still.mp4", "-an", "-frames:v", "1"))


def test_a_moment_is_too_short(clip, tmp_path):
    with pytest.raises(InputError, match=r"is 0\.4 seconds long; 1 second is the least"):
        look(remade(clip, tmp_path / "moment.mp4", "-an", "-frames:v", "10"))


def test_small_pictures_are_refused_with_their_size(clip, tmp_path):
    with pytest.raises(InputError, match="is 128x256 px; 256 px are the least"):
        look(remade(clip, tmp_path / "small.mp4", "-vf", "scale=128:256,setsar=1"))


def test_enormous_pictures_are_refused_before_they_are_decoded(tmp_path):
    path = tmp_path / "wall.mp4"
    picture = "color=size=8400x64:rate=25:duration=1"
    run_ffmpeg(["-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", f"file:{path}"])
    with pytest.raises(InputError, match="is 8400x64 px; 8192 px are the most"):
        look(path)


def test_a_slide_show_is_refused(tmp_path):
    path = tmp_path / "slides.mp4"
    picture = "testsrc=size=256x256:rate=1:duration=4"
    run_ffmpeg(["-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", f"file:{path}"])
    with pytest.raises(InputError, match="that is a slide show"):
        look(path)


def test_more_than_half_an_hour_is_refused(tmp_path):
    path = tmp_path / "long.mp4"
    picture = "color=size=256x256:rate=5:duration=1830"
    run_ffmpeg(["-f", "lavfi", "-i", picture, "-preset", "ultrafast", f"file:{path}"])
    with pytest.raises(InputError, match="30 minutes are the most"):
        look(path)


def test_more_than_two_gigabytes_are_refused_unread(tmp_path):
    path = tmp_path / "huge.mp4"
    with path.open("wb") as file:
        file.truncate(2_300_000_000)
    with pytest.raises(InputError, match=r"has 2\.3 GB; 2 GB are the most"):
        look(path)


def test_a_protected_film_is_not_guessed_at(clip, tmp_path):
    cenc = ["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", KEY, "-encryption_kid", KEY]
    with pytest.raises(InputError, match=r"\(h264\) cannot be decoded: it is protected"):
        look(remade(clip, tmp_path / "bought.mp4", "-c", "copy", *cenc))


def test_a_broken_off_copy_says_where_it_ends(tmp_path):
    whole = tmp_path / "whole.mp4"
    picture = ["-f", "lavfi", "-i", "testsrc2=size=256x256:rate=25:duration=4"]
    flags = ["-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    run_ffmpeg([*picture, *flags, f"file:{whole}"])
    half = tmp_path / "half.mp4"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(InputError, match=r"breaks off after [12]\.\d of its 4\.0 seconds"):
        look(half)


def test_a_film_without_its_index_cannot_be_read(clip, tmp_path):
    half = tmp_path / "half.mp4"
    half.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with pytest.raises(InputError, match="it is damaged, cut off or of another kind"):
        look(half)


def test_looking_can_be_stopped(clip):
    with pytest.raises(Cancelled):
        look(clip, should_stop=lambda: True)
