"""Sound files: writing what was said in any format that a vendor offers, reading what was sent."""

import functools
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from studio.sandbox.state import Sandbox, sha256_of
from studio.sandbox.vendors.media import File
from studio.sandbox.vendors.sound import Samples

TIMEOUT_S = 120
READ_RATE = 16_000  # what files that were sent are brought to
LONGEST_S = 3600
MIME = {
    "mp3": "audio/mpeg", "wav": "audio/wav", "pcm": "audio/pcm", "opus": "audio/opus",
    "flac": "audio/flac", "aac": "audio/aac", "ulaw": "audio/basic", "alaw": "audio/x-alaw-basic",
}  # fmt: skip
ENCODERS = {  # format -> ffmpeg's codec and container
    "mp3": ("libmp3lame", "mp3"),
    "wav": ("pcm_s16le", "wav"),
    "pcm": ("pcm_s16le", "s16le"),
    "opus": ("libopus", "ogg"),
    "flac": ("flac", "flac"),
    "aac": ("aac", "adts"),
    "ulaw": ("pcm_mulaw", "mulaw"),
    "alaw": ("pcm_alaw", "alaw"),
}


def encoded(
    sandbox: Sandbox,
    samples: Samples,
    sample_rate: int,
    *,
    format: str = "wav",
    rate: int = 0,
    kbps: int = 0,
    channels: int = 1,
    codec: str = "",
) -> bytes:
    """The samples (mono) as a file. rate: of the file, 0 for the samples' own (Opus knows few).
    kbps: of the lossy formats. codec: ffmpeg's, where it is not the usual one of the format;
    wav and pcm are 16 bits, little-endian.

    Rule VENDOR.bad_voice: "silent", "short" (a tenth of it) or "empty", of what is spoken.
    """
    bad = str(sandbox.rule(f"{sandbox.platform}.bad_voice", ""))
    if bad == "empty":
        return b""
    if bad == "silent":
        samples = np.zeros_like(samples)
    if bad == "short":
        samples = samples[: len(samples) // 10]
    rate = rate or (48_000 if format == "opus" else sample_rate)
    usual, container = ENCODERS[format]
    settings = [
        "-ar", str(rate), "-ac", str(channels), "-c:a", codec or usual, "-bitexact",
        *(["-b:a", f"{kbps}k"] if kbps else []), "-f", container,
    ]  # fmt: skip
    return _file(samples.astype("<i2").tobytes(), sample_rate, tuple(settings))


@functools.lru_cache(maxsize=32)  # the same words are ordered again and again
def _file(pcm: bytes, sample_rate: int, settings: tuple[str, ...]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound"  # a file and not a pipe: heads are finished at the end
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error",
            "-f", "s16le", "-ar", str(sample_rate), "-ac", "1", "-i", "pipe:0",
            *settings, str(path),
        ]  # fmt: skip
        subprocess.run(command, input=pcm, capture_output=True, timeout=TIMEOUT_S, check=True)
        return path.read_bytes()


@dataclass(frozen=True)
class Sound:
    """A file that was sent, as it can be heard: mono at READ_RATE."""

    samples: Samples
    sample_rate: int  # the file's own
    channels: int
    codec: str  # as ffmpeg calls it: mp3, aac, pcm_s16le

    @property
    def seconds(self) -> float:
        return len(self.samples) / READ_RATE


STREAM = re.compile(r"Audio: (\w+).*?(\d+) Hz, (mono|stereo|\d+ channels|[\d.]+)")
CHANNELS = {"mono": 1, "stereo": 2, "5.1": 6, "7.1": 8}


def read(path: Path) -> Sound | None:
    """What a file sounds like; None when it cannot be played. A film's sound is read, too."""
    try:
        return _read(File(sha256_of(path), path))
    except OSError:
        return None


@functools.lru_cache(maxsize=8)
def _read(file: File) -> Sound | None:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "info", "-nostdin",
        "-protocol_whitelist", "file,pipe", "-i", str(file.path), "-vn", "-t", str(LONGEST_S),
        "-ac", "1", "-ar", str(READ_RATE), "-f", "s16le", "pipe:1",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    found = STREAM.search(done.stderr.decode(errors="replace"))
    if done.returncode or not done.stdout or not found:
        return None
    layout = found[3]
    count = CHANNELS.get(layout) or (int(layout.split()[0]) if layout[0].isdigit() else 2)
    samples = np.frombuffer(done.stdout, dtype="<i2").astype(np.int16)
    samples.flags.writeable = False
    return Sound(samples, int(found[2]), count, found[1])
