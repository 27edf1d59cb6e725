from fractions import Fraction

import pytest

from avatar.engine.errors import InputError
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.probe import probe


def test_both_streams_are_described(tmp_path):
    path = tmp_path / "clip, with: odd name.mkv"
    picture = ["-f", "lavfi", "-i", "testsrc=size=128x96:rate=24000/1001"]
    sound = ["-f", "lavfi", "-i", "sine=sample_rate=44100", "-t", "2"]
    run_ffmpeg([*picture, *sound, "-c:v", "libx264", "-pix_fmt", "yuv422p", f"file:{path}"])
    found = probe(path)
    assert (found.width, found.height, found.fps) == (128, 96, Fraction(24000, 1001))
    assert (found.video_codec, found.pixel_format) == ("h264", "yuv422p")
    assert (found.sample_rate, found.channels) == (44_100, "mono")
    assert found.duration_ms == pytest.approx(2000, abs=60)


def test_sound_alone_has_no_picture(tmp_path):
    path = tmp_path / "tone.flac"
    run_ffmpeg(["-f", "lavfi", "-i", "sine=duration=0.5", f"file:{path}"])
    found = probe(path)
    assert found.has_audio
    assert not found.has_video
    assert (found.audio_codec, found.width, found.duration_ms) == ("flac", 0, 500)


@pytest.mark.parametrize("content", [b"", b"hello there", b"\x00" * 500])
def test_what_is_no_media_is_refused(tmp_path, content):
    path = tmp_path / "file.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"file\.mp4 holds neither"):
        probe(path)
