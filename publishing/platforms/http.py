"""Calls to a platform, and what a call's failure proves.

Three things can happen to a request: it never left, it was answered, or it left and no answer
came. For all but a commit the last is `Transient`; for a commit it is `OutcomeUnknown`.
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
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from publishing.platforms.errors import (
    NotSent,
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Transient,
    redact,
)

log = logging.getLogger(__name__)
# At DEBUG it writes every address as it is, and some carry tokens.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

CONNECT_S, READ_S = 10, 60
UPLOAD_READ_S = 180  # the answer to a large body comes when all of it is stored
ANSWER_BYTES, ANSWER_S = 4 * 2**20, 90
NEVER_LEFT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
)


@dataclass(frozen=True)
class Reply:
    """An answer that came. `body` is its JSON; None when it is not JSON."""

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)
    body: Any = field(repr=False)
    is_commit: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def get(self, *path: str | int, default: Any = None) -> Any:
        """What lies at that path of the JSON body, or the default where there is nothing."""
        found = self.body
        for step in path:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return default
        return default if found is None else found

    def need(self, *path: str | int) -> Any:
        """The same for what must be there: an answer without it is as good as none."""
        found = self.get(*path)
        if found in (None, ""):
            raise self.puzzling(f"An answer without {'.'.join(map(str, path))}")
        return found

    def puzzling(self, what: str = "An answer that is not understood") -> PlatformError:
        """A 2xx that says nothing: after a commit nobody knows what it did."""
        kind = OutcomeUnknown if self.is_commit else Transient
        return kind(f"{what} (HTTP {self.status}).", reply=self.text)


class Caller:
    """Speaks to one platform. Answers of 5xx and 429 are raised here, everything else is for the
    client to read: `reply.ok` and its codes.
    """

    def __init__(self, label: str) -> None:
        self.label = label

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        commit: bool = False,
        upload: bool = False,
        raises: bool = True,
    ) -> Reply:
        """One request, no redirect followed, nothing repeated.

        commit: it shows something to the audience, so an open outcome is OutcomeUnknown.
        upload: its answer may take minutes.
        raises=False: also 5xx and 429 come back as a Reply, for platforms that put more into them.
        """
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
                    timeout=(CONNECT_S, UPLOAD_READ_S if upload else READ_S),
                    allow_redirects=False,
                    stream=True,
                )
                reply = _read(answer, commit)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as e:
            raise self._no_answer(e, url, commit) from _plainly(e)
        log.debug("%s %s: %s", method, masked(url), reply.status)
        if raises and (reply.status >= 500 or reply.status == 429):
            raise self.failure(reply)
        if reply.ok and reply.body is None and reply.text.lstrip()[:1] == "<":
            raise reply.puzzling(f"{self.label} answered with a web page")
        return reply

    def failure(self, reply: Reply) -> PlatformError:
        """What a 429 or an answer of 5xx means where the platform says nothing closer."""
        if reply.status == 429:
            return RateLimited(
                f"{self.label} asks for a pause.", until=retry_after(reply), reply=reply.text
            )
        if reply.is_commit:
            return OutcomeUnknown(
                f"{self.label} failed while publishing (HTTP {reply.status}).", reply=reply.text
            )
        return Transient(f"{self.label} is in trouble (HTTP {reply.status}).", reply=reply.text)

    def _no_answer(self, error: Exception, url: str, commit: bool) -> PlatformError:
        words = masked(str(error))
        if _never_left(error):
            where = urlsplit(url).hostname
            return NotSent(f"{self.label} cannot be reached ({where}).", reply=words)
        if commit:
            return OutcomeUnknown(f"{self.label} did not answer while publishing.", reply=words)
        return Transient(f"{self.label} did not answer.", reply=words)


def _plainly(error: Exception) -> Exception:
    """The cause as a traceback may show it: its own words hold the whole address."""
    return OSError(f"{type(error).__name__}: {redact(masked(str(error)))}")


def retry_after(reply: Reply) -> dt.datetime | None:
    """When the answer's Retry-After header lets us call again (UTC)."""
    value = reply.headers.get("Retry-After", "")
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


def _read(answer: requests.Response, commit: bool) -> Reply:
    raw, until = b"", time.monotonic() + ANSWER_S
    # Not `iter_content`: it waits for whole blocks, and drop by drop that can take days.
    while block := answer.raw.read1(65536, decode_content=True):
        raw += block
        if time.monotonic() > until:
            raise requests.exceptions.ReadTimeout("The answer takes too long.")
        if len(raw) > ANSWER_BYTES:
            raise requests.exceptions.ContentDecodingError("The answer is too long.")
    text = _storable(raw.decode("utf-8", "replace"))
    try:
        body = jsonlib.loads(text, parse_constant=lambda _: None) if text.strip() else {}
        body = _storable(body)
    except (ValueError, RecursionError):
        body = None
    return Reply(answer.status_code, answer.headers, text, body, commit)


def _storable(found: Any) -> Any:
    """The same without what no database keeps: NUL, and halves of characters."""
    if isinstance(found, str):
        return found.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(found, list):
        return [_storable(one) for one in found]
    if isinstance(found, dict):
        return {_storable(name): _storable(value) for name, value in found.items()}
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
