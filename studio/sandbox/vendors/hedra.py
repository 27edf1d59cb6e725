"""Hedra, API v3: files, jobs, prices. Source: hedra-sdk 7.0.0.

Files are named by the address that /files gave, to the letter, or by the asset of an earlier
output. Rules: those of every vendor.
"""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import results
from studio.sandbox.vendors.common import House, Problem, once
from studio.sandbox.vendors.files import DAY, FILE_ROUTES, keep, sent_file
from studio.sandbox.vendors.hedra_models import MODELS, PRICES, VOICES
from studio.sandbox.vendors.hooks import public_key, watch
from studio.sandbox.vendors.jobs import look, make, progress, status_word
from studio.sandbox.vendors.media import NotMedia
from studio.sandbox.vendors.media import look as seen
from studio.sandbox.vendors.models import Model

PREFIX = "hedra"
WORDS = {
    "queued": "IN_QUEUE", "running": "IN_PROGRESS", "done": "COMPLETED", "failed": "FAILED",
    "cancelled": "FAILED",
}  # fmt: skip
HOUR = 3600
IMAGE_BYTES, AUDIO_BYTES = 10_400_000, 104_800_000
CODES = {
    "missing_key": "UNAUTHORIZED", "wrong_key": "UNAUTHORIZED", "expired_key": "UNAUTHORIZED",
    "unpaid": "INSUFFICIENT_BALANCE", "forbidden": "PERMISSION_DENIED", "not_found": "NOT_FOUND",
    "conflict": "ALREADY_EXISTS", "too_large": "INVALID_ARGUMENT", "invalid": "INVALID_ARGUMENT",
    "unprocessable": "INVALID_ARGUMENT", "rate": "RESOURCE_EXHAUSTED",
    "slots": "RESOURCE_EXHAUSTED", "server": "INTERNAL", "unavailable": "UNAVAILABLE",
    "timeout": "DEADLINE_EXCEEDED",
}  # fmt: skip
PASSING = ("rate", "slots", "server", "unavailable", "timeout")
FAILED = {
    "refuse": "MODERATION_FAILED", "no_face": "INVALID_ARGUMENT", "fail": "INTERNAL",
    "trouble": "UNAVAILABLE", "cancelled": "CANCELLED",
}  # fmt: skip


def word(call: Call, problem: Problem) -> Reply:
    code = "ALREADY_IN_PROGRESS" if problem.code == "busy" else CODES[problem.name]
    error: dict[str, Any] = {
        "code": problem.code if problem.code.isupper() else code,
        "message": problem.text,
        "retryable": problem.name in PASSING or problem.code == "busy",
        "retry_after": problem.seconds or None,
        "param": problem.field or None,
        "type": "api_error",
    }
    if problem.name == "unpaid":
        money = {"balance": 0.0, "required": 1.0, "funding_url": "https://hedra.example/pay"}
        error["billing"] = money
    trace = uuid4().hex
    return Reply(problem.status, {"error": error, "trace_id": trace}, {"X-Trace-Id": trace})


HOUSE = House("Authorization", "Bearer", word)
trouble = HOUSE.trouble


def upload(call: Call) -> Reply:
    """POST /files, multipart `file`. Its kind is told by its content."""
    HOUSE.enter(call)
    sent, name = sent_file(call, "file")
    if sent is None:
        raise HOUSE.refusal(call, "invalid", "file is required", field="file")
    try:
        kind = seen(sent).kind
    except NotMedia as e:
        raise HOUSE.refusal(call, "invalid", "The file is not supported.", field="file") from e
    most = {"image": IMAGE_BYTES, "audio": AUDIO_BYTES}.get(kind, AUDIO_BYTES)
    if sent.stat().st_size > most:
        raise HOUSE.refusal(call, "too_large", f"The {kind} is larger than {most} bytes.")
    mime = {"image": "image/jpeg", "audio": "audio/wav", "video": "video/mp4"}[kind]
    found = keep(call, sent, content_type=mime, name=name, file_s=HOUR)
    url = f"{found['url']}?token={found['secret']}"
    return Reply(200, {"url": url, "content_type": mime, "expires_at": _iso(found["until"])})


def submit(call: Call) -> Reply:
    """POST /models/{model}."""
    key = HOUSE.enter(call, paid=True)
    HOUSE.pace(call, key, 0)
    name, body = call.args["model"], call.json()
    once_key = call.headers.get("Idempotency-Key", "")

    def act() -> Reply:
        given = _checked(call, name, body)
        webhook = body.get("webhook") or ""
        job = make(
            call, HOUSE, MODELS[name].wanted(given), account=key, model=name, body=given,
            key=once_key, id=str(uuid4()), prompt=given.get("prompt"), name=given.get("name"),
            hook=str(webhook.get("url", "") if isinstance(webhook, Mapping) else webhook),
        )  # fmt: skip
        watch(call.sandbox, job)
        base = f"{call.url_base}/jobs/{job['id']}"
        found = {
            "job_id": job["id"],
            "model": name,
            "status": "IN_QUEUE",
            "status_url": f"{base}/status",
            "result_url": base,
            "estimated_completion_at": _iso(call.sandbox.time() + 60),
        }
        return Reply(202, found)

    return once(call, HOUSE, once_key, {"model": name, **body}, act, life_s=DAY)


