"""X's logins: OAuth 2.0 with PKCE, codes of thirty seconds, refresh tokens that work once.

A refresh token that is used a second time ends the connection: every token of it is dead.
"""

import base64
import binascii

from studio.sandbox import identity
from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.identity import DAY, Denied, Login, login_routes

SCOPES = (
    "tweet.read", "tweet.write", "users.read", "media.write", "offline.access",
)  # fmt: skip
ACCESS_S, REFRESH_S = 7200, 182 * DAY
LOGIN = Login("X", SCOPES, separator=" ", code_ttl_s=30, pkce="S256", pkce_required=True)


def refuse(error: str, description: str, status: int = 400) -> Refused:
    return Refused(Reply(status, {"error": error, "error_description": description}))


def token(call: Call) -> Reply:
    app = _app(call)
    form = call.form()
    if form.get("grant_type") == "authorization_code":
        return _exchange(call, form, app)
    if form.get("grant_type") == "refresh_token":
        return _refresh(call, form, app)
    raise refuse("invalid_request", "Missing or wrong parameter [grant_type].")


def _app(call: Call) -> str:
    """A confidential client names itself in the Authorization header, nowhere else."""
    try:
        raw = base64.b64decode(call.bearer(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raw = ""
    app, _, secret = raw.partition(":")
    is_basic = call.headers.get("Authorization", "").startswith("Basic ")
    if not is_basic or not identity.is_app(call.sandbox, app, secret):
        raise refuse("unauthorized_client", "Missing valid authorization header", 401)
    return app


def _exchange(call: Call, form: dict[str, str], app: str) -> Reply:
    try:
        code = identity.redeem_code(
            call.sandbox,
            form.get("code", ""),
            app=app,
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )
    except Denied as e:
        what = {"redirect_uri": "redirect uri", "verifier": "code verifier"}
        name = what.get(e.reason, "authorization code")
        raise refuse("invalid_request", f"Value passed for the {name} was invalid.") from e
    return _pair(call, code["account"], app, code["scopes"])


def _refresh(call: Call, form: dict[str, str], app: str) -> Reply:
    value = form.get("refresh_token", "")
    try:
        old = identity.rotate(call.sandbox, value)
    except Denied as e:
        spent = call.sandbox.get("token", value)
        if spent and e.reason == "revoked":
            identity.revoke_account(call.sandbox, spent["account"], spent["app"])
        raise refuse("invalid_request", "Value passed for the token was invalid.") from e
    if old["app"] != app:
        raise refuse("invalid_request", "Value passed for the token was invalid.")
    return _pair(call, old["account"], app, old["scopes"], old["id"])


def _pair(call: Call, account: str, app: str, scopes: list[str], old: str = "") -> Reply:
    answer: dict[str, object] = {
        "token_type": "bearer",
        "expires_in": ACCESS_S,
        "access_token": identity.issue_token(
            call.sandbox, account, app=app, scopes=scopes, expires_s=ACCESS_S
        ),
        "scope": " ".join(scopes),
    }
    if "offline.access" in scopes:
        answer["refresh_token"] = identity.issue_token(
            call.sandbox,
            account,
            kind="refresh",
            app=app,
            scopes=scopes,
            expires_s=REFRESH_S,
            rotated_from=old,
        )
    return Reply(200, answer)


def revoke(call: Call) -> Reply:
    app = _app(call)
    found = call.sandbox.get("token", call.form().get("token", ""))
    if found is None or found["app"] != app:
        raise refuse("invalid_request", "Value passed for the token was invalid.")
    identity.revoke(call.sandbox, found["id"])
    return Reply(200, {"revoked": True})


ROUTES = [
    *login_routes(r"/i/oauth2/authorize", LOGIN),
    Route("POST", r"/2/oauth2/token", token),
    Route("POST", r"/2/oauth2/revoke", revoke),
]
