"""Reels of Facebook Pages: start, upload, finish, and a job that goes on after the answer.

Rules: facebook.polls_until_ready (2), facebook.publish_s (0: how long after *finish* it is seen),
facebook.quota (30), facebook.finish_post_id (false), facebook.permalink_missing_reads (0),
facebook.strict_media (true), facebook.fate ("", "stuck", "fail_late").
"""

from pathlib import Path
from typing import Any

from studio.sandbox import audience, identity, media
from studio.sandbox.calls import Call, Reply
from studio.sandbox.platforms import meta, rupload
from studio.sandbox.state import Document, Sandbox, sha256_of

NAME = "facebook"
MIN_MS, MAX_MS = 3_000, 90_000
EARLIEST_S, LATEST_S = 600.0, 29 * identity.DAY
DRAFT_S = identity.DAY
NO_METRIC = (3001, 1504028)


def phase(call: Call, page: str) -> Reply:
    """POST /{page}/video_reels"""
    given = call.params()
    if given.get("upload_phase") == "start":
        return _start(call, page)
    if given.get("upload_phase") == "finish":
        return _finish(call, page, given)
    raise meta.refuse(100, 0, "The parameter upload_phase must be start or finish.")


def _start(call: Call, page: str) -> Reply:
    sandbox = call.sandbox
    id = sandbox.new_id("1222")
    url = f"{call.url_base}/video-upload{meta.version_of(call)}/{id}"
    sandbox.put(
        "video",
        id,
        account=page,
        made=sandbox.time(),
        polls=0,
        fate=call.fate,
        uploaded=False,
        sha256="",
        error=0,
        state="",
        cover="",
    )
    return Reply(200, {"video_id": id, "upload_url": url})


def upload(call: Call, page: str) -> Reply:
    """The bytes, or where they are."""
    sandbox = call.sandbox
    video = sandbox.get("video", call.args["id"])
    if video is None or video["account"] != page:
        raise rupload.failure("ProcessingFailedError", "There is no such upload.", retriable=False)
    if video["uploaded"]:
        raise rupload.failure("OffsetInvalidError", "The upload is complete.", retriable=False)
    rupload.receive(call, video["id"], most=10**9)
    path = sandbox.upload_path(video["id"])
    sandbox.change(
        "video", video["id"], uploaded=True, sha256=sha256_of(path), error=_wrong(sandbox, path)
    )
    return Reply(200, {"success": True})


def _wrong(sandbox: Sandbox, path: Path) -> int:
    """What processing will find wrong; 0: nothing."""
    if not sandbox.rule("facebook.strict_media", True):
        return 0
    film = media.film(path)
    if film is None:
        return 2069019
    if not MIN_MS <= film.duration_ms <= MAX_MS:
        return 1363128
    if abs(film.width / max(1, film.height) - 9 / 16) > 0.01:
        return 1363040
    return 1363127 if film.width < 540 else 0


def _finish(call: Call, page: str, given: dict[str, str]) -> Reply:
    """Accepts the job. Whether it comes to anything only the status says."""
    sandbox = call.sandbox
    with sandbox.lock:
        video = sandbox.get("video", given.get("video_id", ""))
        if video is None or video["account"] != page:
            raise meta.no_such(given.get("video_id", ""))
        if video["state"] and video["state"] != "DRAFT":
            return Reply(200, {"success": True})  # once more is no second reel
        if not video["uploaded"]:
            raise meta.refuse(100, 0, "The upload is not complete.")
        state = given.get("video_state", "")
        if state not in ("PUBLISHED", "SCHEDULED", "DRAFT"):
            raise meta.refuse(100, 0, "The parameter video_state is not valid.")
        if sandbox.time() - video["made"] > DRAFT_S:
            raise meta.refuse(100, 0, "The upload session has expired.")
        publish_at = _publish_at(sandbox, state, given)
        if state != "DRAFT":
            _check_quota(sandbox, page)
        sandbox.change("video", video["id"], state=state, publish_at=publish_at)
        post_id = f"{page}_{video['id']}"
        if state != "DRAFT" and not video["error"] and not video["fate"]:
            sandbox.publish(
                NAME,
                page,
                video["id"],
                given.get("description", ""),
                video["sha256"],
                ai_label=False,
                visible_at=publish_at,
                title=given.get("title", ""),
                permalink=f"https://www.facebook.com/reel/{video['id']}",
                media_path=str(sandbox.upload_path(video["id"])),
                cover_path=video["cover"],
                facebook_post_id=post_id,
            )
    named = {"post_id": post_id} if sandbox.rule("facebook.finish_post_id", False) else {}
    return Reply(200, {"success": True, **named})


