"""Bluesky's video service and blobs.

Rules: bluesky.job_shape ("wrapped", as the lexicon says, or "flat", as the documentation's sample
reads it; of the answer to an upload), bluesky.polls_until_completed (1), bluesky.max_bytes
(100 MB), bluesky.videos_a_day (25), bluesky.email_confirmed (true), bluesky.strict_media (true).
"""

import hashlib
from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.identity import DAY
from studio.sandbox.media import film
from studio.sandbox.platforms import atproto
from studio.sandbox.platforms.bluesky_base import (
    VIDEO_DID,
    failure,
    invalid,
    refuse,
    server_did,
    service_token,
    session,
    write_points,
)
from studio.sandbox.state import Document, Sandbox, sha256_of

MAX_BYTES, BLOB_BYTES = 100_000_000, 50_000_000


def upload_limits(call: Call) -> Reply:
    method = "app.bsky.video.getUploadLimits"
    did = service_token(call, method, {VIDEO_DID, server_did(call)})
    left = _videos_left(call.sandbox, did)
    found: dict[str, Any] = {
        "canUpload": left > 0,
        "remainingDailyVideos": left,
        "remainingDailyBytes": left * MAX_BYTES,
    }
    if not call.sandbox.rule("bluesky.email_confirmed", True):
        found |= {"canUpload": False, "error": "unconfirmed_email",
                  "message": "Please verify your email address"}  # fmt: skip
    elif not left:
        found |= {"error": "daily_vid_limit_exceeded", "message": "Daily video limit exceeded"}
    return Reply(200, found)


def _videos_left(sandbox: Sandbox, did: str) -> int:
    since = sandbox.time() - DAY
    made = [one for one in sandbox.find("job", did=did) if one["made"] > since]
    return max(int(sandbox.rule("bluesky.videos_a_day", 25)) - len(made), 0)


def upload(call: Call) -> Reply:
    did = service_token(call, "com.atproto.repo.uploadBlob", {server_did(call)})
    if call.query.get("did") != did:
        raise refuse(401, "AuthenticationRequired", "did does not match the token's")
    if not call.query.get("name") or call.content_type != "video/mp4":
        raise invalid("name is required and the Content-Type must be video/mp4")
    length = call.headers.get("Content-Length", "")
    if not length.isdigit() or int(length) == 0:
        raise invalid("Content-Length is required")
    if int(length) > int(call.sandbox.rule("bluesky.max_bytes", MAX_BYTES)):
        raise refuse(413, "PayloadTooLarge", "Video file is too large")
    if not call.sandbox.rule("bluesky.email_confirmed", True):
        raise refuse(400, "unconfirmed_email", "Please verify your email address")
    id = call.sandbox.new_id("job")
    call.sandbox.save_upload(id, call.stream)
    return _job(call, did, id)


def _job(call: Call, did: str, id: str) -> Reply:
    sandbox = call.sandbox
    digest = sha256_of(sandbox.upload_path(id))
    with sandbox.lock:
        for one in sandbox.find("job", did=did, sha256=digest):
            if one["state"] != "JOB_STATE_FAILED":
                sandbox.drop_upload(id)
                said = _status(one) | {"error": "already_exists"}
                return Reply(409, said | {"message": "Video already processed"})
        if not _videos_left(sandbox, did):
            sandbox.drop_upload(id)
            return failure(400, "daily_vid_limit_exceeded", "Daily video limit exceeded")
        job = sandbox.put(
            "job",
            id,
            did=did,
            sha256=digest,
            size=sandbox.upload_size(id),
            state="JOB_STATE_CREATED",
            made=sandbox.time(),
            polls=0,
            fate=call.fate,
        )
    is_flat = sandbox.rule("bluesky.job_shape", "wrapped") == "flat"
    return Reply(200, _status(job) if is_flat else {"jobStatus": _status(job)})


def _status(job: Document) -> dict[str, Any]:
    found: dict[str, Any] = {"jobId": job["id"], "did": job["did"], "state": job["state"]}
    if job["state"] == "JOB_STATE_COMPLETED":
        blob = atproto.blob(bytes.fromhex(job["sha256"]), "video/mp4", job["size"])
        return found | {"progress": 100, "blob": blob}
    if job["state"] == "JOB_STATE_FAILED":
        return found | {"error": "transcode_failed", "message": "Failed to process video"}
    return found | {"progress": min(30 * job["polls"], 90)}


def job_status(call: Call) -> Reply:
    """Anybody may look."""
    with call.sandbox.lock:
        job = call.sandbox.get("job", call.query.get("jobId", ""))
        if job is None:
            raise invalid("Job not found")
        job = _step(call.sandbox, job)
    return Reply(200, {"jobStatus": _status(job)})


def _step(sandbox: Sandbox, job: Document) -> Document:
    if job["state"] in ("JOB_STATE_COMPLETED", "JOB_STATE_FAILED"):
        return job
    polls = job["polls"] + 1
    if job["fate"] == "stuck" or polls <= int(sandbox.rule("bluesky.polls_until_completed", 1)):
        return sandbox.change("job", job["id"], polls=polls, state="JOB_STATE_ENCODING")
    is_film = film(sandbox.upload_path(job["id"])) is not None
    if job["fate"] == "fail_late" or (sandbox.rule("bluesky.strict_media", True) and not is_film):
        return sandbox.change("job", job["id"], state="JOB_STATE_FAILED")
    job = sandbox.change("job", job["id"], state="JOB_STATE_COMPLETED", polls=polls)
    _remember(sandbox, job["did"], _status(job)["blob"], job["id"], job["sha256"])
    return job


def _remember(
    sandbox: Sandbox, did: str, blob: dict[str, Any], upload_id: str, digest: str
) -> None:
    key = f"{did}/{blob['ref']['$link']}"
    sandbox.put("blob", key, blob=blob, upload=upload_id, sha256=digest)


def upload_blob(call: Call) -> Reply:
    found = session(call)
    length = call.headers.get("Content-Length", "")
    if not length.isdigit() or int(length) > BLOB_BYTES:
        raise refuse(413, "PayloadTooLarge", "request entity too large")
    headers = write_points(call, found["account"], "create")
    id = call.sandbox.new_id("blob")
    size = call.sandbox.save_upload(id, call.stream)
    with call.sandbox.upload_path(id).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    blob = atproto.blob(digest, call.content_type or "application/octet-stream", size)
    _remember(call.sandbox, found["account"], blob, id, digest.hex())
    return Reply(200, {"blob": blob}, headers)


ROUTES = [
    Route("GET", r"/xrpc/app\.bsky\.video\.getUploadLimits", upload_limits),
    Route("POST", r"/xrpc/app\.bsky\.video\.uploadVideo", upload, creates=True),
    Route("GET", r"/xrpc/app\.bsky\.video\.getJobStatus", job_status),
    Route("POST", r"/xrpc/com\.atproto\.repo\.uploadBlob", upload_blob),
]
