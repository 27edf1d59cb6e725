"""Bodies of requests, read from the socket without holding them in memory."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Protocol

BLOCK = 256 * 1024
FIELD = 1024 * 1024  # the longest plain field of a form


class Truncated(ConnectionError):
    """The caller went away in the middle of the body."""


class Source(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Lines(Source, Protocol):
    def readline(self, size: int = -1, /) -> bytes: ...


class Exactly:
    """As many bytes as Content-Length announced, then nothing."""

    def __init__(self, source: Source, length: int) -> None:
        self._source, self.left = source, length

    def read(self, size: int = -1, /) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        if not wanted:
            return b""
        block = self._source.read(wanted)
        self.left -= len(block)
        if len(block) < wanted:
            raise Truncated(f"The body ended {self.left} bytes early.")
        return block


class Cut:
    """A body whose caller goes away after so many bytes."""

    def __init__(self, source: Source, after: int) -> None:
        self._source, self._left = source, after

    def read(self, size: int = -1, /) -> bytes:
        block = self._source.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(block)
        if size != 0 and not block:
            raise Truncated("The body ends here.")
        return block


class Chunked:
    """A body of Transfer-Encoding: chunked. Raises ValueError for one that is not."""

    def __init__(self, source: Lines) -> None:
        self._source, self._chunk, self._done = source, 0, False

    @property
    def left(self) -> int:
        return 0 if self._done else 1

    def read(self, size: int = -1, /) -> bytes:
        found = bytearray()
        while not self._done and (size < 0 or len(found) < size):
            if not self._chunk:
                self._next()
                continue
            block = self._source.read(
                self._chunk if size < 0 else min(self._chunk, size - len(found))
            )
            if not block:
                raise Truncated("The body ended in the middle of a chunk.")
            found += block
            self._chunk -= len(block)
            if not self._chunk:
                self._source.readline(4)
        return bytes(found)

    def _next(self) -> None:
        line = self._source.readline(64)
        if not line:
            raise Truncated("The body ended before its last chunk.")
        self._chunk = int(line.split(b";")[0].strip(), 16)
        if not self._chunk:
            while self._source.readline(4096).strip():
                pass  # trailers
            self._done = True


@dataclass(frozen=True)
class Part:
    """One part of a multipart body. A file lies at `content`, a plain field is text."""

    name: str
    content: str | Path
    filename: str = ""
    content_type: str = ""


def parts(source: Source, content_type: str, spare_path: Callable[[], Path]) -> list[Part]:
    """The parts of a multipart/form-data body in their order, names that come again included;
    files go to disk as they come.

    Raises ValueError when the body is not one.
    """
    boundary = _parameter(content_type, "boundary")
    if not boundary:
        raise ValueError("This is not a multipart body.")
    reader = _Reader(source, b"\r\n--" + boundary.encode())
    reader.skip_preamble()
    found: list[Part] = []
    while (head := reader.head()) is not None:
        disposition, kind = head.get("Content-Disposition", ""), head.get("Content-Type", "")
        name, filename = _parameter(disposition, "name"), _parameter(disposition, "filename")
        content: str | Path
        if filename or kind:
            content = spare_path()
            with content.open("wb") as out:
                for block in reader.content():
                    out.write(block)
        else:
            text = b"".join(reader.content())
            if len(text) > FIELD:
                raise ValueError(f"The field {name} is too long.")
            content = text.decode("utf-8", "replace")
        found.append(Part(name, content, filename, kind))
    return found


class _Reader:
    """Cuts a stream at its boundaries, a block at a time."""

    def __init__(self, source: Source, edge: bytes) -> None:
        self._source, self._edge = source, edge
        self._kept = b"\r\n"  # the first boundary has no line before it

    def _more(self) -> bool:
        block = self._source.read(BLOCK)
        self._kept += block
        return bool(block)

    def skip_preamble(self) -> None:
        for _ in self.content():
            pass

    def content(self) -> Iterator[bytes]:
        """What comes before the next boundary."""
        while (at := self._kept.find(self._edge)) < 0:
            safe = len(self._kept) - len(self._edge)
            if safe > 0:
                yield self._kept[:safe]
                self._kept = self._kept[safe:]
            if not self._more():
                raise ValueError("The multipart body has no end.")
        yield self._kept[:at]
        self._kept = self._kept[at + len(self._edge) :]

    def head(self) -> Message | None:
        """The headers of the next part; None after the last."""
        while len(self._kept) < 2 and self._more():
            pass
        if self._kept.startswith(b"--"):
            return None
        while (at := self._kept.find(b"\r\n\r\n")) < 0:
            if len(self._kept) > 16384 or not self._more():
                raise ValueError("A part of the multipart body has no headers.")
        message = Message()
        for line in self._kept[2:at].decode("utf-8", "replace").split("\r\n"):
            key, _, value = line.partition(":")
            message[key.strip()] = value.strip()
        self._kept = self._kept[at + 4 :]
        return message


def _parameter(header: str, name: str) -> str:
    found = re.search(rf';\s*{name}="?([^";]+)"?', header, re.IGNORECASE)
    return found.group(1) if found else ""
