"""HeyGen, API v3: lipsyncs, videos of a photo, translations. Source: developers.heygen.com.

`start_time` and `end_time` of a lipsync are checked and not cut. Rules: those of every vendor.
"""

import re
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import requests

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import results
from studio.sandbox.vendors.common import once
from studio.sandbox.vendors.files import DAY, FILE_ROUTES
from studio.sandbox.vendors.heygen_assets import ASSET_ROUTES, HOUSE, address, good, invalid
from studio.sandbox.vendors.hooks import watch
from studio.sandbox.vendors.jobs import Wanted, look, make, status_word
from studio.sandbox.vendors.models import FLAG, Field, Model, aspect, number, one_of, short_side
from studio.sandbox.vendors.models import text as words_of

PREFIX = "heygen"
trouble = HOUSE.trouble
KEY = re.compile(r"[A-Za-z0-9_:.-]{1,255}")
LANGUAGES = ("English", "German", "Spanish", "French", "Italian", "Japanese", "Hindi", "Polish")
WORDS = {"queued": "pending", "running": "running", "done": "completed", "failed": "failed"}
VIDEO_WORDS = {**WORDS, "running": "processing"}
_MODE = one_of("speed", "precision")
_FLAGS = {
    "mode": _MODE, "title": words_of(), "enable_dynamic_duration": FLAG,
    "disable_music_track": FLAG, "enable_speech_enhancement": FLAG, "enable_caption": FLAG,
    "enable_watermark": FLAG, "start_time": number(0, 86400), "end_time": number(0, 86400),
    "fps_mode": one_of("vfr", "cfr", "passthrough"), "keep_the_same_format": FLAG,
    "callback_url": words_of(), "callback_id": words_of(),
}  # fmt: skip
LIPSYNC = Model(
    {"video": Field("any", must=True), "audio": Field("any", must=True), **_FLAGS}, "video"
)
TRANSLATION = Model(
    {"video": Field("any", must=True), "output_languages": Field("any", must=True), **_FLAGS,
     "speaker_num": Field("whole", least=1, most=20), "translate_audio_only": FLAG},
    "video", sound="",
)  # fmt: skip
VIDEO = Model(
    {
        "type": one_of("image", "avatar", must=True),
        "audio_url": words_of(), "audio_asset_id": words_of(), "script": words_of(5000),
        "voice_id": words_of(), "motion_prompt": words_of(), "title": words_of(),
        "aspect_ratio": one_of("16:9", "9:16", "4:5", "5:4", "1:1", "auto"),
        "resolution": one_of("4k", "1080p", "720p"), "fit": one_of("contain", "cover"),
        "expressiveness": one_of("high", "medium", "low"),
        "output_format": one_of("mp4", "webm"), "remove_background": FLAG,
        "callback_url": words_of(), "callback_id": words_of(),
    },
)  # fmt: skip


def _create(call: Call, kind: str) -> Reply:
    key = HOUSE.enter(call, paid=True)
    HOUSE.pace(call, key, 0)
    once_key = call.headers.get("Idempotency-Key", "")
    if once_key and not KEY.fullmatch(once_key):
        raise invalid(call, "Idempotency-Key", "The Idempotency-Key is not valid.")
    body = call.json()
    order = {"lipsync": _lipsync, "video": _video, "translation": _translation}[kind]
    return once(
        call, HOUSE, once_key, [kind, body], lambda: order(call, body, key, once_key), life_s=DAY
    )


def _check(call: Call, model: Model, body: Mapping[str, Any]) -> None:
    for flaw in model.flaws(body):
        raise invalid(call, flaw.field, flaw.text)


def _lipsync(call: Call, body: Mapping[str, Any], key: str, once_key: str) -> Reply:
    _check(call, LIPSYNC, body)
    is_dynamic = body.get("enable_dynamic_duration", True)
    wanted = Wanted(
        picture=address(call, body["video"], "video"),
        sound=address(call, body["audio"], "audio"),
        picture_is=("video",),
        fit="remap" if is_dynamic else "film",
    )
    model = f"lipsync-{body.get('mode', 'speed')}"
    job = _job(call, "lipsync", wanted, model, body, key, once_key)
    return good({"lipsync_id": job["id"]})


