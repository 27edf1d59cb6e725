"""TikTok: the account and its videos with their counts."""

from typing import Any

from studio.sandbox.audience import counts, followers
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.platforms.tiktok_base import answer, body, member, refuse, who
from studio.sandbox.state import Document

# Field -> the scope that shows it.
USER_FIELDS = {
    "open_id": "user.info.basic",
    "union_id": "user.info.basic",
    "avatar_url": "user.info.basic",
    "display_name": "user.info.basic",
    "username": "user.info.profile",
    "bio_description": "user.info.profile",
    "profile_deep_link": "user.info.profile",
    "is_verified": "user.info.profile",
    "follower_count": "user.info.stats",
    "following_count": "user.info.stats",
    "likes_count": "user.info.stats",
    "video_count": "user.info.stats",
}
VIDEO_FIELDS = (
    "id", "title", "video_description", "create_time", "share_url", "duration", "cover_image_url",
    "embed_link", "width", "height", "like_count", "comment_count", "share_count", "view_count",
)  # fmt: skip


def _fields(call: Call, known: Any) -> list[str]:
    """The fields that were asked for; there is no default."""
    asked = [one for one in call.query.get("fields", "").split(",") if one]
    if not asked or set(asked) - set(known):
        raise refuse(call, "invalid_params", "Fields is missing or names an unknown field.")
    return asked


def user_info(call: Call) -> Reply:
    token = who(call)
    fields = _fields(call, USER_FIELDS)
    if any(USER_FIELDS[one] not in token["scopes"] for one in fields):
        raise refuse(call, "scope_not_authorized")
    account = call.sandbox.get("account", token["account"]) or {}
    posts = _public(call, token["account"])
    known = {
        "open_id": token["account"],
        "union_id": f"union-{token['account']}",
        "avatar_url": f"{call.url_base}/avatar/{token['account']}.jpeg",
        "display_name": account.get("name", account["username"]),
        "username": account["username"],
        "bio_description": "",
        "profile_deep_link": f"https://www.tiktok.com/@{account['username']}",
        "is_verified": False,
        "follower_count": followers(account),
        "following_count": 12,
        "likes_count": sum(counts(call.sandbox, one).likes for one in posts),
        "video_count": len(posts),
    }
    return answer(call, {"user": {name: known[name] for name in fields}})


def video_list(call: Call) -> Reply:
    token = who(call, "video.list")
    fields = _fields(call, VIDEO_FIELDS)
    asked = body(call)
    most = asked.get("max_count", 10)
    if not isinstance(most, int) or not 1 <= most <= 20:
        raise refuse(call, "invalid_params", "max_count is 1 to 20.")
    before = asked.get("cursor", int(call.sandbox.time() * 1000) + 1)
    posts = [
        one for one in reversed(_public(call, token["account"])) if one["made_at"] * 1000 < before
    ]
    shown = posts[:most]
    return answer(
        call,
        {
            "videos": [_video(call, one, fields) for one in shown],
            "cursor": int(shown[-1]["made_at"] * 1000) if shown else before,
            "has_more": len(posts) > most,
        },
    )


def video_query(call: Call) -> Reply:
    token = who(call, "video.list")
    fields = _fields(call, VIDEO_FIELDS)
    ids = member(call, member(call, body(call), "filters", dict), "video_ids", list)
    if not 1 <= len(ids) <= 20:
        raise refuse(call, "invalid_params", "video_ids has 1 to 20 ids.")
    wanted = {str(one) for one in ids}
    found = [one for one in _public(call, token["account"]) if one["post_id"] in wanted]
    return answer(call, {"videos": [_video(call, one, fields) for one in found]})


def _public(call: Call, open_id: str) -> list[Document]:
    """Private posts are not listed, not even to their owner."""
    return [
        one
        for one in call.sandbox.posts("tiktok", open_id)
        if one["flags"]["privacy"] == "PUBLIC_TO_EVERYONE"
    ]


def _video(call: Call, post: Document, fields: list[str]) -> dict[str, Any]:
    seen = counts(call.sandbox, post)
    known = {
        "id": post["post_id"],
        "title": post["text"],
        "video_description": post["text"],
        "create_time": int(post["made_at"]),
        "share_url": post["flags"]["permalink"],
        "duration": post["flags"]["duration_ms"] // 1000,
        "cover_image_url": f"{call.url_base}/cover/{post['post_id']}.jpeg",
        "embed_link": f"https://www.tiktok.com/embed/v2/{post['post_id']}",
        "width": post["flags"]["width"],
        "height": post["flags"]["height"],
        "like_count": seen.likes,
        "comment_count": seen.comments,
        "share_count": seen.shares,
        "view_count": seen.views,
    }
    return {name: known[name] for name in fields}


ROUTES = [
    Route("GET", r"/v2/user/info/", user_info),
    Route("POST", r"/v2/video/list/", video_list),
    Route("POST", r"/v2/video/query/", video_query),
]
