"""Bluesky: sessions by app password, their renewal, and tokens for other services.

Every account's app password is "sandbox-password". Rules: bluesky.access_s (7200),
bluesky.refresh_s (60 days), bluesky.sessions_5min (30), bluesky.sessions_a_day (300),
bluesky.auth_factor (a code is mailed), bluesky.takedown.
"""

from typing import Any

from studio.sandbox import identity
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.identity import DAY
from studio.sandbox.platforms import atproto
from studio.sandbox.platforms.bluesky_base import (
    KEY,
    account_of,
    counted,
    invalid,
    refuse,
    server_did,
    session,
)
from studio.sandbox.state import Document

PASSWORD = "sandbox-password"
SERVICE_S = 30 * 60


def create(call: Call) -> Reply:
    asked = call.json()
    name, password = asked.get("identifier"), asked.get("password")
    if not isinstance(name, str) or not isinstance(password, str):
        raise invalid("Input must have the property identifier and password")
    counted(call, "sessions_5min", name, limit=30, seconds=300)
    counted(call, "sessions_a_day", name, limit=300, seconds=DAY)
    account = account_of(call.sandbox, name)
    if account is None or password != account.get("password", PASSWORD):
        raise refuse(401, "AuthenticationRequired", "Invalid identifier or password")
    if call.sandbox.rule("bluesky.takedown", False):
        raise refuse(401, "AccountTakedown", "Account has been taken down")
    if call.sandbox.rule("bluesky.auth_factor", False) and not asked.get("authFactorToken"):
        raise refuse(
            401, "AuthFactorTokenRequired", "A sign in code has been sent to your email address"
        )
    return Reply(200, _answer(call, account))


def refresh(call: Call) -> Reply:
    """The refresh token is the bearer here, and it is spent."""
    old = session(call, "refresh")
    with call.sandbox.lock:
        session(call, "refresh")
        identity.revoke(call.sandbox, old["id"])
    account = call.sandbox.get("account", old["account"]) or {}
    return Reply(200, _answer(call, account, old["id"]))


def _answer(call: Call, account: Document, old: str = "") -> dict[str, Any]:
    access_s = float(call.sandbox.rule("bluesky.access_s", 7200))
    refresh_s = float(call.sandbox.rule("bluesky.refresh_s", 60 * DAY))
    return {
        "accessJwt": _token(call, account["id"], "access", access_s),
        "refreshJwt": _token(call, account["id"], "refresh", refresh_s, old),
        **_shown(call, account),
    }


def _token(call: Call, did: str, kind: str, life_s: float, old: str = "") -> str:
    now = call.sandbox.time()
    claims = {
        "scope": f"com.atproto.{kind}",
        "sub": did,
        "aud": server_did(call),
        "jti": call.sandbox.new_id(),
        "iat": int(now),
        "exp": int(now + life_s),
    }
    jwt = atproto.sign(claims, KEY, "at+jwt" if kind == "access" else "refresh+jwt")
    return identity.issue_token(
        call.sandbox, did, kind=kind, expires_s=life_s, value=jwt, rotated_from=old
    )


def _shown(call: Call, account: Document) -> dict[str, Any]:
    return {
        "did": account["id"],
        "handle": account["username"],
        "email": f"{account['username']}@sandbox.example",
        "emailConfirmed": bool(call.sandbox.rule("bluesky.email_confirmed", True)),
        "active": True,
        "didDoc": {
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": account["id"],
            "alsoKnownAs": [f"at://{account['username']}"],
            "verificationMethod": [],
            "service": [
                {
                    "id": "#atproto_pds",
                    "type": "AtprotoPersonalDataServer",
                    "serviceEndpoint": call.url_base,
                }
            ],
        },
    }


def read(call: Call) -> Reply:
    found = session(call)
    return Reply(200, _shown(call, call.sandbox.get("account", found["account"]) or {}))


def delete(call: Call) -> Reply:
    """Ends the session; the bearer is its refresh token."""
    found = session(call, "refresh")
    identity.revoke_account(call.sandbox, found["account"])
    return Reply(200, None)


def service_auth(call: Call) -> Reply:
    """A token for one method of another service, half an hour at most."""
    found = session(call)
    audience, method = call.query.get("aud", ""), call.query.get("lxm", "")
    if not audience.startswith("did:"):
        raise invalid("Error: aud must be a did")
    now = call.sandbox.time()
    asked = call.query.get("exp", str(int(now) + 60))
    if not asked.isdigit():
        raise invalid("Error: exp must be an integer")
    if int(asked) < now:
        raise refuse(400, "BadExpiration", "expiration is in past")
    # Without a method a token is good for a minute only.
    if int(asked) > now + (SERVICE_S if method else 60) + 1:
        raise refuse(400, "BadExpiration", "cannot request a token with an expiration so far off")
    claims = {"iss": found["account"], "aud": audience, "exp": int(asked), "iat": int(now)}
    if method:
        claims["lxm"] = method
    return Reply(200, {"token": atproto.sign(claims, KEY, "JWT")})


def describe(call: Call) -> Reply:
    return Reply(200, {"did": server_did(call), "availableUserDomains": []})


def resolve(call: Call) -> Reply:
    account = account_of(call.sandbox, call.query.get("handle", ""))
    if account is None:
        raise invalid("Unable to resolve handle")
    return Reply(200, {"did": account["id"]})


ROUTES = [
    Route("POST", r"/xrpc/com\.atproto\.server\.createSession", create),
    Route("POST", r"/xrpc/com\.atproto\.server\.refreshSession", refresh),
    Route("POST", r"/xrpc/com\.atproto\.server\.deleteSession", delete),
    Route("GET", r"/xrpc/com\.atproto\.server\.getSession", read),
    Route("GET", r"/xrpc/com\.atproto\.server\.getServiceAuth", service_auth),
    Route("GET", r"/xrpc/com\.atproto\.server\.describeServer", describe),
    Route("GET", r"/xrpc/com\.atproto\.identity\.resolveHandle", resolve),
]
