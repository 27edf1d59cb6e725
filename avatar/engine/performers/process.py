"""Running somebody else's program so that it can be stopped with all it has started."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from avatar.engine.errors import Cancelled, ModelUnavailable

LOOK_S = 0.2
TAIL_BYTES = 4000
OURS = re.compile(
    r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL|^(DATABASE|REDIS|EMAIL)_URL|^PYTHON|^VIRTUAL_ENV$"
)


@dataclass(frozen=True)
class Ended:
    """How it ended. is_late: it was ended by us, at its limit."""

    code: int
    log_tail: str
    is_late: bool = False


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    log: Path,
    limit_s: float,
    should_stop: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run it to its end, in a process group of its own.

    log: where its words go, both streams. Raises Cancelled, and ModelUnavailable when there is no
    such program; whatever happens, nothing of the group is left.
    """
    until = time.monotonic() + limit_s
    with log.open("wb") as out:
        try:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as e:
            raise ModelUnavailable(f"{command[0]} cannot be run: {e.strerror}.") from e
        try:
            while process.poll() is None:
                if should_stop():
                    raise Cancelled("Stopped.")
                if time.monotonic() > until:
                    return Ended(-signal.SIGKILL, tail(log), is_late=True)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK_S)
        finally:
            _end_group(process)
    return Ended(process.returncode, tail(log))


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """What somebody else's program gets of our environment: no secrets, and no Python of ours."""
    return {name: value for name, value in own.items() if not OURS.search(name)}


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """The program, and what it has left running."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        return file.read().decode(errors="replace")
