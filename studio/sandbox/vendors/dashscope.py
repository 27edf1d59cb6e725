"""Alibaba Model Studio (DashScope): Qwen3-TTS, and voices enrolled for it.

`[refuse]` in a text is refused by inspection. Rules: dashscope.shortest_sample_s (10),
dashscope.voice_limit (1000), dashscope.sample_problem (""; anything said there is what is wrong
with every sample), dashscope.fallback (false: voices are made in degraded mode).

Source: docs.qwencloud.com (speech synthesis, voice cloning), alibabacloud.com Model Studio
(errors), 2026-11-20.
"""

import datetime as dt
import difflib
import re
import secrets
from pathlib import Path
from typing import Any

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors.audio import MIME, Sound, encoded, read
from studio.sandbox.vendors.common import House, Problem, charge
from studio.sandbox.vendors.files import FILE_ROUTES, NotThere, keep, source
from studio.sandbox.vendors.hearing import recognised, remember
from studio.sandbox.vendors.sound import say

PREFIX = "dashscope"
CODES = {
    "missing_key": "InvalidApiKey", "wrong_key": "InvalidApiKey", "expired_key": "InvalidApiKey",
    "unpaid": "Arrearage", "forbidden": "AccessDenied.Unpurchased",
    "not_found": "InvalidParameter", "too_large": "InvalidParameter",
    "invalid": "InvalidParameter", "unprocessable": "InvalidParameter",
    "rate": "Throttling.RateQuota",
    "slots": "Throttling.AllocationQuota", "server": "InternalError",
    "unavailable": "ServiceUnavailable", "timeout": "GatewayTimeout",
}  # fmt: skip
FLASH = ("qwen3-tts-flash", "qwen3-tts-flash-2025-11-27")
INSTRUCT = ("qwen3-tts-instruct-flash", "qwen3-tts-instruct-flash-2026-01-26")
CLONED = "qwen3-tts-vc-2026-01-22"
DESIGNED = "qwen3-tts-vd-2026-01-26"
TARGETS = (CLONED, "qwen3-tts-vc-realtime-2026-01-15")  # what a voice can be enrolled for
ENROLMENT = "qwen-voice-enrollment"
SYSTEM_VOICES = ("Cherry", "Serena", "Ethan", "Chelsie", "Dylan", "Jada", "Sunny")
LANGUAGES = {
    "Auto": "", "Chinese": "zh", "English": "en", "German": "de", "Italian": "it",
    "Portuguese": "pt", "Spanish": "es", "Japanese": "ja", "Korean": "ko", "French": "fr",
    "Russian": "ru",
}  # fmt: skip
MOST = 600  # characters
RATE = 24_000
DAY_S, YEAR_S = 86_400, 365 * 86_400
MAX_BYTES = 10 * 2**20
LONGEST_S = 60.0
NAME = re.compile(r"[A-Za-z0-9_]{1,16}")
SAMPLE_TYPES = ("audio/wav", "audio/mpeg", "audio/mp4", "audio/x-wav", "audio/mp3", "audio/m4a")


def word(call: Call, problem: Problem) -> Reply:
    code = problem.code or CODES.get(problem.name, "InvalidParameter")
    status = 400 if problem.name == "unpaid" and problem.status == 402 else problem.status
    body = {"code": code, "message": problem.text, "request_id": call.sandbox.new_id("req-")}
    return Reply(status, body)


HOUSE = House("Authorization", "Bearer", word)


def refuse(call: Call, message: str, code: str = "", status: int = 400) -> Refused:
    return HOUSE.refusal(call, "invalid", message, code=code, status=status)


def _asked(call: Call) -> tuple[str, dict[str, Any]]:
    """The model and its input. Raises Refused."""
    try:
        found = call.json()
    except Refused as e:
        raise refuse(call, "Required body invalid, please check the request body format.") from e
    model, given = found.get("model"), found.get("input")
    if not isinstance(model, str) or not model:
        raise refuse(call, "Required parameter(s) missing: model")
    if not isinstance(given, dict):
        raise refuse(call, "Required parameter(s) missing: input")
    return model, given


def _answer(call: Call, output: dict[str, Any], usage: dict[str, Any]) -> Reply:
    id = call.sandbox.new_id("req-")
    return Reply(200, {"request_id": id, "output": output, "usage": usage}, {"X-Request-Id": id})


# Speech


