"""Frames, sound and captions into the one MP4 that every platform takes.

H.264 High, yuv420p BT.709, closed groups of 2 s, constant frame rate, AAC-LC 48 kHz stereo,
index first, no edit lists (PLATFORM_APIS 0.5). Two things follow from "no edit lists":

- An AAC decoder puts out 1024 samples before the first real one, and nothing tells the player to
  skip them: the sound would come 21 ms late. We drop the first 1024 samples before encoding; what
  the decoder adds in front takes their place, and every later sample is where it belongs.
- Reordered frames would start the picture late by their depth, so there are no B-frames.
"""

import contextlib
import fcntl
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

from avatar.engine.media.ffmpeg import FFmpeg

AAC_PRIMING = 1024  # samples; what ffmpeg's own AAC encoder and every decoder of it add in front
SAMPLE_RATE = 48_000
AUDIO_KBPS = 128
GOP_S = 2
PIPE_BYTES = 1 << 20  # what Linux allows without privileges
QUEUE_FRAMES = 4  # drawing may run this far ahead of encoding
BT709 = (
    "-color_range",
    "tv",
    "-colorspace",
    "bt709",
    "-color_primaries",
    "bt709",
    "-color_trc",
    "bt709",
)


@dataclass(frozen=True)
class Quality:
    """How much of the picture is kept. max_kbps: at 1080x1920@30, less for fewer pixels."""

    crf: int
    max_kbps: int


# A face on a still background: 2 to 4 Mb/s at 1080x1920; 90 s stay below 95 MB.
REEL = Quality(20, 8_000)
BETWEEN = Quality(14, 40_000)  # what is encoded again: nothing of it shall be seen
SENT = Quality(18, 10_000)  # what is uploaded: 20 MB, the least that vendors take, last 16 s


@contextlib.contextmanager
def captions_folder(script: str, fonts_dir: Path | None) -> Iterator[Path]:
    """A folder to run ffmpeg in, with captions.ass and fonts/: no name to escape in a filter."""
    with tempfile.TemporaryDirectory(prefix="understudy-captions-") as name:
        folder = Path(name)
        (folder / "captions.ass").write_text(script, encoding="utf-8")
        (folder / "fonts").mkdir()
        for font in sorted(fonts_dir.iterdir()) if fonts_dir else ():
            (folder / "fonts" / font.name).symlink_to(font.resolve())
        yield folder


def widen(pipe: IO[bytes] | None) -> None:
    """Let the pipe hold a third of a frame at a time instead of a fiftieth: fewer wake-ups."""
    if pipe is not None and hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


