"""What the engine's commands share: one sentence for what cannot be done, and quiet libraries."""

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn, TextIO

from avatar.engine.errors import EncodeError, EngineError


class OneSentence(argparse.ArgumentParser):
    """Wrong arguments get one sentence, as every other wrong input does."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def interrupt(number: int, frame: FrameType | None) -> None:
    """A signal handler: SIGTERM ends a command as Ctrl-C does."""
    raise KeyboardInterrupt


def sentence(error: EngineError) -> str:
    last_line = (
        error.log_tail.strip().rpartition("\n")[2] if isinstance(error, EncodeError) else ""
    )
    message = " ".join(str(error).split())
    return f"{message} ffmpeg said: {last_line}" if last_line else message


@contextlib.contextmanager
def quiet_libraries() -> Iterator[TextIO]:
    """Our own stderr. What C++ libraries print there by themselves goes nowhere.

    Python's warnings and tracebacks still appear: they are written to what this yields.
    """
    ours = os.fdopen(os.dup(2), "w", buffering=1, errors="replace")
    python_stderr, sys.stderr = sys.stderr, ours
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield ours
    finally:
        os.dup2(ours.fileno(), 2)
        sys.stderr = python_stderr
        ours.close()
