"""TikTok: what may be posted, and the start of a post."""

from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.identity import DAY, HOUR
from studio.sandbox.platforms.tiktok_base import answer, at_most, body, member, refuse, who
from studio.sandbox.platforms.tiktok_pull import pull
from studio.sandbox.state import Document

MB = 1_000_000
# TikTok does not say which megabyte it means, so only what is right by both is let through.
SMALL, MIN_CHUNK = 5 * MB, 5 * 1024 * 1024
MAX_CHUNK, MAX_LAST_CHUNK, MAX_CHUNKS, MAX_SIZE = 64 * MB, 128 * MB, 1000, 4000 * MB
URL_LIFE_S = HOUR
TITLE_UNITS = 2200  # of UTF-16
LEVELS = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY")
SWITCHES = (
    "disable_comment", "disable_duet", "disable_stitch",
    "brand_content_toggle", "brand_organic_toggle", "is_aigc",
)  # fmt: skip


def is_audited(call: Call) -> bool:
    return bool(call.sandbox.rule("tiktok.audited", True))


def is_private(call: Call) -> bool:
    """Whether the creator's account is; while an app is unaudited it had better be."""
    return bool(call.sandbox.rule("tiktok.private_account", not is_audited(call)))


def privacy_options(call: Call) -> list[str]:
    widest = "FOLLOWER_OF_CREATOR" if is_private(call) else "PUBLIC_TO_EVERYONE"
    return [widest, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]


def may_post(call: Call, token: Document) -> None:
    """The caps that creator_info and a direct post share. Raises Refused."""
    sandbox, now = call.sandbox, call.sandbox.time()
    if sandbox.rule("tiktok.banned", False):
        raise refuse(call, "spam_risk_user_banned_from_posting")
    recent = [
        one
        for one in sandbox.find("task", mode="direct", app=token["app"])
        if one["created"] > now - DAY and one["state"] != "cancelled"
    ]
    mine = [one for one in recent if one["open_id"] == token["account"] and one["done"]]
    if len(mine) >= int(sandbox.rule("tiktok.posts_a_day", 15)):
        raise refuse(call, "spam_risk_too_many_posts")
    users = {one["open_id"] for one in recent} | {token["account"]}
    if not is_audited(call) and len(users) > int(sandbox.rule("tiktok.active_users", 5)):
        raise refuse(call, "reached_active_user_cap")


def creator_info(call: Call) -> Reply:
    token = who(call, "video.publish")
    at_most(call, "creator_info", token, 20)
    may_post(call, token)
    account = call.sandbox.get("account", token["account"]) or {}
    return answer(
        call,
        {
            "creator_avatar_url": f"{call.url_base}/avatar/{token['account']}.jpeg",
            "creator_username": account["username"],
            "creator_nickname": account.get("name", account["username"]),
            "privacy_level_options": privacy_options(call),
            "comment_disabled": bool(call.sandbox.rule("tiktok.comment_disabled", False)),
            "duet_disabled": is_private(call),
            "stitch_disabled": is_private(call),
            "max_video_post_duration_sec": int(call.sandbox.rule("tiktok.max_seconds", 600)),
        },
    )


def direct(call: Call) -> Reply:
    token = who(call, "video.publish")
    at_most(call, "init", token, 6)
    asked = body(call)
    post = _post_info(call, member(call, asked, "post_info", dict))
    source = _source_info(call, member(call, asked, "source_info", dict))
    may_post(call, token)
    if post["privacy_level"] not in privacy_options(call):
        raise refuse(call, "privacy_level_option_mismatch")
    if not is_audited(call) and (post["privacy_level"] != "SELF_ONLY" or not is_private(call)):
        raise refuse(call, "unaudited_client_can_only_post_to_private_accounts")
    return _begin(call, token, "direct", source, post)


def inbox(call: Call) -> Reply:
    token = who(call, "video.upload")
    at_most(call, "init", token, 6)
    source = _source_info(call, member(call, body(call), "source_info", dict))
    since = call.sandbox.time() - DAY
    pending = [
        one
        for one in call.sandbox.find("task", mode="inbox", open_id=token["account"])
        if one["created"] > since and one["state"] in ("waiting", "processing", "inbox")
    ]
    if len(pending) >= int(call.sandbox.rule("tiktok.pending_shares", 5)):
        raise refuse(call, "spam_risk_too_many_pending_share")
    return _begin(call, token, "inbox", source, {})