def generation(call: Call) -> Reply:
    key = HOUSE.enter(call, paid=True)
    if call.headers.get("X-DashScope-SSE") == "enable":
        raise refuse(call, "The sandbox does not stream.")
    model, given = _asked(call)
    text = _text(call, given)
    language = given.get("language_type", "Auto")
    if not isinstance(language, str) or language not in LANGUAGES:
        raise refuse(call, f"language_type {language} is not supported.")
    if given.get("instructions") and model not in INSTRUCT:
        raise refuse(call, f"instructions are not supported by {model}.")
    voice = _voice(call, model, given.get("voice"))
    HOUSE.pace(call, key, 180)
    charge(call.sandbox, model=model, body=given, account=key)
    said = say(text, voice=voice, language=LANGUAGES[language])
    remember(call.sandbox, said)
    path = call.sandbox.spare_path()
    path.write_bytes(encoded(call.sandbox, said.samples, said.sample_rate, rate=RATE))
    kept = keep(call, path, content_type=MIME["wav"], name="speech.wav", file_s=DAY_S)
    audio = {
        "data": "",
        "url": kept["url"],
        "id": f"audio_{kept['id']}",
        "expires_at": int(kept["until"]),
    }
    output = {"finish_reason": "stop", "audio": audio}
    return _answer(call, output, {"characters": len(text)})


def _text(call: Call, given: dict[str, Any]) -> str:
    text = given.get("text")
    if not isinstance(text, str) or not text.strip():
        raise refuse(call, "Required parameter(s) missing: input.text")
    if len(text) > MOST:
        raise refuse(call, f"Range of input length should be [1, {MOST}]")
    if "[refuse]" in text:
        raise refuse(call, "Input data may contain inappropriate content.", "DataInspectionFailed")
    return text


def _voice(call: Call, model: str, voice: Any) -> str:
    """Whether this model can speak with it. Raises Refused."""
    if model not in (*FLASH, *INSTRUCT, *TARGETS, DESIGNED):
        raise refuse(call, f"Model {model} does not exist.", "Model.NotExist", 404)
    if model in TARGETS and model != CLONED:
        raise refuse(call, f"Model {model} is called over WebSocket only.")
    if not isinstance(voice, str) or not voice:
        raise refuse(call, "Required parameter(s) missing: input.voice")
    if model in (*FLASH, *INSTRUCT):
        if voice not in SYSTEM_VOICES:
            raise refuse(call, f"Voice '{voice}' is not supported by {model}.")
        return voice
    with call.sandbox.lock:
        own = {one["id"]: one for one in _voices(call.sandbox)}
        if voice not in own:
            raise refuse(call, f"Voice '{voice}' does not exist.")
        if own[voice]["target_model"] != model:
            raise refuse(
                call,
                f"Voice '{voice}' was made for {own[voice]['target_model']}, not for {model}.",
            )
        call.sandbox.change("voice", voice, used=call.sandbox.time())
    return voice


# Enrolment


def customization(call: Call) -> Reply:
    HOUSE.enter(call)
    model, given = _asked(call)
    action = given.get("action")
    if model != ENROLMENT:
        raise refuse(call, f"Model {model} does not exist.", "Model.NotExist", 404)
    if action == "create":
        return _create(call, given)
    if action == "list":
        return _list(call, given)
    if action == "delete":
        return _delete(call, given)
    raise refuse(call, "action is create, list or delete.")


def _create(call: Call, given: dict[str, Any]) -> Reply:
    key = HOUSE.enter(call, paid=True)
    target, name = given.get("target_model"), given.get("preferred_name")
    if target not in TARGETS:
        raise refuse(call, f"target_model {target} is not supported.")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise refuse(call, "preferred_name has 1 to 16 letters, digits and underscores.")
    _listened(call, given)
    limit = int(call.sandbox.rule("dashscope.voice_limit", 1000))
    with call.sandbox.lock:
        if len(_voices(call.sandbox)) >= limit:
            raise refuse(call, f"The number of voices has reached its limit of {limit}.")
        made = call.sandbox.now()
        stamp = made.strftime("%Y%m%d%H%M%S") + f"{made.microsecond // 1000:03}"
        id = f"qwen-tts-vc-{name}-voice-{stamp}-{secrets.token_hex(2)}"
        now = call.sandbox.time()
        language = given.get("language", "")
        call.sandbox.put("voice", id, target_model=target, made=now, used=now, language=language)
    charge(call.sandbox, model=ENROLMENT, body=given, account=key, job=id)
    degraded = bool(call.sandbox.rule("dashscope.fallback", False))
    output = {"voice": id, "target_model": target, "fallback_mode": degraded}
    if degraded:
        output["fallback_reason"] = "no_valid_asr_segments"
    return _answer(call, output, {"count": 1})


