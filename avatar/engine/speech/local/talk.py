"""Talking to a program that speaks: a line of JSON for a line of JSON, and it can be stopped."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from avatar.engine.errors import Cancelled, JobFailed, ModelUnavailable
from avatar.engine.performers.process import environment

LOG_LINES = 20
LOOK_S = 0.2  # how often somebody is asked whether to stop


class Program:
    """A running program, in a process group of its own. To be closed."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], label: str) -> None:
        self.label = label
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(environ),
                start_new_session=True,
            )
        except OSError as e:
            raise ModelUnavailable(
                f"{label} cannot be started: {command[0]}: {e.strerror}."
            ) from e
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers = [
            threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True),
            threading.Thread(target=self._keep_log, args=(self.process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for reader in self._readers:
            reader.join(timeout=5)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _listen(self, stdout: IO[bytes]) -> None:
        for line in stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _keep_log(self, stderr: IO[bytes]) -> None:
        for line in stderr:
            self._log.append(line.decode(errors="replace").rstrip())

    def ask(
        self, question: Mapping[str, Any], most_s: float, should_stop: Callable[[], bool]
    ) -> dict[str, Any]:
        """Its answer. Raises JobFailed when it ends or takes too long, Cancelled."""
        self.tell(json.dumps(question, ensure_ascii=False).encode() + b"\n")
        return self.answer(most_s, should_stop)

    def tell(self, data: bytes) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended; the answer says so
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def answer(self, most_s: float, should_stop: Callable[[], bool]) -> dict[str, Any]:
        until = time.monotonic() + most_s
        while time.monotonic() < until:
            if should_stop():
                raise Cancelled("Stopped.")
            try:
                line = self._lines.get(timeout=LOOK_S)
            except queue.Empty:
                continue
            if line is None:
                raise JobFailed(f"{self.label} ended before it had spoken.{self.last_words()}")
            try:
                found = json.loads(line)
            except ValueError:
                continue  # some library's greeting
            if isinstance(found, dict):
                return found
        raise JobFailed(f"{self.label} did not answer within {most_s / 60:.0f} minutes.")

    def ended(self, most_s: float, should_stop: Callable[[], bool]) -> int:
        """Wait for its end. Returns its exit code."""
        until = time.monotonic() + most_s
        while time.monotonic() < until:
            if should_stop():
                raise Cancelled("Stopped.")
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(LOOK_S)
        raise JobFailed(f"{self.label} did not end within {most_s / 60:.0f} minutes.")

    def last_words(self) -> str:
        """The last line that it wrote to stderr, as a sentence of its own."""
        if self.process.poll() is not None:
            self._readers[1].join(timeout=5)
        said = next((line.strip() for line in reversed(self._log) if line.strip()), "")
        return f" It said: {said[:200].rstrip('.')}." if said else ""
