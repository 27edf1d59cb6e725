"""Threads: containers of text or video, fetched by address, published half a minute later.

Rules: threads.polls_until_finished (1), threads.wait_s (30), threads.quota (250),
threads.permalink_missing_reads (0), threads.fate ("", "stuck", "fail_late"),
threads.strict_media (true).
"""

import re
from typing import Any

from studio.sandbox import audience, identity, media
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.identity import Login, issue_token, login_routes
from studio.sandbox.platforms import meta
from studio.sandbox.state import Document, Sandbox

PREFIX = "threads"
TEXT_CHARS = 500
LINKS = 5
FIVE_MINUTES_MS = 300_000
SCOPES = (
    "threads_basic",
    "threads_content_publish",
    "threads_manage_insights",
    "threads_manage_replies",
    "threads_read_replies",
    "threads_delete",
    "threads_share_to_instagram",
)
LOGIN = Login("Threads", SCOPES)

trouble = meta.trouble
withdrawn = meta.withdrawn


TOKEN_KIND = "long"  # one that may post


def seed(sandbox: Sandbox) -> None:
    identity.add_account(sandbox, "24001000000000001", "mira.demo", name="Mira Demo")
    identity.add_account(sandbox, "24001000000000002", "otto.demo", name="Otto Demo")


def text_length(text: str) -> int:
    """As Threads counts: an emoji counts as many as its UTF-8 bytes."""
    return sum(len(sign.encode()) if _is_emoji(sign) else 1 for sign in text)


def _is_emoji(sign: str) -> bool:
    code = ord(sign)
    return (
        0x1F000 <= code <= 0x1FAFF
        or 0x2600 <= code <= 0x27BF
        or 0x2B00 <= code <= 0x2BFF
        or code in (0x200D, 0xFE0F, 0x20E3)
        or 0xE0020 <= code <= 0xE007F
    )


# Tokens


def short_token(call: Call) -> Reply:
    given = call.params()
    app = meta.own_app(call, given, lambda m: meta.refuse(101, 0, m))
    if given.get("grant_type") != "authorization_code":
        raise meta.refuse(100, 0, "grant_type must be authorization_code")
    try:
        code = identity.redeem_code(
            call.sandbox,
            given.get("code", "").removesuffix("#_"),
            app=app,
            redirect_uri=given.get("redirect_uri", ""),
        )
    except identity.Denied as e:
        raise meta.refuse(100, 0, f"This authorization code is not valid ({e.reason}).") from e
    token = issue_token(
        call.sandbox,
        code["account"],
        kind="short",
        app=app,
        scopes=code["scopes"],
        expires_s=meta.SHORT_S,
        prefix="THshort",
    )
    return Reply(200, {"access_token": token, "user_id": int(code["account"])})


def long_token(call: Call) -> Reply:
    return meta.exchange(call, "th")


def refresh_token(call: Call) -> Reply:
    return meta.refresh(call, "th")


def _caller(call: Call, scope: str = "threads_basic") -> Document:
    return meta.caller(call, "short", "long", scope=scope)


def _own(call: Call, scope: str) -> tuple[Document, str]:
    """The token and the user in the path, who must be the token's."""
    token = _caller(call, scope)
    user = call.args["user"]
    if user not in ("me", token["account"]):
        raise meta.no_such(user)
    return token, token["account"]


# Containers


def create(call: Call) -> Reply:
    """POST /{user}/threads"""
    _, account = _own(call, "threads_content_publish")
    given = call.params()
    kind, text = given.get("media_type", ""), given.get("text", "")
    if kind not in ("TEXT", "VIDEO"):
        raise meta.refuse(100, 0, "media_type must be TEXT or VIDEO; the sandbox has no other.")
    if text_length(text) > TEXT_CHARS:
        raise meta.refuse(100, 0, "Param text must be at most 500 characters long.")
    if len(re.findall(r"https?://", text)) > LINKS:
        raise meta.refuse(100, 0, "THREADS_API__LINK_LIMIT_EXCEEDED")
    if kind == "TEXT" and not text:
        raise meta.refuse(100, 0, "The parameter text is required.")
    if kind == "VIDEO" and not given.get("video_url"):
        raise meta.refuse(100, 0, "The parameter video_url is required.")
    if given.get("reply_to_id") and not call.sandbox.post(PREFIX, given["reply_to_id"]):
        raise meta.no_such(given["reply_to_id"])
    sandbox = call.sandbox
    id = sandbox.new_id("1802")
    digest, failed = _download(sandbox, id, given["video_url"]) if kind == "VIDEO" else ("", "")
    sandbox.put(
        "container",
        id,
        account=account,
        text=text,
        sha256=digest,
        error=failed,
        made=sandbox.time(),
        polls=0,
        needs_polls=sandbox.rule("threads.polls_until_finished", 1) if kind == "VIDEO" else 0,
        ready_after_s=sandbox.rule("threads.wait_s", 30) if kind == "VIDEO" else 0,
        has_media=True,
        fate=call.fate,
        reply_to=given.get("reply_to_id", ""),
    )
    return Reply(200, {"id": id})