def _post_info(call: Call, post: dict[str, Any]) -> dict[str, Any]:
    if member(call, post, "privacy_level", str) not in LEVELS:
        raise refuse(call, "invalid_params", "privacy_level is not one of TikTok's.")
    title = post.get("title", "")
    if not isinstance(title, str) or len(title.encode("utf-16-le")) // 2 > TITLE_UNITS:
        raise refuse(call, "invalid_params", "title is longer than 2200 UTF-16 units.")
    for name in SWITCHES:
        if name in post:
            member(call, post, name, bool)
    if "video_cover_timestamp_ms" in post:
        cover = member(call, post, "video_cover_timestamp_ms", int)
        if cover < 0:
            raise refuse(call, "invalid_params", "video_cover_timestamp_ms is negative.")
    if post.get("brand_content_toggle") and post["privacy_level"] == "SELF_ONLY":
        raise refuse(call, "invalid_params", "Branded content cannot be private.")
    return post


def _source_info(call: Call, source: dict[str, Any]) -> dict[str, Any]:
    kind = source.get("source")
    if kind == "PULL_FROM_URL":
        _own_address(call, member(call, source, "video_url", str))
    elif kind == "FILE_UPLOAD":
        _chunks(
            call, *(member(call, source, name, int) for name in
                    ("video_size", "chunk_size", "total_chunk_count"))
        )  # fmt: skip
    else:
        raise refuse(call, "invalid_params", "source is FILE_UPLOAD or PULL_FROM_URL.")
    return source


def _chunks(call: Call, size: int, chunk: int, count: int) -> None:
    """The last chunk carries the remainder, so the count is rounded down."""
    wrong = ""
    if not 0 < size <= MAX_SIZE:
        wrong = "The video_size is not between 1 byte and 4 GB."
    elif size < SMALL and chunk != size:
        wrong = "A video below 5 MB is one chunk of its own size."
    elif chunk != min(size, MIN_CHUNK) and not MIN_CHUNK <= chunk <= MAX_CHUNK:
        wrong = "The chunk_size is not between 5 MB and 64 MB."
    elif count != size // chunk:
        wrong = "The total chunk count is invalid."
    elif not 1 <= count <= MAX_CHUNKS:
        wrong = "There are 1 to 1000 chunks."
    elif size > MAX_CHUNK and count == 1:
        wrong = "A video above 64 MB goes in more than one chunk."
    elif size - (count - 1) * chunk > MAX_LAST_CHUNK:
        wrong = "The last chunk is larger than 128 MB."
    if wrong:
        raise refuse(call, "invalid_params", wrong)


def _own_address(call: Call, url: str) -> None:
    """HTTPS below a verified prefix. The sandbox lets a verified prefix be http: on one machine
    there is no certificate.
    """
    verified = call.sandbox.rule("tiktok.verified_urls", [])
    if not any(url.startswith(str(prefix)) for prefix in verified):
        raise refuse(call, "url_ownership_unverified")


def _begin(
    call: Call, token: Document, mode: str, source: dict[str, Any], post: dict[str, Any]
) -> Reply:
    sandbox = call.sandbox
    pulls = source["source"] == "PULL_FROM_URL"
    how = "url" if pulls else "file"
    publish_id = f"v_{'pub' if mode == 'direct' else 'inbox'}_{how}~v2-1.{sandbox.new_id()}"
    upload_id = sandbox.new_id()
    upload_token = sandbox.new_id("t")
    task = sandbox.put(
        "task",
        publish_id,
        upload_id=upload_id,
        upload_token=upload_token,
        open_id=token["account"],
        app=token["app"],
        mode=mode,
        pulls=pulls,
        url=source.get("video_url", ""),
        size=source.get("video_size", 0),
        chunk=source.get("chunk_size", 0),
        count=source.get("total_chunk_count", 0),
        received=0,
        state="waiting",  # processing, published, inbox, failed, cancelled
        done=False,  # all of the video is here
        created=sandbox.time(),
        expires=sandbox.time() + URL_LIFE_S,
        fate=call.fate,
        polls=0,
        post=post,
        post_id="",
        fail_reason="",
    )
    if pulls:
        pull(sandbox, task)
        return answer(call, {"publish_id": publish_id})
    url = f"{call.url_base}/video/?upload_id={upload_id}&upload_token={upload_token}"
    return answer(call, {"publish_id": publish_id, "upload_url": url})


ROUTES = [
    Route("POST", r"/v2/post/publish/creator_info/query/", creator_info),
    Route("POST", r"/v2/post/publish/video/init/", direct, creates=True),
    Route("POST", r"/v2/post/publish/inbox/video/init/", inbox, creates=True),
]
