"""A request as a handler sees it, and what it answers."""

import hashlib
import json as jsonlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from studio.sandbox.bodies import Part, Source, parts

if TYPE_CHECKING:
    from studio.sandbox.state import Sandbox

SMALL = 8 * 2**20  # the largest body that is held in memory


@dataclass(frozen=True)
class Reply:
    """An answer. A dict or list goes out as JSON, a str as HTML, bytes as they are, a Path as the
    file there, None as nothing.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """Ends a handler with this answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}: {reply.body}")
        self.reply = reply


@dataclass
class Call:
    """One request to a platform."""

    sandbox: "Sandbox"  # as this platform sees it
    method: str
    path: str  # without the prefix
    args: Mapping[str, str]  # captured by the route
    query: Mapping[str, str]
    headers: Mapping[str, str]  # any case
    stream: Source  # the body, exactly as long as it was announced
    origin: str  # scheme://host:port, as the caller addressed us
    # What becomes of a handle made by this call: "", "stuck" (never processed) or "fail_late".
    fate: str = ""
    pairs: tuple[tuple[str, str], ...] = ()  # the query, with names that come more than once
    # What the log keeps of the body: body_sha256 of one that was read whole, fields of a form.
    noted: dict[str, Any] = field(default_factory=dict)
    _body: bytes | None = field(default=None, repr=False)

    @property
    def url_base(self) -> str:
        """For absolute addresses of this platform: scheme://host:port/prefix."""
        return f"{self.origin}/{self.sandbox.platform}"

    def body(self) -> bytes:
        """All of a small body. Read once, kept."""
        if self._body is None:
            self._body = self.stream.read(SMALL)
            if self.stream.read(1):
                raise Refused(Reply(413, {"error": "The body is too large for this call."}))
            self.noted["body_sha256"] = hashlib.sha256(self._body).hexdigest()
        return self._body

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def form(self) -> dict[str, str]:
        """A body of application/x-www-form-urlencoded."""
        try:
            return dict(parse_qsl(self.body().decode(), keep_blank_values=True))
        except UnicodeDecodeError as e:
            raise Refused(Reply(400, {"error": "The form is not UTF-8."})) from e

    def json(self) -> dict[str, Any]:
        """A JSON object; an empty body is an empty one."""
        try:
            found = jsonlib.loads(self.body() or b"{}")
        except ValueError as e:
            raise Refused(Reply(400, {"error": "The body is not JSON."})) from e
        if not isinstance(found, dict):
            raise Refused(Reply(400, {"error": "The body is not a JSON object."}))
        return found

    def multipart(self) -> dict[str, bytes | str]:
        """A small multipart body: text for plain fields, bytes for files."""
        found: dict[str, bytes | str] = {}
        for name, value in self.multipart_files().items():
            found[name] = value.read_bytes() if isinstance(value, Path) else value
        return found

    def multipart_files(self) -> dict[str, str | Path]:
        """A multipart body of any size: text for plain fields, and for files the path of what was
        written to disk on the way in. The files are the handler's to move or delete.
        """
        return {one.name: one.content for one in self.parts()}

    def parts(self) -> list[Part]:
        """The same with names that come more than once, and the files' own names."""
        try:
            found = parts(
                self.stream, self.headers.get("Content-Type", ""), self.sandbox.spare_path
            )
        except ValueError as e:
            raise Refused(Reply(400, {"error": str(e)})) from e
        self.noted["fields"] = [one.name for one in found]
        return found

    def params(self) -> dict[str, str]:
        """Query and body together, as Graph reads them: form or JSON, values as text."""
        found = dict(self.query)
        if self.content_type == "application/json":
            for name, value in self.json().items():
                found[name] = value if isinstance(value, str) else jsonlib.dumps(value)
        elif self.content_type == "application/x-www-form-urlencoded":
            found.update(self.form())
        return found

    def bearer(self) -> str:
        """The token of the Authorization header, whatever the word before it; else empty."""
        _, _, value = self.headers.get("Authorization", "").strip().partition(" ")
        return value.strip()


Handler = Callable[[Call], Reply]
Question = bool | Callable[[Call], bool]


@dataclass(frozen=True)
class Route:
    """Which handler answers what.

    commit: it can show something to the audience.
    creates: it makes a handle (a container, an upload session) whose `fate` it remembers.
    Both may be a function of the call, for addresses that do several things; it reads only what
    `Call` keeps: query, headers, a small body.
    """

    method: str
    pattern: str  # the whole path without the prefix; named groups become `Call.args`
    handler: Handler
    commit: Question = False
    creates: Question = False

    def match(self, path: str) -> re.Match[str] | None:
        return re.fullmatch(self.pattern, path)


def says(question: Question, call: Call) -> bool:
    return question(call) if callable(question) else question
