"""What is inside a media file, as ffmpeg reads it. The wheel carries no ffprobe."""

import re
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from avatar.engine.errors import InputError
from avatar.engine.media.ffmpeg import ffmpeg_exe
from avatar.engine.timing import parse_fps

_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d\.\d+)")
_STREAM = re.compile(r"Stream #0:\d+.*?: (Video|Audio): (.*)")
_SIZE = re.compile(r"\b(\d{2,5})x(\d{2,5})\b")
_FPS = re.compile(r"([\d.]+) fps")
_SAR = re.compile(r"\bSAR (\d+):(\d+)")
_COLOUR = re.compile(r"\b(?:yuv|gbr|rgb|nv|p0)\w*\(([^)]*)\)")
_ROTATION = re.compile(r"Display Matrix: rotation of (-?[\d.]+) degrees", re.I)


@dataclass(frozen=True)
class Probe:
    """The first picture stream and the first sound stream; empty or 0 where there is none.

    width, height: as stored: a player turns them by `rotation` and stretches them by `sar`.
    """

    duration_ms: int
    width: int = 0
    height: int = 0
    fps: Fraction = Fraction(0)
    video_codec: str = ""
    pixel_format: str = ""
    sar: Fraction = Fraction(1)  # how much wider than high a pixel is
    rotation: int = 0  # degrees anticlockwise, a multiple of 90
    colour: str = ""  # "tv, bt709", "tv, bt2020nc/bt2020/arib-std-b67": as far as the file says
    audio_codec: str = ""
    sample_rate: int = 0
    channels: str = ""  # "mono", "stereo", "5.1"

    @property
    def has_video(self) -> bool:
        return bool(self.video_codec)

    @property
    def has_audio(self) -> bool:
        return bool(self.audio_codec)


def probe(path: Path, containers: str = "") -> Probe:
    """containers: the only kinds ffmpeg may take the file for, as -format_whitelist wants them.

    Raises InputError when ffmpeg finds neither picture nor sound in the file.
    """
    command = [ffmpeg_exe(), "-hide_banner", "-nostdin", "-protocol_whitelist", "file,pipe"]
    command += ["-format_whitelist", containers] if containers else []
    described = subprocess.run(
        [*command, "-i", f"file:{path}"], capture_output=True, check=False, timeout=60
    ).stderr.decode(errors="replace")
    streams = _STREAM.findall(described)
    if not streams:
        raise InputError(f"{path.name} holds neither picture nor sound that ffmpeg can read.")
    fields: dict[str, object] = {}
    for kind, about in reversed(streams):  # the first of a kind wins
        fields.update(_video(about) if kind == "Video" else _audio(about))
    if turned := _ROTATION.search(described):
        fields["rotation"] = round(float(turned[1]) / 90) * 90 % 360
    return Probe(duration_ms=_duration_ms(described), **fields)  # type: ignore[arg-type]


def _duration_ms(described: str) -> int:
    found = _DURATION.search(described)
    if not found:
        return 0
    hours, minutes, seconds = found.groups()
    return round(1000 * (int(hours) * 3600 + int(minutes) * 60 + float(seconds)))


def _video(about: str) -> dict[str, object]:
    parts = about.split(", ")
    size, fps, sar = _SIZE.search(about), _FPS.search(about), _SAR.search(about)
    colour = _COLOUR.search(about)
    return {
        "video_codec": parts[0].split()[0],
        "pixel_format": parts[1].split("(")[0].strip() if len(parts) > 1 else "",
        "width": int(size[1]) if size else 0,
        "height": int(size[2]) if size else 0,
        "sar": Fraction(int(sar[1]), int(sar[2]))
        if sar and "0" not in sar.groups()
        else Fraction(1),
        "colour": colour[1] if colour else "",
        "fps": parse_fps(fps[1]) if fps and float(fps[1]) > 0 else Fraction(0),
    }


def _audio(about: str) -> dict[str, object]:
    parts = about.split(", ")
    rate = re.search(r"(\d+) Hz", about)
    return {
        "audio_codec": parts[0].split()[0],
        "sample_rate": int(rate[1]) if rate else 0,
        "channels": parts[2] if len(parts) > 2 else "",
    }
