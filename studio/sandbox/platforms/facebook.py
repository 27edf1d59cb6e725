"""www., graph. and rupload.facebook.com, and who may call what there: logins in `facebook_login`,
reels of Pages in `page_reels`, Instagram through Facebook Login in `reels`.

Rules: those of the three.
"""

from collections.abc import Callable
from typing import Any

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.platforms import facebook_login, meta, page_reels, reels, rupload
from studio.sandbox.platforms.facebook_login import add_page, add_person, caller, pages_of
from studio.sandbox.state import Document, Sandbox

PREFIX = "facebook"
SCOPES = facebook_login.SCOPES
trouble = meta.trouble
withdrawn = facebook_login.withdrawn


TOKEN_KIND = "page"  # one that may post


def seed(sandbox: Sandbox) -> None:
    add_person(sandbox, "10220000000000001", "Mira Demo")
    add_page(sandbox, "10150000000000001", "mira.demo", "10220000000000001", "17841400000000001")
    add_page(sandbox, "10150000000000002", "mira.second", "10220000000000001")


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
        mine = pages_of(sandbox, token["account"])
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
    *facebook_login.ROUTES,
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
