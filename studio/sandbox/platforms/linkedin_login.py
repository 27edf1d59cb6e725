"""LinkedIn's logins: sixty days, and then again with the member.

Rule linkedin.refresh_tokens (false): refresh tokens are for approved partners only; they live 365
days from the first, whatever they are used for.
"""

from studio.sandbox import identity
from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.identity import DAY, Denied, Login, login_routes
from studio.sandbox.platforms.linkedin_base import who

SCOPES = (
    "openid", "profile", "email", "w_member_social",
    "w_organization_social", "r_organization_social", "rw_organization_admin",
)  # fmt: skip
ACCESS_S, REFRESH_S = 60 * DAY, 365 * DAY
LOGIN = Login("LinkedIn", SCOPES, separator=" ", code_ttl_s=1800)


def refuse(error: str, description: str, status: int = 400) -> Refused:
    return Refused(Reply(status, {"error": error, "error_description": description}))


def token(call: Call) -> Reply:
    if call.content_type != "application/x-www-form-urlencoded":
        raise refuse("invalid_request", "The body must be a form.")
    form = call.form()
    app = form.get("client_id", "")
    if not identity.is_app(call.sandbox, app, form.get("client_secret", "")):
        raise refuse("invalid_client", "Client authentication failed", 401)
    if form.get("grant_type") == "authorization_code":
        return _exchange(call, form, app)
    if form.get("grant_type") == "refresh_token":
        return _refresh(call, form, app)
    raise refuse("invalid_request", "A required parameter grant_type is missing or not known.")


def _exchange(call: Call, form: dict[str, str], app: str) -> Reply:
    try:
        code = identity.redeem_code(
            call.sandbox,
            form.get("code", ""),
            app=app,
            redirect_uri=form.get("redirect_uri", ""),
        )
    except Denied as e:
        raise refuse(
            "invalid_request",
            "Unable to retrieve access token: appid/redirect uri/code verifier does not match"
            " authorization code. Or authorization code expired.",
        ) from e
    lasting: dict[str, object] = {}
    if call.sandbox.rule("linkedin.refresh_tokens", False):
        value = identity.issue_token(
            call.sandbox,
            code["account"],
            kind="refresh",
            app=app,
            scopes=code["scopes"],
            expires_s=REFRESH_S,
        )
        lasting = {"refresh_token": value, "refresh_token_expires_in": int(REFRESH_S)}
    return Reply(200, _answer(call, code["account"], app, code["scopes"]) | lasting)


def _refresh(call: Call, form: dict[str, str], app: str) -> Reply:
    """The refresh token stays what it is, and so does the day it ends."""
    try:
        old = identity.token(call.sandbox, form.get("refresh_token", ""), "refresh")
    except Denied as e:
        raise refuse("invalid_grant", "The provided refresh token is not valid.") from e
    if old["app"] != app:
        raise refuse("invalid_grant", "The provided refresh token is not valid.")
    left = int(old["expires"] - call.sandbox.time())
    same = {"refresh_token": old["id"], "refresh_token_expires_in": left}
    return Reply(200, _answer(call, old["account"], app, old["scopes"]) | same)


def _answer(call: Call, account: str, app: str, scopes: list[str]) -> dict[str, object]:
    return {
        "access_token": identity.issue_token(
            call.sandbox, account, app=app, scopes=scopes, expires_s=ACCESS_S, prefix="AQ"
        ),
        "expires_in": int(ACCESS_S),
        "scope": ",".join(scopes),
        "token_type": "Bearer",
    }


def userinfo(call: Call) -> Reply:
    """OpenID Connect's: no version."""
    token = who(call, "openid")
    account = call.sandbox.get("account", token["account"]) or {}
    found = {"sub": token["account"].rpartition(":")[2]}
    if "profile" in token["scopes"]:
        name = account.get("name", account["username"])
        picture = f"{call.url_base}/avatar/{found['sub']}.jpeg"
        found |= {"name": name, "given_name": name, "family_name": "", "picture": picture}
    if "email" in token["scopes"]:
        found |= {"email": f"{account['username']}@sandbox.example"}
    return Reply(200, found)


ROUTES = [
    *login_routes(r"/oauth/v2/authorization", LOGIN),
    Route("POST", r"/oauth/v2/accessToken", token),
    Route("GET", r"/v2/userinfo", userinfo),
]
