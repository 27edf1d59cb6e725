"""www., graph. and rupload.facebook.com: logins and Pages here, reels of Pages in `page_reels`,
and Instagram through Facebook Login in `reels`.

Rules: facebook.require_appsecret_proof (false), and those of the other two modules.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from publishing.emulator import identity, meta, page_reels, reels, rupload
from publishing.emulator.calls import Call, Refused, Reply, Route
from publishing.emulator.identity import Login, issue_token, login_routes
from publishing.emulator.state import Document, Sandbox

PREFIX = "facebook"
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

trouble = meta.trouble


def seed(sandbox: Sandbox) -> None:
    add_person(sandbox, "10220000000000001", "Mira Demo")
    add_page(sandbox, "10150000000000001", "mira.demo", "10220000000000001", "17841400000000001")
    add_page(sandbox, "10150000000000002", "mira.second", "10220000000000001")


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
    person = str(token.get("person", token["account"]))
    for account in (person, *(page["id"] for page in _pages(call.sandbox, person))):
        identity.revoke_account(call.sandbox, account, token["app"])
    return Reply(200, {"success": True})


def pages(call: Call) -> Reply:
    """GET /me/accounts"""
    token = caller(call, "user", "user-long", scope="pages_show_list")
    fields = meta.split_fields(call.query.get("fields", "id,name,access_token"))
    found = []
    for page in _pages(call.sandbox, token["account"]):
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


def _pages(sandbox: Sandbox, person: str) -> list[Document]:
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


# Instagram through a Page


def _instagram(call: Call, scope: str) -> str:
    """The Instagram account in the path, when a Page of this token is linked with it."""
    token = caller(call, "user", "user-long", "page", scope=scope)
    if call.args["id"] not in _linked(call.sandbox, token):
        raise meta.no_such(call.args["id"])
    return call.args["id"]


def _linked(sandbox: Sandbox, token: Document) -> list[str]:
    if token["kind"] == "page":
        mine = [sandbox.get("account", token["account"]) or {}]
    else:
        mine = _pages(sandbox, token["account"])
    return [str(page["instagram"]) for page in mine if page.get("instagram")]


def reel_create(call: Call) -> Reply:
    account = _instagram(call, "instagram_content_publish")
    url = f"{call.url_base}/ig-api-upload{meta.version_of(call)}"
    return reels.create(call, account, upload_url=url)


def reel_upload(call: Call) -> Reply:
    """POST rupload.facebook.com/ig-api-upload/…"""
    try:
        token = meta.granted(call.sandbox, rupload.token_of(call), "user", "user-long", "page")
    except Refused as e:
        raise _unauthorised(e) from e
    container = call.sandbox.get("container", call.args["id"])
    if container is None or container["account"] not in _linked(call.sandbox, token):
        raise rupload.failure("ProcessingFailedError", "There is no such upload.", retriable=False)
    if container["has_media"] or not container["resumable"]:
        raise rupload.failure("OffsetInvalidError", "The upload is complete.", retriable=False)
    rupload.receive(call, container["id"], most=meta.MOST_BYTES)
    exact = container["uri"] == f"{call.url_base}{call.path}"
    reels.upload_finished(call.sandbox, container, exact_uri=exact)
    return Reply(200, {"success": True, "message": "Upload successful."})


def _unauthorised(e: Refused) -> Refused:
    if "debug_info" in e.reply.body:
        return e
    return rupload.failure(
        "NotAuthorizedError", "The token is not valid.", retriable=False, status=401
    )


def reel_publish(call: Call) -> Reply:
    return reels.publish(call, _instagram(call, "instagram_content_publish"))


def reel_list(call: Call) -> Reply:
    return reels.own_media(call, _instagram(call, "instagram_basic"))


def reel_limit(call: Call) -> Reply:
    return reels.limit(call, _instagram(call, "instagram_content_publish"))


# Pages' reels


def _page(call: Call, scope: str) -> str:
    token = caller(call, "page", scope=scope)
    if call.args["id"] not in ("me", token["account"]):
        raise meta.refuse(200, 0, "This token may not act for that Page.", status=403)
    return str(token["account"])


def video_reels(call: Call) -> Reply:
    return page_reels.phase(call, _page(call, "pages_manage_posts"))


def video_list(call: Call) -> Reply:
    return page_reels.listed(call, _page(call, "pages_read_engagement"))


def video_upload(call: Call) -> Reply:
    """POST rupload.facebook.com/video-upload/…"""
    try:
        token = meta.granted(call.sandbox, rupload.token_of(call), "page")
    except Refused as e:
        raise _unauthorised(e) from e
    return page_reels.upload(call, token["account"])


def _video(call: Call, scope: str) -> Document:
    token = caller(call, "page", scope=scope)
    video = call.sandbox.get("video", call.args["id"])
    if video is None or video["account"] != token["account"]:
        raise meta.no_such(call.args["id"])
    return video


def thumbnail(call: Call) -> Reply:
    return page_reels.thumbnail(call, _form_token(call))


def _form_token(call: Call) -> tuple[Document, dict[str, Any]]:
    """The video of a multipart call, and its fields."""
    fields: dict[str, Any] = dict(call.multipart())
    value = str(fields.get("access_token", "")) or call.query.get("access_token", "")
    token = meta.granted(call.sandbox, value or call.bearer(), "page", scope="pages_manage_posts")
    video = call.sandbox.get("video", call.args["id"])
    if video is None or video["account"] != token["account"]:
        raise meta.no_such(call.args["id"])
    return video, fields


def remove(call: Call) -> Reply:
    return page_reels.remove(call, _video(call, "pages_manage_posts"))


def video_insights(call: Call) -> Reply:
    return page_reels.video_insights(call, _video(call, "pages_read_engagement"))


# What an id can be


def _by_kind(
    call: Call,
    *,
    page: Callable[[Call, str], Reply],
    video: Callable[[Call, Document], Reply],
    account: Callable[[Call, str], Reply],
    post: Callable[[Call, Document], Reply],
    scopes: tuple[str, str],
) -> Reply:
    """A Page or its reel, an Instagram account or its reel. scopes: Facebook's, Instagram's."""
    token, id = caller(call), call.args["id"]
    if "instagram" in _kind_of(call, id):
        caller(call, scope=scopes[1])
        linked = _linked(call.sandbox, token)
        if id in linked:
            return account(call, id)
        found = call.sandbox.post("instagram", id)
        if found is None or found["account"] not in linked:
            raise meta.no_such(id)
        return post(call, found)
    caller(call, scope=scopes[0])
    if token["kind"] == "page" and id in ("me", token["account"]):
        return page(call, token["account"])
    return video(call, _video(call, scopes[0]))


def _kind_of(call: Call, id: str) -> str:
    known = call.sandbox.post("instagram", id) or call.sandbox.of("instagram").get("account", id)
    return "instagram" if known else "facebook"


def insights(call: Call) -> Reply:
    return _by_kind(
        call,
        page=page_reels.page_insights,
        video=page_reels.post_insights,
        account=reels.account_insights,
        post=reels.media_insights,
        scopes=("read_insights", "instagram_manage_insights"),
    )


def comment(call: Call) -> Reply:
    return _by_kind(
        call,
        page=_no_comment,
        video=page_reels.comment,
        account=_no_comment,
        post=reels.comment,
        scopes=("pages_manage_engagement", "instagram_manage_comments"),
    )


def comments(call: Call) -> Reply:
    return _by_kind(
        call,
        page=_no_comment,
        video=page_reels.comments,
        account=_no_comment,
        post=reels.comments,
        scopes=("pages_read_engagement", "instagram_basic"),
    )


def _no_comment(call: Call, id: str) -> Reply:
    raise meta.refuse(100, 0, "This object has no comments.")


def node(call: Call) -> Reply:
    """GET /{id}"""
    token, id = caller(call), call.args["id"]
    if id in ("me", token["account"]):
        found = call.sandbox.get("account", token["account"]) or {}
        return meta.only(call, _account_fields(call, found))
    container = call.sandbox.get("container", id)
    if container and container["account"] in _linked(call.sandbox, token):
        return reels.container_node(call, container)
    return _by_kind(
        call,
        page=_no_comment,
        video=page_reels.node,
        account=lambda c, account: reels.user_node(c, account, account),
        post=reels.media_node,
        scopes=("pages_read_engagement", "instagram_basic"),
    )


def _account_fields(call: Call, found: Document) -> dict[str, Any]:
    linked = found.get("instagram")
    return {
        "id": found["id"],
        "name": found["name"],
        "username": found["username"],
        "link": f"https://www.facebook.com/{found['id']}",
        "picture": {"data": {"url": ""}},
        "followers_count": 420,
        "fan_count": 400,
        "instagram_business_account": {"id": linked} if linked else None,
    }


def _starts(call: Call) -> bool:
    return call.params().get("upload_phase") == "start"


def _finishes(call: Call) -> bool:
    return call.params().get("upload_phase") == "finish"


V = meta.VERSION
ID = r"/(?P<id>me|\d+)"
ROUTES = [
    *login_routes(f"{V}/dialog/oauth", LOGIN),
    Route("GET", f"{V}/oauth/access_token", access_token),
    Route("POST", f"{V}/oauth/access_token", access_token),
    Route("GET", f"{V}/debug_token", debug_token),
    Route("GET", f"{V}/me/permissions", permissions),
    Route("DELETE", f"{V}{ID}/permissions", give_up),
    Route("GET", f"{V}/me/accounts", pages),
    Route("GET", f"{V}/me/businesses", nothing),
    Route("GET", rf"{V}/\d+/(owned|client)_pages", nothing),
    Route("POST", rf"/ig-api-upload{V}/(?P<id>\d+)", reel_upload),
    Route("POST", rf"/video-upload{V}/(?P<id>\d+)", video_upload),
    Route("POST", f"{V}{ID}/media", reel_create, creates=True),
    Route("GET", f"{V}{ID}/media", reel_list),
    Route("POST", f"{V}{ID}/media_publish", reel_publish, commit=True),
    Route("GET", f"{V}{ID}/content_publishing_limit", reel_limit),
    Route("POST", f"{V}{ID}/video_reels", video_reels, commit=_finishes, creates=_starts),
    Route("GET", f"{V}{ID}/video_reels", video_list),
    Route("POST", f"{V}{ID}/thumbnails", thumbnail),
    Route("GET", f"{V}{ID}/video_insights", video_insights),
    # The post around a video goes by the Page's id and the video's.
    Route("GET", rf"{V}/(?:\d+_)?(?P<id>me|\d+)/insights", insights),
    Route("POST", f"{V}{ID}/comments", comment),
    Route("GET", f"{V}{ID}/comments", comments),
    Route("DELETE", f"{V}{ID}", remove),
    Route("GET", f"{V}{ID}", node),
]
