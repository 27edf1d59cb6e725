"""Heavy work in a process of its own, which can crash, be killed and leaves no memory behind."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psutil
from django.conf import settings

COMMAND = [sys.executable, "-m", "avatar.child"]
TICK_S = 0.8  # how soon a cancel is noticed, how often progress is written
LOG_TAIL_BYTES = 4000


class ChildDied(Exception):  # named for what happened
    """It ended without an answer: killed, out of memory, crashed. Carries the end of its log."""

    def __init__(self, code: int, log_tail: str) -> None:
        super().__init__(f"ended with {code}.\n{log_tail}")
        self.code = code


class TooSlow(Exception):
    """It did not answer in its time."""


Message = dict[str, Any]


class Child:
    """A job under way: iterate over its messages, `tell` it something in between.

    None is given about once a second, so that the caller can look around. The last message has
    "result" or "error". Raises ChildDied and TooSlow, out of the iterator.
    """

    def __init__(self, messages: Iterator[Message | None], stdin: IO[bytes]) -> None:
        self._messages, self._stdin = messages, stdin

    def __iter__(self) -> Iterator[Message | None]:
        return self._messages

    def tell(self, message: Message) -> None:
        """One line to its stdin. A dead child hears nothing; its end comes as a message."""
        with suppress(BrokenPipeError):
            self._stdin.write(json.dumps(message).encode() + b"\n")
            self._stdin.flush()


@contextmanager
def child(job: Message, log: Path, *, limit_s: float) -> Iterator[Child]:
    """Run `job` in a child process. Leaving the block kills what still runs."""
    with log.open("wb") as log_file:
        process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,  # stays open while this process lives: the child watches it
            stdout=subprocess.PIPE,
            stderr=log_file,
            cwd=settings.BASE_DIR,
            start_new_session=True,
        )
    assert process.stdin
    assert process.stdout
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
    reader.start()
    running = Child(_messages(process, lines, log, limit_s), process.stdin)
    try:
        running.tell(job)
        yield running
    finally:
        _kill(process)
        reader.join()
        with suppress(BrokenPipeError):
            process.stdin.close()


def answer(job: Message, log: Path, *, limit_s: float) -> Message:
    """Run a short job to its end. The message has "result" or "error"."""
    with child(job, log, limit_s=limit_s) as messages:
        return next(m for m in messages if m and ("result" in m or "error" in m))


def _messages(
    process: "subprocess.Popen[bytes]",
    lines: "queue.SimpleQueue[bytes]",
    log: Path,
    limit_s: float,
) -> Iterator[Message | None]:
    deadline, looked = time.monotonic() + limit_s, time.monotonic()
    while True:
        try:
            line = lines.get(timeout=TICK_S)
        except queue.Empty:
            line = None
        if line == b"":
            raise ChildDied(process.wait(), _tail(log))
        message = json.loads(line) if line else None
        yield message
        if message and ("result" in message or "error" in message):
            return
        now = time.monotonic()
        if now > deadline:
            raise TooSlow(f"No answer within {limit_s:.0f} s.")
        if message and now - looked > TICK_S:  # a talkative child is looked after just as often
            yield None
            looked = now


def _read(stream: IO[bytes], lines: "queue.SimpleQueue[bytes]") -> None:
    with stream:
        for line in stream:
            if line.endswith(b"\n"):  # else it was killed in mid-sentence
                lines.put(line)
    lines.put(b"")


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
        return file.read().decode(errors="replace")


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """The child, its process group and whatever those started in groups of their own."""
    if process.poll() is None:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            offspring = psutil.Process(process.pid).children(recursive=True)
            os.killpg(process.pid, signal.SIGKILL)
            for one in offspring:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
        process.wait()
