"""Asking a vendor as a program does that read its documents, and nothing else."""

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from studio.sandbox.state import Sandbox
from studio.sandbox.vendors.media import Seen, look

TYPES = {".jpg": "image/jpeg", ".wav": "audio/wav", ".mp4": "video/mp4"}


@dataclass
class Asker:
    """One vendor, with its key in its header."""

    url: str
    headers: dict[str, str]

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        url = path if path.startswith("http") else self.url + path
        return requests.request(method, url, headers=headers, timeout=20, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self("GET", path, **more)

    def post(self, path: str, **more: Any) -> requests.Response:
        return self("POST", path, **more)


def downloaded(url: str, folder: Path) -> Seen:
    """What lies at a result's address."""
    answer = requests.get(url, timeout=20)
    assert answer.status_code == 200, answer.text
    path = folder / f"result{time.monotonic_ns()}.mp4"
    path.write_bytes(answer.content)
    return look(path)


def type_of(path: Path) -> str:
    return TYPES[path.suffix]


@dataclass
class Heard:
    """One request that came in."""

    method: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Ear:
    url: str = ""
    heard: list[Heard] = field(default_factory=list)

    def wait(self, count: int) -> list[Heard]:
        """The first POSTs, when so many have come."""
        until = time.monotonic() + 15
        while len(found := [one for one in self.heard if one.method == "POST"]) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} came"
            time.sleep(0.02)
        return found


@contextlib.contextmanager
def listening() -> Iterator[Ear]:
    """An address that takes webhooks, in the order they come."""
    ear = Ear()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            ear.heard.append(Heard(self.command, dict(self.headers), body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_OPTIONS = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        ear.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        yield ear
        server.shutdown()
        thread.join()


def on_record(sandbox: Sandbox, n: int) -> requests.Response:
    """The last requests, once there are n: each is put on record after its answer has left."""
    while len(sandbox.log) < n:
        time.sleep(0.01)
    return requests.get(f"{sandbox.url}/_admin/requests", timeout=9)