def _video(call: Call, body: Mapping[str, Any], key: str, once_key: str) -> Reply:
    _check(call, VIDEO, body)
    if body["type"] == "avatar":
        raise HOUSE.refusal(call, "not_found", "There is no such avatar.", field="avatar_id")
    if body.get("image") is None:
        raise invalid(call, "image", "image is required")
    sound = str(body.get("audio_url") or "")
    if body.get("audio_asset_id"):
        asset = {"type": "asset_id", "asset_id": body["audio_asset_id"]}
        sound = address(call, asset, "audio_asset_id")
    say = "" if sound else str(body.get("script") or "")
    if not sound and not (say and body.get("voice_id")):
        raise invalid(
            call, "script", "audio_url, audio_asset_id or script with voice_id is needed"
        )
    if sound and body.get("script"):
        raise invalid(call, "script", "Either an audio or a script, not both.")
    wanted = Wanted(
        picture=address(call, body["image"], "image"),
        sound=sound,
        say=say,
        picture_is=("image",),
        short_side=short_side(body.get("resolution"), 720),
        aspect=aspect(body.get("aspect_ratio")),
    )
    job = _job(call, "video", wanted, "photo-avatar", body, key, once_key)
    return good({"video_id": job["id"]})


def _translation(call: Call, body: Mapping[str, Any], key: str, once_key: str) -> Reply:
    _check(call, TRANSLATION, body)
    languages = body["output_languages"]
    if not isinstance(languages, list) or not languages:
        raise invalid(call, "output_languages", "output_languages must be a list")
    if strange := set(map(str, languages)) - set(LANGUAGES):
        raise invalid(call, "output_languages", f"{', '.join(sorted(strange))}: not supported")
    wanted = Wanted(picture=address(call, body["video"], "video"), picture_is=("video",))
    model = f"translate-{body.get('mode', 'speed')}"
    jobs = [
        _job(
            call, "translation", wanted, model, {**body, "language": one}, key,
            f"{once_key}/{one}" if once_key else "",
        )
        for one in languages  # each is paid for
    ]  # fmt: skip
    return good({"video_translation_ids": [job["id"] for job in jobs]})


def _job(
    call: Call, kind: str, wanted: Wanted, model: str, body: Mapping[str, Any], key: str,
    once_key: str,
) -> Document:  # fmt: skip
    job = make(
        call, HOUSE, wanted, account=key, model=model, body=body, key=once_key, id=uuid4().hex,
        slots=3, result_s=7 * DAY, what=kind, title=body.get("title"),
        callback_id=body.get("callback_id"), hook=_hook(call, kind, body),
        language=body.get("language"),
    )  # fmt: skip
    watch(call.sandbox, job)
    return job


def _hook(call: Call, kind: str, body: Mapping[str, Any]) -> str:
    """Its own callback, or the endpoint that listens; no event tells of lipsyncs."""
    if body.get("callback_url") or kind == "lipsync":
        return str(body.get("callback_url") or "")
    known = call.sandbox.find("endpoint")
    return str(known[-1]["url"]) if known else ""


def endpoint(call: Call) -> Reply:
    """POST /v3/webhooks/endpoints. The address has to answer OPTIONS within a second."""
    HOUSE.enter(call)
    body = call.json()
    url = str(body.get("url") or "")
    if not re.match(r"https?://", url) or not isinstance(body.get("events", []), list):
        raise invalid(call, "url", "url must be an address")
    try:
        requests.options(url, timeout=1)
    except requests.RequestException:
        raise invalid(call, "url", "The address does not answer.") from None
    made = call.sandbox.put(
        "endpoint", uuid4().hex, url=url, secret=f"whsec_{uuid4().hex}", events=body.get("events")
    )
    return good({"endpoint_id": made["id"], "url": url, "secret": made["secret"]})


