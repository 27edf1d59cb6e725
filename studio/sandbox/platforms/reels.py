"""Instagram reels, the same under both logins: containers, publishing, reading, insights.

Containers belong to the login they were made with; accounts and posts are Instagram's.

Rules: instagram.polls_until_finished (2), instagram.quota (100), instagram.containers (400),
instagram.permalink_missing_reads (0), instagram.download_late (false: a video_url that cannot be
fetched is refused at once), instagram.insights_lag_s (0), instagram.trial_reels (true),
instagram.strict_media (true), instagram.fate ("", "stuck", "fail_late").
"""

import json
from typing import Any

from studio.sandbox import audience, identity, media
from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.platforms import meta
from studio.sandbox.state import Document, Sandbox, sha256_of

NAME = "instagram"
CAPTION_CHARS, HASHTAGS, MENTIONS = 2200, 30, 20
MIN_MS, MAX_MS = 3_000, 900_000
COVER_BYTES = 8 * 10**6
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def account_of(sandbox: Sandbox, id: str) -> Document:
    return sandbox.of(NAME).get("account", id) or {"id": id, "username": id}


# Containers


def create(call: Call, account: str, *, upload_url: str = "") -> Reply:
    """POST /{user}/media. upload_url: where bytes are sent; without it, only video_url works."""
    given = call.params()
    if given.get("media_type") != "REELS":
        raise meta.refuse(100, 2207023, "The media type is unknown; the sandbox has REELS.")
    resumable = given.get("upload_type") == "resumable"
    if resumable and not upload_url:
        raise meta.refuse(100, 0, "The parameter upload_type is not supported with this login.")
    if resumable == bool(given.get("video_url")):
        raise meta.refuse(100, 0, "The parameter video_url is required.")
    _check_words(call.sandbox, given)
    sandbox = call.sandbox
    _check_budget(sandbox, account)
    id = sandbox.new_id("1790")
    cover = _cover(sandbox, f"{id}-cover", given.get("cover_url", ""))
    container: dict[str, Any] = {
        "account": account,
        "caption": given.get("caption", ""),
        "ai": truth(given.get("is_ai_generated", "false")),
        "to_feed": truth(given.get("share_to_feed", "true")),
        "trial": given.get("trial_params", ""),
        "thumb_offset": _whole(given.get("thumb_offset", "0")),
        "cover": cover,
        "made": sandbox.time(),
        "polls": 0,
        "ready_after_s": 0,
        "fate": call.fate,
        "error": "",
        "sha256": "",
        "has_media": False,
        "resumable": resumable,
        "needs_polls": sandbox.rule("instagram.polls_until_finished", 2),
    }
    if resumable:
        sandbox.put("container", id, **container, uri=f"{upload_url}/{id}")
        return Reply(200, {"id": id, "uri": f"{upload_url}/{id}"})
    container |= _downloaded(sandbox, id, given["video_url"], container["thumb_offset"])
    sandbox.put("container", id, **container)
    return Reply(200, {"id": id})


def _check_words(sandbox: Sandbox, given: dict[str, str]) -> None:
    caption = given.get("caption", "")
    if len(caption) > CAPTION_CHARS:
        raise meta.refuse(36004, 2207010, "The caption is too long.")
    if meta.hashtags(caption) > HASHTAGS or meta.mentions(caption) > MENTIONS:
        raise meta.refuse(100, 0, "The caption has too many hashtags or mentions.")
    if len(_listed(given.get("collaborators", "[]"))) > 3:
        raise meta.refuse(100, 0, "There can be three collaborators.")
    if given.get("trial_params"):
        strategy = _object(given["trial_params"]).get("graduation_strategy")
        if strategy not in ("MANUAL", "SS_PERFORMANCE"):
            raise meta.refuse(100, 0, "The graduation_strategy is not known.")
        if not sandbox.rule("instagram.trial_reels", True):
            raise meta.refuse(100, 2207081, "The account is not eligible for trial reels.")


