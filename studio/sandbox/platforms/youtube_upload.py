"""YouTube's resumable upload: a session, pieces of it, probes; the last byte makes the video.

Rules: youtube.session_days (7), youtube.channel_uploads_a_day (100).
"""

import re

from studio.sandbox import identity
from studio.sandbox.bodies import Truncated
from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.identity import DAY
from studio.sandbox.platforms.youtube_base import (
    FORCE_SSL,
    MANAGE,
    UPLOAD,
    charge,
    parts,
    refuse,
    who,
)
from studio.sandbox.platforms.youtube_rules import inner, snippet, status
from studio.sandbox.platforms.youtube_videos import PARTS, create, resource
from studio.sandbox.state import Document

PIECE = 256 * 1024
MAX_BYTES = 256 * 1024**3
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
PROBE = re.compile(r"bytes \*/(\d+|\*)")


def begin(call: Call) -> Reply:
    if call.query.get("uploadType") != "resumable":
        raise refuse("badRequest", "The sandbox knows uploadType=resumable only.")
    token = who(call, UPLOAD, MANAGE, FORCE_SSL)
    wanted = parts(call, PARTS)
    size, kind = _announced(call)
    asked = call.json() if call.content_type == "application/json" else {}
    # What stands in the body but is not named in `part` is ignored.
    asked = {name: asked[name] for name in wanted if name in asked}
    words = snippet(inner(asked, "snippet"))
    state = status(inner(asked, "status"), call.sandbox.now())
    charge(call, token, 1, "inserts")
    _channel_limit(call, token)
    session_id = call.sandbox.new_id("ABPt")
    call.sandbox.put(
        "session",
        session_id,
        account=token["account"],
        app=token["app"],
        size=size,
        kind=kind,
        parts=wanted,
        snippet=words,
        status=state,
        made=call.sandbox.time(),
        received=0,
        video="",
        fate=call.fate,
    )
    query = f"uploadType=resumable&part={','.join(wanted)}&upload_id={session_id}"
    return Reply(
        200,
        None,
        {
            "Location": f"{call.url_base}/upload/youtube/v3/videos?{query}",
            "X-GUploader-UploadID": session_id,
        },
    )


def _announced(call: Call) -> tuple[int | None, str]:
    """Size and type as announced for the file; the size may be left out."""
    length = call.headers.get("X-Upload-Content-Length", "")
    kind = call.headers.get("X-Upload-Content-Type", "application/octet-stream")
    if not kind.startswith("video/") and kind != "application/octet-stream":
        raise refuse("badContent", f"Media type '{kind}' is not supported.")
    if length and (not length.isdigit() or not 0 < int(length) <= MAX_BYTES):
        raise refuse("mediaBodyRequired", "The request does not include the video content.")
    return (int(length) if length else None), kind


def _channel_limit(call: Call, token: Document) -> None:
    since = call.sandbox.time() - DAY
    made = [
        one
        for one in call.sandbox.find("session", account=token["account"])
        if one["made"] > since
    ]
    if len(made) >= int(call.sandbox.rule("youtube.channel_uploads_a_day", 100)):
        raise refuse(
            "uploadLimitExceeded", "The user has exceeded the number of videos they may upload."
        )


def piece(call: Call) -> Reply:
    """PUT on a session. The address is the secret; a bearer that is sent must be good."""
    session = _session(call)
    if call.bearer():
        try:
            identity.token(call.sandbox, call.bearer(), "access")
        except identity.Denied as e:
            raise refuse("authError") from e
    given = call.headers.get("Content-Range", "").strip()
    length = call.headers.get("Content-Length", "")
    if not length.isdigit():
        raise Refused(Reply(411, "Length Required"))
    if PROBE.fullmatch(given):
        return _where(call, session)
    if session["video"]:
        return _where(call, session)
    if not given:
        return _store(call, session, 0, int(length), int(length))
    found = RANGE.fullmatch(given)
    if not found:
        raise _bad("Failed to parse Content-Range header.")
    first, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    if last - first + 1 != int(length):
        raise _bad("The Content-Range does not fit the Content-Length.")
    return _store(call, session, first, last + 1, total)


def _session(call: Call) -> Document:
    session = call.sandbox.get("session", call.query.get("upload_id", ""))
    if session is None:
        raise Refused(Reply(404, "Not Found"))
    days = float(call.sandbox.rule("youtube.session_days", 7))
    if session["made"] + days * DAY <= call.sandbox.time() and not session["video"]:
        raise Refused(Reply(410, "Gone"))
    return session


def _bad(words: str) -> Refused:
    return Refused(Reply(400, f"Invalid request. {words}"))


def _store(call: Call, session: Document, first: int, end: int, total: int | None) -> Reply:
    size = session["size"] if session["size"] is not None else total
    if total is not None and total != size:
        raise _bad("The total size is not the one that was announced.")
    if size is not None and end > size:
        raise _bad("The piece reaches beyond the end of the file.")
    if end != size and (end - first) % PIECE:
        raise _bad("Every piece but the last is a multiple of 262144 bytes.")
    if first > session["received"]:
        raise _bad(
            f"According to the Content-Range header, the upload offset is {first} byte(s), which"
            f" exceeds already uploaded size of {session['received']} byte(s)."
        )
    call.stream.read(session["received"] - first)  # what is there already
    try:
        call.sandbox.save_upload(session["id"], call.stream, session["received"])
    except Truncated:
        _keep(call, session)
        raise
    return _advance(call, session, end, size)


def _keep(call: Call, session: Document) -> None:
    """What arrived of a piece that broke off is kept, in whole units."""
    with call.sandbox.lock:
        arrived = call.sandbox.upload_size(session["id"]) // PIECE * PIECE
        call.sandbox.change("session", session["id"], received=arrived)


def _advance(call: Call, session: Document, end: int, size: int | None) -> Reply:
    sandbox = call.sandbox
    with sandbox.lock:
        session = sandbox.get("session", session["id"]) or session
        if session["video"]:
            return _where(call, session)
        session = sandbox.change("session", session["id"], received=max(session["received"], end))
        if end == size:
            video = create(sandbox, session)
            session = sandbox.change("session", session["id"], video=video["id"])
    return _where(call, session)


def _where(call: Call, session: Document) -> Reply:
    """308 with what is stored, or the video once it is all there."""
    if session["video"]:
        video = call.sandbox.get("video", session["video"])
        if video is None:  # deleted since
            raise Refused(Reply(404, "Not Found"))
        return Reply(200, resource(call.sandbox, video, session["parts"]))
    if not session["received"]:
        return Reply(308, None)  # no Range: nothing is stored
    return Reply(308, None, {"Range": f"bytes=0-{session['received'] - 1}"})


ROUTES = [
    Route("POST", r"/upload/youtube/v3/videos", begin, creates=True),
    Route("PUT", r"/upload/youtube/v3/videos", piece, commit=True),
]