def _download(sandbox: Sandbox, id: str, url: str) -> tuple[str, str]:
    """SHA-256 and nothing, or nothing and what the container will say."""
    try:
        digest = meta.fetched(sandbox, id, url, most=10**9)
    except media.Unfetchable:
        return "", "FAILED_DOWNLOADING_VIDEO"
    if not sandbox.rule("threads.strict_media", True):
        return digest, ""
    found = media.film(sandbox.upload_path(id))
    if found is None:
        return digest, "FAILED_PROCESSING_VIDEO"
    if not 0 < found.duration_ms <= FIVE_MINUTES_MS:
        return digest, "INVALID_DURATION"
    if found.width > 1920:
        return digest, "INVALID_ASPEC_RATIO"
    return digest, ""


def publish(call: Call) -> Reply:
    """POST /{user}/threads_publish"""
    _, account = _own(call, "threads_content_publish")
    sandbox = call.sandbox
    with sandbox.lock:
        container = sandbox.get("container", call.params().get("creation_id", ""))
        if container is None or container["account"] != account:
            raise meta.refuse(24, 2207006, "The requested resource does not exist.")
        state = meta.container_state(sandbox, container)
        if state == "PUBLISHED":
            raise meta.refuse(24, 2207006, "The requested resource does not exist.")
        if state == "EXPIRED":
            raise meta.refuse(24, 2207008, "The media container has expired.")
        if state == "ERROR":
            raise meta.refuse(-1, 2207053, _failure(container))
        if state != "FINISHED":
            raise meta.refuse(9007, 2207027, "The media is not ready to be published.")
        if not container["reply_to"]:
            _check_quota(sandbox, account)
        id = sandbox.new_id("1803")
        sandbox.change("container", container["id"], media_id=id)
        if container["reply_to"]:
            sandbox.put(
                "reply", id, post=container["reply_to"], text=container["text"], account=account
            )
            return Reply(200, {"id": id})
        sandbox.publish(
            PREFIX,
            account,
            id,
            container["text"],
            container["sha256"],
            ai_label=False,
            media_path=str(sandbox.upload_path(container["id"])) if container["sha256"] else "",
            permalink=f"https://www.threads.net/@{_username(sandbox, account)}/post/{id}",
        )
    return Reply(200, {"id": id})


def _check_quota(sandbox: Sandbox, account: str) -> None:
    quota = sandbox.rule("threads.quota", 250)
    if meta.published_since(sandbox, account, identity.DAY) >= quota:
        raise meta.refuse(9, 2207042, "You reached the maximum number of posts for today.")


def _username(sandbox: Sandbox, account: str) -> str:
    return str((sandbox.get("account", account) or {}).get("username", account))


def _failure(container: Document) -> str:
    return str(container["error"] or "UNKNOWN")


# Reading


def node(call: Call) -> Reply:
    """GET /{id}: a user, a container or a post."""
    token = _caller(call)
    id = call.args["id"]
    if id in ("me", token["account"]):
        return _user(call, token["account"])
    container = call.sandbox.get("container", id)
    if container and container["account"] == token["account"]:
        container, state = meta.look(call.sandbox, PREFIX, container)
        failed = _failure(container) if state == "ERROR" else None
        return meta.only(call, {"id": id, "status": state, "error_message": failed})
    post = call.sandbox.post(PREFIX, id)
    if post is None:
        raise meta.no_such(id)
    return meta.only(call, _shown(call, post, counted=True))


def _user(call: Call, account: str) -> Reply:
    found = call.sandbox.get("account", account) or {}
    return meta.only(
        call,
        {
            "id": account,
            "username": found.get("username"),
            "name": found.get("name", found.get("username")),
            "threads_profile_picture_url": found.get("picture", ""),
            "threads_biography": "",
        },
    )


