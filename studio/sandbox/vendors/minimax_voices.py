"""MiniMax: samples, clones, and the voices there are.

Rules: minimax.sample_problem (""; "mismatch", "two speakers", "other language", "unverified").
"""

import datetime as dt
import difflib
import re
from pathlib import Path
from typing import Any

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.state import Document
from studio.sandbox.vendors.audio import Sound, read
from studio.sandbox.vendors.common import charge
from studio.sandbox.vendors.files import keep
from studio.sandbox.vendors.hearing import recognised
from studio.sandbox.vendors.minimax_base import (
    SYSTEM_VOICES,
    base_resp,
    body,
    enter,
    own_voices,
    refuse,
)
from studio.sandbox.vendors.minimax_speech import Order, sound_of
from studio.sandbox.vendors.sound import say

MAX_BYTES = 20 * 2**20
SUFFIXES = (".mp3", ".m4a", ".wav")
CODECS = ("mp3", "aac", "alac", "pcm_s16le", "pcm_s24le", "pcm_f32le")
SHORTEST_S, LONGEST_S = 10.0, 300.0
PROMPT_S = 8.0
VOICE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{6,254}[A-Za-z0-9]")
MAX_PREVIEW = 2000  # characters
YEAR_S = 365 * 86_400
# 1043: what is said is not the text. 20132: nothing can be made of the sample.
PROBLEMS = {"mismatch": 1043, "two speakers": 20132, "other language": 1043, "unverified": 2038}


def upload(call: Call) -> Reply:
    enter(call)
    try:
        sent = call.parts()
    except Refused as e:
        raise refuse(call, 2013, "this is not a multipart body") from e
    try:
        plain = {one.name: one.content for one in sent if isinstance(one.content, str)}
        found = [one for one in sent if one.name == "file" and isinstance(one.content, Path)]
        purpose = plain.get("purpose", "")
        if purpose not in ("voice_clone", "prompt_audio", "t2a_async_input"):
            raise refuse(call, 2013, "invalid purpose")
        if not found:
            raise refuse(call, 2013, "file is empty")
        path, name = found[0].content, found[0].filename
        assert isinstance(path, Path)
        size = path.stat().st_size
        if not 0 < size <= MAX_BYTES:
            raise refuse(call, 2013, "file size is not allowed")
        if not name.lower().endswith(SUFFIXES):
            raise refuse(call, 2013, "file type is not allowed")
        kept = keep(
            call, path, content_type="audio/mpeg", name=name, purpose=purpose, file_s=YEAR_S
        )
    finally:
        for one in sent:
            if isinstance(one.content, Path):
                one.content.unlink(missing_ok=True)
    about = {
        "file_id": int(kept["id"]),
        "bytes": size,
        "created_at": int(call.sandbox.time()),
        "filename": name,
        "purpose": purpose,
    }
    return Reply(200, {"file": about, "base_resp": base_resp(0)})


def clone(call: Call) -> Reply:
    """A voice with a name of the caller's. It costs when it is first spoken with; here at once,
    so that two clones of one sample are seen.
    """
    key = enter(call, paid=True)
    asked = body(call)
    id = _voice_id(call, asked)
    sample = _sample(call, asked.get("file_id"), "voice_clone", 2013)
    sound = _listened(call, sample, SHORTEST_S, LONGEST_S, 2037)
    _prompt(call, asked.get("clone_prompt"))
    _same_text(call, asked, sound)
    if problem := PROBLEMS.get(str(call.sandbox.rule("minimax.sample_problem", ""))):
        raise refuse(call, problem)
    preview = _preview(call, asked, id)
    with call.sandbox.lock:
        if any(one["id"] == id for one in own_voices(call.sandbox)) or id in SYSTEM_VOICES:
            raise refuse(call, 2039)
        now = call.sandbox.time()
        call.sandbox.put("voice", id, made=now, used=now, sample=sample["sha256"])
    charge(
        call.sandbox, model="voice_clone", body={"file_id": asked["file_id"]}, account=key, job=id
    )
    answer = {
        "input_sensitive": False,
        "input_sensitive_type": 0,
        "demo_audio": preview,
        "base_resp": base_resp(0),
    }
    return Reply(200, answer)