def rotate(call: Call) -> Reply:
    """POST /v3/webhooks/endpoints/{id}/rotate-secret."""
    HOUSE.enter(call)
    if call.sandbox.get("endpoint", call.args["id"]) is None:
        raise HOUSE.refusal(call, "not_found", "There is no such endpoint.")
    new = f"whsec_{uuid4().hex}"
    call.sandbox.change("endpoint", call.args["id"], secret=new)
    return good({"secret": new})


def shown(sandbox: Sandbox, job: Document, now: str, url_base: str = "") -> dict[str, Any]:
    """A lipsync, a video or a translation as it is read."""
    kind = job["what"]
    found: dict[str, Any] = {
        "id": job["id"],
        "title": job["title"],
        "status": status_word(sandbox, now, VIDEO_WORDS if kind == "video" else WORDS),
        "created_at": int(job["at"]),
        "callback_id": job["callback_id"],
        "video_url": None,
        "duration": None,
        "failure_message": None,
    }
    if kind == "translation":
        found["output_language"] = job["language"]
    if now == "done" and not results.is_empty(sandbox, job):
        found["video_url"] = results.address(sandbox, job, url_base)
        found["duration"] = job["made"]["seconds"]
    if now == "failed":
        found["failure_message"] = job["error"]["text"]
        names = {"refuse": "moderation_failed", "trouble": "internal_error"}
        found["failure_code"] = names.get(job["error"]["name"], job["error"]["name"])
    return found


def _read(call: Call, kind: str) -> Reply:
    HOUSE.enter(call)
    job = call.sandbox.get("job", call.args["id"])
    if job is None or job["what"] != kind:
        raise HOUSE.refusal(call, "not_found", f"There is no such {kind}.")
    job, now = look(call.sandbox, job)
    return good(shown(call.sandbox, job, now, call.url_base))


def _list(call: Call, kind: str) -> Reply:
    """Newest first, `limit` a page."""
    HOUSE.enter(call)
    jobs = call.sandbox.find("job", what=kind)[::-1]
    start, limit = int(call.query.get("token") or 0), int(call.query.get("limit") or 10)
    page = [
        shown(call.sandbox, *look(call.sandbox, job), call.url_base)
        for job in jobs[start : start + limit]
    ]
    has_more = start + limit < len(jobs)
    more = {"has_more": has_more, "next_token": str(start + limit) if has_more else None}
    return Reply(200, {"data": page, **more})


def languages(call: Call) -> Reply:
    HOUSE.enter(call)
    return good({"languages": list(LANGUAGES)})


def me(call: Call) -> Reply:
    HOUSE.enter(call)
    balance = {"remaining_balance": 100.0, "currency": "usd"}
    return good({"username": "sandbox", "billing_type": "wallet", "wallet": balance,
                 "at": time.strftime("%F", time.gmtime(call.sandbox.time()))})  # fmt: skip


ID = r"(?P<id>\w+)"


def _routes(path: str, kind: str) -> list[Route]:
    return [
        Route("POST", path, lambda call: _create(call, kind), commit=True, creates=True),
        Route("GET", path, lambda call: _list(call, kind)),
        Route("GET", f"{path}/{ID}", lambda call: _read(call, kind)),
    ]


ROUTES = [
    Route("GET", r"/v3/video-translations/languages", languages),
    *_routes("/v3/lipsyncs", "lipsync"),
    *_routes("/v3/videos", "video"),
    *_routes("/v3/video-translations", "translation"),
    Route("GET", r"/v3/users/me", me),
    Route("POST", r"/v3/webhooks/endpoints", endpoint),
    Route("POST", rf"/v3/webhooks/endpoints/{ID}/rotate-secret", rotate),
    *ASSET_ROUTES,
    *FILE_ROUTES,
    *results.RESULT_ROUTES,
]