def _shown(call: Call, post: Document, *, counted: bool = False) -> dict[str, Any]:
    permalink = post["flags"]["permalink"]
    if counted and meta.permalink_lags(call.sandbox, PREFIX, post["post_id"]):
        permalink = None
    return {
        "id": post["post_id"],
        "text": post["text"],
        "timestamp": meta.iso(post["visible_at"]),
        "permalink": permalink,
        "media_type": "VIDEO" if post["media_sha256"] else "TEXT_POST",
        "media_product_type": "THREADS",
        "username": _username(call.sandbox, post["account"]),
        "shortcode": post["post_id"],
        "owner": {"id": post["account"]},
    }


def own_posts(call: Call) -> Reply:
    """GET /{user}/threads, newest first."""
    _, account = _own(call, "threads_basic")
    return meta.own_list(call, PREFIX, account, lambda post: _shown(call, post))


def limits(call: Call) -> Reply:
    _, account = _own(call, "threads_basic")
    return Reply(
        200,
        {
            "data": [
                {
                    "quota_usage": meta.published_since(call.sandbox, account, identity.DAY),
                    "config": {
                        "quota_total": call.sandbox.rule("threads.quota", 250),
                        "quota_duration": 86400,
                    },
                    "reply_quota_usage": len(call.sandbox.find("reply", account=account)),
                    "reply_config": {"quota_total": 1000, "quota_duration": 86400},
                }
            ]
        },
    )


def remove(call: Call) -> Reply:
    """DELETE /{post}"""
    token = _caller(call, "threads_delete")
    post = call.sandbox.post(PREFIX, call.args["id"])
    if post is None or post["account"] != token["account"]:
        raise meta.no_such(call.args["id"])
    call.sandbox.delete_post(PREFIX, post["post_id"])
    return Reply(200, {"success": True, "deleted_id": post["post_id"]})


def replies(call: Call) -> Reply:
    _caller(call, "threads_read_replies")
    found = call.sandbox.find("reply", post=call.args["id"])
    return meta.paged(call, [{"id": one["id"], "text": one["text"]} for one in found])


def insights(call: Call) -> Reply:
    """GET /{post}/insights"""
    _caller(call, "threads_manage_insights")
    post = call.sandbox.post(PREFIX, call.args["id"])
    if post is None:
        raise meta.no_such(call.args["id"])
    seen = audience.counts(call.sandbox, post)
    return meta.metric_list(
        call,
        {
            "views": seen.views,
            "likes": seen.likes,
            "replies": seen.comments,
            "reposts": seen.shares // 2,
            "quotes": seen.shares // 8,
            "shares": seen.shares - seen.shares // 2 - seen.shares // 8,
        },
    )


def account_insights(call: Call) -> Reply:
    _, account = _own(call, "threads_manage_insights")
    posts = [audience.counts(call.sandbox, p) for p in call.sandbox.posts(PREFIX, account)]
    return meta.metric_list(
        call,
        {
            "views": sum(one.views for one in posts),
            "likes": sum(one.likes for one in posts),
            "replies": sum(one.comments for one in posts),
            "reposts": sum(one.shares for one in posts),
            "quotes": 0,
            "clicks": sum(one.clicks for one in posts),
            "followers_count": audience.followers({"id": account}),
        },
    )


V = meta.VERSION
USER = r"/(?P<user>me|\d+)"
ROUTES = [
    *login_routes(f"{V}/oauth/authorize", LOGIN),
    Route("POST", f"{V}/oauth/access_token", short_token),
    Route("GET", f"{V}/access_token", long_token),
    Route("GET", f"{V}/refresh_access_token", refresh_token),
    Route("POST", f"{V}{USER}/threads", create, creates=True),
    Route("GET", f"{V}{USER}/threads", own_posts),
    Route("POST", f"{V}{USER}/threads_publish", publish, commit=True),
    Route("GET", f"{V}{USER}/threads_publishing_limit", limits),
    Route("GET", f"{V}{USER}/threads_insights", account_insights),
    Route("GET", rf"{V}/(?P<id>\d+)/insights", insights),
    Route("GET", rf"{V}/(?P<id>\d+)/replies", replies),
    Route("GET", rf"{V}/(?P<id>me|\d+)", node),
    Route("DELETE", rf"{V}/(?P<id>\d+)", remove),
]
