"""The sandbox, one server a session, and a film to give it."""

import contextlib
import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from publishing.platforms.base import Media
from studio.sandbox.server import running
from studio.sandbox.state import Sandbox, sha256_of
from tests.publishing.films import write_film


@pytest.fixture(scope="session")
def _sandbox(tmp_path_factory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_sandbox, monkeypatch) -> Iterator[Sandbox]:
    """All platforms at `sandbox.url`, where every client finds them; see `state.Sandbox`."""
    _sandbox.reset(keep_made=True)  # films are rendered once a session
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
