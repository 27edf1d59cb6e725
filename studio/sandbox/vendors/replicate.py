"""Replicate: predictions of official models, files. Source: replicate.com/docs (HTTP reference).

Inputs and outputs of a prediction are removed after an hour. Rules: replicate.output_shape
("string"; "list" or "object"), and those of every vendor.
"""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import results, speech_models
from studio.sandbox.vendors.common import House, Problem
from studio.sandbox.vendors.files import DAY, FILE_ROUTES, keep
from studio.sandbox.vendors.hooks import SECRET, watch
from studio.sandbox.vendors.jobs import cancel, look, make, status_word
from studio.sandbox.vendors.making import WORDS as ENDS
from studio.sandbox.vendors.models import FLAG, SEED, Flaw, Model, file, number, one_of, text

PREFIX = "replicate"
WORDS = {
    "queued": "starting", "running": "processing", "done": "succeeded", "failed": "failed",
    "cancelled": "canceled",
}  # fmt: skip
HOUR = 3600
CREATES_A_MINUTE = 600
FILE_BYTES = 100 * 2**20
PAGE = 100
_FILM = {"video": file(), "audio": file()}
_PHOTO = {"image": file(), "audio": file()}
_MODES = {"sync_mode": one_of("loop", "bounce", "cut_off", "silence", "remap")}
_SYNC = {**_FILM, **_MODES, "temperature": number(0, 1), "active_speaker": FLAG}
_HEYGEN = {
    **_FILM, "enable_dynamic_duration": FLAG, "disable_music_track": FLAG,
    "enable_speech_enhancement": FLAG,
}  # fmt: skip
MODELS = {
    "sync/lipsync-2": Model(
        {**_SYNC, "audio": file(must=False), "text": text(), "occlusion_detection": FLAG},
        "video", say="text", either=("audio", "text"), fit="loop",
    ),
    "sync/lipsync-2-pro": Model(_SYNC, "video", fit="loop"),
    "sync/react-1": Model(
        {**_FILM, "emotion": text(), "model_mode": one_of("lips", "face", "head"),
         "temperature": number(0, 1)},
        "video", fit="bounce", sound_s=(0, 15), film_s=(0, 15),
    ),
    "heygen/lipsync-precision": Model(_HEYGEN, "video", fit="remap"),
    "heygen/lipsync-speed": Model(_HEYGEN, "video", fit="remap"),
    "bytedance/omni-human": Model(_PHOTO, sound_s=(0, 30)),
    "bytedance/omni-human-1.5": Model(
        {**_PHOTO, "prompt": text(), "seed": SEED, "fast_mode": FLAG}, sound_s=(0, 35)
    ),
    "veed/fabric-1.0": Model({**_PHOTO, "resolution": one_of("480p", "720p")}),
    "prunaai/p-video-avatar": Model(
        {"image": file(), "audio": file(must=False), "voice_script": text(), "voice": text(),
         "prompt": text(), "resolution": one_of("720p", "1080p"), "draft": FLAG,
         "disable_safety_filter": FLAG, "seed": SEED},
        say="voice_script", either=("audio", "voice_script"),
    ),
    **speech_models.replicate(),
    "kwaivgi/kling-lip-sync": Model(
        {"video_url": file(), "audio_file": file(must=False), "text": text(),
         "voice_id": text(), "voice_speed": number(0.8, 2)},
        "video_url", "audio_file", say="text", either=("audio_file", "text"), fit="film",
        film_s=(2, 10),
    ),
}  # fmt: skip


def word(call: Call, problem: Problem) -> Reply:
    titles = {401: "Unauthenticated", 402: "Insufficient credit", 403: "Forbidden",
              404: "Not Found", 422: "Input validation failed"}  # fmt: skip
    if problem.name in ("rate", "slots"):
        text = f"Request was throttled. Your rate limit resets in ~{problem.seconds or 30:.0f}s."
        return Reply(problem.status, {"detail": text, "status": problem.status})
    body = {
        "title": titles.get(problem.status, "Error"),
        "status": problem.status,
        "detail": problem.text,
    }
    return Reply(problem.status, body, {"Content-Type": "application/problem+json"})


HOUSE = House("Authorization", "Bearer", word)
trouble = HOUSE.trouble


def submit(call: Call) -> Reply:
    """POST /models/{owner}/{name}/predictions."""
    return _submit(call, f"{call.args['owner']}/{call.args['name']}", call.json())


def submit_version(call: Call) -> Reply:
    """POST /predictions with a version: owner/name, owner/name:id or an id."""
    body = call.json()
    version = str(body.get("version") or "")
    name = version.partition(":")[0]
    known = {_version(one): one for one in MODELS}
    return _submit(call, known.get(version, name), body)


