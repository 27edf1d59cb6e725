"""The pictures of a video one after the other, however long it is."""

import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np

from avatar.engine.errors import EncodeError, InputError
from avatar.engine.media.ffmpeg import FFmpeg
from avatar.engine.media.probe import probe
from avatar.engine.media.sound import CONTAINERS
from avatar.engine.types import Image

# The quick way to RGB makes everything a step darker.
EXACT = ("-sws_flags", "bicubic+accurate_rnd+full_chroma_int")


def frame_rate(path: Path) -> Fraction:
    """How many frames a second a video has, on the average where they come irregularly.

    Raises InputError when there is no such file, no picture in it, or only one.
    """
    if not path.is_file():
        raise InputError(f"There is no video {path}.")
    about = probe(path)
    if not about.has_video:
        raise InputError(f"{path.name} has no picture in it.")
    if about.duration_ms * about.fps < 2000:  # less than two frames
        raise InputError(f"{path.name} is a picture, not a video.")
    return about.fps


def read_frames(path: Path, fps: Fraction) -> Iterator[Image]:
    """Frames as (height, width, 3) RGB, at a constant rate from the beginning of the file on.

    Frame k is what is seen from k / fps on: where the streams begin apart or frames come
    irregularly, one is repeated or left out, so that sound and picture keep together. Turned as a
    player turns it. One frame is in memory at a time.

    Raises InputError when ffmpeg cannot read the file, EncodeError when it breaks off.
    """
    safe = ["-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS]
    constant = ["-map", "0:v:0", "-vf", f"fps={fps}:start_time=0", *EXACT]
    pictures = ["-c:v", "ppm", "-f", "image2pipe", "pipe:1"]
    ffmpeg = FFmpeg([*safe, "-i", f"file:{path}", *constant, *pictures], stdout=subprocess.PIPE)
    stdout = ffmpeg.process.stdout
    assert stdout is not None
    try:
        while (frame := _next_ppm(stdout)) is not None:
            yield frame
        if ffmpeg.process.wait():
            raise _broken(path, ffmpeg)
    finally:
        ffmpeg.kill()


def _next_ppm(stdout: IO[bytes]) -> Image | None:
    """One picture with its header: the kind, width and height, the largest value, the pixels."""
    if not stdout.readline():
        return None
    width, height = (int(side) for side in stdout.readline().split() or (0, 0))
    stdout.readline()
    data = stdout.read(3 * width * height)
    if not data or len(data) < 3 * width * height:
        return None
    return np.frombuffer(data, np.uint8).reshape(height, width, 3)


def _broken(path: Path, ffmpeg: FFmpeg) -> InputError | EncodeError:
    log = ffmpeg.log_tail()
    if "Invalid data found" in log or "Error opening input" in log:
        return InputError(f"{path.name} is not a video that can be read.")
    return EncodeError(f"ffmpeg stopped while reading {path.name}.", log)
