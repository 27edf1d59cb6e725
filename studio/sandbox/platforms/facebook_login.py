"""Facebook's logins, tokens, people and Pages.

Rules: facebook.require_appsecret_proof (false).
"""

import hashlib
import hmac

from studio.sandbox import identity
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.identity import Login, issue_token, login_routes
from studio.sandbox.platforms import meta, reels
from studio.sandbox.state import Document, Sandbox

SCOPES = (
    "public_profile",
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_posts",
    "pages_manage_engagement",
    "pages_read_user_content",
    "read_insights",
    "business_management",
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_insights",
    "instagram_manage_comments",
    "ads_management",
    "ads_read",
)
LOGIN = Login("Facebook", SCOPES)


def add_person(sandbox: Sandbox, id: str, name: str) -> None:
    """Somebody who logs in; Pages belong to people."""
    identity.add_account(sandbox, id, name.lower().replace(" ", "."), name=name, type="person")


def add_page(sandbox: Sandbox, id: str, name: str, owner: str, instagram: str = "") -> None:
    """instagram: the professional account that is linked with it."""
    identity.add_account(
        sandbox, id, name, name=name, type="page", login=False, owner=owner, instagram=instagram
    )


# Tokens


def access_token(call: Call) -> Reply:
    """GET /oauth/access_token: for a code, or long-lived for short-lived."""
    given = call.params()
    app = meta.own_app(call, given, lambda words: meta.refuse(1, 0, words, transient=False))
    if given.get("grant_type") == "fb_exchange_token":
        old = meta.granted(call.sandbox, given.get("fb_exchange_token", ""), "user", "user-long")
        return _user_token(call, old, "user-long", meta.LONG_S)
    try:
        code = identity.redeem_code(
            call.sandbox,
            given.get("code", ""),
            app=app,
            redirect_uri=given.get("redirect_uri", ""),
        )
    except identity.Denied as e:
        raise meta.refuse(
            100, 36007 if e.reason == "expired" else 36009,
            f"This authorization code is not valid ({e.reason}).",
        ) from e  # fmt: skip
    return _user_token(call, code, "user", 1.5 * identity.HOUR)


def _user_token(call: Call, of: Document, kind: str, seconds: float) -> Reply:
    token = issue_token(
        call.sandbox,
        of["account"],
        kind=kind,
        app=of["app"],
        scopes=of["scopes"],
        expires_s=seconds,
        prefix="EAA",
    )
    return Reply(200, {"access_token": token, "token_type": "bearer", "expires_in": int(seconds)})


def debug_token(call: Call) -> Reply:
    """GET /debug_token, asked by the app itself (id|secret) or with a user's token."""
    asker = call.query.get("access_token", "") or call.bearer()
    app, _, secret = asker.partition("|")
    if not (secret and identity.is_app(call.sandbox, app, secret)):
        meta.granted(call.sandbox, asker, "user", "user-long")
    found = call.sandbox.get("token", call.query.get("input_token", ""))
    if found is None:
        wrong = {"code": 190, "message": "Invalid OAuth access token."}
        return Reply(200, {"data": {"is_valid": False, "error": wrong, "scopes": []}})
    try:
        identity.token(call.sandbox, found["id"])
        error = None
    except identity.Denied as e:
        error = {"code": 190, "subcode": 463 if e.reason == "expired" else 460, "message": str(e)}
    data = {
        "app_id": found["app"],
        "type": "PAGE" if found["kind"] == "page" else "USER",
        "is_valid": error is None,
        "issued_at": int(found["issued"]),
        "expires_at": int(found["expires"] or 0),
        "data_access_expires_at": int(found["issued"] + 90 * identity.DAY),
        "scopes": found["scopes"],
        "user_id": found.get("person", found["account"]),
    }
    if found["kind"] == "page":
        data["profile_id"] = found["account"]
    return Reply(200, {"data": data | ({"error": error} if error else {})})


