"""PixVerse: uploads, lip-sync, results. What it says is HTTP 200; ErrCode says what happened.

Ai-Trace-Id has to be a new UUID for every call. The codes are those its documents were seen to
list; only that they are not 0 is certain. Rules: those of every vendor.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import results
from studio.sandbox.vendors.common import House, Problem
from studio.sandbox.vendors.files import DAY, FILE_ROUTES, keep, sent_file
from studio.sandbox.vendors.jobs import Wanted, look, make, status_word
from studio.sandbox.vendors.media import NotMedia
from studio.sandbox.vendors.media import look as seen

PREFIX = "pixverse"
WORDS = {"queued": "5", "running": "5", "done": "1", "failed": "8", "cancelled": "8"}
REFUSED = 7
SOUND_S, SOUND_BYTES = 30.0, 50 * 2**20
SAY_CHARS = 200
CODES = {
    "missing_key": 10003, "wrong_key": 10001, "expired_key": 10001, "forbidden": 500020,
    "unpaid": 500090, "not_found": 400032, "conflict": 400017, "too_large": 500030,
    "invalid": 400017, "unprocessable": 400017, "rate": 500069, "slots": 500044,
}  # fmt: skip


def word(call: Call, problem: Problem) -> Reply:
    """HTTP 200 all the same, but where its gateway fails."""
    if problem.status >= 500:
        return Reply(problem.status, f"<html><h1>{problem.status}</h1></html>")
    return Reply(200, {"ErrCode": CODES[problem.name], "ErrMsg": problem.text, "Resp": None})


class PixverseHouse(House):
    """A House that also wants a new trace id."""

    def enter(self, call: Call, *, paid: bool = False) -> str:
        key = super().enter(call, paid=paid)
        trace = call.headers.get("Ai-Trace-Id", "")
        try:
            trace = str(UUID(trace))
        except ValueError:
            raise self.refusal(call, "invalid", "Ai-Trace-Id must be a UUID") from None
        with call.sandbox.lock:
            if call.sandbox.get("trace", trace):
                raise self.refusal(call, "conflict", "Ai-Trace-Id was used before")
            call.sandbox.put("trace", trace)
        return key


HOUSE = PixverseHouse("API-KEY", "", word)
trouble = HOUSE.trouble


def good(resp: Any) -> Reply:
    return Reply(200, {"ErrCode": 0, "ErrMsg": "Success", "Resp": resp})


def bad(call: Call, text: str) -> Refused:
    return HOUSE.refusal(call, "invalid", text)


def upload(call: Call) -> Reply:
    """POST /openapi/v2/media/upload, multipart `file`."""
    HOUSE.enter(call)
    sent, name = sent_file(call, "file")
    if sent is None:
        raise bad(call, "file is required")
    try:
        media = seen(sent)
    except NotMedia as e:
        raise bad(call, "The file is not supported") from e
    if media.kind not in ("video", "audio"):
        raise bad(call, "Only videos and audios are taken")
    if media.kind == "audio":
        if sent.stat().st_size > SOUND_BYTES:
            raise HOUSE.refusal(call, "too_large")
        if media.seconds > SOUND_S:
            raise bad(call, "The audio is longer than 30 seconds")
    kind = {"video": "video/mp4", "audio": "audio/mpeg"}[media.kind]
    found = keep(call, sent, content_type=kind, name=name, file_s=30 * DAY, media=media.kind)
    about = {"media_id": int(found["id"]), "media_type": media.kind, "url": found["url"]}
    return good(about)


def generate(call: Call) -> Reply:
    """POST /openapi/v2/video/lip_sync/generate."""
    key = HOUSE.enter(call, paid=True)
    HOUSE.pace(call, key, 0)
    body = call.json()
    picture = _film(call, body)
    sound, say = "", str(body.get("lip_sync_tts_content") or "")
    if body.get("audio_media_id"):
        if say:
            raise bad(call, "Either an audio or a text, not both")
        sound = _media(call, body, "audio_media_id", "audio")
    elif not say or not body.get("lip_sync_tts_speaker_id"):
        raise bad(call, "audio_media_id, or speaker and content, are required")
    elif len(say) > SAY_CHARS:
        raise bad(call, f"The text has more than {SAY_CHARS} characters")
    wanted = Wanted(picture=picture, sound=sound, say=say, picture_is=("video",))
    job = make(call, HOUSE, wanted, account=key, model="lip_sync", body=body)
    return good({"video_id": int(job["id"]), "credits": 1})


def _film(call: Call, body: Mapping[str, Any]) -> str:
    made, uploaded = body.get("source_video_id"), body.get("video_media_id")
    if bool(made) == bool(uploaded):
        raise bad(call, "Either source_video_id or video_media_id is required")
    if uploaded:
        return _media(call, body, "video_media_id", "video")
    job = call.sandbox.get("job", str(made))
    if job is None or not job.get("made"):
        raise HOUSE.refusal(call, "not_found", "The video does not exist")
    return results.address(call.sandbox, job, call.url_base)


def _media(call: Call, body: Mapping[str, Any], name: str, kind: str) -> str:
    value = body[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise bad(call, f"{name} must be a number")
    found = call.sandbox.get("file", str(value))
    if found is None or found["media"] != kind:
        raise HOUSE.refusal(call, "not_found", f"{name} does not exist")
    return str(found["url"])


def result(call: Call) -> Reply:
    """GET /openapi/v2/video/result/{id}."""
    HOUSE.enter(call)
    job = call.sandbox.get("job", call.args["id"])
    if job is None:
        raise HOUSE.refusal(call, "not_found", "The video does not exist")
    job, now = look(call.sandbox, job)
    return good(shown(call.sandbox, job, now, call.url_base))


def shown(sandbox: Sandbox, job: Document, now: str, url_base: str = "") -> dict[str, Any]:
    """A video as it stands."""
    name = status_word(sandbox, now, WORDS)
    status: int | str = int(name) if name.isdigit() else name
    if now == "failed" and job["error"]["name"] == "refuse":
        status = REFUSED
    made = job.get("made") or {}
    is_there = now == "done" and not results.is_empty(sandbox, job)
    return {
        "id": int(job["id"]),
        "status": status,
        "url": results.address(sandbox, job, url_base) if is_there else "",
        "outputWidth": made.get("width", 0),
        "outputHeight": made.get("height", 0),
        "create_time": sandbox.now().isoformat(),
    }


def balance(call: Call) -> Reply:
    HOUSE.enter(call)
    return good({"account_id": 1, "credit_monthly": 100, "credit_package": 100})


ROUTES = [
    Route("POST", r"/openapi/v2/media/upload", upload),
    Route("POST", r"/openapi/v2/video/lip_sync/generate", generate, commit=True, creates=True),
    Route("GET", r"/openapi/v2/video/result/(?P<id>\d+)", result),
    Route("GET", r"/openapi/v2/account/balance", balance),
    *FILE_ROUTES,
    *results.RESULT_ROUTES,
]
