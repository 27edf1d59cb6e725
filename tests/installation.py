"""A whole installation in a folder of its own, with real processes, for tests that need them."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent


class Installation:
    """Commands and processes that share one data folder and one database."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.env = {**os.environ, "UNDERSTUDY_DATA": str(folder), "LOG_LEVEL": "WARNING", **env}

    def manage(self, *arguments: str, timeout_s: float = 120) -> str:
        """Run a management command to its end; its standard output."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=timeout_s
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def python(self, code: str, timeout_s: float = 60) -> str:
        """Run code inside the installation's Django; its last printed line."""
        setup = "import django; django.setup()\n"
        env = {**self.env, "DJANGO_SETTINGS_MODULE": "studio.settings"}
        done = subprocess.run(
            [sys.executable, "-c", setup + code],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        assert done.returncode == 0, done.stderr
        return (done.stdout.strip().splitlines() or [""])[-1]

    def eventually(self, code: str, wanted: str, timeout_s: float = 60) -> None:
        """Run code until its last printed line is the one that is wanted."""
        give_up, got = time.monotonic() + timeout_s, ""
        while time.monotonic() < give_up:
            got = self.python(code)
            if got == wanted:
                return
            time.sleep(0.3)
        raise AssertionError(f"wanted {wanted!r}, got {got!r} after {timeout_s} s")

    @contextmanager
    def process(self, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
        """A process group that is gone afterwards, whatever happens."""
        log = (self.folder / f"{uuid.uuid4().hex}.log").open("wb")
        started = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.env,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield started
        finally:
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGTERM)
            try:
                started.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(started.pid, signal.SIGKILL)
                started.wait()
            log.close()


@contextmanager
def installation(folder: Path, **env: str) -> Iterator[Installation]:
    """A migrated installation: SQLite in the folder, or a database of its own on the PostgreSQL
    that DATABASE_URL names.
    """
    with ExitStack() as stack:
        url = os.environ.get("DATABASE_URL", "")
        if url.startswith("postgres"):
            env["DATABASE_URL"] = stack.enter_context(fresh_database(url))
        made = Installation(folder, **env)
        made.manage("migrate", "--verbosity", "0")
        yield made


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    name = f"understudy_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
