"""What Bluesky's answers share: errors, sessions and service tokens, points for writing.

A session's tokens are JWTs; their expiry can be read from `exp`. An expired one is HTTP 400.
"""

from typing import Any
from urllib.parse import urlsplit

from studio.sandbox import identity
from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.platforms import atproto
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.windows import Window, spend

KEY = "sandbox-signing-key"
VIDEO_DID = "did:web:video.bsky.app"
POINTS = {"create": 3, "update": 2, "delete": 1}


def failure(status: int, error: str, message: str, headers: Any = None) -> Reply:
    return Reply(status, {"error": error, "message": message}, headers or {})


def refuse(status: int, error: str, message: str) -> Refused:
    return Refused(failure(status, error, message))


def invalid(message: str) -> Refused:
    return refuse(400, "InvalidRequest", message)


def trouble(call: Call, status: int, seconds: float) -> Reply:
    if status == 429:
        return _too_many(Window(100, 101, call.sandbox.time() + seconds))
    names = {500: "InternalServerError", 502: "UpstreamFailure", 503: "NotEnoughResources"}
    return failure(status, names.get(status, "InternalServerError"), "Internal Server Error")


def _too_many(window: Window) -> Reply:
    return failure(429, "RateLimitExceeded", "Rate Limit Exceeded", limits(window))


def limits(window: Window) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(window.limit),
        "RateLimit-Remaining": str(window.remaining),
        "RateLimit-Reset": str(int(window.reset)),
        "RateLimit-Policy": f"{window.limit};w=3600",
    }


def counted(
    call: Call, name: str, key: str, *, limit: int, seconds: float, cost: int = 1
) -> dict[str, str]:
    """Count a call; the headers that say so. Raises Refused beyond. Rule bluesky.<name>."""
    limit = int(call.sandbox.rule(f"bluesky.{name}", limit))
    window = spend(call.sandbox, name, key, limit=limit, seconds=seconds, cost=cost)
    if not window.allowed:
        raise Refused(_too_many(window))
    return limits(window)


def write_points(call: Call, did: str, kind: str) -> dict[str, str]:
    """5000 points an hour and 35 000 a day; rules points_an_hour and points_a_day."""
    cost = POINTS[kind]
    counted(call, "points_a_day", did, limit=35_000, seconds=86_400, cost=cost)
    return counted(call, "points_an_hour", did, limit=5000, seconds=3600, cost=cost)


def server_did(call: Call) -> str:
    """Of this PDS, as a service token's audience names it: the port's colon is written %3A."""
    return f"did:web:{urlsplit(call.origin).netloc.replace(':', '%3A')}"


def session(call: Call, kind: str = "access") -> Document:
    """The session that the bearer is a token of. Raises Refused."""
    value = call.bearer()
    if not value:
        raise refuse(401, "AuthMissing", "Authentication Required")
    try:
        found = identity.token(call.sandbox, value, kind)
    except identity.Denied as e:
        if e.reason == "expired":
            raise refuse(400, "ExpiredToken", "Token has expired") from e
        if e.reason == "revoked":
            raise refuse(400, "ExpiredToken", "Token has been revoked") from e
        raise refuse(400, "InvalidToken", "Token could not be verified") from e
    if call.sandbox.rule("bluesky.takedown", False):
        raise refuse(401, "AccountTakedown", "Account has been taken down")
    return found


def service_token(call: Call, method: str, audiences: set[str]) -> str:
    """Whose service token this call carries. Raises Refused unless it was made for that."""
    claims = atproto.claims_of(call.bearer(), KEY)
    if claims is None or "lxm" not in claims:
        raise refuse(401, "BadJwt", "poorly formatted jwt")
    if claims["exp"] <= call.sandbox.time():
        raise refuse(401, "JwtExpired", "jwt expired")
    if claims["aud"] not in audiences:
        raise refuse(401, "BadJwtAudience", f"jwt audience does not match: {claims['aud']}")
    if claims["lxm"] != method:
        raise refuse(401, "BadJwtLexiconMethod", f"bad jwt lexicon method: {claims['lxm']}")
    return str(claims["iss"])


def account_of(sandbox: Sandbox, actor: str) -> Document | None:
    """By DID or handle."""
    found = sandbox.get("account", actor)
    if found is None:
        named = sandbox.find("account", username=actor.lower())
        found = named[0] if named else None
    return found
