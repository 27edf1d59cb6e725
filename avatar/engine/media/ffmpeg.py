"""Running ffmpeg so that it can be stopped, and so that its failures become sentences."""

import contextlib
import functools
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import imageio_ffmpeg

from avatar.engine.errors import (
    EncodeError,
    EngineError,
    ModelUnavailable,
    ResourceError,
)

LOG_TAIL_LINES = 30
FULL_DISK = ("No space left on device", "Disk quota exceeded", "File too large")


@functools.cache
def ffmpeg_exe() -> str:
    """Raises ModelUnavailable when the package carries no ffmpeg for this machine."""
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as e:
        raise ModelUnavailable(
            "No ffmpeg was found: install imageio-ffmpeg again, or name one in IMAGEIO_FFMPEG_EXE."
        ) from e


class FFmpeg:
    """One running ffmpeg, in a process group of its own: Ctrl-C and kill reach it only through us.

    args: everything after the global options. stdin and stdout: PIPE, or DEVNULL by default.
    """

    def __init__(
        self,
        args: Sequence[str],
        *,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.DEVNULL,
        cwd: Path | None = None,
    ) -> None:
        command = [ffmpeg_exe(), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"]
        self.process = subprocess.Popen(
            [*command, *args],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=cwd,
            start_new_session=True,
        )
        self._log: deque[str] = deque(maxlen=LOG_TAIL_LINES)
        stderr = self.process.stderr
        assert stderr is not None
        self._reader = threading.Thread(target=self._keep_log, args=(stderr,), daemon=True)
        self._reader.start()

    def _keep_log(self, stderr: IO[bytes]) -> None:
        with stderr:
            for line in stderr:
                self._log.append(line.decode(errors="replace").rstrip())

    def log_tail(self) -> str:
        """The last lines ffmpeg wrote; complete once it has ended."""
        if self.process.poll() is not None:
            self._reader.join(timeout=5)
        return "\n".join(self._log)

    def kill(self) -> None:
        """End the whole process group at once and collect it. Harmless when it has ended."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._reader.join(timeout=5)

    def peak_rss_mb(self) -> float:
        """Most memory it has held until now; 0 after its end or where the system is silent."""
        return peak_rss_mb(self.process.pid)

    def failure(self, doing: str) -> EngineError:
        """What its end means. `doing` completes "ffmpeg stopped while …"."""
        log = self.log_tail()
        code = self.process.returncode
        if code == -signal.SIGXFSZ or any(sign in log for sign in FULL_DISK):
            return ResourceError(f"The disk is full: there was no room left while {doing}.")
        if code == -signal.SIGKILL or "Cannot allocate memory" in log:
            return ResourceError(
                f"ffmpeg was ended by the system while {doing}, most likely for want of memory."
            )
        return EncodeError(f"ffmpeg stopped while {doing} (exit {code}).", log)


def run_ffmpeg(
    args: Sequence[str],
    *,
    doing: str = "working",
    data: bytes | None = None,
    cwd: Path | None = None,
) -> bytes:
    """Run ffmpeg to its end and return what it wrote to stdout (pipe:1).

    data: goes to its stdin (pipe:0).

    Raises EncodeError or ResourceError when ffmpeg fails.
    """
    ffmpeg = FFmpeg(
        args,
        stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=cwd,
    )
    try:
        out = _talk(ffmpeg, data or b"")
    finally:
        ffmpeg.kill()
    if ffmpeg.process.returncode != 0:
        raise ffmpeg.failure(doing)
    return out


def _talk(ffmpeg: FFmpeg, data: bytes) -> bytes:
    """Write and read at the same time; both pipes hold less than what goes through them."""
    assert ffmpeg.process.stdout is not None
    writer = threading.Thread(target=_feed, args=(ffmpeg.process.stdin, data), daemon=True)
    writer.start()
    out = ffmpeg.process.stdout.read()
    writer.join()
    ffmpeg.process.wait()
    return out


def _feed(stdin: IO[bytes] | None, data: bytes) -> None:
    if stdin is not None:
        with contextlib.suppress(OSError):  # ffmpeg may end before it has read everything
            stdin.write(data)
            stdin.close()


def peak_rss_mb(pid: int | str = "self") -> float:
    """Most memory a process has ever held, in MB; 0 where /proc does not say.

    getrusage would not do: a child started by fork inherits its parent's peak there.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
