"""WaveSpeed, API v3: predictions, uploads, prices. Source: wavespeed.ai/docs, wavespeed 2.0.5.

Jobs over the limit queue there; only the minute is limited. Results and predictions are kept for
seven days. Rules: those of every vendor.
"""

import time
from collections.abc import Mapping
from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import results, speech_models
from studio.sandbox.vendors.common import House, Problem
from studio.sandbox.vendors.files import DAY, FILE_ROUTES, keep, sent_file, ticket
from studio.sandbox.vendors.hooks import SECRET, watch
from studio.sandbox.vendors.jobs import look, make, status_word
from studio.sandbox.vendors.models import SEED, Model, file, number, one_of, text

PREFIX = "wavespeed"
WORDS = {
    "queued": "created", "running": "processing", "done": "completed", "failed": "failed",
    "cancelled": "cancelled",
}  # fmt: skip
CREATES_A_MINUTE = 60  # Silver
WEEK = 7 * DAY
SYNC_MODES = ("bounce", "loop", "cut_off", "silence", "remap")
_FILM = {"video": file(), "audio": file()}
_PHOTO = {"image": file(), "audio": file()}
_FREE = {"prompt": text(), "seed": SEED}
_MODES = {"sync_mode": one_of(*SYNC_MODES)}


def _usd(per_second: float) -> dict[str, float]:
    return {"usd": per_second}


MODELS = {
    "sync/lipsync-3": Model({**_FILM, **_MODES}, "video", more=_usd(0.134)),
    "sync/react-1": Model(
        {**_FILM, **_MODES, "emotion": text(), "model_mode": one_of("lips", "face", "head")},
        "video", sound_s=(0, 15), film_s=(0, 15), more=_usd(0.167),
    ),
    "bytedance/avatar-omni-human": Model({**_PHOTO}, more=_usd(0.12)),
    "bytedance/omni-human-2.0": Model(
        {**_PHOTO, "prompt": text()}, sound_s=(4, 300), more=_usd(0.16)
    ),
    "veed/fabric-1.0": Model(
        {**_PHOTO, "resolution": one_of("480p", "720p")}, short_side=480, more=_usd(0.07)
    ),
    "kwaivgi/kling-lipsync/audio-to-video": Model(
        {**_FILM}, "video", fit="film", film_s=(2, 60), more=_usd(0.028)
    ),
    "kwaivgi/kling-lipsync/text-to-video": Model(
        {
            "video": file(), "text": text(120, must=True), "voice_id": text(),
            "voice_language": one_of("zh", "en"), "voice_speed": number(0.8, 2),
        },
        "video", sound="", say="text", fit="film", film_s=(2, 60), more=_usd(0.028),
    ),
    "kwaivgi/kling-v1-ai-avatar-standard": Model({**_PHOTO, "prompt": text()}, more=_usd(0.05)),
    "kwaivgi/kling-v2-ai-avatar-standard": Model({**_PHOTO, "prompt": text()}, more=_usd(0.056)),
    "kwaivgi/kling-v2-ai-avatar-pro": Model({**_PHOTO, "prompt": text()}, more=_usd(0.115)),
    "pruna-ai/p-video/avatar": Model(
        {**_PHOTO, "video_prompt": text(), "resolution": one_of("720p", "1080p"), "seed": SEED},
        more=_usd(0.025),
    ),
    "pruna-ai/p-video-2-pro/avatar": Model(
        {**_PHOTO, "resolution": one_of("480p", "768p")}, sound_s=(0, 180), short_side=480,
        more=_usd(0.03),
    ),
    "wavespeed-ai/infinitetalk": Model(
        {**_PHOTO, **_FREE, "resolution": one_of("480p", "720p")}, short_side=480, more=_usd(0.03)
    ),
    "wavespeed-ai/infinitetalk-fast": Model(
        {**_PHOTO, **_FREE, "resolution": one_of("480p", "720p")}, short_side=480,
        more=_usd(0.015),
    ),
    "wavespeed-ai/ltx-2.3/lipsync": Model({**_FILM, **_FREE}, "video", more=_usd(0.03)),
    **speech_models.wavespeed(),
    "wavespeed-ai/longcat-avatar-1.5": Model({**_PHOTO, **_FREE}, more=_usd(0.03)),
}  # fmt: skip


def word(call: Call, problem: Problem) -> Reply:
    return Reply(problem.status, {"code": problem.status, "message": problem.text})


HOUSE = House("Authorization", "Bearer", word)
trouble = HOUSE.trouble


def _good(data: Any) -> Reply:
    return Reply(200, {"code": 200, "message": "success", "data": data})


def submit(call: Call) -> Reply:
    """POST /api/v3/{model}, the input flat."""
    key = HOUSE.enter(call, paid=True)
    HOUSE.pace(call, key, CREATES_A_MINUTE)
    name, body = call.args["model"], call.json()
    model = _known(call, name)
    _check(call, model, body)
    job = make(
        call, HOUSE, model.wanted(body), account=key, model=name, body=body, result_s=WEEK,
        hook=call.query.get("webhook", ""), inputs=dict(body),
    )  # fmt: skip
    watch(call.sandbox, job)
    return _good(shown(call.sandbox, job, "queued", call.url_base))


def secret(call: Call) -> Reply:
    """GET /api/v3/webhook/secret."""
    HOUSE.enter(call)
    return _good({"secret": SECRET})


def _known(call: Call, name: Any) -> Model:
    if name not in MODELS:
        raise HOUSE.refusal(call, "not_found", f"The model {name} does not exist.")
    return MODELS[name]


