"""One HTTP request to a server that is not ours, and what is certain when it fails.

Three things can happen: it never left, it was answered, or it left and no answer came. What that
means is for whoever asked; nothing is repeated here and no redirect is followed.
"""

import datetime as dt
import email.utils
import json as jsonlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import requests
import urllib3.exceptions

# At DEBUG it writes every address as it is, and some carry tokens.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

CONNECT_S, READ_S = 10, 60
ANSWER_BYTES, ANSWER_S = 4 * 2**20, 90
BLOCK = 2**16
NEVER_LEFT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
)


class NoAnswer(Exception):
    """The request may have left, and no whole answer came. Its words carry no secrets of the
    address.
    """


class NeverLeft(NoAnswer):
    """No connection was made at all."""


@dataclass(frozen=True)
class Answer:
    """An answer that came. `body` is its JSON; None when it is not JSON."""

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)
    body: Any = field(repr=False)
    content: bytes = field(repr=False, default=b"")

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_page(self) -> bool:
        """A web page where data was asked for."""
        return self.body is None and self.text.lstrip()[:1] == "<"

    def get(self, *path: str | int, default: Any = None) -> Any:
        """What lies at that path of the JSON body, or the default where there is nothing."""
        found = self.body
        for step in path:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return default
        return default if found is None else found


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    data: Any = None,
    files: Any = None,
    read_s: float = READ_S,
    most_bytes: int = ANSWER_BYTES,
    most_s: float | None = None,
) -> Answer:
    """Ask once. most_bytes, most_s: of the answer. Raises NeverLeft or NoAnswer."""
    try:
        # A connection of its own: a kept one may be dead already, which looks like a request
        # that was sent and not answered.
        with requests.Session() as session:
            answer = session.request(
                method,
                url,
                headers={"Accept-Encoding": "identity", **(headers or {})},
                params=params,
                json=json,
                data=data,
                files=files,
                timeout=(CONNECT_S, read_s),
                allow_redirects=False,
                stream=True,
            )
            return _read(answer, most_bytes, ANSWER_S if most_s is None else most_s)
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as e:
        kind = NeverLeft if _never_left(e) else NoAnswer
        # The cause's own words hold the whole address.
        raise kind(masked(f"{type(e).__name__}: {e}")) from None


def _read(answer: requests.Response, most_bytes: int, most_s: float) -> Answer:
    raw, until = bytearray(), time.monotonic() + most_s
    # Not `iter_content`: it waits for whole blocks, and drop by drop that can take days.
    while block := answer.raw.read1(BLOCK, decode_content=True):
        raw += block
        if time.monotonic() > until:
            raise requests.exceptions.ReadTimeout("The answer takes too long.")
        if len(raw) > most_bytes:
            raise requests.exceptions.ContentDecodingError("The answer is too long.")
    text = storable(raw.decode("utf-8", "replace"))
    try:
        body = jsonlib.loads(text, parse_constant=lambda _: None) if text.strip() else {}
        body = storable(body)
    except (ValueError, RecursionError):
        body = None
    return Answer(answer.status_code, answer.headers, text, body, bytes(raw))


def storable(found: Any) -> Any:
    """The same without what no database keeps: NUL, and halves of characters."""
    if isinstance(found, str):
        return found.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(found, list):
        return [storable(one) for one in found]
    if isinstance(found, dict):
        return {storable(name): storable(value) for name, value in found.items()}
    return found


def _never_left(error: BaseException) -> bool:
    """Whether no connection was made at all."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, (*NEVER_LEFT, requests.ConnectTimeout)):
            return True
        inner = getattr(seen, "reason", None) or (seen.args[0] if seen.args else None)
        seen = inner if isinstance(inner, BaseException) else None
    return isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema)


def retry_after(answer: Answer) -> dt.datetime | None:
    """When the answer's Retry-After header lets us call again (UTC)."""
    value = answer.headers.get("Retry-After", "")
    now = dt.datetime.now(dt.UTC)
    if value.isascii() and value.isdigit():  # other scripts have digits that are no numbers
        return now + dt.timedelta(seconds=min(int(value[:9]), 7 * 24 * 3600))
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)


def masked(text: str) -> str:
    """Without what stands behind a question mark: addresses carry tokens there."""
    return " ".join(
        word.partition("?")[0] + "?..." if "?" in word else word for word in text.split(" ")
    )


class Slice:
    """Part of a file as the body of a request, never all of it in memory."""

    def __init__(self, path: Path, start: int = 0, length: int | None = None) -> None:
        self._file: BinaryIO = path.open("rb")
        self._file.seek(start)
        self._left = path.stat().st_size - start if length is None else length

    @property
    def len(self) -> int:
        """What is left to read; requests and requests-toolbelt ask for it."""
        return self._left

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        block = self._file.read(wanted)
        self._left -= len(block)
        return block

    def __enter__(self) -> "Slice":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
