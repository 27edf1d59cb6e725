"""Sync.so, API v2: generations, assets, prices. Source: sync.so/docs, syncsdk 0.3.0.

Rules: sync.plan ("creator"; free, hobbyist, growth, scale), sync.outcome_unknown (false: a
repeated Idempotency-Key hears IDEMPOTENCY_OUTCOME_UNKNOWN with the generation's id), and those of
every vendor.
"""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import results
from studio.sandbox.vendors.common import once
from studio.sandbox.vendors.files import DAY, FILE_ROUTES, NotThere, keep, source
from studio.sandbox.vendors.hooks import watch
from studio.sandbox.vendors.jobs import Wanted, look, make, stage, status_word
from studio.sandbox.vendors.media import FPS, NotMedia, speech_s
from studio.sandbox.vendors.media import look as seen
from studio.sandbox.vendors.sync_assets import ASSET_ROUTES
from studio.sandbox.vendors.sync_rules import (
    CODES,
    DIRECT_BYTES,
    HOUSE,
    MODELS,
    PREFIX,
    Parts,
    bad,
    check_quota,
    checked,
    cost_usd,
    fails_of,
    iso,
    mode_of,
    plan,
    trouble,
)

__all__ = ["PREFIX", "ROUTES", "trouble"]

WORDS = {"queued": "PENDING", "running": "PROCESSING", "done": "COMPLETED", "failed": "FAILED"}
CREATES_A_MINUTE = 60
LONGEST_WAIT_S = 10
KEY = re.compile(r"[A-Za-z0-9._~-]{1,128}")
FAILED = {
    "unreachable": "generation_media_metadata_missing",
    "not_media": "generation_media_metadata_missing",
    "wrong_kind": "generation_media_metadata_missing",
    "too_long": "generation_audio_length_exceeded",
    "no_face": "generation_input_face_selection_invalid",
    "trouble": "generation_infra_error",
    "fail": "provider_unknown_error",
}


def create(call: Call) -> Reply:
    """POST /v2/generate, as JSON or with files."""
    key = HOUSE.enter(call, paid=True)
    HOUSE.pace(call, key, CREATES_A_MINUTE)
    once_key = call.headers.get("Idempotency-Key", "")
    if once_key and not KEY.fullmatch(once_key):
        raise bad(call, "The Idempotency-Key is not valid.", code="INVALID_IDEMPOTENCY_KEY")
    body = _with_files(call) if call.content_type == "multipart/form-data" else call.json()
    if once_key and call.sandbox.rule("sync.outcome_unknown", False):
        _say_unknown(call, once_key)

    def act() -> Reply:
        parts = checked(call, body)
        check_quota(call, key)
        job = _order(call, body, parts, key, once_key)
        watch(call.sandbox, job)
        return Reply(201, _shown(call, job, "queued"))

    return once(call, HOUSE, once_key, _same(body), act, life_s=DAY)


