"""A whole installation in a folder of its own, with real processes, for tests that need them."""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent


WATCH = """
import contextlib, io, time
exec({first!r}, {{}})
give_up = time.monotonic() + {seconds}
while True:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec({code!r}, {{}})
    got = (said.getvalue().strip().splitlines() or [""])[-1]
    if got == {wanted!r} or time.monotonic() > give_up:
        break
    time.sleep(0.1)
print(got)
"""


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

    def eventually(
        self, code: str, wanted: str, *, first: str = "", timeout_s: float = 60
    ) -> None:
        """Run code until its last printed line is the one that is wanted, all in one process.

        first: is run before, once.
        """
        got = self.python(
            WATCH.format(first=first, code=code, wanted=wanted, seconds=timeout_s),
            timeout_s + 60,
        )
        assert got == wanted, f"wanted {wanted!r}, got {got!r} after {timeout_s} s"

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
    that DATABASE_URL names. Copies of one that is migrated once a session.
    """
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        shutil.copyfile(_migrated_file(), folder / "db.sqlite3")
        yield Installation(folder, **env)
        return
    with _database(url, template=_migrated_database(url)) as name:
        yield Installation(folder, **{**env, "DATABASE_URL": _named(url, name)})


@cache
def _migrated_file() -> Path:
    folder = Path(_to_the_end.enter_context(tempfile.TemporaryDirectory()))
    Installation(folder).manage("migrate", "--verbosity", "0")
    return folder / "db.sqlite3"


@cache
def _migrated_database(url: str) -> str:
    folder = Path(_to_the_end.enter_context(tempfile.TemporaryDirectory()))
    name = _to_the_end.enter_context(_database(url))
    made = Installation(folder, DATABASE_URL=_named(url, name))
    made.manage("migrate", "--verbosity", "0")
    return name


_to_the_end = ExitStack()
atexit.register(_to_the_end.close)


@contextmanager
def _database(url: str, template: str = "template1") -> Iterator[str]:
    """The name of a new database, dropped afterwards."""
    name = f"understudy_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield name
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
