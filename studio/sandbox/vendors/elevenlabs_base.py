"""What all of ElevenLabs' answers share: errors, the plan and what is used of it.

Source: elevenlabs.io/docs (errors, models), help.elevenlabs.io (codes, concurrency), 2026-11-20.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors.common import House, Problem

TYPES = {
    400: "validation_error", 401: "authentication_error", 402: "payment_required",
    403: "authorization_error", 404: "not_found", 409: "conflict", 413: "validation_error",
    429: "rate_limit_error",
}  # fmt: skip
CODES = {  # of problems that every vendor has
    "missing_key": "needs_authorization",
    "wrong_key": "invalid_api_key",
    "expired_key": "invalid_api_key",
    "unpaid": "quota_exceeded",
    "forbidden": "missing_permissions",
    "not_found": "voice_not_found",
    "invalid": "invalid_parameters",
    "rate": "system_busy",
    "slots": "too_many_concurrent_requests",
    "server": "internal_server_error",
    "unavailable": "service_unavailable",
    "timeout": "gateway_timeout",
}
# Both are final, and both come as 401: the account has no credits left, the key may not do this.
AS_401 = ("unpaid", "forbidden")


@dataclass(frozen=True)
class Model:
    id: str
    name: str
    most: int  # characters of one request
    languages: int
    cost: float  # credits for one character
    stitches: bool = True  # takes previous_text and its like


MODELS = {
    one.id: one
    for one in (
        Model("eleven_v3", "Eleven v3", 5_000, 74, 1.0, stitches=False),
        Model("eleven_v4", "Eleven v4", 10_000, 74, 1.0),
        Model("eleven_v4_turbo", "Eleven v4 Turbo", 10_000, 74, 0.5),
        Model("eleven_multilingual_v2", "Eleven Multilingual v2", 10_000, 29, 1.0),
        Model("eleven_flash_v2_5", "Eleven Flash v2.5", 40_000, 32, 0.5),
        Model("eleven_flash_v2", "Eleven Flash v2", 30_000, 1, 0.5),
    )
}
TIERS = {  # plan -> requests at once
    "free": 2, "starter": 3, "creator": 5, "pro": 10, "scale": 15, "business": 15,
}  # fmt: skip
HEADER = "xi-api-key"
PREMADE = {
    "21m00Tcm4TlvDq8ikWAM": "Rachel",
    "JBFqnCBsd6RMkjVDRZzb": "George",
    "EXAVITQu4vr4xnSDxMaL": "Sarah",
}


def word(call: Call, problem: Problem) -> Reply:
    status = 401 if problem.name in AS_401 and problem.status < 500 else problem.status
    if problem.name == "unprocessable":
        return invalid(problem.text, problem.field or "body")
    code = problem.code or CODES.get(problem.name, "invalid_parameters")
    detail = {
        "type": TYPES.get(status, "internal_error"),
        "code": code,
        "status": code,
        "message": problem.text,
        "request_id": call.sandbox.new_id("req"),
        "param": problem.field or None,
    }
    return Reply(status, {"detail": detail})


def invalid(message: str, *where: str, kind: str = "value_error") -> Reply:
    """The 422 that a field's own check gives. where: such as body, text."""
    return Reply(422, {"detail": [{"type": kind, "loc": list(where), "msg": message}]})


def unfit(message: str, *where: str) -> Refused:
    return Refused(invalid(message, *where))


HOUSE = House(HEADER, "", word)


def refuse(call: Call, status: int, code: str, message: str, field: str = "") -> Refused:
    return HOUSE.refusal(call, "invalid", message, status=status, code=code, field=field)


def body(call: Call) -> dict[str, Any]:
    if call.content_type != "application/json":
        raise unfit("Input should be a valid dictionary", "body")
    try:
        return call.json()
    except Refused as e:
        raise unfit("JSON decode error", "body") from e


def tier(sandbox: Sandbox) -> str:
    return str(sandbox.rule("elevenlabs.tier", "creator"))


def at_least(sandbox: Sandbox, wanted: str) -> bool:
    names = list(TIERS)
    return names.index(tier(sandbox)) >= names.index(wanted)


# Credits


def used(sandbox: Sandbox) -> int:
    return int((sandbox.get("usage", "characters") or {"count": 0})["count"])


def character_limit(sandbox: Sandbox) -> int:
    return int(sandbox.rule("elevenlabs.character_limit", 100_000))


def pay(call: Call, credits: int) -> None:
    """Take credits from what is left of the period. Raises Refused when they do not suffice."""
    sandbox = call.sandbox
    with sandbox.lock:
        left = character_limit(sandbox) - used(sandbox)
        if credits > left:
            raise HOUSE.refusal(
                call,
                "unpaid",
                f"This request exceeds your quota of {character_limit(sandbox)}. You have {left} "
                f"credits remaining, while {credits} credits are required for this request.",
            )
        sandbox.put("usage", "characters", count=used(sandbox) + credits)


# Requests at once


_flying: Counter[tuple[str, str]] = Counter()
_flying_lock = threading.Lock()


@contextlib.contextmanager
def in_flight(call: Call, key: str) -> Iterator[dict[str, str]]:
    """Hold one of the plan's places; the headers that say how many are taken.

    Rules elevenlabs.concurrency, and elevenlabs.answer_s, how long a place is held.
    Raises Refused when all are taken.
    """
    name = (str(call.sandbox.folder), key)
    usual = TIERS[tier(call.sandbox)]
    most = int(call.sandbox.rule("elevenlabs.concurrency", usual))
    with _flying_lock:
        now = _flying[name] = _flying[name] + 1
    try:
        if now > most:
            raise HOUSE.refusal(
                call,
                "slots",
                f"Too many concurrent requests. Your current subscription is associated with a "
                f"maximum of {most} concurrent requests (running in parallel).",
            )
        time.sleep(float(call.sandbox.rule("elevenlabs.answer_s", 0)))
        yield {"current-concurrent-requests": str(now), "maximum-concurrent-requests": str(most)}
    finally:
        with _flying_lock:
            _flying[name] -= 1


# Voices


def voices(sandbox: Sandbox) -> list[Document]:
    """Oldest first; those that everybody has before them."""
    with sandbox.lock:
        if sandbox.get("voice", next(iter(PREMADE))) is None:
            for id, name in PREMADE.items():
                sandbox.put("voice", id, name=name, category="premade", labels={}, made=0,
                            description="", samples=[], locked=False)  # fmt: skip
        return sandbox.find("voice")


def voice(call: Call, id: str) -> Document:
    """A voice of this account. Raises Refused."""
    for one in voices(call.sandbox):
        if one["id"] == id:
            return one
    raise HOUSE.refusal(call, "not_found", f"A voice with voice_id {id} was not found.")


def with_headers(reply: Reply, headers: dict[str, str]) -> Reply:
    return replace(reply, headers={**reply.headers, **headers})
