"""Workers as processes of their own, killed and doubled, on a database file."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

PROGRAM = Path(__file__).with_name("installation.py")


class Installation:
    def __init__(self, folder: Path, reel: int = 0) -> None:
        self.folder, self.reel = folder, reel
        self.started: list[subprocess.Popen] = []
        self.environment = {**os.environ, "UNDERSTUDY_DATA": str(folder)}
        self.environment.pop("DATABASE_URL", None)

    def start(self, *arguments) -> subprocess.Popen:
        command = [sys.executable, str(PROGRAM), *map(str, arguments)]
        process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE)
        self.started.append(process)
        return process

    def ask(self, *arguments):
        out, _ = self.start(*arguments).communicate(timeout=30)
        return json.loads(out)

    def show(self):
        return self.ask("show", self.reel)

    def wait_for_child(self, stage: str) -> psutil.Process:
        """The child process that stays in `stage`."""
        for _ in range(200):
            for path in self.folder.glob(f"work/*/cache/stays in {stage}"):
                if text := path.read_text():
                    return psutil.Process(int(text))
            time.sleep(0.05)
        raise AssertionError(f"No child came to {stage}.")

    def lease(self) -> str:
        """Until when the reel is held; UTC, as SQLite keeps it."""
        with closing(sqlite3.connect(self.folder / "db.sqlite3")) as database:
            return database.execute("SELECT lease_until FROM avatar_reel").fetchone()[0]

    def wait_until_lease_ran_out(self) -> None:
        deadline = time.monotonic() + 20
        while self.lease() > f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}":
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """One migrated database with one waiting reel, to copy."""
    folder = tmp_path_factory.mktemp("prepared")
    return folder, Installation(folder).ask("prepare")


@pytest.fixture
def installation(prepared, tmp_path):
    folder, reel = prepared
    shutil.copytree(folder, tmp_path / "data")
    installation = Installation(tmp_path / "data", reel)
    yield installation
    for process in installation.started:
        process.kill()
        with process:  # waits, and closes its output
            pass


def diary(shown) -> list[str]:
    return [line.split()[0] for line in shown["diary"].splitlines()]


def test_killed_workers_take_their_child_along_and_the_next_goes_on(installation):
    reel = installation.reel
    for stage in ("speak", "assemble"):
        worker = installation.start("render", reel, f"stays in {stage}")
        child = installation.wait_for_child(stage)
        held_until = installation.lease()
        time.sleep(1)
        assert installation.lease() > held_until, "it is kept"
        worker.kill()
        worker.communicate()
        with suppress(psutil.NoSuchProcess):
            child.wait(timeout=3)
        installation.wait_until_lease_ran_out()
        shown = installation.show()
        assert shown["state"] == "rendering"
        assert shown["due"] == [["avatar.tasks.render", reel, "render"]]
    installation.ask("render", reel, "works")
    shown = installation.show()
    assert (shown["state"], shown["attempts"], shown["due"]) == ("ready", 3, [])
    assert [line for line in diary(shown) if line != "start"] == [
        *("analyse", "speak", "align", "perform", "assemble")
    ]


def test_of_two_workers_one_renders(installation):
    workers = [installation.start("render", installation.reel, "works") for _ in range(2)]
    for worker in workers:
        worker.communicate(timeout=30)
    assert [worker.returncode for worker in workers] == [0, 0]
    shown = installation.show()
    assert (shown["state"], shown["attempts"]) == ("ready", 1)
    assert diary(shown).count("start") == 1
