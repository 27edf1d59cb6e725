"""Instagram with Instagram Login: www., api. and graph.instagram.com.

Besides the rules of `reels`: instagram.enveloped_token (false: the token answer is flat).
"""

from typing import Any

from studio.sandbox import identity
from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.identity import Login, issue_token, login_routes
from studio.sandbox.platforms import meta, reels
from studio.sandbox.state import Document, Sandbox

PREFIX = "instagram"
BASIC, PUBLISH = "instagram_business_basic", "instagram_business_content_publish"
INSIGHTS, COMMENTS = "instagram_business_manage_insights", "instagram_business_manage_comments"
SCOPES = (BASIC, PUBLISH, INSIGHTS, COMMENTS, "instagram_business_manage_messages")
# The redirect may carry a #_ behind it.
LOGIN = Login("Instagram", SCOPES, suffix="#_")

trouble = meta.trouble
withdrawn = meta.withdrawn


TOKEN_KIND = "long"  # one that may post


def seed(sandbox: Sandbox) -> None:
    identity.add_account(sandbox, "17841400000000001", "mira.demo", name="Mira Demo")
    identity.add_account(sandbox, "17841400000000002", "otto.demo", name="Otto Demo")


# Tokens


def short_token(call: Call) -> Reply:
    """POST /oauth/access_token of api.instagram.com, with errors of its own."""
    given = call.form()
    app = meta.own_app(call, given, _refusal)
    if given.get("grant_type") != "authorization_code":
        raise _refusal("Invalid grant_type")
    try:
        code = identity.redeem_code(
            call.sandbox,
            given.get("code", ""),
            app=app,
            redirect_uri=given.get("redirect_uri", ""),
        )
    except identity.Denied as e:
        words = {
            "used": "This authorization code has been used",
            "expired": "This authorization code has expired",
            "redirect_uri": "Error validating verification code. Please make sure your "
            "redirect_uri is identical to the one you used in the OAuth dialog request",
        }
        raise _refusal(words.get(e.reason, "Invalid authorization code")) from e
    token = issue_token(
        call.sandbox,
        code["account"],
        kind="short",
        app=app,
        scopes=code["scopes"],
        expires_s=meta.SHORT_S,
        prefix="IGshort",
    )
    body: dict[str, Any] = {
        "access_token": token,
        "user_id": int(code["account"]),
        "permissions": code["scopes"],
    }
    enveloped = call.sandbox.rule("instagram.enveloped_token", False)
    return Reply(200, {"data": [body]} if enveloped else body)


def _refusal(message: str) -> Refused:
    body = {"error_type": "OAuthException", "code": 400, "error_message": message}
    return Refused(Reply(400, body))


def long_token(call: Call) -> Reply:
    return meta.exchange(call, "ig", needs=BASIC)


def refresh_token(call: Call) -> Reply:
    return meta.refresh(call, "ig", needs=BASIC)


# Who may


def _account(call: Call, scope: str) -> str:
    """The user in the path, who must be the token's."""
    token = meta.caller(call, "short", "long", scope=scope)
    if call.args["id"] not in ("me", token["account"], _scoped(token["account"])):
        raise meta.no_such(call.args["id"])
    return str(token["account"])


def _scoped(account: str) -> str:
    """The app's own name for the account, which publishing does not take."""
    return f"9{account[-15:]}"


def _post(call: Call, scope: str) -> Document:
    token = meta.caller(call, "short", "long", scope=scope)
    post = call.sandbox.post(PREFIX, call.args["id"])
    if post is None or post["account"] != token["account"]:
        raise meta.no_such(call.args["id"])
    return post


# Calls


def create(call: Call) -> Reply:
    return reels.create(call, _account(call, PUBLISH))


def publish(call: Call) -> Reply:
    return reels.publish(call, _account(call, PUBLISH))


def own_media(call: Call) -> Reply:
    return reels.own_media(call, _account(call, BASIC))


def limit(call: Call) -> Reply:
    return reels.limit(call, _account(call, PUBLISH))


def insights(call: Call) -> Reply:
    """Of a post or of the account."""
    token = meta.caller(call, "short", "long", scope=INSIGHTS)
    if call.args["id"] in ("me", token["account"]):
        return reels.account_insights(call, token["account"])
    return reels.media_insights(call, _post(call, INSIGHTS))


def comment(call: Call) -> Reply:
    return reels.comment(call, _post(call, COMMENTS))


def comments(call: Call) -> Reply:
    return reels.comments(call, _post(call, BASIC))


def node(call: Call) -> Reply:
    """GET /{id}: the account, a container or a post."""
    token = meta.caller(call, "short", "long", scope=BASIC)
    id, account = call.args["id"], token["account"]
    if id in ("me", account, _scoped(account)):
        return reels.user_node(call, account, _scoped(account))
    container = call.sandbox.get("container", id)
    if container and container["account"] == account:
        return reels.container_node(call, container)
    return reels.media_node(call, _post(call, BASIC))


V = meta.VERSION
ID = r"/(?P<id>me|\d+)"
ROUTES = [
    *login_routes(f"{V}/oauth/authorize", LOGIN),
    Route("POST", "/oauth/access_token", short_token),
    Route("GET", f"{V}/access_token", long_token),
    Route("GET", f"{V}/refresh_access_token", refresh_token),
    Route("POST", f"{V}{ID}/media", create, creates=True),
    Route("GET", f"{V}{ID}/media", own_media),
    Route("POST", f"{V}{ID}/media_publish", publish, commit=True),
    Route("GET", f"{V}{ID}/content_publishing_limit", limit),
    Route("GET", f"{V}{ID}/insights", insights),
    Route("POST", f"{V}{ID}/comments", comment),
    Route("GET", f"{V}{ID}/comments", comments),
    Route("GET", f"{V}{ID}", node),
]