def _publish_at(sandbox: Sandbox, state: str, given: dict[str, str]) -> float:
    now = sandbox.time()
    if state != "SCHEDULED":
        return now + float(sandbox.rule("facebook.publish_s", 0))
    word = given.get("scheduled_publish_time", "")
    if not word.isdigit() or not now + EARLIEST_S < int(word) <= now + LATEST_S:
        raise meta.refuse(
            100, 0, "The scheduled_publish_time must be 10 minutes to 29 days ahead."
        )
    return float(word)


def _check_quota(sandbox: Sandbox, page: str) -> None:
    since = sandbox.time() - identity.DAY
    used = sum(one["made_at"] > since for one in sandbox.posts(NAME, page, hidden=True))
    if used >= sandbox.rule("facebook.quota", 30):
        raise meta.refuse(4, 1390008, "You are posting too fast.")


# Reading


def status_of(sandbox: Sandbox, video: Document) -> dict[str, Any]:
    """The phases of a video as they are now."""
    size = sandbox.upload_size(video["id"])
    uploading: dict[str, Any] = {
        "status": "complete" if video["uploaded"] else "in_progress" if size else "not_started",
        "bytes_transfered": size,  # spelt as Facebook spells it
    }
    processing: dict[str, Any] = {"status": "not_started"}
    publishing: dict[str, Any] = {"status": "not_started"}
    overall = "upload_complete" if video["uploaded"] else "uploading"
    if video["uploaded"]:
        overall, processing = _processed(sandbox, video)
    if video["state"] and overall == "ready":
        publishing = _publishing(sandbox, video)
        if publishing["status"] != "complete" and video["state"] == "PUBLISHED":
            overall = "processing"
    if not video["uploaded"] and sandbox.time() - video["made"] > DRAFT_S:
        overall = "expired"
    return {
        "video_status": overall,
        "uploading_phase": uploading,
        "processing_phase": processing,
        "publishing_phase": publishing,
    }


def _processed(sandbox: Sandbox, video: Document) -> tuple[str, dict[str, Any]]:
    # A late failure waits for the commit; what is wrong with the file does not.
    late = video["fate"] == "fail_late" and video["state"]
    if video["polls"] < sandbox.rule("facebook.polls_until_ready", 2) or video["fate"] == "stuck":
        return "processing", {"status": "in_progress"}
    if video["error"] or late:
        error = {"code": video["error"] or 1363047, "message": "The video could not be processed."}
        return "error", {"status": "error", "errors": [error]}
    return "ready", {"status": "complete"}


def _publishing(sandbox: Sandbox, video: Document) -> dict[str, Any]:
    if video["state"] == "DRAFT":
        return {"status": "not_started", "publish_status": "draft"}
    when = int(video["publish_at"])
    if sandbox.time() >= video["publish_at"]:
        return {"status": "complete", "publish_status": "published", "publish_time": when}
    if video["state"] == "SCHEDULED":
        return {"status": "not_started", "publish_status": "scheduled", "publish_time": when}
    return {"status": "in_progress"}


def node(call: Call, video: Document) -> Reply:
    """GET /{video}: a poll."""
    sandbox = call.sandbox
    with sandbox.lock:
        video = sandbox.change("video", video["id"], polls=video["polls"] + 1)
    post = sandbox.post(NAME, video["id"])
    live = post is not None and (post["visible_at"] or 0) <= sandbox.time()
    found = _shown(call, post) if post else {**_empty(), "id": video["id"]}
    if not live or meta.permalink_lags(sandbox, NAME, video["id"]):
        found["permalink_url"] = None
    found |= {
        "status": status_of(sandbox, video),
        "published": live,
        "copyright_check_information": {"status": {"status": "complete"}},
    }
    return meta.only(call, found)


def _empty() -> dict[str, Any]:
    names = ("description", "title", "post_id", "permalink_url", "updated_time", "created_time")
    return {**dict.fromkeys(names), "length": None, "source": None}


