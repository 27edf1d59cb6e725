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


@dataclass(frozen=True)
class Probe:
    """The first picture stream and the first sound stream; empty or 0 where there is none."""

    duration_ms: int
    width: int = 0
    height: int = 0
    fps: Fraction = Fraction(0)
    video_codec: str = ""
    pixel_format: str = ""
    audio_codec: str = ""
    sample_rate: int = 0
    channels: str = ""  # "mono", "stereo", "5.1"

    @property
    def has_video(self) -> bool:
        return bool(self.video_codec)

    @property
    def has_audio(self) -> bool:
        return bool(self.audio_codec)


def probe(path: Path) -> Probe:
    """Raises InputError when ffmpeg finds neither picture nor sound in the file."""
    command = [ffmpeg_exe(), "-hide_banner", "-nostdin", "-protocol_whitelist", "file,pipe"]
    described = subprocess.run(
        [*command, "-i", f"file:{path}"], capture_output=True, check=False, timeout=60
    ).stderr.decode(errors="replace")
    streams = _STREAM.findall(described)
    if not streams:
        raise InputError(f"{path.name} holds neither picture nor sound that ffmpeg can read.")
    fields: dict[str, object] = {}
    for kind, about in reversed(streams):  # the first of a kind wins
        fields.update(_video(about) if kind == "Video" else _audio(about))
    return Probe(duration_ms=_duration_ms(described), **fields)  # type: ignore[arg-type]


def _duration_ms(described: str) -> int:
    found = _DURATION.search(described)
    if not found:
        return 0
    hours, minutes, seconds = found.groups()
    return round(1000 * (int(hours) * 3600 + int(minutes) * 60 + float(seconds)))


def _video(about: str) -> dict[str, object]:
    parts = about.split(", ")
    size, fps = _SIZE.search(about), _FPS.search(about)
    return {
        "video_codec": parts[0].split()[0],
        "pixel_format": parts[1].split("(")[0].strip() if len(parts) > 1 else "",
        "width": int(size[1]) if size else 0,
        "height": int(size[2]) if size else 0,
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
