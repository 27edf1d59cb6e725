"""What all of MiniMax's answers share. HTTP says 200 to everything; base_resp says what happened.

Source: platform.minimax.io/docs (error codes, T2A, voice cloning), 2026-11-20.
"""

from typing import Any

from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors.common import House, Problem

CODES = {  # of problems that every vendor has
    "missing_key": 1004, "wrong_key": 2049, "expired_key": 1004, "unpaid": 1008,
    "forbidden": 2042, "not_found": 2013, "conflict": 2039, "too_large": 2013, "invalid": 2013,
    "unprocessable": 2013, "rate": 1002, "slots": 1041, "server": 1000, "unavailable": 1024,
    "timeout": 1001,
}  # fmt: skip
OF_STATUS = {408: 1001, 425: 1039}  # ordered ones that would be final by their name
WORDS = {
    1000: "unknown error", 1001: "request timeout", 1002: "rate limit",
    1004: "login fail: Please carry the API secret key in the 'Authorization' field",
    1008: "insufficient balance", 1024: "internal error", 1026: "input new_sensitive",
    1027: "output new_sensitive", 1033: "system error", 1039: "token limit", 1041: "conn limit",
    1042: "invisible character ratio limit", 1043: "The asr similarity check failed",
    1044: "clone prompt similarity check failed", 2013: "invalid params",
    2037: "voice duration too short / voice duration too long",
    2038: "voice clone is not available for this account",
    2039: "voice clone voice id duplicate", 2042: "You don't have access to this voice_id",
    2045: "rate growth limit", 2048: "prompt audio too long", 2049: "invalid api key",
    2056: "usage limit exceeded", 20132: "invalid samples or voice_id",
}  # fmt: skip
SYSTEM_VOICES = {
    "English_expressive_narrator": "Expressive Narrator",
    "English_Graceful_Lady": "Graceful Lady",
    "English_Trustworthy_Man": "Trustworthy Man",
    "Wise_Woman": "Wise Woman",
}


def base_resp(code: int, text: str = "") -> dict[str, Any]:
    return {"status_code": code, "status_msg": text or WORDS.get(code, "success")}


def word(call: Call, problem: Problem) -> Reply:
    """A fault with a status of 500 or more is the gateway's, which knows no base_resp."""
    if problem.status >= 500 and problem.code == "":
        return Reply(problem.status, {"error": problem.text})
    code = int(problem.code or OF_STATUS.get(problem.status) or CODES[problem.name])
    usual = WORDS.get(code, problem.text)
    words = f"{usual}, {problem.text}" if code == CODES["invalid"] else usual
    headers = {"Trace-Id": call.sandbox.new_id()}
    return Reply(
        200, {"trace_id": headers["Trace-Id"], "base_resp": base_resp(code, words)}, headers
    )


HOUSE = House("Authorization", "Bearer", word)


def refuse(call: Call, code: int, text: str = "") -> Refused:
    return HOUSE.refusal(call, "unprocessable" if not text else "invalid", text, code=str(code))


def enter(call: Call, *, paid: bool = False) -> str:
    """The key. Older accounts name their group; rule minimax.group_id ("") demands it."""
    key = HOUSE.enter(call, paid=paid)
    group = str(call.sandbox.rule("minimax.group_id", ""))
    if group and call.query.get("GroupId") != group:
        raise refuse(call, 1004, "token not match group")
    if refused := int(call.sandbox.rule("minimax.refuse_with", 0)):
        raise refuse(call, refused)
    return key


def body(call: Call) -> dict[str, Any]:
    if call.content_type != "application/json":
        raise refuse(call, 2013, "the body is not JSON")
    try:
        return call.json()
    except Refused as e:
        raise refuse(call, 2013, "the body is not JSON") from e


# Voices: cloned ones are gone when nobody has spoken with them for a week.


def own_voices(sandbox: Sandbox) -> list[Document]:
    """Those that still exist. Rule minimax.voice_days (7)."""
    days = float(sandbox.rule("minimax.voice_days", 7))
    for one in sandbox.find("voice"):
        if one["used"] + days * 86_400 <= sandbox.time():
            sandbox.delete("voice", one["id"])
    return sandbox.find("voice")


def use_voice(call: Call, id: str) -> None:
    """Speak with a voice, which keeps it. Raises Refused when there is none of that name."""
    with call.sandbox.lock:
        if any(one["id"] == id for one in own_voices(call.sandbox)):
            call.sandbox.change("voice", id, used=call.sandbox.time())
        elif id not in SYSTEM_VOICES:
            raise refuse(call, 20132)
