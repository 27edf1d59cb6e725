"""LinkedIn's videos: an address for every part, and the parts' ETags in order.

Rules: linkedin.polls_until_available (1), linkedin.url_life_s (86400), linkedin.upload_token
(""), linkedin.min_bytes (75000), linkedin.strict_media (true).
"""

import shutil
from typing import Any

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.identity import DAY
from studio.sandbox.media import film
from studio.sandbox.platforms.linkedin_base import (
    acts_for,
    bad_input,
    denied,
    refuse,
    rest,
    text_of,
)
from studio.sandbox.state import Document, Sandbox, sha256_of

PART = 4_194_304
MIN_BYTES, MAX_BYTES = 75_000, 5_000_000_000  # posting takes 500 MB at most
MAX_POSTED = 500_000_000
MIN_MS, MAX_MS = 3000, 30 * 60 * 1000
WRITE = ("w_member_social", "w_organization_social")


def action(call: Call) -> Reply:
    """POST /rest/videos?action="""
    token = rest(call, *WRITE)
    name = call.query.get("action", "")
    if name not in ("initializeUpload", "finalizeUpload"):
        raise refuse(400, "ILLEGAL_ARGUMENT", "The action is not known")
    asked = call.json().get(f"{name}Request")
    if not isinstance(asked, dict):
        raise refuse(400, "ILLEGAL_ARGUMENT", f"{name}Request is missing")
    return (_initialize if name == "initializeUpload" else _finalize)(call, token, asked)


def _initialize(call: Call, token: Document, asked: dict[str, Any]) -> Reply:
    sandbox = call.sandbox
    owner = text_of(call, asked, "owner")
    if not acts_for(call, token, owner):
        raise denied(call)
    size = asked.get("fileSizeBytes")
    least = int(sandbox.rule("linkedin.min_bytes", MIN_BYTES))
    if not isinstance(size, int) or isinstance(size, bool) or not least <= size <= MAX_BYTES:
        raise bad_input(400, "fileSizeBytes is out of range", "FILE_SIZE_OUT_OF_RANGE")
    id = sandbox.new_id("C4E05")
    secret = sandbox.new_id("s")
    life = float(sandbox.rule("linkedin.url_life_s", DAY))
    video = sandbox.put(
        "video",
        f"urn:li:video:{id}",
        owner=owner,
        secret=secret,
        size=size,
        state="WAITING_UPLOAD",
        reason="",
        parts={},
        expires=sandbox.time() + life,
        upload_token=str(sandbox.rule("linkedin.upload_token", "")),
        polls=0,
        fate=call.fate,
    )
    spans = _spans(size)
    value = {
        "video": video["id"],
        "uploadToken": video["upload_token"],
        "uploadUrlsExpireAt": int(video["expires"] * 1000),
        "uploadInstructions": [
            {"uploadUrl": _url(call, video, str(at)), "firstByte": first, "lastByte": last}
            for at, (first, last) in enumerate(spans)
        ],
    }
    if asked.get("uploadCaptions"):
        value["captionsUploadUrl"] = _url(call, video, "captions")
    if asked.get("uploadThumbnail"):
        value["thumbnailUploadUrl"] = _url(call, video, "thumbnail")
    return Reply(200, {"value": value})


def _spans(size: int) -> list[tuple[int, int]]:
    return [(first, min(first + PART, size) - 1) for first in range(0, size, PART)]


def _url(call: Call, video: Document, part: str) -> str:
    id = video["id"].rpartition(":")[2]
    return f"{call.url_base}/dms-uploads/{id}/{part}?s={video['secret']}"


def put_part(call: Call) -> Reply:
    """What arrives under a part's address is that part, right or wrong; no bearer is needed."""
    urn = f"urn:li:video:{call.args['id']}"
    video = call.sandbox.get("video", urn)
    if video is None or call.query.get("s") != video["secret"]:
        raise Refused(Reply(404, None))
    if video["expires"] <= call.sandbox.time():
        raise Refused(Reply(403, None))
    part = call.args["part"]
    spare = call.sandbox.spare_path()
    with spare.open("wb") as out:
        shutil.copyfileobj(call.stream, out)
    etag = f"/ambry-video/signedId/{sha256_of(spare)}.bin"
    with call.sandbox.lock:
        video = call.sandbox.get("video", urn) or video
        size = spare.stat().st_size
        spare.replace(call.sandbox.upload_path(f"{urn}/{part}"))
        parts = {**video["parts"], part: {"etag": etag, "size": size}}
        call.sandbox.change("video", urn, parts=parts)
    return Reply(200, None, {"ETag": etag})