def _voice_id(call: Call, asked: dict[str, Any]) -> str:
    id = asked.get("voice_id")
    if not isinstance(id, str) or not VOICE_ID.fullmatch(id):
        raise refuse(
            call,
            2013,
            "voice_id has 8 to 256 characters, begins with a letter, contains letters, digits, "
            "- and _, and does not end with - or _",
        )
    return id


def _sample(call: Call, id: Any, purpose: str, code: int) -> Document:
    found = call.sandbox.get("file", str(id)) if isinstance(id, int) else None
    if found is None or found["purpose"] != purpose:
        raise refuse(call, code, f"invalid file_id {id}")
    return found


def _listened(call: Call, sample: Document, low: float, high: float, code: int) -> Sound:
    """By what is in the file, whatever it is called."""
    sound = read(call.sandbox.upload_path(sample["id"]))
    if sound is None or sound.codec not in CODECS:
        raise refuse(call, 20132)
    if not low <= sound.seconds <= high:
        raise refuse(call, code)
    return sound


def _prompt(call: Call, prompt: Any) -> None:
    if prompt is None:
        return
    if not isinstance(prompt, dict) or not prompt.get("prompt_text"):
        raise refuse(call, 1044)
    found = _sample(call, prompt.get("prompt_audio"), "prompt_audio", 2013)
    _listened(call, found, 0, PROMPT_S, 2048)


def _same_text(call: Call, asked: dict[str, Any], sound: Sound) -> None:
    """text_validation against what is said, where the sandbox knows it."""
    wanted = asked.get("text_validation")
    accuracy = asked.get("accuracy", 0.7)
    if not isinstance(accuracy, int | float) or not 0 <= accuracy <= 1:
        raise refuse(call, 2013, "accuracy is 0 to 1")
    known = recognised(call.sandbox, sound) if wanted else None
    if known and difflib.SequenceMatcher(None, str(wanted), known["text"]).ratio() < accuracy:
        raise refuse(call, 1043)


def _preview(call: Call, asked: dict[str, Any], id: str) -> str:
    """Where the voice says `text`; empty without one."""
    text = asked.get("text")
    if not text:
        return ""
    if not asked.get("model") or len(text) > MAX_PREVIEW:
        raise refuse(call, 2013, "a preview needs a model, and a text of 2000 characters at most")
    if "[refuse]" in text:
        raise refuse(call, 1026)
    order = Order(text, asked["model"], id, 1, 32_000, 128_000, "mp3", 1, True, "")
    path = call.sandbox.spare_path()
    path.write_bytes(sound_of(call, order, say(text, voice=id)))
    return str(keep(call, path, content_type="audio/mpeg", name="demo.mp3")["url"])


def voices(call: Call) -> Reply:
    enter(call)
    kind = body(call).get("voice_type")
    if kind not in ("system", "voice_cloning", "voice_generation", "all"):
        raise refuse(call, 2013, "invalid voice_type")
    system = [
        {"voice_id": id, "voice_name": name, "description": [], "created_time": "1970-01-01"}
        for id, name in SYSTEM_VOICES.items()
    ]
    own = [
        {"voice_id": one["id"], "description": [], "created_time": _day(one["made"])}
        for one in own_voices(call.sandbox)
    ]
    answer = {
        "system_voice": system if kind in ("system", "all") else [],
        "voice_cloning": own if kind in ("voice_cloning", "all") else [],
        "voice_generation": [],
        "base_resp": base_resp(0),
    }
    return Reply(200, answer)


def _day(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).date().isoformat()


def delete(call: Call) -> Reply:
    enter(call)
    asked = body(call)
    if asked.get("voice_type") not in ("voice_cloning", "voice_generation"):
        raise refuse(call, 2013, "invalid voice_type")
    id = str(asked.get("voice_id", ""))
    with call.sandbox.lock:
        if not any(one["id"] == id for one in own_voices(call.sandbox)):
            raise refuse(call, 2013, "voice_id does not exist")
        call.sandbox.delete("voice", id)
    answer = {
        "voice_id": id,
        "created_time": _day(call.sandbox.time()),
        "base_resp": base_resp(0),
    }
    return Reply(200, answer)


ROUTES = [
    Route("POST", r"/v1/files/upload", upload),
    Route("POST", r"/v1/voice_clone", clone, commit=True),
    Route("POST", r"/v1/get_voice", voices),
    Route("POST", r"/v1/delete_voice", delete),
]