def _check_budget(sandbox: Sandbox, account: str) -> None:
    since = sandbox.time() - identity.DAY
    made = sum(one["made"] > since for one in sandbox.find("container", account=account))
    if made >= sandbox.rule("instagram.containers", 400):
        raise meta.refuse(4, 0, "Too many containers were made today.")


def truth(word: str) -> bool:
    """A boolean as Graph takes one. Refused when it is none."""
    known = {"true": True, "1": True, "false": False, "0": False}
    if word.lower() not in known:
        raise meta.refuse(100, 0, f"{word!r} is not a boolean.")
    return known[word.lower()]


def _whole(word: str) -> int:
    if not word.isdigit():
        raise meta.refuse(100, 0, f"{word!r} is not a number.")
    return int(word)


def _listed(text: str) -> list[Any]:
    found = _parsed(text)
    if not isinstance(found, list):
        raise meta.refuse(100, 0, "A list was expected.")
    return found


def _object(text: str) -> dict[str, Any]:
    found = _parsed(text)
    if not isinstance(found, dict):
        raise meta.refuse(100, 0, "An object was expected.")
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as e:
        raise meta.refuse(100, 0, "A parameter is not JSON.") from e


def _cover(sandbox: Sandbox, id: str, url: str) -> str:
    """Fetch the cover; the path of its file."""
    if not url:
        return ""
    try:
        media.fetch(sandbox, id, url, most=10 * COVER_BYTES, kinds=("image/",))
    except media.Unfetchable as e:
        raise _unfetchable(e) from e
    path = sandbox.upload_path(id)
    if path.stat().st_size > COVER_BYTES:
        raise meta.refuse(36000, 2207004, "The image is too large.")
    with path.open("rb") as file:
        if file.read(3) != b"\xff\xd8\xff":
            raise meta.refuse(36001, 2207005, "The image format is not supported.")
    return str(path)


def _unfetchable(reason: Exception) -> Refused:
    return meta.refuse(
        9004, 2207052, f"The media could not be fetched from this URI ({reason}).", transient=False
    )


def _downloaded(sandbox: Sandbox, id: str, url: str, thumb_offset: int) -> dict[str, Any]:
    try:
        meta.fetched(sandbox, id, url)
    except media.Unfetchable as e:
        if sandbox.rule("instagram.download_late", False):
            return {"error": "2207052"}
        raise _unfetchable(e) from e
    return looked_at(sandbox, id, thumb_offset)


def looked_at(sandbox: Sandbox, id: str, thumb_offset: int) -> dict[str, Any]:
    """What processing will find: SHA-256, and the subcode it will fail with."""
    path = sandbox.upload_path(id)
    found: dict[str, Any] = {"sha256": sha256_of(path), "has_media": True, "polls": 0}
    if not sandbox.rule("instagram.strict_media", True):
        return found
    film = media.film(path)
    if film is None or not film.moov_first or not MIN_MS <= film.duration_ms <= MAX_MS:
        return {**found, "error": "2207026"}
    if not film.height or not 0.01 <= film.width / film.height <= 10:
        return {**found, "error": "2207009"}
    if film.width > 1920:
        return {**found, "error": "2207026"}
    if thumb_offset > film.duration_ms:
        return {**found, "error": "2207057"}
    return found


def container_node(call: Call, container: Document) -> Reply:
    """GET /{container}: a poll."""
    container, state = meta.look(call.sandbox, NAME, container)
    error = container["error"] or "2207085"
    status = {
        "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
        "ERROR": f"Error: Media upload has failed with error code {error}",
        "IN_PROGRESS": "In Progress: Media is still being processed.",
        "PUBLISHED": "Published: Media has been published.",
        "EXPIRED": "Expired: The container was not published within 24 hours.",
    }[state]
    size = call.sandbox.upload_size(container["id"])
    upload = "complete" if container["has_media"] else "in_progress" if size else "not_started"
    processing = {"IN_PROGRESS": "in_progress", "ERROR": "error"}.get(state, "complete")
    return meta.only(
        call,
        {
            "id": container["id"],
            "status_code": state,
            "status": status,
            "copyright_check_status": {"status": "completed", "matches_found": False},
            "video_status": {
                "uploading_phase": {"status": upload, "bytes_transferred": size},
                "processing_phase": {
                    "status": processing if container["has_media"] else "not_started"
                },
            },
        },
    )


