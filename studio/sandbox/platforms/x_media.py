"""X's media upload: initialize, numbered appends, finalize, and waiting.

Rules: x.processing_info (true; false: ready at once), x.polls_until_processed (1),
x.strict_media (true), x.fail_name ("InvalidMedia", of fault fail_late).
"""

from pathlib import Path
from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.identity import DAY
from studio.sandbox.media import film
from studio.sandbox.platforms.x_base import body, invalid, limited, refuse, who
from studio.sandbox.state import Document, Sandbox

LIFE_S = DAY
SEGMENT_BYTES = 5 * 1024 * 1024
SEGMENTS = 1000
MAX_BYTES = 17_179_869_184
TYPES = ("video/mp4", "video/quicktime", "image/jpeg", "image/png", "image/webp", "image/gif",
         "text/srt", "text/vtt")  # fmt: skip
CATEGORIES = ("tweet_video", "amplify_video", "tweet_image", "tweet_gif", "subtitles",
              "dm_video", "dm_image", "dm_gif")  # fmt: skip


def initialize(call: Call) -> Reply:
    token = who(call, "media.write")
    headers = limited(call, "media", token, 1875)
    asked = body(call)
    size, kind = asked.get("total_bytes"), asked.get("media_type")
    category = asked.get("media_category", "tweet_image")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= MAX_BYTES:
        raise invalid("total_bytes is not valid.", total_bytes=size)
    if kind not in TYPES:
        raise invalid("media_type is not valid.", media_type=kind)
    if category not in CATEGORIES:
        raise invalid("media_category is not valid.", media_category=category)
    if str(kind).startswith("video/") and "video" not in category:
        raise invalid("The media category does not fit the media type.", media_category=category)
    id = call.sandbox.new_id("18")
    media = call.sandbox.put(
        "media",
        id,
        account=token["account"],
        kind=kind,
        category=category,
        size=size,
        segments={},
        state="open",  # pending, in_progress, succeeded, failed
        made=call.sandbox.time(),
        polls=0,
        fate=call.fate,
    )
    return Reply(200, {"data": _shown(call.sandbox, media)}, headers)


def _shown(sandbox: Sandbox, media: Document) -> dict[str, Any]:
    left = int(media["made"] + LIFE_S - sandbox.time())
    return {"id": media["id"], "media_key": f"13_{media['id']}", "expires_after_secs": left}


def own(call: Call, token: Document, id: str) -> Document:
    """A media of the caller's that has not run out. Raises Refused."""
    media = call.sandbox.get("media", id)
    if (
        media is None
        or media["account"] != token["account"]
        or media["made"] + LIFE_S <= call.sandbox.time()
    ):
        raise refuse(404, f"Could not find media with id: [{id}].", "resource-not-found")
    return media


def append(call: Call) -> Reply:
    """One segment; sending it again replaces it."""
    token = who(call, "media.write")
    headers = limited(call, "append", token, 1875)
    media = own(call, token, call.args["id"])
    sent = call.multipart_files()
    index, part = sent.get("segment_index"), sent.get("media")
    try:
        if not isinstance(index, str) or not index.isdigit() or int(index) >= SEGMENTS:
            raise invalid("segment_index is 0 to 999.", segment_index=index)
        if not isinstance(part, Path):
            raise invalid("media is missing.", media="")
        size = part.stat().st_size
        if not 0 < size <= SEGMENT_BYTES:
            raise invalid("A segment has 1 byte to 5 MB.", media=size)
        with call.sandbox.lock:
            media = own(call, token, media["id"])
            if media["state"] != "open":
                raise invalid("The media is finalized.", media_id=media["id"])
            part.replace(_segment(call.sandbox, media, int(index)))
            segments = {**media["segments"], str(int(index)): size}
            call.sandbox.change("media", media["id"], segments=segments)
    finally:
        for one in sent.values():
            if isinstance(one, Path):
                one.unlink(missing_ok=True)
    return Reply(200, {"data": {"expires_at": int(media["made"] + LIFE_S)}}, headers)


def _segment(sandbox: Sandbox, media: Document, index: int) -> Path:
    return sandbox.upload_path(f"{media['id']}/{index}")