def _same(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body for comparing: files that came in the call count by their content."""
    return {name: value for name, value in body.items() if name != "input"} | {
        "input": [
            {k: v for k, v in one.items() if k != "url" or "sha256" not in one}
            for one in body.get("input") or []
            if isinstance(one, Mapping)
        ]
    }


def _say_unknown(call: Call, once_key: str) -> None:
    for job in call.sandbox.find("job", once_key=once_key):
        said = "The outcome of the first request is not known."
        problem = HOUSE.refusal(call, "conflict", said, code="IDEMPOTENCY_OUTCOME_UNKNOWN")
        body = {**problem.reply.body, "generationId": job["id"]}
        raise Refused(Reply(problem.reply.status, body))


def _with_files(call: Call) -> dict[str, Any]:
    """The body of a multipart create, with its files as inputs."""
    body: dict[str, Any] = {}
    sent = call.parts()
    given = {one.name: one.content for one in sent}
    names = {one.name: one.filename or one.name for one in sent}
    for name, value in given.items():
        if isinstance(value, Path):
            continue
        if name in ("input", "options", "segments", "dubParams"):
            try:
                body[name] = json.loads(value)
            except ValueError as e:
                raise bad(call, f"{name} is not JSON", name) from e
        else:
            body[name] = value
    inputs = list(body.get("input") or [])
    for name, value in given.items():
        if not isinstance(value, Path):
            continue
        if name not in ("video", "audio", "image"):
            raise bad(call, f"There is no file field {name}", name)
        if value.stat().st_size > DIRECT_BYTES:
            raise HOUSE.refusal(call, "too_large", "Files of up to 20 MB can be sent directly.")
        kind = {"video": "video/mp4", "audio": "audio/mpeg", "image": "image/jpeg"}[name]
        stored = keep(call, value, content_type=kind, name=names[name])
        inputs.append({"type": name, "url": stored["url"], "sha256": stored["sha256"]})
    return {**body, "input": inputs}


def _order(
    call: Call, body: Mapping[str, Any], parts: Parts, account: str, once_key: str
) -> Document:
    options = body.get("options") or {}
    say = parts.texts[0]["provider"]["script"] if parts.texts else ""
    wanted = Wanted(
        picture=parts.visual["url"],
        sound=parts.audio[0]["url"] if parts.audio else "",
        say=say,
        picture_is=(parts.visual["type"],),
        fit=mode_of(options),
        sound_s=(0.0, 15.0 if body["model"] == "react-1" else 300.0),
        film_s=(0.0, 15.0 if body["model"] == "react-1" else 0.0),
    )
    return make(
        call, HOUSE, wanted, account=account, model=body["model"], body=body, key=once_key,
        id=str(uuid4()), slots=plan(call)[0], outcome=fails_of(body), once_key=once_key,
        asked={k: body.get(k) for k in ("input", "options", "segments", "webhookUrl")},
        hook=str(body.get("webhookUrl") or ""),
    )  # fmt: skip


def shown(sandbox: Sandbox, job: Document, now: str, url_base: str = "") -> dict[str, Any]:
    """A generation as Sync.so describes it, read or in a webhook."""
    found: dict[str, Any] = {
        "id": job["id"],
        "createdAt": iso(job["at"]),
        "status": status_word(sandbox, now, WORDS),
        "model": job["model"],
        **{name: value for name, value in job["asked"].items() if value},
        "outputUrl": None,
        "outputDuration": None,
        "error": None,
        "errorCode": None,
    }
    if now == "done" and not results.is_empty(sandbox, job):
        found["outputUrl"] = results.address(sandbox, job, url_base)
        found["outputDuration"] = job["made"]["seconds"]
    if now == "failed":
        flaw = job["error"]
        found["error"] = flaw["text"]
        found["errorCode"] = FAILED.get(flaw["name"])
        if flaw["name"] == "refuse":
            found["status"] = "REJECTED"
    return found


def _shown(call: Call, job: Document, now: str) -> dict[str, Any]:
    return shown(call.sandbox, job, now, call.url_base)


def read(call: Call) -> Reply:
    """GET /v2/generate/{id}; wait=true holds the answer until the job is over."""
    HOUSE.enter(call)
    job = _job(call)
    until = time.monotonic() + LONGEST_WAIT_S
    while True:
        job, now = look(call.sandbox, job)
        if call.query.get("wait") != "true" or now in ("done", "failed"):
            break
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    return Reply(200, _shown(call, job, now))


def _job(call: Call) -> Document:
    job = call.sandbox.get("job", call.args["id"])
    if job is None:
        raise HOUSE.refusal(call, "not_found", "There is no such generation.")
    return job


def listed(call: Call) -> Reply:
    """GET /v2/generations, newest first."""
    HOUSE.enter(call)
    ids = [one for one in call.query.get("ids", "").split(",") if one]
    ids += [value for name, value in call.pairs if name == "ids[]"]
    found = []
    for job in reversed(call.sandbox.find("job")):
        if ids and job["id"] not in ids:
            continue
        job, now = look(call.sandbox, job)
        one = _shown(call, job, now)
        if call.query.get("status") in (None, "", one["status"]):
            found.append(one)
    return Reply(200, found)


def delete(call: Call) -> Reply:
    HOUSE.enter(call)
    job = _job(call)
    if stage(call.sandbox, job) in ("queued", "running"):
        job, now = look(call.sandbox, job)
        if now in ("queued", "running"):
            raise HOUSE.refusal(
                call, "conflict", "The generation is running.", code="generation_in_progress"
            )
    call.sandbox.delete("job", job["id"])
    return Reply(204, None)


def price(call: Call) -> Reply:
    """POST /v2/analyze/cost."""
    HOUSE.enter(call)
    body = call.json()
    parts = checked(call, body)
    if parts.texts:
        seconds = speech_s(parts.texts[0]["provider"]["script"])
    else:
        url = (parts.audio[0] if parts.audio else parts.visual)["url"]
        try:
            seconds = seen(source(call.sandbox, url)).seconds
        except (NotThere, NotMedia) as e:
            raise bad(call, str(e), "input", "generation_media_metadata_missing", 422) from e
    cost = cost_usd(body, seconds)
    frames = round(seconds * FPS)
    return Reply(200, [{"estimatedFrameCount": frames, "estimatedGenerationCost": cost}])


def models(call: Call) -> Reply:
    HOUSE.enter(call)
    common = {"type": "lipsync", "version": "1", "description": "", "deprecatedAt": None}
    return Reply(200, [{"id": name, "name": name, **common} for name in MODELS])


def errors(call: Call) -> Reply:
    """GET /v2/errors; no key."""
    codes = sorted({*CODES.values(), *FAILED.values()})
    return Reply(
        200,
        [{"code": c, "message": c.replace("_", " "), "suggestion": ""} for c in codes],
    )


ID = r"(?P<id>[\w-]+)"
ROUTES = [
    Route("POST", r"/v2/generate", create, commit=True, creates=True),
    Route("GET", rf"/v2/generate/{ID}", read),
    Route("GET", r"/v2/generations", listed),
    Route("DELETE", rf"/v2/generations/{ID}", delete),
    Route("POST", r"/v2/analyze/cost", price),
    Route("GET", r"/v2/models", models),
    Route("GET", r"/v2/errors", errors),
    *ASSET_ROUTES,
    *FILE_ROUTES,
    *results.RESULT_ROUTES,
]