# Publishing


def publish(call: Call, account: str) -> Reply:
    """POST /{user}/media_publish"""
    sandbox = call.sandbox
    given = call.params()
    with sandbox.lock:
        container = sandbox.get("container", given.get("creation_id", ""))
        if container is None or container["account"] != account:
            raise meta.refuse(24, 2207006, "The requested resource does not exist.")
        state = meta.container_state(sandbox, container)
        if state != "FINISHED":
            raise _not_now(state)
        if used_today(sandbox, account) >= sandbox.rule("instagram.quota", 100):
            raise meta.refuse(9, 2207042, "You reached the maximum number of posts for today.")
        id = sandbox.new_id("1800")
        sandbox.change("container", container["id"], media_id=id)
        code = shortcode(int(id))
        sandbox.publish(
            NAME,
            account,
            id,
            container["caption"],
            container["sha256"],
            ai_label=container["ai"],
            media_path=str(sandbox.upload_path(container["id"])),
            cover_path=container["cover"],
            permalink=f"https://www.instagram.com/reel/{code}/",
            shortcode=code,
            to_feed=container["to_feed"],
            trial=container["trial"],
        )
    return Reply(200, {"id": id})


def _not_now(state: str) -> Refused:
    if state == "PUBLISHED":
        # A spent container is gone; that it was this very one that is live, only its status says.
        return meta.refuse(24, 2207006, "The requested resource does not exist.")
    if state == "EXPIRED":
        return meta.refuse(24, 2207008, "The media container has expired.")
    if state == "ERROR":
        return meta.refuse(-1, 2207053, "The media could not be processed.", transient=False)
    return meta.refuse(9007, 2207027, "The media is not ready to be published. Wait a moment.")


def shortcode(number: int) -> str:
    found = ""
    while number:
        number, at = divmod(number, 64)
        found = ALPHABET[at] + found
    return found


def used_today(sandbox: Sandbox, account: str) -> int:
    since = sandbox.time() - identity.DAY
    return sum(one["made_at"] > since for one in sandbox.posts(NAME, account, hidden=True))


def limit(call: Call, account: str) -> Reply:
    """GET /{user}/content_publishing_limit"""
    found = {
        "quota_usage": used_today(call.sandbox, account),
        "config": {
            "quota_total": call.sandbox.rule("instagram.quota", 100),
            "quota_duration": 86400,
        },
    }
    asked = meta.split_fields(call.query.get("fields", "")) or ["quota_usage"]
    return Reply(200, {"data": [{k: v for k, v in found.items() if k in asked}]})


# Reading


def media_node(call: Call, post: Document) -> Reply:
    """GET /{media}"""
    found = shown(call, post)
    if meta.permalink_lags(call.sandbox, NAME, post["post_id"]):
        found["permalink"] = None
    return meta.only(call, found)


def shown(call: Call, post: Document) -> dict[str, Any]:
    seen = audience.counts(call.sandbox, post)
    own = len(call.sandbox.of(NAME).find("comment", post=post["post_id"]))
    base = f"{call.origin}/_media/{NAME}/{post['post_id']}"
    return {
        "id": post["post_id"],
        "caption": post["text"] or None,
        "timestamp": meta.iso(post["visible_at"]),
        "permalink": post["flags"]["permalink"],
        "shortcode": post["flags"]["shortcode"],
        "media_type": "VIDEO",
        "media_product_type": "REELS",
        "media_url": base,
        "thumbnail_url": base.replace("_media", "_cover"),
        "is_ai_generated": post["ai_label"],
        "is_shared_to_feed": post["flags"]["to_feed"],
        "username": account_of(call.sandbox, post["account"])["username"],
        "owner": {"id": post["account"]},
        "like_count": seen.likes,
        "comments_count": seen.comments + own,
    }


