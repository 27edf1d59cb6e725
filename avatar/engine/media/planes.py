"""The pictures of a video as the encoder takes them: planar YUV 4:2:0, BT.709, one at a time."""

import subprocess
from collections.abc import Generator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import EncodeError, InputError
from avatar.engine.media.encode import widen
from avatar.engine.media.ffmpeg import FFmpeg
from avatar.engine.media.probe import Probe
from avatar.engine.media.sound import CONTAINERS

Planes = NDArray[np.uint8]  # (height * 3 // 2, width): Y, and below it U and V

HDR = ("smpte2084", "arib-std-b67")  # PQ and HLG, what telephones film in
PAPER_NITS, BRIGHTEST_NITS = 203, 1000  # ITU-R BT.2408: white paper, and HLG's brightest light
HIGH_DEFINITION_PX = 720  # from this height on, a video that does not say so is BT.709


def read_planes(
    path: Path,
    width: int,
    height: int,
    filters: Sequence[str],
    *,
    start_s: Fraction = Fraction(0),
) -> Generator[Planes, None, None]:
    """Frames as they come out of ffmpeg's filters, which must leave them width x height.

    start_s: where in the file to begin; whole frames from there on.

    Raises InputError when ffmpeg cannot read the file, EncodeError when it breaks off.
    """
    safe = ["-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS]
    place = ["-ss", f"{float(start_s):.6f}"] if start_s > 0 else []
    chain = ",".join([*filters, "format=yuv420p"])
    raw = ["-map", "0:v:0", "-vf", chain, "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"]
    ffmpeg = FFmpeg([*safe, *place, "-i", f"file:{path}", *raw], stdout=subprocess.PIPE)
    stdout = ffmpeg.process.stdout
    assert stdout is not None
    widen(stdout)
    n_bytes = width * height * 3 // 2
    try:
        while len(data := stdout.read(n_bytes)) == n_bytes:
            yield np.frombuffer(data, np.uint8).reshape(height * 3 // 2, width)
        if ffmpeg.process.wait():
            raise _broken(path, ffmpeg)
    finally:
        ffmpeg.kill()


def _broken(path: Path, ffmpeg: FFmpeg) -> InputError | EncodeError:
    log = ffmpeg.log_tail()
    if "Invalid data found" in log or "Error opening input" in log:
        return InputError(f"{path.name} is not a video that can be read.")
    return EncodeError(f"ffmpeg stopped while reading {path.name}.", log)


def as_bt709(about: Probe, width: int, height: int) -> list[str]:
    """The filters that turn any picture into BT.709, limited range, at this size.

    What is filmed for screens brighter than they are (HLG, PQ) is mapped to what they can show.
    """
    lanczos = "lanczos+accurate_rnd+full_chroma_int"
    if any(curve in about.colour for curve in HDR):
        linear = f"zscale=t=linear:npl={PAPER_NITS},format=gbrpf32le,zscale=p=bt709"
        softly = f"tonemap=mobius:param=0.6:desat=0:peak={BRIGHTEST_NITS / PAPER_NITS:.2f}"
        shown = "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
        return [f"scale={width}:{height}:flags={lanczos}", "setsar=1", linear, softly, shown]
    named = any(matrix in about.colour for matrix in ("bt709", "bt470bg", "smpte170m", "bt2020"))
    high = min(about.width, about.height) >= HIGH_DEFINITION_PX
    matrix = "auto" if named else "bt709" if high else "bt601"
    colour = f"in_color_matrix={matrix}:out_color_matrix=bt709:out_range=tv"
    return [f"scale={width}:{height}:flags={lanczos}:{colour}", "setsar=1"]


def luma(frame: Planes) -> NDArray[np.uint8]:
    """(height, width), in [16, 235]."""
    return frame[: len(frame) * 2 // 3]
