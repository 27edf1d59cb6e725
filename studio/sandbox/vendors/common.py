"""The key at a vendor's door, its words for what is wrong, and what it has charged for.

Keys, of every vendor: `sandbox-key` opens; `unpaid-key` opens everything but what costs money;
`expired-key` and `forbidden-key` are refused as such; every other one is wrong.

Rules, of every vendor: creates_per_minute (its own), busy_means ("rate": what an ordered 429 says;
or "slots"), key_busy_s (0: how long a repeated Idempotency-Key is told that the first is under
way).
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from studio.sandbox import VENDORS
from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.state import Document, Sandbox, sha256_of
from studio.sandbox.windows import spend

GOOD_KEY = "sandbox-key"
BAD_KEYS = {"expired-key": "expired_key", "forbidden-key": "forbidden"}
UNPAID_KEY = "unpaid-key"

# What can be wrong: the status most vendors give it, and plain words.
PROBLEMS = {
    "missing_key": (401, "No API key was sent."),
    "wrong_key": (401, "The API key is not valid."),
    "expired_key": (401, "The API key has expired."),
    "unpaid": (402, "The balance does not cover this."),
    "forbidden": (403, "The key does not allow this."),
    "not_found": (404, "There is no such thing."),
    "conflict": (409, "This is in conflict with another request."),
    "too_large": (413, "The file is too large."),
    "invalid": (400, "The request is not valid."),
    "unprocessable": (422, "The request cannot be processed."),
    "rate": (429, "Too many requests."),
    "slots": (429, "Too many jobs at once."),
    "server": (500, "Internal error."),
    "unavailable": (503, "The service is not available."),
    "timeout": (504, "The upstream service did not answer in time."),
}
OF_STATUS = {
    401: "wrong_key", 402: "unpaid", 403: "forbidden", 404: "not_found", 409: "conflict",
    413: "too_large", 422: "unprocessable", 429: "rate", 500: "server", 503: "unavailable",
    504: "timeout",
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """Something that is wrong, before a vendor has put it into its own shape."""

    name: str  # one of PROBLEMS
    status: int
    text: str
    field: str = ""  # which input
    code: str = ""  # the vendor's own, where the name alone does not tell
    seconds: float = 0.0  # how long to wait


@dataclass(frozen=True)
class House:
    """How a vendor is entered, and how it words what is wrong.

    header, scheme: where the key stands and the word before it, "" for none.
    word: a problem in the vendor's shape. Retry-After is added to a 429.
    """

    header: str
    scheme: str
    word: Callable[[Call, Problem], Reply]

    def refusal(
        self, call: Call, name: str, text: str = "", *, seconds: float = 0.0, **more: Any
    ) -> Refused:
        """To raise. more: status, field, code."""
        status, usual = PROBLEMS[name]
        problem = Problem(name, more.pop("status", status), text or usual, seconds=seconds, **more)
        return Refused(self._worded(call, problem))

    def enter(self, call: Call, *, paid: bool = False) -> str:
        """The key of the caller. Raises Refused when it opens nothing; paid: for what costs."""
        key = key_of(call, self.header, self.scheme)
        if not key:
            raise self.refusal(call, "missing_key")
        if call.fate == "revoke_token":
            call.sandbox.put("revoked_key", key)
        if call.sandbox.get("revoked_key", key):
            raise self.refusal(call, "wrong_key")
        if key not in (GOOD_KEY, UNPAID_KEY):
            raise self.refusal(call, BAD_KEYS.get(key, "wrong_key"))
        if paid and key == UNPAID_KEY:
            raise self.refusal(call, "unpaid")
        return key

    def pace(self, call: Call, key: str, per_minute: int) -> None:
        """Count an order against the minute. 0: any number."""
        limit = int(call.sandbox.rule(f"{call.sandbox.platform}.creates_per_minute", per_minute))
        if not limit:
            return
        window = spend(call.sandbox, "creates", key, limit=limit, seconds=60)
        if not window.allowed:
            wait = max(1.0, window.reset - call.sandbox.time())
            raise self.refusal(call, "rate", seconds=wait)

    def trouble(self, call: Call, status: int, seconds: float) -> Reply:
        """A fault that was ordered; what a module calls `trouble`."""
        name = OF_STATUS.get(status, "invalid" if status < 500 else "server")
        if status == 429:
            name = str(call.sandbox.rule(f"{call.sandbox.platform}.busy_means", "rate"))
        problem = Problem(name, status, PROBLEMS[name][1], seconds=seconds if status == 429 else 0)
        return self._worded(call, problem)

    def _worded(self, call: Call, problem: Problem) -> Reply:
        reply = self.word(call, problem)
        if not problem.seconds:
            return reply
        wait = {"Retry-After": str(max(1, round(problem.seconds)))}
        return Reply(reply.status, reply.body, {**wait, **reply.headers})


def key_of(call: Call, header: str, scheme: str = "") -> str:
    """The key as it stands in exactly this header after exactly this word; else empty."""
    value = call.headers.get(header, "")
    if not scheme:
        return value
    return value.removeprefix(f"{scheme} ") if value.startswith(f"{scheme} ") else ""


# Orders


def charge(
    sandbox: Sandbox, *, model: str, body: Any, account: str, key: str = "", job: str = ""
) -> Document:
    """Put on record that an order was taken. Orders for the same thing are one entry.

    body: what was asked for, files among it as Paths. What is the same: the Idempotency-Key, or
    without one the inputs, an uploaded file by its content.
    """
    what = digest(logical(sandbox, body))
    name = digest([account, key] if key else [account, model, what])
    with sandbox.lock:
        found = sandbox.get("order", name) or {
            "model": model, "what": what, "key": key, "keyed": bool(key),
            "charged": 0, "replays": 0, "times": [], "jobs": [],
        }  # fmt: skip
        found["charged"] += 1
        found["times"].append(sandbox.time())
        found["jobs"] += [job] if job else []
        return sandbox.put("order", name, **found)


def orders(sandbox: Sandbox, vendor: str = "") -> list[Document]:
    """What was charged for, oldest first: {vendor, model, what, key, keyed, charged, replays,
    times, jobs}. `charged` above 1 is an order that was paid for more than once.
    """
    names = [vendor] if vendor else list(VENDORS)
    found = [{"vendor": name, **one} for name in names for one in sandbox.of(name).find("order")]
    return sorted(found, key=lambda one: one["times"][0])


def digest(body: Any) -> str:
    """The same for the same JSON; a Path counts by what is in the file."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, default=sha256_of)
    return hashlib.sha256(text.encode()).hexdigest()


