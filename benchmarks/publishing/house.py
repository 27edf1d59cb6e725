"""The product's processes in a folder of their own, and a broker that can be shot."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as s:
        return int(s.getsockname()[1])


class House:
    """Commands and processes that share a folder, a database, a clock and a sandbox."""

    CREW = "benchmarks.publishing.crew"

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "benchmarks.publishing.settings",
            "UNDERSTUDY_DATA": str(folder / "data"),
            "LOG_LEVEL": "WARNING",
            "PUBLIC_URL": "",
            **env,
        }
        self.started: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, *arguments: str, timeout_s: float = 900) -> str:
        """A command to its end; its standard output."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        if done.returncode:
            raise SystemExit(f"{arguments} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done.stdout

    def crew(self, *arguments: str) -> Any:
        """What `crew` answers, which is JSON."""
        return json.loads(self.run("-m", self.CREW, *arguments).splitlines()[-1])

    def start(self, name: str, *command: str) -> None:
        """A process that runs until the end; its output goes to a file of its name."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.started[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def alive(self) -> list[str]:
        return [name for name, one in self.started.items() if one.poll() is None]

    def stop(self) -> None:
        for one in self.started.values():
            if one.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(one.pid, signal.SIGTERM)
        for one in self.started.values():
            try:
                one.wait(15)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(one.pid, signal.SIGKILL)
                one.wait()
        self.started.clear()

    def shoot(self, draw: random.Random, name: str, after_s: float) -> bool:
        """SIGKILL to a process of that cluster, once its workers have lived for `after_s`."""
        with contextlib.suppress(psutil.Error, KeyError):
            below = psutil.Process(self.started[name].pid).children(recursive=True)
            workers = [one for one in below if not one.children()]
            leaders = [one for one in below if one.children()]
            # A cluster, its sentinel, and below that a pusher, a monitor and the workers.
            if len(workers) < 4 or time.time() - max(w.create_time() for w in workers) < after_s:
                return False
            draw.choice(leaders if draw.random() < 0.08 else workers).kill()
            return True
        return False


class Redis:
    """A Redis of our own, without a file: what is in it is gone when it is shot."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no",
             "--bind", "127.0.0.1", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(100):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            time.sleep(0.05)
        raise SystemExit("Redis does not start.")

    def restart(self, away_s: float) -> None:
        self._process.kill()
        self._process.wait()
        time.sleep(away_s)
        self._start()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def broker(folder: Path, wanted: bool) -> Iterator[Redis | None]:
    if not wanted:
        yield None
        return
    found = Redis(folder)
    try:
        yield found
    finally:
        found.stop()
