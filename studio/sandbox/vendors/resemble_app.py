"""Resemble's management: `app.resemble.ai/api/v2`. Voices, their recordings, building them.

Rules: resemble.build_s (60), resemble.fewest_recordings (1), resemble.build_fails (false),
resemble.recordings_need_text (true), resemble.sample_problem ("").
Source: the published OpenAPI document and resemble 1.9.0 (PyPI), 2026-11-20.
"""

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.state import Document, Sandbox, sha256_of
from studio.sandbox.vendors.audio import read
from studio.sandbox.vendors.common import House, Problem, charge

PREFIX = "resemble-app"
READY = {"55592656": "Primrose", "b2d1bb75": "Aurora"}  # voices that everybody has
SHORTEST_S, LONGEST_S = 1.0, 12.0
EMOTIONS = ("neutral", "angry", "annoyed", "question", "happy", "sad")


def word(call: Call, problem: Problem) -> Reply:
    key = "error" if problem.status == 401 else "message"
    return Reply(problem.status, {"success": False, key: problem.text})


HOUSE = House("Authorization", "Bearer", word)


def refuse(call: Call, message: str, status: int = 400) -> Refused:
    return HOUSE.refusal(call, "invalid", message, status=status)


def voice_of(sandbox: Sandbox, id: str) -> Document | None:
    """A voice by its uuid, for the other host, too."""
    if id in READY:
        return {
            "id": id,
            "name": READY[id],
            "status": "finished",
            "made": 0.0,
            "language": "en-US",
        }
    return sandbox.of(PREFIX).get("voice", id)


def status_of(sandbox: Sandbox, voice: Document) -> str:
    """initializing, building, finished or failed, by the sandbox's clock."""
    if voice["status"] == "building" and voice["built_at"] <= sandbox.time():
        return "failed" if sandbox.rule("resemble.build_fails", False) else "finished"
    return str(voice["status"])


def shown(sandbox: Sandbox, voice: Document) -> dict[str, Any]:
    status = status_of(sandbox, voice)
    made = dt.datetime.fromtimestamp(voice["made"], dt.UTC).isoformat()
    return {
        "uuid": voice["id"],
        "name": voice["name"],
        "status": status,
        "voice_status": "Ready" if status == "finished" else "Training",
        "voice_type": voice.get("voice_type", "rapid"),
        "default_language": voice["language"],
        "dataset_url": None,
        "callback_uri": voice.get("callback_uri"),
        "created_at": made,
        "updated_at": made,
    }