def _checked(call: Call, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with plain addresses in place of sources. Raises Refused."""
    if name not in MODELS:
        raise HOUSE.refusal(call, "not_found", f"There is no model {name}.", field="model")
    given = body.get("input")
    if not isinstance(given, Mapping):
        raise HOUSE.refusal(call, "invalid", "input is required", field="input")
    model = MODELS[name]
    plain = dict(given)
    for field in (model.picture, model.sound):
        if field and given.get(field) is not None:
            plain[field] = _address(call, given[field], field)
    for flaw in model.flaws(plain):
        raise HOUSE.refusal(call, "invalid", flaw.text, field=f"input.{flaw.field}")
    if model.voice and plain["voice_id"] not in _voices(call.sandbox):
        raise HOUSE.refusal(call, "not_found", "There is no such voice.", field="input.voice_id")
    return plain


def _voices(sandbox: Sandbox) -> dict[str, str]:
    """Voice id -> name: those of the house and the clones that are done."""
    clones = [
        job for job in sandbox.find("job", model="elevenlabs-voice-clone") if job.get("made")
    ]
    return VOICES | {_voice_id(job): str(job["name"]) for job in clones}


def _voice_id(job: Document) -> str:
    return f"voice_{job['id']}"


def voices(call: Call) -> Reply:
    """GET /models/{model}/voices."""
    HOUSE.enter(call)
    listed = [{"voice_id": id, "name": name} for id, name in _voices(call.sandbox).items()]
    return Reply(200, {"voices": listed})


def _address(call: Call, value: Any, field: str) -> str:
    """What {source: "url", url} or {source: "asset", asset_id} stands for; of a list the first."""
    if isinstance(value, list) and 1 <= len(value) <= 4 and field == "audio":
        speakers = [_address(call, one, field) for one in value]
        return speakers[0]
    if isinstance(value, Mapping) and value.get("source") == "url":
        return _uploaded(call, value.get("url"), field)
    if isinstance(value, Mapping) and value.get("source") == "asset":
        job = call.sandbox.get("job", str(value.get("asset_id")))
        if job and job.get("made"):
            return results.address(call.sandbox, job, call.url_base)
        raise HOUSE.refusal(call, "not_found", "There is no such asset.", field=f"input.{field}")
    text = 'A file is {"source": "url", "url"} or {"source": "asset", "asset_id"}.'
    raise HOUSE.refusal(call, "invalid", text, field=f"input.{field}")


def _uploaded(call: Call, url: Any, field: str) -> str:
    """An upload's address has to come back as it was given, its query included."""
    if not isinstance(url, str) or not re.match(r"https?://", url):
        raise HOUSE.refusal(call, "invalid", "url is not an address", field=f"input.{field}")
    plain, _, query = url.partition("?")
    if not plain.startswith(f"{call.url_base}/_files/"):
        return url
    found = call.sandbox.get("file", plain.split("/_files/")[1].split("/")[0])
    if found is None or query != f"token={found['secret']}":
        raise HOUSE.refusal(call, "not_found", "There is no such file.", field=f"input.{field}")
    if found["until"] <= call.sandbox.time():
        raise HOUSE.refusal(
            call, "not_found", "The file has expired.", status=410, code="GONE",
            field=f"input.{field}",
        )  # fmt: skip
    return plain


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _job(call: Call) -> Document:
    job = call.sandbox.get("job", call.args["id"])
    if job is None:
        raise HOUSE.refusal(call, "not_found", "There is no such job.")
    return job


def status(call: Call) -> Reply:
    """GET /jobs/{id}/status."""
    HOUSE.enter(call)
    job, now = look(call.sandbox, _job(call))
    return Reply(200, _status(call.sandbox, job, now))


def _status(sandbox: Sandbox, job: Document, now: str) -> dict[str, Any]:
    return {
        "job_id": job["id"],
        "status": status_word(sandbox, now, WORDS),
        "progress": round(progress(sandbox, job), 3),
        "estimated_completion_at": _iso(job["at"] + 60),
    }


def read(call: Call) -> Reply:
    """GET /jobs/{id}."""
    HOUSE.enter(call)
    job, now = look(call.sandbox, _job(call))
    found = shown(call.sandbox, job, now, call.url_base)
    seconds = job["made"]["seconds"] if now == "done" else 0.0
    cost = round(PRICES[job["model"]] * seconds, 4)
    return Reply(200, {**found, "logs": [], "cost": cost, "currency": "USD"})


def shown(sandbox: Sandbox, job: Document, now: str, url_base: str = "") -> dict[str, Any]:
    """A job's result, read or in a webhook."""
    found: dict[str, Any] = {
        "job_id": job["id"],
        "model": job["model"],
        "status": status_word(sandbox, now, WORDS),
        "prompt": job["prompt"],
        "outputs": [],
        "metrics": {},
        "error": None,
    }
    if now == "done" and not results.is_empty(sandbox, job):
        found["outputs"] = [_output(sandbox, job, url_base)]
    if now in ("failed", "cancelled"):
        flaw = job.get("error") or {"name": "cancelled", "text": "The job was cancelled."}
        code = FAILED.get(flaw["name"], "INVALID_ARGUMENT")
        found["error"] = {
            "code": code,
            "message": flaw["text"],
            "retryable": code == "UNAVAILABLE",
        }
    return found


def _output(sandbox: Sandbox, job: Document, url_base: str) -> dict[str, Any]:
    made = job["made"]
    return {
        "status": "EXPIRED" if results.is_expired(sandbox, job) else "COMPLETED",
        "asset_id": job["id"],
        "voice_id": _voice_id(job) if MODELS[job["model"]].more.get("clones") else None,
        "url": results.address(sandbox, job, url_base),
        "content_type": results.KINDS[Path(made["path"]).suffix],
        "width": made["width"] or None,
        "height": made["height"] or None,
        "duration_ms": round(made["seconds"] * 1000),
        "fps": 25.0 if made["width"] else None,
        "error": None,
    }


def listed(call: Call) -> Reply:
    """GET /jobs and /models/{model}/jobs, newest first."""
    HOUSE.enter(call)
    jobs = [
        job
        for job in call.sandbox.find("job")[::-1]
        if call.args.get("model") in (None, "", job["model"])
    ]
    found = []
    for job in jobs:
        job, now = look(call.sandbox, job)
        one = {"model": job["model"], "created_at": _iso(job["at"])}
        found.append({**_status(call.sandbox, job, now), **one})
    return Reply(200, {"jobs": found, "next_cursor": None})


def logs(call: Call) -> Reply:
    HOUSE.enter(call)
    _job(call)
    return Reply(200, {"logs": []})


def models(call: Call) -> Reply:
    HOUSE.enter(call)
    return Reply(200, {"models": [{"id": name, "name": name} for name in MODELS]})


def model(call: Call) -> Reply:
    HOUSE.enter(call)
    name = call.args["model"]
    if name not in MODELS:
        raise HOUSE.refusal(call, "not_found", f"There is no model {name}.", field="model")
    needed = [field for field, one in MODELS[name].fields.items() if one.must]
    return Reply(200, {"id": name, "name": name, "required": needed})


def estimate(call: Call) -> Reply:
    """POST /models/{model}/estimate: by duration_ms, or the length of the sound."""
    HOUSE.enter(call)
    name = call.args["model"]
    given = _checked(call, name, call.json())
    seconds = _sound_s(call, MODELS[name], given)
    return Reply(200, {"cost": round(PRICES[name] * seconds, 4), "currency": "USD"})


def _sound_s(call: Call, model: Model, given: Mapping[str, Any]) -> float:
    if isinstance(given.get("duration_ms"), int):
        return int(given["duration_ms"]) / 1000
    found = re.search(r"/_files/([\w.-]+)", str(given.get(model.sound)))
    return seen(call.sandbox.upload_path(found[1])).seconds if found else 10.0


def webhook_key(call: Call) -> Reply:
    """GET /webhooks/public-key."""
    HOUSE.enter(call)
    return Reply(200, {"public_key": public_key()})


def balance(call: Call) -> Reply:
    HOUSE.enter(call)
    return Reply(200, {"balance": 100.0, "spent": 0.0, "currency": "USD"})


ID, NAME = r"(?P<id>[\w-]+)", r"(?P<model>[\w.-]+)"
ROUTES = [
    Route("POST", r"/files", upload),
    Route("GET", r"/models", models),
    Route("GET", rf"/models/{NAME}", model),
    Route("POST", rf"/models/{NAME}", submit, commit=True, creates=True),
    Route("POST", rf"/models/{NAME}/estimate", estimate),
    Route("GET", rf"/models/{NAME}/jobs", listed),
    Route("GET", rf"/models/{NAME}/voices", voices),
    Route("GET", r"/jobs", listed),
    Route("GET", rf"/jobs/{ID}/status", status),
    Route("GET", rf"/jobs/{ID}/logs", logs),
    Route("GET", rf"/jobs/{ID}", read),
    Route("GET", r"/balance", balance),
    Route("GET", r"/webhooks/public-key", webhook_key),
    *FILE_ROUTES,
    *results.RESULT_ROUTES,
]
