import os
import time

import pytest

from avatar.engine.errors import EncodeError
from avatar.engine.media.ffmpeg import FFmpeg, peak_rss_mb, run_ffmpeg

ENDLESS = ["-re", "-f", "lavfi", "-i", "testsrc", "-f", "null", "-"]


def test_output_larger_than_a_pipe_comes_back_whole():
    frames = ["-f", "rawvideo", "-pix_fmt", "gray", "-video_size", "512x512"]
    data = bytes(range(256)) * 1024 * 12
    raw = run_ffmpeg([*frames, "-i", "pipe:0", "-f", "rawvideo", "pipe:1"], data=data)
    assert raw == data


def test_failure_names_what_was_done_and_keeps_the_log():
    with pytest.raises(EncodeError, match="while reading the tea leaves") as failed:
        run_ffmpeg(
            ["-i", "/nowhere/leaves.tea", "-f", "null", "-"], doing="reading the tea leaves"
        )
    assert "No such file" in failed.value.log_tail


def test_kill_ends_the_whole_group_and_may_be_repeated():
    ffmpeg = FFmpeg(ENDLESS)
    ffmpeg.kill()
    ffmpeg.kill()
    with pytest.raises(ProcessLookupError):
        os.killpg(ffmpeg.process.pid, 0)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_peak_memory_is_that_of_the_process_asked_for():
    ffmpeg = FFmpeg(ENDLESS)
    try:
        time.sleep(0.3)
        assert 5 < ffmpeg.peak_rss_mb() < peak_rss_mb() + 200
    finally:
        ffmpeg.kill()
    assert peak_rss_mb(2**22 + 1) == 0