def _version(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _submit(call: Call, name: str, body: Mapping[str, Any]) -> Reply:
    key = HOUSE.enter(call, paid=True)
    HOUSE.pace(call, key, CREATES_A_MINUTE)
    if name not in MODELS:
        raise HOUSE.refusal(call, "not_found", "The requested resource could not be found.")
    given = body.get("input")
    if not isinstance(given, Mapping):
        return _invalid(call, [Flaw("input", "missing", "input is required")])
    model = MODELS[name]
    if flaws := model.flaws(given):
        return _invalid(call, flaws)
    _check_lifetime(call)
    job = make(
        call, HOUSE, model.wanted(given), account=key, model=name, body=dict(given),
        result_s=HOUR, hook=str(body.get("webhook") or ""),
        events=list(body.get("webhook_events_filter") or []), given=_short(given),
    )  # fmt: skip
    watch(call.sandbox, job)
    return Reply(201, _shown_first(call, job))


def _short(given: Mapping[str, Any]) -> dict[str, Any]:
    """Data URIs come back cut, as they do there."""
    return {
        name: f"{value[:64]}..." if str(value).startswith("data:") else value
        for name, value in given.items()
    }


def _invalid(call: Call, flaws: list[Flaw]) -> Reply:
    said = "".join(f"- input.{one.field}: {one.text}\n" for one in flaws)
    reply = HOUSE.refusal(call, "unprocessable", said).reply
    fields = [{"type": one.kind, "field": f"input.{one.field}", "description": one.text}
              for one in flaws]  # fmt: skip
    return Reply(422, {**reply.body, "invalid_fields": fields}, reply.headers)


def _check_lifetime(call: Call) -> None:
    for header, pattern in (("Prefer", r"wait(=\d+)?"), ("Cancel-After", r"\d+[smh]?")):
        value = call.headers.get(header, "")
        if value and not re.fullmatch(pattern, value):
            raise HOUSE.refusal(call, "invalid", f"The header {header} is not valid.", status=400)


def _shown_first(call: Call, job: Document) -> dict[str, Any]:
    """The answer to an order; Prefer: wait holds it."""
    prefer = re.fullmatch(r"wait(?:=(\d+))?", call.headers.get("Prefer", ""))
    if not prefer:
        return shown(call.sandbox, job, "queued", call.url_base)
    until = time.monotonic() + min(60, int(prefer[1] or 60))
    while True:
        job, now = look(call.sandbox, job)
        if now not in ("queued", "running") or time.monotonic() > until:
            return shown(call.sandbox, job, now, call.url_base)
        time.sleep(0.1)


def shown(sandbox: Sandbox, job: Document, now: str, url_base: str = "") -> dict[str, Any]:
    """A prediction, read or in a webhook."""
    base = url_base or f"{sandbox.url}/{sandbox.platform}"
    is_over = now in ("done", "failed", "cancelled")
    removed = bool(job["settled"]) and results.is_expired(sandbox, job)
    found: dict[str, Any] = {
        "id": job["id"],
        "model": job["model"],
        "version": "hidden",
        "status": status_word(sandbox, now, WORDS),
        "input": {} if removed else job["given"],
        "output": None,
        "logs": "",
        "error": None,
        "metrics": {"predict_time": 1.0} if is_over else {},
        "created_at": _iso(job["at"]),
        "started_at": None if now == "queued" else _iso(job["at"]),
        "completed_at": _iso(job.get("over_at") or sandbox.time()) if is_over else None,
        "data_removed": removed,
        "urls": {
            "get": f"{base}/predictions/{job['id']}",
            "cancel": f"{base}/predictions/{job['id']}/cancel",
            "web": f"{base}/p/{job['id']}",
        },
    }
    if now == "done" and not removed:
        found["output"] = _output(sandbox, job, base)
    if now == "failed":
        found["error"] = _error(job["error"])
    return found


def _output(sandbox: Sandbox, job: Document, base: str) -> Any:
    shape = str(sandbox.rule("replicate.output_shape", "string"))
    if results.is_empty(sandbox, job):
        return [] if shape == "list" else None
    url = results.address(sandbox, job, base)
    if MODELS[job["model"]].more.get("clones"):
        return {"voice_id": f"R8_{job['id']}", "model": "speech-02-turbo", "preview": url}
    return {"string": url, "list": [url], "object": {"video": url}}[shape]


def _error(flaw: Mapping[str, str]) -> str:
    if flaw["name"] == "refuse":
        return "The input or output was flagged as sensitive. Please try again. (E005)"
    return flaw["text"] or ENDS["fail"]


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".000000Z"


def _job(call: Call) -> Document:
    job = call.sandbox.get("job", call.args["id"])
    if job is None:
        raise HOUSE.refusal(call, "not_found", "The requested resource could not be found.")
    return job


def read(call: Call) -> Reply:
    HOUSE.enter(call)
    job, now = look(call.sandbox, _job(call))
    return Reply(200, shown(call.sandbox, job, now, call.url_base))


def stop(call: Call) -> Reply:
    """POST /predictions/{id}/cancel."""
    HOUSE.enter(call)
    cancel(call.sandbox, _job(call))
    job, now = look(call.sandbox, _job(call))
    return Reply(200, shown(call.sandbox, job, now, call.url_base))


def listed(call: Call) -> Reply:
    """GET /predictions, newest first, a hundred a page; without inputs, as there."""
    HOUSE.enter(call)
    jobs = call.sandbox.find("job")[::-1]
    start = int(call.query.get("cursor") or 0)
    page = []
    for job in jobs[start : start + PAGE]:
        job, now = look(call.sandbox, job)
        page.append(shown(call.sandbox, job, now, call.url_base))
    more = start + PAGE < len(jobs)
    following = f"{call.url_base}/predictions?cursor={start + PAGE}" if more else None
    return Reply(200, {"next": following, "previous": None, "results": page})


def account(call: Call) -> Reply:
    HOUSE.enter(call)
    return Reply(200, {"type": "user", "username": "sandbox", "name": "Sandbox"})


def model(call: Call) -> Reply:
    """GET /models/{owner}/{name} with the schema of its inputs."""
    HOUSE.enter(call)
    name = f"{call.args['owner']}/{call.args['name']}"
    if name not in MODELS:
        raise HOUSE.refusal(call, "not_found", "The requested resource could not be found.")
    types = {"file": "string", "text": "string", "number": "number", "whole": "integer",
             "flag": "boolean", "any": "string"}  # fmt: skip
    fields = MODELS[name].fields
    schema = {
        "type": "object",
        "required": [field for field, one in fields.items() if one.must],
        "properties": {
            field: {
                "type": types[one.kind],
                **({"format": "uri"} if one.kind == "file" else {}),
                **({"enum": list(one.among)} if one.among else {}),
            }
            for field, one in fields.items()
        },
    }
    version = {"id": _version(name), "openapi_schema": {"components": {"schemas": {
        "Input": schema}}}}  # fmt: skip
    owner, _, short = name.partition("/")
    return Reply(200, {"owner": owner, "name": short, "latest_version": version})


def secret(call: Call) -> Reply:
    """GET /webhooks/default/secret."""
    HOUSE.enter(call)
    return Reply(200, {"key": SECRET})


def upload(call: Call) -> Reply:
    """POST /files, multipart `content`."""
    HOUSE.enter(call)
    sent = {one.name: one for one in call.parts()}
    part = sent.get("content")
    if part is None or not isinstance(part.content, Path):
        raise HOUSE.refusal(call, "invalid", "Missing content")
    content, name = part.content, part.filename or "content"
    if content.stat().st_size > FILE_BYTES:
        raise HOUSE.refusal(call, "too_large")
    try:
        metadata = json.loads(str(sent["metadata"].content) if "metadata" in sent else "{}")
    except ValueError as e:
        raise HOUSE.refusal(call, "invalid", "metadata is not JSON") from e
    kind = part.content_type or "application/octet-stream"
    found = keep(call, content, content_type=kind, name=name, file_s=DAY)
    return Reply(201, _file(found, metadata))


def _file(found: Document, metadata: Any) -> dict[str, Any]:
    return {
        "id": found["id"],
        "name": found["name"],
        "content_type": found["content_type"],
        "size": found["size"],
        "etag": found["sha256"][:32],
        "checksums": {"sha256": found["sha256"]},
        "metadata": metadata,
        "created_at": _iso(found["until"] - DAY),
        "expires_at": _iso(found["until"]),
        "urls": {"get": found["url"]},
    }


ID = r"(?P<id>\w+)"
NAME = r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)"
ROUTES = [
    Route("POST", rf"/models/{NAME}/predictions", submit, commit=True, creates=True),
    Route("POST", r"/predictions", submit_version, commit=True, creates=True),
    Route("GET", r"/predictions", listed),
    Route("GET", rf"/predictions/{ID}", read),
    Route("POST", rf"/predictions/{ID}/cancel", stop),
    Route("GET", r"/account", account),
    Route("GET", rf"/models/{NAME}", model),
    Route("GET", r"/webhooks/default/secret", secret),
    Route("POST", r"/files", upload),
    *FILE_ROUTES,
    *results.RESULT_ROUTES,
]
