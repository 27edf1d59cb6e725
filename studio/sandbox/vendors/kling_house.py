"""How Kling is entered and words what is wrong. Source: kling.ai/document-api.

A plain key is sent as it is; a pair of access and secret key signs a token (HS256) that lives for
half an hour. The pair of the sandbox is `sandbox-access` and `sandbox-secret`.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

from studio.sandbox.calls import Call, Reply
from studio.sandbox.vendors.common import GOOD_KEY, House, Problem, key_of

ACCESS, SECRET = "sandbox-access", "sandbox-secret"
LIVES_S = 1800 + 60  # a token, and how far clocks may be apart
# Problem -> HTTP status, code. 429 is money, too: 1102 is an empty package.
CODES = {
    "missing_key": (401, 1001), "wrong_key": (401, 1002), "expired_key": (401, 1004),
    "unpaid": (429, 1102), "forbidden": (403, 1103), "not_found": (404, 1203),
    "conflict": (400, 1201), "too_large": (400, 1201), "invalid": (400, 1201),
    "unprocessable": (400, 1201), "rate": (429, 1302), "slots": (429, 1303),
    "server": (500, 5000), "unavailable": (503, 5001), "timeout": (504, 5002),
}  # fmt: skip
OF_TOKEN = {"bad_signature": 1000, "not_yet": 1003, "policy": 1301}


def word(call: Call, problem: Problem) -> Reply:
    status, code = CODES[problem.name]
    code = OF_TOKEN.get(problem.code, code)
    return Reply(status, {"code": code, "message": problem.text, "request_id": str(uuid4())})


class KlingHouse(House):
    """A House that also takes signed tokens."""

    def enter(self, call: Call, *, paid: bool = False) -> str:
        key = key_of(call, self.header, self.scheme)
        if key.count(".") != 2:
            return super().enter(call, paid=paid)
        name, code = _flaw(key)
        if name:
            raise self.refusal(call, name, code=code)
        return GOOD_KEY


def _flaw(token: str) -> tuple[str, str]:
    """What is wrong with a token: a problem and a word of OF_TOKEN; both empty when nothing is.
    Its times are those of the real clock, as its maker's are.
    """
    head, body, signature = token.split(".")
    try:
        header, claims = _part(head), _part(body)
        expires, begins = float(claims["exp"]), float(claims.get("nbf", 0))
    except (ValueError, KeyError, TypeError):
        return "wrong_key", ""
    if header.get("alg") != "HS256" or claims.get("iss") != ACCESS:
        return "wrong_key", ""
    made = hmac.new(SECRET.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    if base64.urlsafe_b64encode(made).rstrip(b"=").decode() != signature:
        return "wrong_key", "bad_signature"
    now = time.time()
    if begins > now:
        return "wrong_key", "not_yet"
    return ("expired_key", "") if not now < expires <= now + LIVES_S else ("", "")


def _part(text: str) -> dict[str, Any]:
    found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if not isinstance(found, dict):
        raise ValueError("This is no JSON object.")
    return found


HOUSE = KlingHouse("Authorization", "Bearer", word)