def own_media(call: Call, account: str) -> Reply:
    """GET /{user}/media, newest first."""
    return meta.own_list(call, NAME, account, lambda post: shown(call, post))


def comment(call: Call, post: Document) -> Reply:
    """POST /{media}/comments"""
    message = call.params().get("message", "")
    if not message or len(message) > CAPTION_CHARS:
        raise meta.refuse(100, 0, "The parameter message is required.")
    id = call.sandbox.new_id("1810")
    call.sandbox.of(NAME).put("comment", id, post=post["post_id"], text=message)
    return Reply(200, {"id": id})


def comments(call: Call, post: Document) -> Reply:
    found = call.sandbox.of(NAME).find("comment", post=post["post_id"])
    return meta.paged(call, [{"id": one["id"], "text": one["text"]} for one in found])


# Insights


def media_insights(call: Call, post: Document) -> Reply:
    """GET /{media}/insights"""
    seen = audience.counts(call.sandbox, post)
    lag = call.sandbox.rule("instagram.insights_lag_s", 0)
    if call.sandbox.time() - post["visible_at"] < lag:
        return Reply(200, {"data": []})
    return meta.metric_list(
        call,
        {
            "views": seen.views,
            "reach": seen.reach,
            "saved": seen.saves,
            "likes": seen.likes,
            "comments": seen.comments,
            "shares": seen.shares,
            "reposts": seen.shares // 4,
            "total_interactions": seen.likes + seen.comments + seen.shares + seen.saves,
            "ig_reels_avg_watch_time": seen.average_watch_ms,
            "ig_reels_video_view_total_time": seen.watched_ms,
            "reels_skip_rate": 34,
            "crossposted_views": seen.views,
            "facebook_views": 0,
        },
    )


def account_insights(call: Call, account: str) -> Reply:
    """GET /{user}/insights"""
    if call.query.get("metric") == "online_followers":
        hours = {str(hour): 0 for hour in range(24)} if call.query.get("period") else {}
        body = {"name": "online_followers", "period": "lifetime", "values": [{"value": hours}]}
        return Reply(200, {"data": [body]})
    posts = call.sandbox.posts(NAME, account)
    seen = [audience.counts(call.sandbox, post) for post in posts]
    known = {
        "reach": sum(one.reach for one in seen),
        "views": sum(one.views for one in seen),
        "likes": sum(one.likes for one in seen),
        "comments": sum(one.comments for one in seen),
        "saves": sum(one.saves for one in seen),
        "shares": sum(one.shares for one in seen),
        "accounts_engaged": sum(one.likes for one in seen),
        "total_interactions": sum(one.likes + one.comments + one.shares for one in seen),
        "follower_count": audience.followers({"id": account}),
        "profile_links_taps": sum(one.clicks for one in seen),
    }
    return meta.metric_list(call, known, total=call.query.get("metric_type") == "total_value")


def user_node(call: Call, account: str, id: str) -> Reply:
    """A professional account. id: what this login calls it."""
    found = account_of(call.sandbox, account)
    return meta.only(
        call,
        {
            "id": id,
            "user_id": account,
            "username": found["username"],
            "name": found.get("name", found["username"]),
            "account_type": found.get("account_type", "BUSINESS"),
            "profile_picture_url": found.get("picture", ""),
            "followers_count": audience.followers({"id": account}),
            "follows_count": 12,
            "media_count": len(call.sandbox.posts(NAME, account)),
            "biography": "",
            "website": "",
        },
    )


def upload_finished(sandbox: Sandbox, container: Document, *, exact_uri: bool) -> None:
    """All bytes of a resumable container are there. Sent to any address but the one that was
    given, they are taken and never processed.
    """
    changes = looked_at(sandbox, container["id"], container["thumb_offset"])
    if not exact_uri:
        changes["fate"] = "stuck"
    sandbox.change("container", container["id"], **changes)
