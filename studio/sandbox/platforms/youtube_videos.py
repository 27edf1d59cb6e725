"""YouTube: a video once it exists, who can see it, and reading, changing, deleting it.

Rules: youtube.audited (true; an unaudited project's videos are locked to private),
youtube.polls_until_processed (1), youtube.fail_reason ("conversion", of fault fail_late).
"""

from collections.abc import Callable
from typing import Any

from studio.sandbox.audience import counts
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.media import Film, film
from studio.sandbox.platforms.youtube_base import (
    FORCE_SSL,
    MANAGE,
    READ,
    charge,
    iso,
    parts,
    refuse,
    who,
)
from studio.sandbox.platforms.youtube_rules import inner, snippet, status
from studio.sandbox.state import Document, Sandbox, sha256_of

PARTS = ("id", "snippet", "status", "processingDetails", "statistics", "contentDetails")
SHORT_MS = 180_000


def create(sandbox: Sandbox, session: Document) -> Document:
    """The last byte is here: the video exists. Called once a session, under the lock."""
    path = sandbox.upload_path(session["id"])
    seen = film(path)
    if seen is None and not sandbox.rule("youtube.strict_media", True):
        seen = Film(15_000, 1080, 1920, True)
    video_id = _video_id(sandbox)
    video = sandbox.put(
        "video",
        video_id,
        channel=session["account"],
        app=session["app"],
        upload=session["id"],
        snippet=session["snippet"],
        status=_locked(sandbox, session["status"]),
        made=sandbox.time(),
        published=None,
        polls=0,
        fate=session["fate"],
        playable=seen is not None,
        duration_ms=seen.duration_ms if seen else 0,
        is_short=bool(seen and seen.height >= seen.width and seen.duration_ms <= SHORT_MS),
    )
    sandbox.publish(
        "youtube",
        session["account"],
        video_id,
        session["snippet"]["description"],
        sha256_of(path),
        False,
        visible_at=None,
        title=session["snippet"]["title"],
        media_path=str(path),
        permalink=f"https://www.youtube.com/{'shorts/' if video['is_short'] else 'watch?v='}"
        f"{video_id}",
    )
    return show(sandbox, video)


def _video_id(sandbox: Sandbox) -> str:
    return f"{int(sandbox.new_id()):x}"[-11:]


def _locked(sandbox: Sandbox, wanted: Document) -> Document:
    """An unaudited project makes private videos only, whatever it asks for."""
    if sandbox.rule("youtube.audited", True):
        return wanted
    return {k: v for k, v in wanted.items() if k != "publishAt"} | {"privacyStatus": "private"}


def show(sandbox: Sandbox, video: Document) -> Document:
    """Bring what the audience sees in line with the video's status."""
    state = video["status"]
    visible_at = video["published"]
    if not video["playable"] or video["fate"] == "fail_late":
        visible_at = None
    elif state["privacyStatus"] == "private":
        visible_at = state.get("publishAt")
    elif visible_at is None:
        visible_at = sandbox.time()
        video = sandbox.change("video", video["id"], published=visible_at)
    sandbox.change_post(
        "youtube",
        video["id"],
        text=video["snippet"]["description"],
        title=video["snippet"]["title"],
        ai_label=state["containsSyntheticMedia"],
        visible_at=visible_at,
        privacy=state["privacyStatus"],
    )
    return video


def current(sandbox: Sandbox, video_id: str) -> Document | None:
    """A video as it is now: one whose publishAt has come is public."""
    with sandbox.lock:
        video = sandbox.get("video", video_id)
        due = video and video["status"].get("publishAt")
        if video and due and due <= sandbox.time():
            state = {k: v for k, v in video["status"].items() if k != "publishAt"}
            state["privacyStatus"] = "public"
            return sandbox.change("video", video_id, status=state, published=due)
        return video


def resource(sandbox: Sandbox, video: Document, wanted: list[str]) -> dict[str, Any]:
    """The video as the API shows it."""
    known: dict[str, Callable[[], dict[str, Any]]] = {
        "snippet": lambda: _snippet(sandbox, video),
        "status": lambda: _status(sandbox, video),
        "processingDetails": lambda: {"processingStatus": _processing(sandbox, video)},
        "statistics": lambda: statistics(sandbox, video),
        "contentDetails": lambda: {"duration": f"PT{video['duration_ms'] // 1000}S"},
    }
    found: dict[str, Any] = {"kind": "youtube#video", "etag": "sandbox", "id": video["id"]}
    return found | {name: known[name]() for name in wanted if name != "id"}


def _snippet(sandbox: Sandbox, video: Document) -> dict[str, Any]:
    channel = sandbox.get("account", video["channel"]) or {}
    given = {k: v for k, v in video["snippet"].items() if v}
    return given | {
        "publishedAt": iso(video["published"] or video["made"]),
        "channelId": video["channel"],
        "channelTitle": channel.get("name", ""),
        "description": video["snippet"]["description"],
    }