def _check(call: Call, model: Model, body: Mapping[str, Any]) -> None:
    if not isinstance(body.get("enable_sync_mode", False), bool):
        raise HOUSE.refusal(call, "invalid", "enable_sync_mode must be a boolean")
    for flaw in model.flaws(body):
        raise HOUSE.refusal(call, "invalid", f"Invalid parameter: {flaw.text}.")


def shown(sandbox: Sandbox, job: Document, now: str, url_base: str = "") -> dict[str, Any]:
    """A prediction, read or in a webhook."""
    has_output = now == "done" and not results.is_empty(sandbox, job)
    base = url_base or f"{sandbox.url}/{sandbox.platform}"
    return {
        "id": job["id"],
        "model": job["model"],
        "outputs": [results.address(sandbox, job, base)] if has_output else [],
        "urls": {"get": f"{base}/api/v3/predictions/{job['id']}/result"},
        "has_nsfw_contents": [False] if has_output else [],
        "status": status_word(sandbox, now, WORDS),
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(job["at"])),
        "error": job["error"]["text"] if now == "failed" else "",
        "timings": {"inference": 1000 if now == "done" else 0},
    }


def read(call: Call) -> Reply:
    """GET /api/v3/predictions/{id}/result."""
    HOUSE.enter(call)
    job = call.sandbox.get("job", call.args["id"])
    if job is None or job["at"] + WEEK <= call.sandbox.time():
        raise HOUSE.refusal(call, "not_found", "The prediction does not exist.")
    job, now = look(call.sandbox, job)
    return _good(shown(call.sandbox, job, now, call.url_base))


def history(call: Call) -> Reply:
    """POST /api/v3/predictions: the latest, newest first."""
    HOUSE.enter(call)
    asked = call.json()
    page, size = int(asked.get("page") or 1), int(asked.get("page_size") or 20)
    jobs = call.sandbox.find("job")[::-1]
    items = []
    for job in jobs[(page - 1) * size : page * size]:
        job, now = look(call.sandbox, job)
        one = shown(call.sandbox, job, now, call.url_base)
        items.append({**one, "inputs": job["inputs"]})
    return _good({"page": page, "total": len(jobs), "items": items})


def delete(call: Call) -> Reply:
    """POST /api/v3/predictions/delete."""
    HOUSE.enter(call)
    ids = call.json().get("ids")
    if not isinstance(ids, list):
        raise HOUSE.refusal(call, "invalid", "ids must be a list")
    for id in ids:
        call.sandbox.delete("job", str(id))
    return _good({})


def balance(call: Call) -> Reply:
    HOUSE.enter(call)
    return _good({"balance": 100.0})


def models(call: Call) -> Reply:
    """GET /api/v3/models with their input schemas."""
    HOUSE.enter(call)
    return _good([_described(name, model) for name, model in MODELS.items()])


def _described(name: str, model: Model) -> dict[str, Any]:
    types = {"file": "string", "text": "string", "number": "number", "whole": "integer",
             "flag": "boolean", "any": "string"}  # fmt: skip
    properties = {
        field: {"type": types[one.kind], **({"enum": list(one.among)} if one.among else {})}
        for field, one in model.fields.items()
    }
    needed = [field for field, one in model.fields.items() if one.must]
    schema = {"type": "object", "properties": properties, "required": needed}
    return {
        "model_id": name,
        "name": name,
        "description": "",
        "type": "digital-human",
        "base_price": model.more["usd"],
        "sort_order": 0,
        "api_schema": {"api_schemas": [{"type": "model_run", "request_schema": schema}]},
    }


def price(call: Call) -> Reply:
    """POST /api/v3/model/price. The double knows the price of a second only."""
    HOUSE.enter(call)
    asked = call.json()
    model = _known(call, asked.get("model_id"))
    unit = model.more["usd"]
    return _good({"model_id": asked["model_id"], "unit_price": unit, "currency": "USD"})


def upload(call: Call) -> Reply:
    """POST /api/v3/media/uploads: a ticket."""
    HOUSE.enter(call)
    asked = call.json()
    name, size = asked.get("filename"), asked.get("size")
    if not isinstance(name, str) or not name:
        raise HOUSE.refusal(call, "invalid", "filename is required")
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise HOUSE.refusal(call, "invalid", "size is required")
    kind = str(asked.get("content_type") or "application/octet-stream")
    promised = {"x-amz-meta-filename": "sandbox"}
    found = ticket(call, content_type=kind, name=name, size=size, headers=promised, file_s=WEEK)
    headers = {"Content-Type": kind, **promised}
    given = {"method": "PUT", "url": found["upload_url"], "headers": headers}
    return _good({"upload": given, "download_url": found["url"]})


def upload_binary(call: Call) -> Reply:
    """POST /api/v3/media/upload/binary: the older way, in one call."""
    HOUSE.enter(call)
    sent, name = sent_file(call, "file")
    if sent is None:
        raise HOUSE.refusal(call, "invalid", "file is required")
    found = keep(call, sent, content_type="application/octet-stream", name=name, file_s=WEEK)
    return _good({"download_url": found["url"]})


ROUTES = [
    Route("GET", r"/api/v3/balance", balance),
    Route("GET", r"/api/v3/models", models),
    Route("GET", r"/api/v3/webhook/secret", secret),
    Route("POST", r"/api/v3/model/pric(?:e|ing)", price),
    Route("POST", r"/api/v3/media/uploads", upload),
    Route("POST", r"/api/v3/media/upload/binary", upload_binary),
    Route("POST", r"/api/v3/predictions", history),
    Route("POST", r"/api/v3/predictions/delete", delete),
    Route("GET", r"/api/v3/predictions/(?P<id>\w+)/result", read),
    Route("POST", r"/api/v3/(?P<model>[\w.-]+/[\w./-]+)", submit, commit=True, creates=True),
    *FILE_ROUTES,
    *results.RESULT_ROUTES,
]