def finalize(call: Call) -> Reply:
    token = who(call, "media.write")
    headers = limited(call, "finalize", token, 1875)
    with call.sandbox.lock:
        media = own(call, token, call.args["id"])
        if media["state"] == "open":
            _join(call.sandbox, media)
            waits = call.sandbox.rule("x.processing_info", True) and media["kind"][:5] == "video"
            state = "pending" if waits else "succeeded"
            media = call.sandbox.change("media", media["id"], state=state)
    found = _shown(call.sandbox, media) | {"size": media["size"]}
    if media["kind"].startswith("video/"):
        found["video"] = {"video_type": media["kind"]}
    if call.sandbox.rule("x.processing_info", True) and media["kind"].startswith("video/"):
        found["processing_info"] = _progress(call.sandbox, media)
    return Reply(200, {"data": found}, headers)


def _join(sandbox: Sandbox, media: Document) -> None:
    """Put the segments together by their numbers. Raises Refused when any is missing."""
    numbers = sorted(int(one) for one in media["segments"])
    if numbers != list(range(len(numbers))) or sum(media["segments"].values()) != media["size"]:
        raise invalid("Segments do not add up to provided total file size.", media_id=media["id"])
    with sandbox.upload_path(media["id"]).open("wb") as out:
        for number in numbers:
            path = _segment(sandbox, media, number)
            out.write(path.read_bytes())
            path.unlink()


def _progress(sandbox: Sandbox, media: Document) -> dict[str, Any]:
    if media["state"] == "pending":
        return {"state": "pending", "check_after_secs": 1}
    if media["state"] == "in_progress":
        return {"state": "in_progress", "check_after_secs": 1, "progress_percent": 50}
    if media["state"] == "failed":
        name = str(sandbox.rule("x.fail_name", "InvalidMedia"))
        error = {"code": 1, "name": name, "message": "Unsupported video format"}
        return {"state": "failed", "error": error}
    return {"state": "succeeded", "progress_percent": 100}


def fetch_status(call: Call) -> Reply:
    token = who(call, "media.write")
    headers = limited(call, "status", token, 1000)
    if call.query.get("command") != "STATUS":
        raise invalid("command is STATUS.", command=call.query.get("command", ""))
    with call.sandbox.lock:
        media = own(call, token, call.query.get("media_id", ""))
        if media["state"] == "open":
            raise invalid("The media is not finalized.", media_id=media["id"])
        media = call.sandbox.change(
            "media", media["id"], polls=media["polls"] + 1, state=_next(call.sandbox, media)
        )
    found = _shown(call.sandbox, media) | {"processing_info": _progress(call.sandbox, media)}
    return Reply(200, {"data": found}, headers)


def _next(sandbox: Sandbox, media: Document) -> str:
    if media["state"] in ("succeeded", "failed"):
        return str(media["state"])
    if media["fate"] == "stuck" or media["polls"] < int(
        sandbox.rule("x.polls_until_processed", 1)
    ):
        return "in_progress"
    is_film = film(sandbox.upload_path(media["id"])) is not None
    is_bad = sandbox.rule("x.strict_media", True) and not is_film
    return "failed" if is_bad or media["fate"] == "fail_late" else "succeeded"


def metadata(call: Call) -> Reply:
    token = who(call, "media.write")
    asked = body(call)
    media = own(call, token, str(asked.get("id", "")))
    try:
        words = asked["metadata"]["alt_text"]["text"]
    except (KeyError, TypeError) as e:
        raise invalid("metadata needs an alt_text with its text.", metadata="") from e
    if not isinstance(words, str) or len(words) > 1000:
        raise invalid("alt_text has 1000 characters at most.", alt_text=len(words))
    call.sandbox.change("media", media["id"], alt_text=words)
    return Reply(200, {"data": {"id": media["id"], "associated_metadata": {"alt_text": words}}})


ROUTES = [
    Route("POST", r"/2/media/upload/initialize", initialize, creates=True),
    Route("POST", r"/2/media/upload/(?P<id>\d+)/append", append),
    Route("POST", r"/2/media/upload/(?P<id>\d+)/finalize", finalize),
    Route("GET", r"/2/media/upload", fetch_status),
    Route("POST", r"/2/media/metadata", metadata),
]
