"""Whether what an engine made is what was asked for. It may be anything: it came from outside."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import BadResult, EncodeError, InputError
from avatar.engine.footage.look import Footage, opened
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.sound import CONTAINERS, stream_sound

TOLERANCE_MS, TOLERANCE = 200, 0.02  # whichever is more: encoders round, and some pad
LOOKED_AT_FPS, SIDE_PX = 5, 48
BLACK = 40  # luma, of 255, of the brightest pixels: a dark room is brighter
FROZEN = 4  # luma, anywhere: encoding a still picture changes less, a small mouth much more
LEAST_DECODED = 0.9  # of the frames looked at


def checked(
    film: Path,
    expected_ms: int,
    *,
    needs_sound: bool = True,
    moves: bool = True,
    should_stop: Callable[[], bool] = lambda: False,
) -> Footage:
    """The film's facts, once it has been looked through from beginning to end.

    needs_sound: whether silence is a fault. moves: whether standing still is one; it is none where
    nothing is said.

    Raises BadResult with one sentence: no video, broken off, of another length, without sound,
    black or frozen. Raises Cancelled.
    """
    try:
        found = opened(film, should_stop)
    except InputError as e:
        what, _, _ = str(e).rstrip(".").partition(":")  # advice is for those whose film it is
        raise BadResult(f"What came back cannot be used: {what}.") from e
    check_length(found.duration_ms, expected_ms)
    if needs_sound:
        _check_sound(found)
    _check_picture(found, moves)
    return found


def tolerated_ms(expected_ms: int) -> float:
    """How much longer or shorter a film may be; it is mended at its end."""
    return max(TOLERANCE_MS, TOLERANCE * expected_ms)


def check_length(found_ms: int, expected_ms: int, what: str = "What came back") -> None:
    """Raises BadResult beyond `tolerated_ms`."""
    if abs(found_ms - expected_ms) > tolerated_ms(expected_ms):
        raise BadResult(
            f"{what} lasts {found_ms / 1000:.1f} seconds instead of {expected_ms / 1000:.1f}."
        )


def _check_sound(found: Footage) -> None:
    if not found.has_sound:
        raise BadResult("What came back has no sound.")
    try:
        stream_sound(found.path)
    except InputError as e:
        raise BadResult("What came back is silent: nobody speaks in it.") from e


def _check_picture(found: Footage, moves: bool) -> None:
    looks = _small(found)
    if len(looks) < LEAST_DECODED * int(found.duration_ms * LOOKED_AT_FPS / 1000):
        raise BadResult("What came back is damaged: much of its picture cannot be decoded.")
    if np.percentile(looks, 99, axis=(1, 2)).max() < BLACK:
        raise BadResult("What came back is black from beginning to end.")
    if moves and len(looks) > 1:
        changes = (np.abs(a.astype(np.int16) - b).max() for a, b in pairwise(looks))
        if max(changes) < FROZEN:
            raise BadResult("What came back stands still: nothing moves in it.")


def _small(found: Footage) -> NDArray[np.uint8]:
    """(n, SIDE_PX, SIDE_PX) luma, LOOKED_AT_FPS times a second: half an hour is 20 MB."""
    safe = ["-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS]
    small = f"fps={LOOKED_AT_FPS},scale={SIDE_PX}:{SIDE_PX}:flags=area,format=yuv420p"
    raw = ["-map", "0:v:0", "-vf", f"{small},extractplanes=y", "-f", "rawvideo", "pipe:1"]
    try:
        data = run_ffmpeg([*safe, "-i", f"file:{found.path}", *raw], doing="looking at the film")
    except EncodeError as e:
        raise BadResult("What came back cannot be decoded to its end.") from e
    n = len(data) // SIDE_PX**2
    return np.frombuffer(data[: n * SIDE_PX**2], np.uint8).reshape(n, SIDE_PX, SIDE_PX)