def caller(call: Call, *kinds: str, scope: str = "") -> Document:
    """The token of this call, with its proof where one is given or demanded."""
    token = meta.caller(call, *kinds, scope=scope)
    proof = call.params().get("appsecret_proof", "")
    if proof or call.sandbox.rule("facebook.require_appsecret_proof", False):
        secret = identity.app_secret(call.sandbox, token["app"]) or ""
        right = hmac.new(secret.encode(), token["id"].encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(proof.encode(), right.encode()):
            raise meta.refuse(100, 0, "Invalid appsecret_proof provided in the API argument")
    return token


# People and Pages


def permissions(call: Call) -> Reply:
    token = caller(call, "user", "user-long")
    granted = [{"permission": one, "status": "granted"} for one in token["scopes"]]
    return Reply(200, {"data": granted})


def give_up(call: Call) -> Reply:
    """DELETE /me/permissions: the app is removed, and every token with it."""
    token = caller(call, "user", "user-long", "page")
    withdrawn(call.sandbox, str(token.get("person", token["account"])))
    return Reply(200, {"success": True})


def withdrawn(sandbox: Sandbox, person: str) -> None:
    """Somebody removed the app, which ends its tokens for their Pages too."""
    for page in pages_of(sandbox, person):
        identity.revoke_account(sandbox, page["id"])
    meta.withdrawn(sandbox, person)


def pages(call: Call) -> Reply:
    """GET /me/accounts"""
    token = caller(call, "user", "user-long", scope="pages_show_list")
    fields = meta.split_fields(call.query.get("fields", "id,name,access_token"))
    found = []
    for page in pages_of(call.sandbox, token["account"]):
        linked = page["instagram"] and reels.account_of(call.sandbox, page["instagram"])
        whole = {
            "id": page["id"],
            "name": page["name"],
            "access_token": _page_token(call.sandbox, page["id"], token),
            "category": "Personal blog",
            "tasks": ["CREATE_CONTENT", "MODERATE", "ANALYZE", "MANAGE"],
            "username": page["username"],
            "picture": {"data": {"url": ""}},
            "instagram_business_account": {
                "id": page["instagram"],
                "username": linked["username"],
                "profile_picture_url": "",
            }
            if linked
            else None,
        }
        found.append(
            {k: v for k, v in whole.items() if (k in fields or k == "id") and v is not None}
        )
    return meta.paged(call, found)


def pages_of(sandbox: Sandbox, person: str) -> list[Document]:
    return sandbox.find("account", type="page", owner=person)


def _page_token(sandbox: Sandbox, page: str, user: Document) -> str:
    """Lives as long as the user's token, and for ever from a long-lived one."""
    for one in sandbox.find("token", account=page, rotated_from=user["id"]):
        if not one["revoked"]:
            return str(one["id"])
    left = None if user["kind"] == "user-long" else user["expires"] - sandbox.time()
    return issue_token(
        sandbox,
        page,
        kind="page",
        app=user["app"],
        scopes=user["scopes"],
        expires_s=left,
        rotated_from=user["id"],
        prefix="EAAP",
        person=user["account"],
    )


def nothing(call: Call) -> Reply:
    """Businesses: the sandbox has none."""
    caller(call)
    return Reply(200, {"data": []})


V = meta.VERSION
ROUTES = [
    *login_routes(f"{V}/dialog/oauth", LOGIN),
    Route("GET", f"{V}/oauth/access_token", access_token),
    Route("POST", f"{V}/oauth/access_token", access_token),
    Route("GET", f"{V}/debug_token", debug_token),
    Route("GET", f"{V}/me/permissions", permissions),
    Route("DELETE", rf"{V}/(?P<id>me|\d+)/permissions", give_up),
    Route("GET", f"{V}/me/accounts", pages),
    Route("GET", f"{V}/me/businesses", nothing),
    Route("GET", rf"{V}/\d+/(owned|client)_pages", nothing),
]
