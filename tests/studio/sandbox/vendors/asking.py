"""Asking a vendor as a program does that read its documents, and nothing else."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

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