def _listened(call: Call, given: dict[str, Any]) -> None:
    """The sample, by what is in it. Raises Refused."""
    audio = given.get("audio")
    where = audio.get("data") if isinstance(audio, dict) else None
    if not isinstance(where, str) or not where:
        raise refuse(call, "Required parameter(s) missing: input.audio.data")
    if where.startswith("data:"):
        kind = where[5:].partition(";")[0]
        if kind not in SAMPLE_TYPES:
            raise refuse(call, f"The audio type {kind} is not supported.")
        if len(where) >= MAX_BYTES:
            raise refuse(call, "The audio is larger than 10 MB.")
    try:
        path = source(call.sandbox, where)
    except NotThere as e:
        raise refuse(call, str(e)) from e
    try:
        sound = _readable(call, path)
    finally:
        if where.startswith("data:"):
            path.unlink(missing_ok=True)
    _long_enough(call, sound)
    text = given.get("text")
    known = recognised(call.sandbox, sound) if text else None
    if known and difflib.SequenceMatcher(None, str(text), known["text"]).ratio() < 0.6:
        raise refuse(call, "The audio does not match the text.", "Audio.PreprocessError")
    if problem := str(call.sandbox.rule("dashscope.sample_problem", "")):
        raise refuse(call, f"The audio cannot be used: {problem}.")


def _readable(call: Call, path: Path) -> Sound:
    sound = read(path)
    if sound is None or sound.codec not in ("pcm_s16le", "mp3", "aac"):
        raise refuse(call, "The audio format is not supported: WAV (16 bits), MP3 or M4A.")
    return sound


def _long_enough(call: Call, sound: Sound) -> None:
    shortest = float(call.sandbox.rule("dashscope.shortest_sample_s", 10))
    if not shortest <= sound.seconds <= LONGEST_S:
        raise refuse(
            call,
            f"The audio lasts {sound.seconds:.1f} s; {shortest:g} to {LONGEST_S:g} s are needed.",
        )
    if sound.sample_rate < RATE:
        raise refuse(
            call, f"The sample rate is {sound.sample_rate} Hz; at least {RATE} is needed."
        )
    if sound.channels != 1:
        raise refuse(call, "The audio has more than one channel.")


def _voices(sandbox: Sandbox) -> list[Document]:
    """Those that somebody has spoken with in the last year."""
    for one in sandbox.find("voice"):
        if one["used"] + YEAR_S <= sandbox.time():
            sandbox.delete("voice", one["id"])
    return sandbox.find("voice")


def _list(call: Call, given: dict[str, Any]) -> Reply:
    index, size = given.get("page_index", 0), given.get("page_size", 10)
    if not isinstance(index, int) or not isinstance(size, int) or index < 0 or size < 1:
        raise refuse(call, "page_index and page_size are numbers.")
    own = _voices(call.sandbox)
    listed = [
        {
            "voice": one["id"],
            "target_model": one["target_model"],
            "language": one["language"],
            "gmt_create": _moment(one["made"]),
            "gmt_modified": _moment(one["made"]),
        }
        for one in own[index * size : (index + 1) * size]
    ]
    output = {
        "page_index": index,
        "page_size": size,
        "total_count": len(own),
        "voice_list": listed,
    }
    return _answer(call, output, {"count": 0})


def _moment(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d %H:%M:%S")


def _delete(call: Call, given: dict[str, Any]) -> Reply:
    voice = str(given.get("voice", ""))
    with call.sandbox.lock:
        if not any(one["id"] == voice for one in _voices(call.sandbox)):
            raise refuse(call, f"Voice '{voice}' does not exist.")
        call.sandbox.delete("voice", voice)
    return _answer(call, {"voice": voice}, {"count": 0})


def _creates(call: Call) -> bool:
    given = call.json().get("input")
    return isinstance(given, dict) and given.get("action") == "create"


ROUTES = [
    Route(
        "POST", r"/api/v1/services/aigc/multimodal-generation/generation", generation, commit=True
    ),
    Route("POST", r"/api/v1/services/audio/tts/customization", customization, commit=_creates),
    *FILE_ROUTES,
]
trouble = HOUSE.trouble
