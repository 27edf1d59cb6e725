"""When the frames of a video are shown, without decoding one: told from the packets of the file.

A container says what it meant to hold. What it does hold can be counted at the speed of the disk.
"""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import Cancelled
from avatar.engine.media.ffmpeg import FFmpeg
from avatar.engine.media.sound import CONTAINERS

IRREGULAR = 0.25  # of the usual distance: how far from it a frame may come and be on time
LEAST_IRREGULAR = 0.02  # of all frames; one that was dropped makes no variable frame rate
ASKED_EVERY = 4096  # packets
ENDS_EARLY = ("partial file", "ended prematurely", "Packet corrupt", "Truncat")  # in ffmpeg's log


@dataclass(frozen=True)
class Packets:
    """n_frames, from first_ms after the file's beginning on, for span_ms.

    fps: how often most of them come.
    cut_off: the file ends before what it says it holds. Empty when there is no such stream.
    """

    n_frames: int
    first_ms: int
    span_ms: int
    fps: Fraction
    variable: bool
    cut_off: bool


def count_packets(path: Path, should_stop: Callable[[], bool] = lambda: False) -> Packets:
    """What the first picture stream really holds. Raises Cancelled."""
    safe = ["-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS]
    listed = ["-map", "0:v:0", "-c", "copy", "-f", "framecrc", "pipe:1"]
    ffmpeg = FFmpeg([*safe, "-i", f"file:{path}", *listed], stdout=subprocess.PIPE)
    stdout = ffmpeg.process.stdout
    assert stdout is not None
    try:
        tick_s, ticks, last = _read(stdout, should_stop)
        ffmpeg.process.wait()
        log = ffmpeg.log_tail()
    finally:
        ffmpeg.kill()
    cut_off = any(sign in log for sign in ENDS_EARLY)
    return _told(tick_s, np.unique(np.array(ticks, np.int64)), last, cut_off)


def _read(stdout: IO[bytes], should_stop: Callable[[], bool]) -> tuple[Fraction, list[int], int]:
    """Seconds a tick, when each packet is shown, and for how long the last one says it is."""
    tick_s, ticks, last = Fraction(1, 1000), [], 0
    for number, line in enumerate(stdout):
        if number % ASKED_EVERY == 0 and should_stop():
            raise Cancelled("Stopped as asked.")
        if line.startswith(b"#tb"):
            tick_s = Fraction(line.split(b":")[1].decode().strip())
        elif not line.startswith(b"#"):
            _, decoded, shown, last_text, *_ = line.split(b",")
            ticks.append(int(shown) if _is_number(shown) else int(decoded))
            last = int(last_text)
    return tick_s, ticks, last


def _is_number(text: bytes) -> bool:
    return text.strip().lstrip(b"-").isdigit()


def _told(tick_s: Fraction, shown: NDArray[np.int64], last: int, cut_off: bool) -> Packets:
    if len(shown) < 2:
        return Packets(len(shown), 0, 0, Fraction(0), variable=False, cut_off=cut_off)
    apart = np.diff(shown)
    usual = float(np.median(apart))
    late = np.abs(apart - usual) > max(1.0, IRREGULAR * usual)
    span = int(shown[-1] - shown[0]) + (last if 0 < last < 3 * usual else round(usual))
    # Ticks of a millisecond cannot say 33.367: the mean of those on time can.
    fps = 1 / (Fraction(float(apart[~late].mean())) * tick_s) if (~late).any() else Fraction(0)
    return Packets(
        n_frames=len(shown),
        first_ms=round(1000 * int(shown[0]) * tick_s),
        span_ms=round(1000 * span * tick_s),
        fps=fps.limit_denominator(1001),
        variable=bool(late.mean() > LEAST_IRREGULAR),
        cut_off=cut_off,
    )
