"""What Mastodon's answers share: errors, who is asking, parameters, and how often.

Rules: mastodon.calls_5min (300), mastodon.media_30min (30), mastodon.disabled.
"""

import datetime as dt
import functools
from typing import Any
from urllib.parse import parse_qsl

from studio.sandbox import identity
from studio.sandbox.calls import Call, Handler, Refused, Reply
from studio.sandbox.state import Document
from studio.sandbox.windows import Window, spend

SCOPES = (
    "read", "read:accounts", "read:statuses", "read:media", "write", "write:accounts",
    "write:media", "write:statuses", "profile", "follow", "push",
)  # fmt: skip
WORDS = {503: "Service Unavailable", 500: "This page is not correct", 429: "Too many requests"}


def refuse(status: int, error: str, description: str = "") -> Refused:
    body = {"error": error}
    if description:
        body["error_description"] = description
    return Refused(Reply(status, body))


def unprocessable(what: str) -> Refused:
    return refuse(422, f"Validation failed: {what}")


def trouble(call: Call, status: int, seconds: float) -> Reply:
    headers = {}
    if status == 429:
        headers = _headers(Window(300, 301, call.sandbox.time() + seconds))
    return Reply(status, {"error": WORDS.get(status, "Bad Gateway")}, headers)


def holder(call: Call, *scopes: str) -> Document:
    """The caller's token with one of these scopes, or the one above it. Raises Refused."""
    try:
        found = identity.token(call.sandbox, call.bearer(), "access")
    except identity.Denied as e:
        what = {"revoked": "was revoked", "expired": "expired"}.get(e.reason, "is invalid")
        raise refuse(401, f"The access token {what}") from e
    wanted = {*scopes, *(one.partition(":")[0] for one in scopes)}
    if not wanted & set(found["scopes"]):
        raise refuse(403, "This action is outside the authorized scopes")
    if call.sandbox.rule("mastodon.disabled", False):
        raise refuse(403, "Your login is currently disabled")
    return found


def reader(call: Call, scope: str) -> Document | None:
    """For what anybody may read: None without a token. One that is sent must have the scope."""
    return holder(call, scope) if call.bearer() else None


def counted(handler: Handler) -> Handler:
    """Counts the calls of an account (an anonymous one's together) and says so in headers."""

    @functools.wraps(handler)
    def answer(call: Call) -> Reply:
        token = call.sandbox.get("token", call.bearer()) if call.bearer() else None
        limit = int(call.sandbox.rule("mastodon.calls_5min", 300))
        key = token["account"] if token else "anonymous"
        window = spend(call.sandbox, "calls", key, limit=limit, seconds=300)
        if not window.allowed:
            raise too_many(window)
        try:
            reply = handler(call)
        except Refused as e:
            reply = e.reply
        return Reply(reply.status, reply.body, {**_headers(window), **reply.headers})

    return answer


def too_many(window: Window) -> Refused:
    return Refused(Reply(429, {"error": "Too many requests"}, _headers(window)))


def _headers(window: Window) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(window.limit),
        "X-RateLimit-Remaining": str(window.remaining),
        "X-RateLimit-Reset": iso(window.reset),
    }


def iso(seconds: float) -> str:
    found = dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds")
    return found.replace("+00:00", "Z")


def params(call: Call) -> dict[str, Any]:
    """JSON, or a form, where a name that ends in [] is a list."""
    if call.content_type == "application/json":
        return {**call.query, **call.json()}
    found: dict[str, Any] = dict(call.query)
    words = call.body().decode("utf-8", "replace")
    for name, value in parse_qsl(words, keep_blank_values=True):
        if name.endswith("[]"):
            found.setdefault(name[:-2], []).append(value)
        else:
            found[name] = value
    return found


def is_true(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "1", "on")
