"""Videos as platforms receive them: downloading what they were told to, and looking inside."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import requests

from studio.sandbox.state import Sandbox

FETCH_S = 15
AGENT = "facebookexternalhit/1.1 (sandbox)"


class Unfetchable(Exception):
    """The address did not give the file."""


@dataclass(frozen=True)
class Film:
    """What the head of an MP4 says."""

    duration_ms: int
    width: int
    height: int
    moov_first: bool


def fetch(
    sandbox: Sandbox, id: str, url: str, *, most: int, kinds: tuple[str, ...], agent: str = AGENT
) -> int:
    """Download an address into the upload `id`, as a platform does: no login, no redirect to
    elsewhere followed. Returns its size in bytes.

    kinds: what Content-Type may begin with. Raises Unfetchable.
    """
    headers = {"User-Agent": agent, "Accept-Encoding": "identity"}
    try:
        with requests.get(
            url, headers=headers, stream=True, timeout=FETCH_S, allow_redirects=False
        ) as answer:
            if answer.status_code != 200:
                raise Unfetchable(f"HTTP {answer.status_code}")
            kind = answer.headers.get("Content-Type", "").lower()
            if not kind.startswith(kinds):
                raise Unfetchable(f"Content-Type {kind!r}")
            length = answer.headers.get("Content-Length", "")
            if not length.isdigit():
                raise Unfetchable("no Content-Length")
            if int(length) > most:
                raise Unfetchable(f"{length} bytes")
            stored = 0
            with sandbox.upload_path(id).open("wb") as out:
                for block in answer.iter_content(256 * 1024):
                    stored += len(block)
                    out.write(block)
    except (requests.RequestException, OSError) as e:
        raise Unfetchable(type(e).__name__) from e
    if stored != int(length):
        raise Unfetchable(f"{stored} of {length} bytes")
    return stored


def film(path: Path) -> Film | None:
    """The head of an MP4 file; None when it is not one that can be played."""
    try:
        with path.open("rb") as file:
            return _film(file)
    except (OSError, struct.error, ValueError):
        return None


def _film(file: BinaryIO) -> Film | None:
    kinds = []
    moov = b""
    for kind, body in _boxes(file):
        kinds.append(kind)
        if kind == b"moov":
            moov = body
    if kinds[:1] != [b"ftyp"] or not moov or b"mdat" not in kinds:
        return None
    duration_ms = width = height = 0
    for kind, at, end in _inside(moov, 0, len(moov)):
        if kind == b"mvhd":
            scale, length = _times(moov[at:end])
            duration_ms = length * 1000 // max(1, scale)
        if kind == b"trak":
            for inner, _, stop in _inside(moov, at, end):
                if inner == b"tkhd" and not width:
                    wide, high = struct.unpack(">II", moov[stop - 8 : stop])
                    width, height = wide >> 16, high >> 16
    return Film(duration_ms, width, height, kinds.index(b"moov") < kinds.index(b"mdat"))


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of the file, with the content of moov only."""
    size = file.seek(0, 2)
    at = 0
    while at + 8 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
            head = 16
        if length == 0:
            length = size - at
        if length < head or at + length > size:
            raise ValueError("This box ends outside the file.")
        yield kind, file.read(length - head) if kind == b"moov" else b""
        at += length


def _inside(data: bytes, at: int, end: int) -> list[tuple[bytes, int, int]]:
    found = []
    while at + 8 <= end:
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if length < 8 or at + length > end:
            break
        found.append((kind, at + 8, at + length))
        at += length
    return found


def _times(mvhd: bytes) -> tuple[int, int]:
    """Timescale and duration."""
    if mvhd[0] == 1:
        scale, length = struct.unpack(">IQ", mvhd[20:32])
    else:
        scale, length = struct.unpack(">II", mvhd[12:20])
    return scale, length
