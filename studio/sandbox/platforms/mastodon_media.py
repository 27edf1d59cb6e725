"""Mastodon: the server's limits, and media that are worked on before they can be posted.

Rules: mastodon.polls_until_ready (1), mastodon.video_size_limit (99 MiB), mastodon.max_characters
(500), mastodon.strict_media (true).
"""

from pathlib import Path
from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.media import film
from studio.sandbox.platforms.mastodon_base import (
    counted,
    holder,
    params,
    refuse,
    too_many,
    unprocessable,
)
from studio.sandbox.platforms.mastodon_text import LIMIT, PER_LINK
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.windows import spend

VIDEO_BYTES, IMAGE_BYTES = 99 * 2**20, 16 * 2**20
MATRIX, DESCRIPTION = 8_294_400, 1500
PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}


def instance(call: Call) -> Reply:
    return Reply(
        200,
        {
            "domain": call.origin.partition("//")[2],
            "title": "Mastodon sandbox",
            "version": "4.5.0",
            "configuration": {
                "statuses": {
                    "max_characters": _max_characters(call.sandbox),
                    "max_media_attachments": 4,
                    "characters_reserved_per_url": PER_LINK,
                },
                "media_attachments": {
                    "supported_mime_types": ["image/jpeg", "image/png", "video/mp4",
                                             "video/quicktime", "video/webm"],
                    "description_limit": DESCRIPTION,
                    "image_size_limit": IMAGE_BYTES,
                    "image_matrix_limit": 33_177_600,
                    "video_size_limit": _video_bytes(call.sandbox),
                    "video_frame_rate_limit": 120,
                    "video_matrix_limit": MATRIX,
                },
            },
        },
    )  # fmt: skip


def _max_characters(sandbox: Sandbox) -> int:
    return int(sandbox.rule("mastodon.max_characters", LIMIT))


def _video_bytes(sandbox: Sandbox) -> int:
    return int(sandbox.rule("mastodon.video_size_limit", VIDEO_BYTES))


def upload(call: Call) -> Reply:
    """200 with an address for a picture, 202 without one for a video."""
    token = holder(call, "write:media")
    limit = int(call.sandbox.rule("mastodon.media_30min", 30))
    window = spend(call.sandbox, "media", token["account"], limit=limit, seconds=1800)
    if not window.allowed:
        raise too_many(window)
    sent = call.multipart_files()
    try:
        media = _accepted(call, token, sent)
    finally:
        for one in sent.values():
            if isinstance(one, Path):
                one.unlink(missing_ok=True)
    is_ready = media["state"] == "ready"
    return Reply(200 if is_ready else 202, shown(call, media))


def _accepted(call: Call, token: Document, sent: dict[str, str | Path]) -> Document:
    file, words = sent.get("file"), sent.get("description", "")
    if not isinstance(file, Path):
        raise unprocessable("File can't be blank")
    if not isinstance(words, str) or len(words) > DESCRIPTION:
        raise unprocessable(f"Description is too long (maximum is {DESCRIPTION} characters)")
    kind = _kind(call.sandbox, file)
    most = _video_bytes(call.sandbox) if kind.startswith("video") else IMAGE_BYTES
    if file.stat().st_size > most:
        raise unprocessable(f"File file size must be less than {most // 2**20} MB")
    id = call.sandbox.new_id("11")
    file.replace(call.sandbox.upload_path(id))
    thumbnail = sent.get("thumbnail")
    cover = ""
    if isinstance(thumbnail, Path):
        if not thumbnail.read_bytes()[:4].startswith(tuple(PICTURES)):
            raise unprocessable("File type of uploaded media could not be verified")
        cover = str(thumbnail.replace(call.sandbox.upload_path(f"{id}/cover")))
    return call.sandbox.put(
        "media",
        id,
        account=token["account"],
        kind=kind,
        cover=cover,
        description=words,
        state="ready" if kind.startswith("image") else "working",
        polls=0,
        status="",
        fate=call.fate,
    )


def _kind(sandbox: Sandbox, file: Path) -> str:
    with file.open("rb") as opened:
        head = opened.read(8)
    for magic, kind in PICTURES.items():
        if head.startswith(magic):
            return kind
    seen = film(file)
    if seen is None and sandbox.rule("mastodon.strict_media", True):
        raise unprocessable("File content type is invalid, File is invalid")
    if seen and seen.width * seen.height > MATRIX:
        raise unprocessable(f"{seen.width}x{seen.height} videos are not supported")
    return "video/mp4"


def own(call: Call, token: Document, id: str) -> Document:
    """The caller's, not attached to a status yet. Raises Refused."""
    media = call.sandbox.get("media", id)
    if media is None or media["account"] != token["account"] or media["status"]:
        raise refuse(404, "Record not found")
    return media


def read(call: Call) -> Reply:
    token = holder(call, "write:media", "read:media")
    with call.sandbox.lock:
        media = _step(call.sandbox, own(call, token, call.args["id"]))
    if media["state"] == "failed":
        raise refuse(422, "There was a problem processing the media attachment")
    return Reply(200 if media["state"] == "ready" else 206, shown(call, media))


def _step(sandbox: Sandbox, media: Document) -> Document:
    if media["state"] != "working":
        return media
    polls = media["polls"] + 1
    if media["fate"] == "stuck" or polls <= int(sandbox.rule("mastodon.polls_until_ready", 1)):
        return sandbox.change("media", media["id"], polls=polls)
    state = "failed" if media["fate"] == "fail_late" else "ready"
    return sandbox.change("media", media["id"], state=state)


def update(call: Call) -> Reply:
    token = holder(call, "write:media")
    words = str(params(call).get("description", ""))
    with call.sandbox.lock:
        media = own(call, token, call.args["id"])
        media = call.sandbox.change("media", media["id"], description=words)
    return Reply(200, shown(call, media))


def shown(call: Call, media: Document) -> dict[str, Any]:
    is_ready = media["state"] == "ready"
    return {
        "id": media["id"],
        "type": media["kind"].partition("/")[0],
        "url": f"{call.url_base}/media/{media['id']}" if is_ready else None,
        "preview_url": f"{call.url_base}/media/{media['id']}/small",
        "remote_url": None,
        "description": media["description"] or None,
        "blurhash": None,
    }


ROUTES = [
    Route("GET", r"/api/v2/instance", counted(instance)),
    Route("POST", r"/api/v2/media", counted(upload), creates=True),
    Route("GET", r"/api/v1/media/(?P<id>\d+)", counted(read)),
    Route("PUT", r"/api/v1/media/(?P<id>\d+)", counted(update)),
]
