"""What all of OpenAI's answers share: errors, keys, models and when they are shut down.

The same handlers play a server at home that speaks like OpenAI (prefix `speech`): it opens
without a key, and has models of its own.

Rules: openai.quota_code ("insufficient_quota").
Source: openai 3.51.0 (PyPI) and its generated type documents, 2026-11-20.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.vendors.common import House, Problem

HOME = "speech"
CODES = {  # of problems that every vendor has: type and code
    "missing_key": ("invalid_request_error", None),
    "wrong_key": ("invalid_request_error", "invalid_api_key"),
    "expired_key": ("invalid_request_error", "invalid_api_key"),
    "unpaid": ("insufficient_quota", "insufficient_quota"),
    "forbidden": ("invalid_request_error", "insufficient_permissions"),
    "not_found": ("invalid_request_error", "model_not_found"),
    "rate": ("requests", "rate_limit_exceeded"),
    "slots": ("requests", "slow_down"),
    "server": ("server_error", None),
    "unavailable": ("server_error", "server_is_overloaded"),
    "timeout": ("server_error", None),
}


@dataclass(frozen=True)
class Model:
    id: str
    kind: str  # text, speech, hearing or moderation
    off: str = ""  # the day it is shut down, ISO
    home: bool = False  # of the server at home


MODELS = {
    one.id: one
    for one in (
        Model("gpt-6-luna", "text"),
        Model("gpt-6-sol", "text"),
        Model("gpt-6.1-sol", "text"),
        Model("gpt-6-astra", "text"),
        Model("gpt-5.5", "text"),
        Model("gpt-5.4-mini", "text"),
        Model("gpt-5", "text", "2026-12-11"),
        Model("gpt-5-mini", "text", "2026-12-11"),
        Model("gpt-4o", "text", "2027-01-14"),
        Model("gpt-4o-mini", "text", "2027-01-14"),
        Model("gpt-4.1", "text", "2027-01-14"),
        Model("gpt-4.1-mini", "text", "2027-01-14"),
        Model("tts-1", "speech", "2027-01-06"),
        Model("tts-1-hd", "speech", "2027-01-06"),
        Model("gpt-4o-mini-tts", "speech", "2027-01-06"),
        Model("whisper-1", "hearing", "2027-02-26"),
        Model("gpt-4o-transcribe", "hearing", "2027-02-26"),
        Model("gpt-4o-mini-transcribe", "hearing", "2027-02-26"),
        Model("omni-moderation-latest", "moderation"),
        Model("kokoro", "speech", home=True),
        Model("faster-whisper", "hearing", home=True),
        Model("home-model", "text", home=True),
    )
}


def is_home(call: Call) -> bool:
    return call.sandbox.platform == HOME


def word(call: Call, problem: Problem) -> Reply:
    kind, code = CODES.get(problem.name, ("invalid_request_error", None))
    status, text = problem.status, problem.text
    if problem.name == "unpaid" and status == 402:
        status, text = 429, "You exceeded your current quota, please check your plan and billing."
        code = str(call.sandbox.rule("openai.quota_code", "insufficient_quota"))
    if problem.name == "missing_key":
        text = "You didn't provide an API key. Send it as: Authorization: Bearer YOUR_KEY."
    error = {
        "message": text,
        "type": kind,
        "param": problem.field or None,
        "code": problem.code or code,
    }
    return Reply(status, {"error": error}, {"x-request-id": call.sandbox.new_id("req_")})


HOUSE = House("Authorization", "Bearer", word)


def refuse(
    call: Call, message: str, field: str = "", code: str = "", status: int = 400
) -> Refused:
    return HOUSE.refusal(call, "invalid", message, field=field, code=code, status=status)


def enter(call: Call, *, paid: bool = False) -> str:
    """The key. The server at home opens without one, but one that is sent has to be right.

    Raises Refused.
    """
    if is_home(call) and call.bearer() in ("", "none"):  # libraries want some word for no key
        return ""
    return HOUSE.enter(call, paid=paid)


def body(call: Call) -> dict[str, Any]:
    if call.content_type != "application/json":
        raise refuse(call, "The Content-Type must be application/json.")
    try:
        found = call.json()
    except Refused as e:
        raise refuse(call, "We could not parse the JSON body of your request.") from e
    if found.get("stream") or found.get("stream_format") == "sse":
        raise refuse(call, "The sandbox does not stream.", "stream", "unsupported_value")
    return found


def model_for(call: Call, kind: str, asked: Any) -> Model:
    """A model that is still there and does such things; the server at home takes any name for
    the one that it has. Raises Refused.
    """
    if not isinstance(asked, str) or not asked:
        raise refuse(call, "you must provide a model parameter", "model")
    if is_home(call):
        return Model(asked, kind, home=True)
    found = MODELS.get(asked)
    if found is None or not offered(call, found):
        raise HOUSE.refusal(
            call,
            "not_found",
            f"The model `{asked}` does not exist or you do not have access to it.",
        )
    if found.kind != kind:
        raise refuse(call, f"The model `{asked}` is not supported here.", "model")
    return found


def offered(call: Call, model: Model) -> bool:
    """Whether this server has it today, by the sandbox's clock."""
    today = call.sandbox.now().date()
    is_off = bool(model.off) and dt.date.fromisoformat(model.off) <= today
    return model.home == is_home(call) and not is_off


def headers(call: Call) -> dict[str, str]:
    return {"x-request-id": call.sandbox.new_id("req_"), "openai-processing-ms": "20"}
