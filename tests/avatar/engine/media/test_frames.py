from fractions import Fraction

import numpy as np
import pytest

from avatar.engine.errors import InputError
from avatar.engine.face.yuv import rgb_from_frame
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.frames import frame_rate, read_frames


@pytest.fixture
def clip(tmp_path):
    """Ten frames, each brighter than the last by 20."""
    path = tmp_path / "clip, with: odd name.mkv"
    raw = np.repeat(np.arange(10, dtype=np.uint8) * 20, 64 * 48 * 3).tobytes()
    args = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", "64x48", "-framerate", "10"]
    run_ffmpeg([*args, "-i", "pipe:0", "-c:v", "ffv1", f"file:{path}"], data=raw)
    return path


def levels(path, fps):
    return [round(float(frame.mean()), -1) for frame in read_frames(path, fps)]


def test_frames_come_in_order_and_as_they_are(clip):
    assert frame_rate(clip) == 10
    frames = list(read_frames(clip, Fraction(10)))
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 10
    assert levels(clip, Fraction(10)) == [20 * k for k in range(10)]


def test_colours_are_what_was_encoded(tmp_path):
    """As our own way from YUV to RGB makes them, neither darker nor lighter."""
    path = tmp_path / "noise.mkv"
    noise = np.random.default_rng(0).normal(128, 20, (96, 64)).clip(16, 235).astype(np.uint8)
    noise[64:] = 120  # chroma
    tags = ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709"]
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", "64x64", "-framerate", "10"]
    lossless = ["-c:v", "libx264", "-qp", "0", *tags, f"file:{path}"]
    run_ffmpeg([*raw, "-i", "pipe:0", *lossless], data=3 * noise.tobytes())
    frame = next(read_frames(path, Fraction(10)))
    difference = frame.astype(float) - rgb_from_frame(noise)
    assert abs(difference.mean()) < 0.6


def test_another_rate_repeats_or_leaves_out(clip):
    assert levels(clip, Fraction(20)) == [20 * (k // 2) for k in range(20)]
    assert len(levels(clip, Fraction(5))) == 5


def test_a_picture_that_begins_late_is_shown_from_the_beginning(clip, tmp_path):
    """Or everything would come earlier than the sound it belongs to."""
    late = tmp_path / "late.mkv"
    tone = ["-f", "lavfi", "-i", "sine=duration=1.3"]
    run_ffmpeg([*tone, "-itsoffset", "0.3", "-i", f"file:{clip}", "-c:v", "copy", f"file:{late}"])
    assert levels(late, Fraction(10))[:5] == [0, 0, 0, 0, 20]


def test_a_video_that_lies_on_its_side_is_turned(clip, tmp_path):
    turned = tmp_path / "turned.mp4"
    run_ffmpeg(
        ["-display_rotation", "90", "-i", f"file:{clip}", "-c:v", "mpeg4", f"file:{turned}"]
    )
    assert next(read_frames(turned, Fraction(10))).shape == (64, 48, 3)


def test_leaving_off_early_leaves_no_ffmpeg_behind(clip):
    frames = read_frames(clip, Fraction(10))
    next(frames)
    frames.close()
    with pytest.raises(StopIteration):
        next(frames)


def test_what_is_no_video_is_refused(clip, tmp_path, hopper):
    sound = tmp_path / "tone.wav"
    run_ffmpeg(["-f", "lavfi", "-i", "sine=duration=0.5", f"file:{sound}"])
    with pytest.raises(InputError, match=r"tone\.wav has no picture"):
        frame_rate(sound)
    with pytest.raises(InputError, match=r"grace_hopper\.jpg is a picture"):
        frame_rate(hopper)
    with pytest.raises(InputError, match="There is no video"):
        frame_rate(tmp_path / "nothing.mp4")
    playlist = tmp_path / "list.mp4"
    playlist.write_text(f"ffconcat version 1.0\nfile '{clip.name}'\n")
    with pytest.raises(InputError, match=r"list\.mp4 is not a video"):
        list(read_frames(playlist, Fraction(10)))