def voices(call: Call) -> Reply:
    HOUSE.enter(call)
    page, size = call.query.get("page", "1"), call.query.get("page_size", "10")
    if not page.isdigit() or not size.isdigit() or int(page) < 1 or not 10 <= int(size) <= 1000:
        raise refuse(call, "page is 1 or more, page_size 10 to 1000.")
    ready = [one for one in (voice_of(call.sandbox, id) for id in READY) if one]
    found = [*call.sandbox.find("voice"), *ready]
    begin = (int(page) - 1) * int(size)
    answer = {
        "success": True,
        "page": int(page),
        "num_pages": -(-len(found) // int(size)),
        "page_size": int(size),
        "items": [shown(call.sandbox, one) for one in found[begin : begin + int(size)]],
    }
    return Reply(200, answer)


def one_voice(call: Call) -> Reply:
    HOUSE.enter(call)
    return Reply(200, {"success": True, "item": shown(call.sandbox, _known(call))})


def _known(call: Call) -> Document:
    found = voice_of(call.sandbox, call.args["voice"])
    if found is None:
        raise refuse(call, "Voice not found.", 404)
    return found


def _own(call: Call) -> Document:
    found = _known(call)
    if found["id"] in READY:
        raise refuse(call, "This voice is not yours.", 403)
    return found


def create(call: Call) -> Reply:
    key = HOUSE.enter(call, paid=True)
    try:
        asked = call.json()
    except Refused as e:
        raise refuse(call, "The body is not JSON.") from e
    name = asked.get("name")
    if not isinstance(name, str) or not name.strip():
        raise refuse(call, "name is required.")
    if asked.get("dataset_url"):
        raise refuse(call, "The sandbox does not fetch datasets: add recordings.")
    if asked.get("voice_type", "rapid") not in ("rapid", "professional"):
        raise refuse(call, "voice_type is rapid or professional.")
    id = uuid.uuid4().hex[:8]
    voice = call.sandbox.put(
        "voice",
        id,
        name=name,
        status="initializing",
        built_at=0.0,
        made=call.sandbox.time(),
        language=asked.get("language", "en-US"),
        voice_type=asked.get("voice_type", "rapid"),
        callback_uri=asked.get("callback_uri"),
    )
    # One vendor, one account: on record beside what is spoken.
    charge(call.sandbox.of("resemble"), model="voice", body=asked, account=key, job=id)
    return Reply(200, {"success": True, "item": shown(call.sandbox, voice)})


def delete(call: Call) -> Reply:
    HOUSE.enter(call)
    call.sandbox.delete("voice", _own(call)["id"])
    return Reply(200, {"success": True})


def record(call: Call) -> Reply:
    """One recording of 1 to 12 seconds, and what is said in it."""
    HOUSE.enter(call)
    voice = _own(call)
    try:
        sent = call.parts()
    except Refused as e:
        raise refuse(call, "This is not a multipart body.") from e
    try:
        plain = {one.name: one.content for one in sent if isinstance(one.content, str)}
        found = [one.content for one in sent if isinstance(one.content, Path)]
        item = _recording(call, voice, plain, found)
    finally:
        for one in sent:
            if isinstance(one.content, Path):
                one.content.unlink(missing_ok=True)
    return Reply(200, {"success": True, "item": item})


def _recording(
    call: Call, voice: Document, plain: dict[str, str], found: list[Path]
) -> dict[str, Any]:
    needs_text = call.sandbox.rule("resemble.recordings_need_text", True)
    for name in ("name", "emotion", "is_active", *(["text"] if needs_text else [])):
        if not plain.get(name):
            raise refuse(call, f"{name} is required.")
    if plain["is_active"] not in ("true", "false"):
        raise refuse(call, "is_active is true or false.")
    if plain["emotion"] not in EMOTIONS:
        raise refuse(call, f"emotion is one of {', '.join(EMOTIONS)}.")
    if not found:
        raise refuse(call, "file is required.")
    sound = read(found[0])
    if sound is None:
        raise refuse(call, "file is not audio that can be read.", 422)
    if not SHORTEST_S <= sound.seconds <= LONGEST_S:
        raise refuse(
            call, f"The recording lasts {sound.seconds:.1f} s; 1 to 12 s are needed.", 422
        )
    if problem := str(call.sandbox.rule("resemble.sample_problem", "")):
        raise refuse(call, f"The recording cannot be used: {problem}.", 422)
    id = uuid.uuid4().hex[:8]
    call.sandbox.put("recording", id, voice=voice["id"], sha256=sha256_of(found[0]),
                     is_active=plain["is_active"] == "true")  # fmt: skip
    return {"uuid": id, **plain, "is_active": plain["is_active"] == "true", "audio_src": None}


def recordings(call: Call) -> Reply:
    HOUSE.enter(call)
    found = call.sandbox.find("recording", voice=_own(call)["id"])
    items = [{"uuid": one["id"], "is_active": one["is_active"]} for one in found]
    return Reply(
        200,
        {"success": True, "page": 1, "num_pages": 1, "page_size": 1000, "items": items},
    )


def build(call: Call) -> Reply:
    HOUSE.enter(call, paid=True)
    voice = _own(call)
    active = call.sandbox.find("recording", voice=voice["id"], is_active=True)
    fewest = int(call.sandbox.rule("resemble.fewest_recordings", 1))
    if len(active) < fewest:
        raise refuse(call, f"The voice has {len(active)} recordings; {fewest} are needed.", 422)
    done = call.sandbox.time() + float(call.sandbox.rule("resemble.build_s", 60))
    call.sandbox.change("voice", voice["id"], status="building", built_at=done)
    return Reply(200, {"success": True})


def account(call: Call) -> Reply:
    HOUSE.enter(call)
    item = {"name": "Sandbox", "email": "sandbox@example.org", "plan": "professional"}
    return Reply(200, {"success": True, "item": item})


ROUTES = [
    Route("GET", r"/voices", voices),
    Route("POST", r"/voices", create, commit=True),
    Route("GET", r"/voices/(?P<voice>\w+)", one_voice),
    Route("DELETE", r"/voices/(?P<voice>\w+)", delete),
    Route("GET", r"/voices/(?P<voice>\w+)/recordings", recordings),
    Route("POST", r"/voices/(?P<voice>\w+)/recordings", record),
    Route("POST", r"/voices/(?P<voice>\w+)/build", build, commit=True),
    Route("GET", r"/account", account),
]
trouble = HOUSE.trouble