def _finalize(call: Call, token: Document, asked: dict[str, Any]) -> Reply:
    sandbox = call.sandbox
    with sandbox.lock:
        video = _own(call, token, text_of(call, asked, "video"))
        if video["state"] != "WAITING_UPLOAD":
            raise refuse(400, "ILLEGAL_ARGUMENT", "The upload is finalized already")
        if asked.get("uploadToken") != video["upload_token"]:
            raise refuse(400, "ILLEGAL_ARGUMENT", "The uploadToken is not the one that was given")
        ids = asked.get("uploadedPartIds")
        if not isinstance(ids, list):
            raise bad_input(400, "uploadedPartIds is required", "MISSING_FIELD")
        reason = _flaw(sandbox, video, ids)
        state = "PROCESSING_FAILED" if reason else "PROCESSING"
        sandbox.change("video", video["id"], state=state, reason=reason)
    return Reply(200, None)


def _flaw(sandbox: Sandbox, video: Document, ids: list[Any]) -> str:
    """Why the parts do not make the file; joins them when they do."""
    spans = _spans(video["size"])
    parts = [video["parts"].get(str(at)) for at in range(len(spans))]
    if None in parts:
        return "A part is missing"
    if ids != [one["etag"] for one in parts]:
        return "The part ids are not those of the parts in their order"
    if [one["size"] for one in parts] != [last - first + 1 for first, last in spans]:
        return "A part has not the bytes of its instruction"
    with sandbox.upload_path(video["id"]).open("wb") as out:
        for at in range(len(spans)):
            path = sandbox.upload_path(f"{video['id']}/{at}")
            out.write(path.read_bytes())
            path.unlink()
    if not sandbox.rule("linkedin.strict_media", True):
        return ""
    seen = film(sandbox.upload_path(video["id"]))
    if seen is None or video["size"] > MAX_POSTED:
        return "The file is not a video that can be processed"
    return "" if MIN_MS <= seen.duration_ms <= MAX_MS else "The duration is out of range"


def _own(call: Call, token: Document, urn: str) -> Document:
    video = call.sandbox.get("video", urn)
    if video is None:
        raise refuse(404, "NOT_FOUND", f"Entity {urn} is not found")
    if not acts_for(call, token, video["owner"]):
        raise denied(call)
    return video


def read(call: Call) -> Reply:
    token = rest(call, *WRITE)
    with call.sandbox.lock:
        video = _own(call, token, call.args["urn"])
        if video["state"] == "PROCESSING":
            video = _step(call.sandbox, video)
    found = {
        "id": video["id"],
        "owner": video["owner"],
        "status": video["state"],
    }
    if video["reason"]:
        found["processingFailureReason"] = video["reason"]
    if video["state"] == "AVAILABLE":
        found["downloadUrl"] = f"{call.url_base}/playback/{video['id'].rpartition(':')[2]}"
    return Reply(200, found)


def _step(sandbox: Sandbox, video: Document) -> Document:
    polls = video["polls"] + 1
    if video["fate"] == "stuck" or polls <= int(sandbox.rule("linkedin.polls_until_available", 1)):
        return sandbox.change("video", video["id"], polls=polls)
    if video["fate"] == "fail_late":
        return sandbox.change("video", video["id"], state="PROCESSING_FAILED", reason="Unknown")
    return sandbox.change("video", video["id"], state="AVAILABLE")


ROUTES = [
    Route("POST", r"/rest/videos", action, creates=True),
    Route("PUT", r"/dms-uploads/(?P<id>\w+)/(?P<part>\d+|captions|thumbnail)", put_part),
    Route("GET", r"/rest/videos/(?P<urn>urn:li:video:\w+)", read),
]
