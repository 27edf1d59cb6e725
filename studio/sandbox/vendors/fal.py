"""fal's queue. Source: fal.ai/docs (queue, errors, webhooks), fal-client 1.0.3.

The queue takes any JSON for an endpoint that exists; what is wrong with the inputs the model says,
at response_url. Rules: fal.validates_at ("result" or "submit"), and those of every vendor.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import results
from studio.sandbox.vendors.common import House, Problem
from studio.sandbox.vendors.fal_models import MODELS, app_of
from studio.sandbox.vendors.hooks import watch
from studio.sandbox.vendors.jobs import Wanted, cancel, look, make, progress, status_word
from studio.sandbox.vendors.models import Flaw

PREFIX = "fal"
WORDS = {
    "queued": "IN_QUEUE", "running": "IN_PROGRESS", "done": "COMPLETED", "failed": "COMPLETED",
    "cancelled": "COMPLETED",
}  # fmt: skip
DOCS = "https://docs.fal.ai/errors#"
INFRA = {"server": "internal_error", "unavailable": "runner_scheduling_failure",
         "timeout": "request_timeout", "not_found": "not_found", "rate": "rate_limited",
         "slots": "concurrent_requests_limit"}  # fmt: skip
# Flaw of an input -> type, as pydantic names them.
INPUT_TYPES = {
    "missing": "missing", "type": "value_error", "enum": "literal_error", "range": "value_error",
    "too_long": "string_too_long",
}  # fmt: skip
# How a job failed -> status, type.
JOB_TYPES = {
    "refuse": (422, "content_policy_violation"),
    "no_face": (422, "face_detection_error"),
    "unreachable": (422, "file_download_error"),
    "not_media": (422, "unsupported_video_format"),
    "wrong_kind": (422, "unsupported_video_format"),
    "too_long": (422, "audio_duration_too_long"),
    "too_short": (422, "audio_duration_too_short"),
    "fail": (500, "internal_server_error"),
    "trouble": (500, "downstream_service_unavailable"),
}


def word(call: Call, problem: Problem) -> Reply:
    """What goes wrong before a model runs."""
    if problem.name == "unpaid":
        text = "User is locked. Reason: Exhausted balance. Top up your balance."
        return Reply(403, {"detail": text})
    if problem.name == "unprocessable":
        return _model_error(422, "value_error", problem.text, ("body",))
    kind = INFRA.get(problem.name, "bad_request")
    body = {"detail": problem.text, "error_type": kind}
    return Reply(problem.status, body, {"X-Fal-Error-Type": kind})


HOUSE = House("Authorization", "Key", word)
trouble = HOUSE.trouble


def _model_error(status: int, kind: str, text: str, where: tuple[str, ...]) -> Reply:
    one = {"loc": list(where), "msg": text, "type": kind, "url": DOCS + kind}
    headers = {"X-Fal-Retryable": "true" if status >= 500 else "false"}
    return Reply(status, {"detail": [one]}, headers)


def submit(call: Call) -> Reply:
    """POST /{endpoint}, the input flat."""
    key = HOUSE.enter(call, paid=True)
    HOUSE.pace(call, key, 0)
    name, body, sandbox = call.args["endpoint"], call.json(), call.sandbox
    if name not in MODELS:
        app = app_of(name).partition("/")[2]
        raise HOUSE.refusal(call, "not_found", f'Application "{app}" not found')
    flaws = MODELS[name].flaws(body)
    if flaws and sandbox.rule("fal.validates_at", "result") == "submit":
        raise Refused(_input_error(flaws))
    wanted = Wanted() if flaws else MODELS[name].wanted(body)
    job = make(
        call, HOUSE, wanted, account=key, model=name, body=body, id=str(uuid4()),
        outcome="fail" if flaws else "", hook=call.query.get("fal_webhook", ""),
        flaws=[[one.field, one.kind, one.text] for one in flaws],
    )  # fmt: skip
    watch(sandbox, job)
    base = f"{call.url_base}/{app_of(name)}/requests/{job['id']}"
    urls = {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}
    return Reply(
        200,
        {"request_id": job["id"], "gateway_request_id": job["id"], **urls, "queue_position": 0},
    )


def _input_error(flaws: list[Flaw]) -> Reply:
    listed = [
        {
            "loc": ["body", one.field], "msg": one.text, "type": INPUT_TYPES[one.kind],
            "url": DOCS + INPUT_TYPES[one.kind],
        }
        for one in flaws
    ]  # fmt: skip
    return Reply(422, {"detail": listed}, {"X-Fal-Retryable": "false"})


def _job(call: Call) -> Document:
    """The request, under the first two segments of its endpoint."""
    job = call.sandbox.get("job", call.args["id"])
    if job is None or app_of(job["model"]) != call.args["app"]:
        raise HOUSE.refusal(call, "not_found", "Request not found")
    return job


def status(call: Call) -> Reply:
    """GET status_url; 202 until it is over."""
    HOUSE.enter(call)
    job, now = look(call.sandbox, _job(call))
    base = f"{call.url_base}/{call.args['app']}/requests/{job['id']}"
    found: dict[str, Any] = {
        "status": status_word(call.sandbox, now, WORDS),
        "request_id": job["id"],
        "response_url": base,
        "status_url": f"{base}/status",
        "cancel_url": f"{base}/cancel",
    }
    if now == "queued":
        found["queue_position"] = 0
    else:
        found["logs"] = _logs(call, job)
    if now in ("done", "failed", "cancelled"):
        found["metrics"] = {"inference_time": 1.0}
    if now in ("failed", "cancelled"):
        reply = _answer(call.sandbox, job, now, call.url_base)
        detail = reply.body["detail"]
        is_listed = isinstance(detail, list)
        found["error"] = detail[0]["msg"] if is_listed else detail
        found["error_type"] = detail[0]["type"] if is_listed else reply.body["error_type"]
    return Reply(202 if now in ("queued", "running") else 200, found)


def _logs(call: Call, job: Document) -> list[dict[str, str]] | None:
    if call.query.get("logs") != "1":
        return None
    share = f"{progress(call.sandbox, job):.0%}"
    return [{"message": share, "level": "INFO", "source": "USER", "timestamp": ""}]


def result(call: Call) -> Reply:
    """GET response_url."""
    HOUSE.enter(call)
    job, now = look(call.sandbox, _job(call))
    return _answer(call.sandbox, job, now, call.url_base)


def _answer(sandbox: Sandbox, job: Document, now: str, url_base: str = "") -> Reply:
    """What the model said."""
    if now in ("queued", "running"):
        body = {"detail": "Request is still in progress", "error_type": "bad_request"}
        return Reply(400, body, {"X-Fal-Error-Type": "bad_request"})
    if now == "cancelled":
        body = {"detail": "Request was cancelled", "error_type": "client_cancelled"}
        return Reply(499, body, {"X-Fal-Error-Type": "client_cancelled"})
    if now == "failed":
        if job["flaws"]:
            return _input_error([Flaw(*one) for one in job["flaws"]])
        flaw = job["error"]
        code, kind = JOB_TYPES[flaw["name"]]
        names = {"picture": MODELS[job["model"]].picture, "sound": MODELS[job["model"]].sound}
        kind = _kind_of(flaw, kind, MODELS[job["model"]].is_photo)
        where = ("body", names[flaw["field"]]) if flaw["field"] else ("body",)
        return _model_error(code, kind, flaw["text"], where)
    return Reply(200, _output(sandbox, job, url_base))


def _kind_of(flaw: Mapping[str, str], kind: str, is_photo: bool) -> str:
    """The type of an error, for the input that it is about."""
    if flaw["field"] == "picture" and flaw["name"] in ("too_long", "too_short"):
        return kind.replace("audio", "video")
    if kind == "unsupported_video_format" and flaw["field"] == "sound":
        return "unsupported_audio_format"
    return kind.replace("video", "image") if is_photo and flaw["field"] == "picture" else kind


def _output(sandbox: Sandbox, job: Document, url_base: str) -> dict[str, Any]:
    model = MODELS[job["model"]]
    name = {"film": "video", "speech": "audio", "voice": "speaker_embedding"}[model.makes]
    if results.is_empty(sandbox, job):
        return {name: None}
    path = Path(job["made"]["path"])
    made = {
        "url": results.address(sandbox, job, url_base),
        "content_type": results.KINDS[path.suffix],
        "file_name": f"output{path.suffix}",
        "file_size": path.stat().st_size,
    }
    more: dict[str, Any] = {}
    if "omnihuman" in job["model"]:
        more = {"duration": job["made"]["seconds"]}
    if model.more.get("clones"):
        more = {"custom_voice_id": f"Voice{job['id'].replace('-', '')}"}
    elif "minimax/speech" in job["model"]:
        more = {"duration_ms": round(job["made"]["seconds"] * 1000)}
    return {name: made, **more}


def shown(sandbox: Sandbox, job: Document, now: str, url_base: str = "") -> dict[str, Any]:
    """The body of a webhook."""
    reply = _answer(sandbox, job, now, url_base)
    said: Mapping[str, Any] = reply.body
    found = {"request_id": job["id"], "gateway_request_id": job["id"], "payload": said}
    if reply.status == 200:
        return {**found, "status": "OK"}
    return {**found, "status": "ERROR", "error": f"Unexpected status code: {reply.status}"}


def stop(call: Call) -> Reply:
    """PUT cancel_url."""
    HOUSE.enter(call)
    job = call.sandbox.get("job", call.args["id"])
    if job is None or app_of(job["model"]) != call.args["app"]:
        return Reply(404, {"status": "NOT_FOUND"})
    if not cancel(call.sandbox, job):
        return Reply(400, {"status": "ALREADY_COMPLETED"})
    return Reply(202, {"status": "CANCELLATION_REQUESTED"})


APP = r"(?P<app>[\w.-]+/[\w.-]+)"
ID = r"(?P<id>[\w-]+)"
ROUTES = [
    *results.RESULT_ROUTES,
    Route("GET", rf"/{APP}/requests/{ID}/status", status),
    Route("PUT", rf"/{APP}/requests/{ID}/cancel", stop),
    Route("GET", rf"/{APP}/requests/{ID}", result),
    Route(
        "POST", r"/(?P<endpoint>(?!.*/requests/)[\w.-]+/[\w./-]+)", submit, commit=True,
        creates=True,
    ),
]  # fmt: skip
