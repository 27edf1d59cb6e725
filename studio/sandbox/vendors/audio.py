"""Sound files: writing what was said in any format that a vendor offers, reading what was sent."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from studio.sandbox.state import Sandbox
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
    path = sandbox.spare_path()  # a file and not a pipe: heads are finished at the end
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y",
        "-f", "s16le", "-ar", str(sample_rate), "-ac", "1", "-i", "pipe:0",
        "-ar", str(rate), "-ac", str(channels), "-c:a", codec or usual, "-bitexact",
        *(["-b:a", f"{kbps}k"] if kbps else []),
        "-f", container, str(path),
    ]  # fmt: skip
    try:
        subprocess.run(
            command,
            input=samples.astype("<i2").tobytes(),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=True,
        )
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


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
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "info", "-nostdin",
        "-protocol_whitelist", "file,pipe", "-i", str(path), "-vn", "-t", str(LONGEST_S),
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
    return Sound(samples, int(found[2]), count, found[1])