class Encoder:
    """Writes one video, frame by frame, while the caller draws the next frame.

    path: written beside and moved there at the end; nothing stays after an error.
    width, height: even. audio: any file ffmpeg reads, sounding from frame 0.
    ass: the script of the captions to burn in, with the fonts of fonts_dir.
    gop: frames from one that stands for itself to the next; those of GOP_S by default.

        with Encoder(path, 1080, 1920, Fraction(30), audio=wav) as encoder:
            for frame in frames:
                encoder.write(frame)

    Raises EncodeError when ffmpeg fails, ResourceError when the disk is full.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        fps: Fraction,
        *,
        audio: Path | None = None,
        ass: str | None = None,
        fonts_dir: Path | None = None,
        preset: str = "veryfast",
        quality: Quality = REEL,
        gop: int | None = None,
    ) -> None:
        if width % 2 or height % 2:
            raise ValueError(f"{width}x{height}: both sides must be even")
        self.path = path
        self.frame_bytes = width * height * 3 // 2
        self.frames_written = 0
        self.peak_rss_mb = 0.0
        self._finished = False
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._folder = contextlib.ExitStack()
        self._captions = captions_folder(ass or "", fonts_dir)
        inputs = self._inputs(width, height, fps, audio)
        kbps = max(400, round(quality.max_kbps * width * height * fps / (1080 * 1920 * 30)))
        rate = ["-crf", str(quality.crf), "-maxrate", f"{kbps}k", "-bufsize", f"{2 * kbps}k"]
        gop = gop or max(1, round(GOP_S * fps))
        outputs = self._outputs(preset, rate, gop, captions=ass is not None)
        self._args = [*inputs, *outputs, *(self._sound() if audio else ["-an"])]
        self._frames: queue.Queue[NDArray[np.uint8] | None] = queue.Queue(QUEUE_FRAMES)
        self._broken = threading.Event()

    @staticmethod
    def _inputs(width: int, height: int, fps: Fraction, audio: Path | None) -> list[str]:
        whitelist = ["-protocol_whitelist", "file,pipe"]
        raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{width}x{height}"]
        args = [*whitelist, *raw, "-framerate", str(fps), *BT709, "-i", "pipe:0"]
        if audio is not None:
            args += [*whitelist, "-i", f"file:{audio.resolve()}"]
        return args

    @staticmethod
    def _outputs(preset: str, rate: list[str], gop: int, *, captions: bool) -> list[str]:
        filters = ["-vf", "ass=captions.ass:fontsdir=fonts"] if captions else []
        picture = ["-map", "0:v", *filters, "-c:v", "libx264", "-preset", preset]
        shape = ["-profile:v", "high", "-pix_fmt", "yuv420p", *BT709, *rate]
        groups = ["-g", str(gop), "-keyint_min", str(gop), "-sc_threshold", "0", "-bf", "0"]
        return [*picture, *shape, *groups, "-flags", "+cgop", "-fps_mode", "passthrough"]

    @staticmethod
    def _sound() -> list[str]:
        place = f"aresample={SAMPLE_RATE},atrim=start_sample={AAC_PRIMING}"
        # ffmpeg's default search takes twice as long and is worse for a voice in the middle of two
        # channels: by 7 to 23 dB of error below 1 kHz at the same 128 kb/s (ffmpeg 9).
        codec = ["-c:a", "aac", "-aac_coder", "fast", "-profile:a", "aac_low"]
        codec += ["-b:a", f"{AUDIO_KBPS}k"]
        return ["-map", "1:a:0", "-af", place, *codec, "-ar", str(SAMPLE_RATE), "-ac", "2"]

    def __enter__(self) -> "Encoder":
        container = ["-map_metadata", "-1", "-use_editlist", "0", "-avoid_negative_ts", "disabled"]
        target = ["-movflags", "+faststart", "-f", "mp4", "-y", f"file:{self._part.resolve()}"]
        args = [*self._args, *container, *target]
        folder = self._folder.enter_context(self._captions)
        try:
            self._ffmpeg = FFmpeg(args, stdin=subprocess.PIPE, cwd=folder)
        except BaseException:
            self._folder.close()
            raise
        widen(self._ffmpeg.process.stdin)
        self._writer = threading.Thread(target=self._drain, daemon=True)
        self._writer.start()
        return self

    def write(self, yuv420: NDArray[np.uint8]) -> None:
        """Hand over one frame, (height*3//2, width); the array must not change afterwards."""
        if yuv420.nbytes != self.frame_bytes:
            raise ValueError(f"a frame of {yuv420.nbytes} bytes instead of {self.frame_bytes}")
        self._put(np.ascontiguousarray(yuv420))
        self.frames_written += 1

    def _put(self, frame: NDArray[np.uint8] | None) -> None:
        while not self._broken.is_set():
            with contextlib.suppress(queue.Full):
                return self._frames.put(frame, timeout=0.5)
        self._ffmpeg.process.wait()
        raise self._ffmpeg.failure("encoding the video")

    def _drain(self) -> None:
        """The writer thread: from the queue into ffmpeg, until None."""
        pipe = self._ffmpeg.process.stdin
        assert pipe is not None
        try:
            while (frame := self._frames.get()) is not None:
                pipe.write(frame.data)
            self.peak_rss_mb = self._ffmpeg.peak_rss_mb()
            pipe.close()
        except (OSError, ValueError):  # ffmpeg has closed its end, or `_clear_up` ours
            self._broken.set()

    def finish(self) -> None:
        """Wait for the end of encoding and put the file in its place; `with` does it otherwise."""
        if self._finished:
            return
        self._put(None)
        self._writer.join()
        if self._ffmpeg.process.wait() != 0:
            raise self._ffmpeg.failure("encoding the video")
        with self._part.open("rb") as written:
            os.fsync(written.fileno())
        self._part.replace(self.path)
        self._finished = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self._clear_up()

    def _clear_up(self) -> None:
        with contextlib.suppress(queue.Full):
            self._frames.put_nowait(None)
        self._ffmpeg.kill()
        self._writer.join(timeout=5)
        self._part.unlink(missing_ok=True)
        self._folder.close()
