"""The stage of the publishing tests: doubles, and the sandbox, one server a session."""

import contextlib
import functools
import http.server
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection, connections

from publishing import platforms
from publishing.emulator.server import running
from publishing.emulator.state import Sandbox, sha256_of
from publishing.platforms.base import Media
from tests import factories
from tests.publishing.doubles import (
    DoublePlatform,
    Script,
    ScriptedAccess,
    TokenedPlatform,
    WaryPlatform,
)
from tests.publishing.films import write_film


@pytest.fixture
def script(monkeypatch) -> Script:
    """What the double platform answers; also registers it."""
    fresh = Script()
    monkeypatch.setattr(DoublePlatform, "script", fresh)
    monkeypatch.setattr(ScriptedAccess, "script", fresh)
    for double in (DoublePlatform, WaryPlatform, TokenedPlatform):
        monkeypatch.setitem(
            platforms.PLATFORMS, double.name, f"tests.publishing.doubles:{double.name.title()}"
        )
    return fresh


@pytest.fixture
def make_post(db):
    return build_post


def build_post(platform="double", **fields):
    """A post that is allowed to go out: approved script, live consent, finished reel."""
    reel = fields.pop("reel", None) or factories.ReelFactory(ready=True)
    creator = reel.creator
    if reel.portrait is None:
        reel.portrait = creator.portrait or factories.PortraitFactory(creator=creator)
        reel.save()
    if not creator.consents.exists():
        factories.ConsentFactory(creator=creator)
    account = fields.pop("account", None) or factories.AccountFactory(
        creator=creator, platform=platform, name=platform.title()
    )
    return factories.PostFactory(reel=reel, account=account, **fields)


@pytest.fixture(scope="session")
def _sandbox(tmp_path_factory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_sandbox, monkeypatch) -> Iterator[Sandbox]:
    """All platforms at `sandbox.url`, where every client finds them; see `state.Sandbox`."""
    _sandbox.reset()
    monkeypatch.setenv("SANDBOX_URL", _sandbox.url)
    yield _sandbox
    assert _sandbox.crashes == []


@pytest.fixture
def film(tmp_path) -> Path:
    """An upright MP4 of six seconds, as far as its head goes."""
    return write_film(tmp_path / "film.mp4")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def hosting(folder: Path) -> Iterator[str]:
    """The files of a folder at an address, as our own media addresses would be."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def media(film) -> Iterator[Media]:
    """That film as clients are given it, also at an address of its own."""
    with hosting(film.parent) as url:
        yield media_of(film, f"{url}/{film.name}")


def media_of(path: Path, video_url: str = "", **more: object) -> Media:
    return Media(
        video=path,
        duration_ms=6000,
        width=1080,
        height=1920,
        size_bytes=path.stat().st_size,
        sha256=sha256_of(path),
        video_url=video_url,
        **more,
    )


@pytest.fixture
def on_file(transactional_db, tmp_path):
    """SQLite in memory knows no second connection: the same database, in a file for this test."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    file = tmp_path / "two_workers.sqlite3"
    with closing(sqlite3.connect(file)) as copy:
        in_memory.backup(copy)
    connection.connection, connection.settings_dict["NAME"] = None, str(file)
    yield
    connection.close()
    connection.connection, connection.settings_dict["NAME"] = in_memory, name


def at_once(*works):
    """Run all of it in threads that start together; their exceptions."""
    gate, wrong = threading.Barrier(len(works)), []

    def run(work):
        try:
            gate.wait(10)
            work()
        except Exception as e:
            wrong.append(e)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return wrong
