"""Mastodon: registering an app with the server, and tokens, which do not run out."""

import secrets
from typing import Any

from studio.sandbox import identity
from studio.sandbox.audience import followers
from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.identity import Denied, Login, login_routes
from studio.sandbox.platforms.mastodon_base import (
    SCOPES,
    counted,
    holder,
    iso,
    params,
    refuse,
    unprocessable,
)
from studio.sandbox.state import Document

LOGIN = Login("Mastodon", SCOPES, separator=" ", code_ttl_s=600, pkce="S256")
BAD_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included, or"
    " unsupported authentication method."
)
BAD_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection"
    " URI used in the authorization request, or was issued to another client."
)


def register(call: Call) -> Reply:
    asked = params(call)
    name, uris = asked.get("client_name"), asked.get("redirect_uris")
    uris = uris.split() if isinstance(uris, str) else uris
    if not isinstance(uris, list) or not all(isinstance(one, str) for one in uris):
        uris = []
    missing = [
        words for words, value in (("Application name", name), ("Redirect URI", uris)) if not value
    ]
    if missing:
        raise unprocessable(", ".join(f"{one} can't be blank" for one in missing))
    scopes = str(asked.get("scopes") or "read").split()
    if set(scopes) - set(SCOPES):
        raise unprocessable("Scopes doesn't match configured on the server.")
    app = call.sandbox.put(
        "app",
        secrets.token_urlsafe(24),
        secret=secrets.token_urlsafe(24),
        name=name,
        redirect_uris=uris,
        scopes=scopes,
    )
    return Reply(
        200,
        {
            "id": call.sandbox.new_id(),
            "name": name,
            "website": asked.get("website"),
            "scopes": scopes,
            "redirect_uris": uris,
            "redirect_uri": "\n".join(uris),
            "client_id": app["id"],
            "client_secret": app["secret"],
            "client_secret_expires_at": 0,
        },
    )


def _app(call: Call, asked: dict[str, Any]) -> str:
    app = str(asked.get("client_id", ""))
    if not identity.is_app(call.sandbox, app, str(asked.get("client_secret", ""))):
        raise refuse(401, "invalid_client", BAD_CLIENT)
    return app


def token(call: Call) -> Reply:
    asked = params(call)
    if asked.get("grant_type") != "authorization_code":
        raise refuse(400, "unsupported_grant_type", "The authorization grant type is not"
                     " supported by the authorization server.")  # fmt: skip
    app = _app(call, asked)
    try:
        code = identity.redeem_code(
            call.sandbox,
            str(asked.get("code", "")),
            app=app,
            redirect_uri=str(asked.get("redirect_uri", "")),
            verifier=str(asked.get("code_verifier", "")),
        )
    except Denied as e:
        raise refuse(400, "invalid_grant", BAD_GRANT) from e
    value = identity.issue_token(call.sandbox, code["account"], app=app, scopes=code["scopes"])
    return Reply(
        200,
        {
            "access_token": value,
            "token_type": "Bearer",
            "scope": " ".join(code["scopes"]),
            "created_at": int(call.sandbox.time()),
        },
    )


def revoke(call: Call) -> Reply:
    asked = params(call)
    found = call.sandbox.get("token", str(asked.get("token", "")))
    try:
        app = _app(call, asked)
    except Refused as e:
        raise refuse(403, "unauthorized_client", BAD_CLIENT) from e
    if found and found["app"] != app:
        raise refuse(403, "unauthorized_client", "You are not authorized to revoke this token")
    identity.revoke(call.sandbox, str(asked.get("token", "")))
    return Reply(200, {})


def verify_credentials(call: Call) -> Reply:
    found = holder(call, "read:accounts", "profile")
    account = call.sandbox.get("account", found["account"]) or {}
    return Reply(200, account_of(call, account) | {"source": {"privacy": "public"}})


def account_of(call: Call, account: Document) -> dict[str, Any]:
    """An account as the API shows it."""
    posts = call.sandbox.posts("mastodon", account["id"])
    return {
        "id": account["id"],
        "username": account["username"],
        "acct": account["username"],
        "display_name": account.get("name", ""),
        "bot": False,
        "created_at": iso(0),
        "url": f"{call.url_base}/@{account['username']}",
        "avatar": f"{call.url_base}/avatars/{account['id']}.png",
        "followers_count": followers(account),
        "following_count": 12,
        "statuses_count": len(posts),
    }


ROUTES = [
    *login_routes(r"/oauth/authorize", LOGIN),
    Route("POST", r"/api/v1/apps", counted(register)),
    Route("POST", r"/oauth/token", token),
    Route("POST", r"/oauth/revoke", revoke),
    Route("GET", r"/api/v1/accounts/verify_credentials", counted(verify_credentials)),
]