def _status(sandbox: Sandbox, video: Document) -> dict[str, Any]:
    found = {k: v for k, v in video["status"].items() if k != "publishAt"}
    if "publishAt" in video["status"]:
        found["publishAt"] = iso(video["status"]["publishAt"])
    found["madeForKids"] = found["selfDeclaredMadeForKids"]
    progress = _processing(sandbox, video)
    found["uploadStatus"] = {"processing": "uploaded", "succeeded": "processed"}.get(
        progress, "failed"
    )
    if progress == "failed":
        reason = str(sandbox.rule("youtube.fail_reason", "conversion"))
        found["failureReason"] = reason if video["playable"] else "invalidFile"
    return found


def _processing(sandbox: Sandbox, video: Document) -> str:
    patience = int(sandbox.rule("youtube.polls_until_processed", 1))
    if video["fate"] == "stuck" or video["polls"] <= patience:
        return "processing"
    return "failed" if video["fate"] == "fail_late" or not video["playable"] else "succeeded"


def statistics(sandbox: Sandbox, video: Document) -> dict[str, str]:
    """Counts, which YouTube writes as text."""
    post = sandbox.post("youtube", video["id"])
    assert post is not None
    seen = counts(sandbox, post)
    return {
        "viewCount": str(seen.views),
        "likeCount": str(seen.likes),
        "favoriteCount": "0",
        "commentCount": str(seen.comments),
    }


def read(call: Call) -> Reply:
    token = who(call, READ, MANAGE, FORCE_SSL)
    wanted = parts(call, PARTS)
    charge(call, token, 1)
    ids = [one for one in call.query.get("id", "").split(",") if one]
    if not ids:
        raise refuse("missingRequiredParameter", "No filter selected.")
    items = []
    for one in ids[:50]:
        with call.sandbox.lock:
            video = current(call.sandbox, one)
            if video is None or (
                video["channel"] != token["account"]
                and video["status"]["privacyStatus"] == "private"
            ):
                continue  # what is not there is left out, without a word
            video = call.sandbox.change("video", one, polls=video["polls"] + 1)
        items.append(resource(call.sandbox, video, wanted))
    page = {"totalResults": len(items), "resultsPerPage": len(items)}
    return Reply(200, {"kind": "youtube#videoListResponse", "items": items, "pageInfo": page})


def update(call: Call) -> Reply:
    """Replaces every part that is named: what it does not repeat is gone."""
    token = who(call, MANAGE, FORCE_SSL)
    wanted = parts(call, PARTS)
    charge(call, token, 50)
    asked = call.json()
    with call.sandbox.lock:
        video = _own(call, token, str(asked.get("id", "")))
        changes: dict[str, Any] = {}
        if "snippet" in wanted:
            changes["snippet"] = snippet(inner(asked, "snippet"), is_update=True)
        if "status" in wanted:
            given = inner(asked, "status")
            if "privacyStatus" not in given:
                raise refuse("invalidVideoMetadata", "The privacy status is required.")
            checked = status(given, call.sandbox.now(), was_public=video["published"] is not None)
            changes["status"] = _locked(call.sandbox, checked)
        video = show(call.sandbox, call.sandbox.change("video", video["id"], **changes))
    return Reply(200, resource(call.sandbox, video, wanted))


def _own(call: Call, token: Document, video_id: str) -> Document:
    video = current(call.sandbox, video_id)
    if video is None:
        raise refuse("videoNotFound")
    if video["channel"] != token["account"]:
        raise refuse("forbidden")
    return video


def delete(call: Call) -> Reply:
    token = who(call, MANAGE, FORCE_SSL)
    charge(call, token, 50)
    with call.sandbox.lock:
        video = _own(call, token, call.query.get("id", ""))
        call.sandbox.delete("video", video["id"])
        call.sandbox.delete_post("youtube", video["id"])
    return Reply(204)


def set_thumbnail(call: Call) -> Reply:
    """Rule youtube.channel_verified (true): others may not."""
    token = who(call, MANAGE, FORCE_SSL)
    charge(call, token, 50)
    video = _own(call, token, call.query.get("videoId", ""))
    if not call.sandbox.rule("youtube.channel_verified", True):
        raise refuse("forbidden", "The authenticated user doesn't have permissions to upload and"
                     " set custom video thumbnails.")  # fmt: skip
    picture = call.body()
    if not picture:
        raise refuse("mediaBodyRequired", "The request does not include the image content.")
    if len(picture) > 2 * 1024 * 1024:
        raise refuse("uploadTooLarge", "Media is too large. Limit: 2097152", status=413)
    if not picture.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        raise refuse("imageFormatUnsupported", "The image format is not supported.")
    path = call.sandbox.upload_path(f"thumbnail/{video['id']}")
    path.write_bytes(picture)
    call.sandbox.change_post("youtube", video["id"], cover_path=str(path))
    url = f"{call.url_base}/vi/{video['id']}/default.jpg"
    return Reply(
        200,
        {"kind": "youtube#thumbnailSetResponse", "items": [{"default": {"url": url}}]},
    )


ROUTES = [
    Route("GET", r"/youtube/v3/videos", read),
    Route("PUT", r"/youtube/v3/videos", update, commit=True),
    Route("DELETE", r"/youtube/v3/videos", delete),
    Route("POST", r"/upload/youtube/v3/thumbnails/set", set_thumbnail),
]
