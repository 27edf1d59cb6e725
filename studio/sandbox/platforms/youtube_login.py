"""Google's logins as far as YouTube needs them.

A refresh token comes only with access_type=offline, and only at the first consent or with
prompt=consent. Refreshing brings none. Rule youtube.consent_testing (false): the consent screen is
"in testing", so refresh tokens die after seven days.
"""

import base64
import binascii

from studio.sandbox import identity
from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.identity import DAY, Denied, Login, login_routes
from studio.sandbox.platforms.youtube_base import ANALYTICS, FORCE_SSL, MANAGE, READ, UPLOAD
from studio.sandbox.state import Document

SCOPES = (
    UPLOAD, READ, MANAGE, FORCE_SSL, ANALYTICS, "openid", "email", "profile",
    "https://www.googleapis.com/auth/userinfo.profile",
    "https://www.googleapis.com/auth/userinfo.email",
)  # fmt: skip
ACCESS_S = 3599
LOGIN = Login(
    "Google", SCOPES, separator=" ", code_ttl_s=600, pkce="S256",
    keeps=("access_type", "prompt"),
)  # fmt: skip


def refuse(error: str, description: str, status: int = 400) -> Refused:
    return Refused(Reply(status, {"error": error, "error_description": description}))


def token(call: Call) -> Reply:
    form = call.form()
    app, secret = form.get("client_id", ""), form.get("client_secret", "")
    if not app and call.headers.get("Authorization", "").startswith("Basic "):
        app, secret = _basic(call)
    if not identity.is_app(call.sandbox, app, secret):
        raise refuse("invalid_client", "The OAuth client was not found.", 401)
    if form.get("grant_type") == "authorization_code":
        return _exchange(call, form, app)
    if form.get("grant_type") == "refresh_token":
        return _refresh(call, form, app)
    raise refuse("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")


def _basic(call: Call) -> tuple[str, str]:
    try:
        app, _, secret = base64.b64decode(call.bearer(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as e:
        raise refuse("invalid_client", "Malformed Authorization header.", 401) from e
    return app, secret


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
        if e.reason == "redirect_uri":
            raise refuse("redirect_uri_mismatch", "Bad Request") from e
        if e.reason == "verifier":
            raise refuse("invalid_grant", "Invalid code verifier.") from e
        raise refuse("invalid_grant", "Malformed auth code.") from e
    return Reply(200, _answer(call, code["account"], app, code["scopes"]) | _lasting(call, code))


def _lasting(call: Call, code: Document) -> dict[str, object]:
    """The refresh token, if this consent brings one."""
    first = not call.sandbox.find(
        "token", kind="refresh", account=code["account"], app=code["app"], revoked=False
    )
    kept = code.get("kept", {})
    if kept.get("access_type") != "offline" or not (first or kept.get("prompt") == "consent"):
        return {}
    testing = call.sandbox.rule("youtube.consent_testing", False)
    value = identity.issue_token(
        call.sandbox,
        code["account"],
        kind="refresh",
        app=code["app"],
        scopes=code["scopes"],
        expires_s=7 * DAY if testing else None,
        prefix="1//0",
    )
    return {"refresh_token": value} | ({"refresh_token_expires_in": 604799} if testing else {})


def _refresh(call: Call, form: dict[str, str], app: str) -> Reply:
    try:
        found = identity.token(call.sandbox, form.get("refresh_token", ""), "refresh")
    except Denied as e:
        raise refuse("invalid_grant", "Token has been expired or revoked.") from e
    if found["app"] != app:
        raise refuse("unauthorized_client", "Unauthorized", 401)
    return Reply(200, _answer(call, found["account"], app, found["scopes"]))


def _answer(call: Call, account: str, app: str, scopes: list[str]) -> dict[str, object]:
    return {
        "access_token": identity.issue_token(
            call.sandbox, account, app=app, scopes=scopes, expires_s=ACCESS_S, prefix="ya29."
        ),
        "expires_in": ACCESS_S,
        "scope": " ".join(scopes),
        "token_type": "Bearer",
    }


def revoke(call: Call) -> Reply:
    """With an access or a refresh token: the whole grant goes."""
    value = call.query.get("token") or call.form().get("token", "")
    found = call.sandbox.get("token", value)
    if found is None or found["revoked"]:
        raise refuse("invalid_token", "Token expired or revoked")
    identity.revoke_account(call.sandbox, found["account"], found["app"])
    return Reply(200, {})


ROUTES = [
    *login_routes(r"/o/oauth2/v2/auth", LOGIN),
    Route("POST", r"/token", token),
    Route("POST", r"/revoke", revoke),
]