def _shown(call: Call, post: Document) -> dict[str, Any]:
    return {
        **_empty(),
        "id": post["post_id"],
        "description": post["text"],
        "title": post["flags"]["title"],
        "post_id": post["flags"]["facebook_post_id"],
        # As the platform gives it: a path.
        "permalink_url": f"/reel/{post['post_id']}/",
        "updated_time": meta.iso(post["visible_at"]),
        "created_time": meta.iso(post["made_at"]),
        "source": f"{call.origin}/_media/{NAME}/{post['post_id']}",
    }


def listed(call: Call, page: str) -> Reply:
    """GET /{page}/video_reels, newest first."""
    return meta.own_list(call, NAME, page, lambda post: _shown(call, post))


def thumbnail(call: Call, asked: tuple[Document, dict[str, Any]]) -> Reply:
    """POST /{video}/thumbnails"""
    video, fields = asked
    picture = fields.get("source", b"")
    if not isinstance(picture, bytes) or picture[:3] not in (b"\xff\xd8\xff", b"\x89PN"):
        raise meta.refuse(100, 0, "The parameter source must be a picture.")
    sandbox = call.sandbox
    path = sandbox.upload_path(f"{video['id']}-cover")
    path.write_bytes(picture)
    sandbox.change("video", video["id"], cover=str(path))
    if sandbox.post(NAME, video["id"]):
        sandbox.change_post(NAME, video["id"], cover_path=str(path))
    return Reply(200, {"success": True})


def remove(call: Call, video: Document) -> Reply:
    """DELETE /{video}"""
    call.sandbox.delete_post(NAME, video["id"])
    call.sandbox.delete("video", video["id"])
    call.sandbox.drop_upload(video["id"])
    return Reply(200, {"success": True})


def comment(call: Call, video: Document) -> Reply:
    """POST /{video}/comments"""
    _live(call, video)
    message = call.params().get("message", "")
    if not message:
        raise meta.refuse(100, 0, "The parameter message is required.")
    id = call.sandbox.new_id(f"{video['id']}_")
    call.sandbox.put("comment", id, post=video["id"], text=message)
    return Reply(200, {"id": id})


def comments(call: Call, video: Document) -> Reply:
    found = call.sandbox.find("comment", post=video["id"])
    return meta.paged(call, [{"id": one["id"], "message": one["text"]} for one in found])


def _live(call: Call, video: Document) -> Document:
    post = call.sandbox.post(NAME, video["id"])
    if post is None or (post["visible_at"] or 0) > call.sandbox.time():
        raise meta.no_such(video["id"])
    return post


# Insights


def video_insights(call: Call, video: Document) -> Reply:
    """GET /{video}/video_insights"""
    seen = audience.counts(call.sandbox, _live(call, video))
    known = {
        "blue_reels_play_count": seen.views,
        "post_video_avg_time_watched": seen.average_watch_ms,
        "post_video_view_time": seen.watched_ms,
        "post_video_likes_by_reaction_type": {"REACTION_LIKE": seen.likes},
        "post_video_social_actions": {"COMMENT": seen.comments, "SHARE": seen.shares},
        "post_impressions_unique": seen.reach,
    }
    return meta.metric_list(call, known, wrong=NO_METRIC)


def post_insights(call: Call, video: Document) -> Reply:
    """GET /{video}/insights"""
    seen = audience.counts(call.sandbox, _live(call, video))
    known = {
        "post_total_media_view_unique": seen.reach,
        "post_media_view": seen.views,
        "post_reactions_by_type_total": {"like": seen.likes},
        "post_clicks": seen.clicks,
    }
    return meta.metric_list(call, known, wrong=NO_METRIC)


def page_insights(call: Call, page: str) -> Reply:
    """GET /{page}/insights"""
    seen = [audience.counts(call.sandbox, post) for post in call.sandbox.posts(NAME, page)]
    known = {
        "page_media_view": sum(one.views for one in seen),
        "page_total_media_view_unique": sum(one.reach for one in seen),
        "page_post_engagements": sum(one.likes + one.comments + one.shares for one in seen),
        "page_daily_follows": 0,
        "page_follows": 420,
    }
    return meta.metric_list(call, known, wrong=NO_METRIC)