FILE_URL = re.compile(r"https?://[^/]+/(?P<vendor>[\w-]+)/_files/(?P<id>[^/?]+)")


def logical(sandbox: Sandbox, value: Any) -> Any:
    """The body with uploaded files named by their content, so that a new upload of the same file
    makes the same order.
    """
    if isinstance(value, Mapping):
        return {name: logical(sandbox, one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [logical(sandbox, one) for one in value]
    if isinstance(value, Path):
        return f"sha256:{sha256_of(value)}"
    if isinstance(value, str | int):
        found = own_file(sandbox, str(value))
        return f"sha256:{found['sha256']}" if found else value
    return value


def own_file(sandbox: Sandbox, name: str) -> Document | None:
    """An upload, by its address or its id."""
    if url := FILE_URL.match(name):
        vendor = url["vendor"]
        return sandbox.of(vendor).get("file", unquote(url["id"])) if vendor in VENDORS else None
    if len(name) > 100 or not name:
        return None
    return sandbox.get("file", name) or sandbox.get("asset", name)


# Idempotency


def once(
    call: Call, house: House, key: str, body: Any, act: Callable[[], Reply], *, life_s: float
) -> Reply:
    """Carry an order out, or repeat the answer that its key got before.

    key: of the Idempotency-Key header, "" for none. Raises Refused, a conflict, when the key came
    with another body, or while the first is said to be under way. Only successes are kept.
    """
    if not key:
        return act()
    sandbox, sent = call.sandbox, digest(body)
    with sandbox.lock:
        found = sandbox.get("idempotency", key)
        if found and found["at"] + life_s > sandbox.time():
            if found["sent"] != sent:
                raise house.refusal(
                    call,
                    "conflict",
                    "This Idempotency-Key was used with another body.",
                    code="other_body",
                )
            busy_s = float(sandbox.rule(f"{sandbox.platform}.key_busy_s", 0))
            if found["at"] + busy_s > sandbox.time():
                raise house.refusal(
                    call, "conflict", "The first request with this key is running.", code="busy"
                )
            _replayed(sandbox, key)
            return Reply(found["status"], found["body"])
        reply = act()
        if reply.status < 300:
            sandbox.put(
                "idempotency",
                key,
                sent=sent,
                at=sandbox.time(),
                status=reply.status,
                body=reply.body,
            )
        return reply


def _replayed(sandbox: Sandbox, key: str) -> None:
    for one in sandbox.find("order"):
        if one["key"] == key or one["key"].startswith(f"{key}/"):  # one of several it bought
            sandbox.change("order", one["id"], replays=one["replays"] + 1)
