"""TikTok's tokens. Its token answers are flat, unlike everything else it says."""

from studio.sandbox import identity
from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.identity import DAY, Denied, Login, login_routes
from studio.sandbox.platforms.tiktok_base import log_id

SCOPES = (
    "user.info.basic", "user.info.profile", "user.info.stats",
    "video.list", "video.upload", "video.publish",
)  # fmt: skip
ACCESS_S, REFRESH_S = DAY, 365 * DAY
LOGIN = Login(
    "TikTok", SCOPES, id_parameter="client_key", code_ttl_s=600, pkce="hex",
)  # fmt: skip


def refuse(call: Call, error: str, description: str) -> Refused:
    status = 200 if call.sandbox.rule("tiktok.errors_with_200", False) else 400
    said = {"error": error, "error_description": description, "log_id": log_id(call)}
    return Refused(Reply(status, said))


def token(call: Call) -> Reply:
    form = _of_app(call)
    grant = form.get("grant_type", "")
    if grant == "authorization_code":
        return _exchange(call, form)
    if grant == "refresh_token":
        return _refresh(call, form)
    raise refuse(call, "unsupported_grant_type", "The grant type is not supported.")


def _of_app(call: Call) -> dict[str, str]:
    if call.content_type != "application/x-www-form-urlencoded":
        raise refuse(call, "invalid_request", "The body must be a form.")
    form = call.form()
    if not identity.is_app(
        call.sandbox, form.get("client_key", ""), form.get("client_secret", "")
    ):
        raise refuse(call, "invalid_client", "Client key or secret is incorrect.")
    return form


def _exchange(call: Call, form: dict[str, str]) -> Reply:
    try:
        code = identity.redeem_code(
            call.sandbox,
            form.get("code", ""),
            app=form["client_key"],
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )
    except Denied as e:
        if e.reason == "redirect_uri":
            raise refuse(call, "invalid_request", "Redirect_uri is not matched.") from e
        if e.reason == "verifier":
            words = "Code verifier or code challenge is invalid."
            raise refuse(call, "invalid_request", words) from e
        raise refuse(call, "invalid_grant", "Authorization code is expired.") from e
    return _pair(call, code["account"], form["client_key"], code["scopes"])


def _refresh(call: Call, form: dict[str, str]) -> Reply:
    """The old refresh token is spent; the new one lives its full year."""
    try:
        old = identity.rotate(call.sandbox, form.get("refresh_token", ""))
    except Denied as e:
        words = "Refresh token is invalid or expired."
        raise refuse(call, "invalid_grant", words) from e
    if old["app"] != form["client_key"]:
        raise refuse(call, "invalid_grant", "Refresh token is invalid or expired.")
    return _pair(call, old["account"], old["app"], old["scopes"], old["id"])


def _pair(call: Call, account: str, app: str, scopes: list[str], old: str = "") -> Reply:
    return Reply(
        200,
        {
            "access_token": identity.issue_token(
                call.sandbox, account, app=app, scopes=scopes, expires_s=ACCESS_S, prefix="act."
            ),
            "expires_in": int(ACCESS_S),
            "open_id": account,
            "refresh_expires_in": int(REFRESH_S),
            "refresh_token": identity.issue_token(
                call.sandbox,
                account,
                kind="refresh",
                app=app,
                scopes=scopes,
                expires_s=REFRESH_S,
                rotated_from=old,
                prefix="rft.",
            ),
            "scope": ",".join(scopes),
            "token_type": "Bearer",
        },
        {"Cache-Control": "no-store"},
    )


def revoke(call: Call) -> Reply:
    form = _of_app(call)
    found = call.sandbox.get("token", form.get("token", ""))
    if found is None or found["app"] != form["client_key"]:
        raise refuse(call, "invalid_request", "The token is not valid.")
    identity.revoke_account(call.sandbox, found["account"], found["app"])
    return Reply(200, {})


ROUTES = [
    *login_routes(r"/v2/auth/authorize/?", LOGIN),
    Route("POST", r"/v2/oauth/token/", token),
    Route("POST", r"/v2/oauth/revoke/", revoke),
]
