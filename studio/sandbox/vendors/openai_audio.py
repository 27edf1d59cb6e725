"""OpenAI: speech and transcription.

Rules: openai.transcript ("": what is heard in speech that is not known).
"""

from pathlib import Path
from typing import Any

from studio.sandbox.bodies import Part
from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.vendors.audio import MIME, Sound, encoded, read
from studio.sandbox.vendors.common import charge
from studio.sandbox.vendors.hearing import Heard, remember, transcribe
from studio.sandbox.vendors.openai_base import (
    HOUSE,
    Model,
    body,
    enter,
    headers,
    is_home,
    model_for,
    refuse,
)
from studio.sandbox.vendors.sound import say, script_language

VOICES = {"alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer",
          "verse", "marin", "cedar"}  # fmt: skip
FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
MOST = 4096  # characters
RATE = 24_000
MAX_BYTES = 25 * 2**20
SUFFIXES = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
SHAPES = ("json", "text", "srt", "verbose_json", "vtt")
FIELDS = {"file", "model", "language", "prompt", "response_format", "temperature",
          "timestamp_granularities[]", "chunking_strategy", "include[]"}  # fmt: skip
LANGUAGES = {"en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian",
             "ja": "japanese", "ko": "korean", "ru": "russian", "cmn": "chinese"}  # fmt: skip


def speech(call: Call) -> Reply:
    key = enter(call, paid=True)
    asked = body(call)
    model = model_for(call, "speech", asked.get("model"))
    text = _text(call, asked)
    voice = _voice(call, asked.get("voice"))
    shape = asked.get("response_format", "mp3")
    if shape not in FORMATS:
        raise refuse(call, f"Invalid value: '{shape}'.", "response_format", "invalid_value")
    speed = asked.get("speed", 1.0)
    if not isinstance(speed, int | float) or not 0.25 <= speed <= 4:
        raise refuse(call, "speed is 0.25 to 4.", "speed")
    HOUSE.pace(call, key, 500)
    charge(call.sandbox, model=model.id, body=asked, account=key)
    said = say(text, voice=voice, speed=speed)
    remember(call.sandbox, said)
    rate = 48_000 if shape == "opus" else RATE
    data = encoded(call.sandbox, said.samples, said.sample_rate, format=shape, rate=rate)
    return Reply(200, data, {"Content-Type": MIME[shape], **headers(call)})


def _text(call: Call, asked: dict[str, Any]) -> str:
    text = asked.get("input")
    if not isinstance(text, str) or not text.strip():
        raise refuse(
            call, "Invalid 'input': string too short.", "input", "string_below_min_length"
        )
    if len(text) > MOST:
        raise refuse(
            call,
            f"Invalid 'input': string too long. Expected a string with maximum length {MOST}.",
            "input",
            "string_above_max_length",
        )
    if "[refuse]" in text:
        raise refuse(
            call,
            "Your request was rejected as a result of our safety system.",
            "input",
            "content_policy_violation",
        )
    return text


def _voice(call: Call, asked: Any) -> str:
    """A name; a voice of one's own comes as {id}, and the sandbox has none."""
    if isinstance(asked, dict):
        raise refuse(call, f"Voice {asked.get('id')} does not exist.", "voice", status=404)
    if not isinstance(asked, str) or not asked or (asked not in VOICES and not is_home(call)):
        raise refuse(call, f"Invalid value: '{asked}'.", "voice", "invalid_value")
    return asked


def transcription(call: Call) -> Reply:
    key = enter(call, paid=True)
    try:
        sent = call.parts()
    except Refused as e:
        raise refuse(call, "Could not parse multipart form.") from e
    try:
        plain = {one.name: one.content for one in sent if isinstance(one.content, str)}
        wanted = {one.content for one in sent if one.name == "timestamp_granularities[]"}
        model = model_for(call, "hearing", plain.get("model"))
        shape = _shape(call, model, plain, wanted, {one.name for one in sent})
        path, sound = _file(call, sent)
        charge(call.sandbox, model=model.id, body={**plain, "file": path}, account=key)
    finally:
        for one in sent:
            if isinstance(one.content, Path):
                one.content.unlink(missing_ok=True)
    heard = transcribe(call.sandbox, sound, str(call.sandbox.rule("openai.transcript", "")))
    reply = _shaped(shape, heard, sound, plain, {str(one) for one in wanted})
    return Reply(200, reply.body, {**reply.headers, **headers(call)})


def _shape(
    call: Call, model: Model, plain: dict[str, str], wanted: set[Any], names: set[str]
) -> str:
    if strange := names - FIELDS:
        raise refuse(
            call, f"Unknown parameter: '{min(strange)}'.", min(strange), "unknown_parameter"
        )
    shape = plain.get("response_format", "json")
    rich = model.id == "whisper-1" or is_home(call)
    if shape not in (SHAPES if rich else ("json", "text")):
        raise refuse(
            call,
            f"response_format '{shape}' is not compatible with model '{model.id}'.",
            "response_format",
            "unsupported_value",
        )
    if wanted and (shape != "verbose_json" or not wanted <= {"word", "segment"}):
        raise refuse(
            call,
            "timestamp_granularities are word and segment, with response_format verbose_json.",
            "timestamp_granularities",
        )
    return shape


def _file(call: Call, sent: list[Part]) -> tuple[Path, Sound]:
    found = [one for one in sent if one.name == "file" and isinstance(one.content, Path)]
    if not found:
        raise refuse(call, "Missing required parameter: 'file'.", "file")
    path = found[0].content
    assert isinstance(path, Path)
    if path.stat().st_size > MAX_BYTES:
        raise HOUSE.refusal(call, "too_large", "Maximum content size limit (26214400) exceeded.")
    if found[0].filename.rpartition(".")[2].lower() not in SUFFIXES:
        raise refuse(call, f"Invalid file format. Supported formats: {list(SUFFIXES)}", "file")
    sound = read(path)
    if sound is None:
        raise refuse(call, "The audio file could not be decoded.", "file", "invalid_value")
    return path, sound


def _shaped(
    shape: str, heard: Heard, sound: Sound, plain: dict[str, str], wanted: set[str]
) -> Reply:
    if shape == "text":
        return Reply(200, f"{heard.text}\n", {"Content-Type": "text/plain; charset=utf-8"})
    if shape in ("srt", "vtt"):
        return Reply(
            200, _titles(shape, heard, sound), {"Content-Type": "text/plain; charset=utf-8"}
        )
    usage = {"type": "duration", "seconds": -(-len(sound.samples) // 16_000)}
    if shape == "json":
        return Reply(200, {"text": heard.text, "usage": usage})
    language = plain.get("language") or script_language(heard.text)
    answer: dict[str, Any] = {
        "task": "transcribe",
        "language": LANGUAGES.get(language, language),
        "duration": round(sound.seconds, 3),
        "text": heard.text,
        "usage": usage,
    }
    if "word" in wanted:
        answer["words"] = [
            {"word": text.strip(".,;:!?"), "start": start, "end": end}
            for text, start, end in heard.words()
        ]
    if "segment" in wanted or not wanted:
        answer["segments"] = [_segment(heard, sound)] if heard.text else []
    return Reply(200, answer)


def _segment(heard: Heard, sound: Sound) -> dict[str, Any]:
    return {
        "id": 0,
        "seek": 0,
        "start": heard.starts[0],
        "end": min(heard.ends[-1], round(sound.seconds, 3)),
        "text": f" {heard.text}",
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": -0.2,
        "compression_ratio": 1.2,
        "no_speech_prob": 0.01,
    }


def _titles(shape: str, heard: Heard, sound: Sound) -> str:
    dot = "," if shape == "srt" else "."

    def clock(at: float) -> str:
        ms = round(at * 1000)
        return (
            f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{dot}{ms % 1000:03}"
        )

    head = "1\n" if shape == "srt" else "WEBVTT\n\n"
    return f"{head}{clock(0)} --> {clock(sound.seconds)}\n{heard.text}\n\n"


ROUTES = [
    Route("POST", r"/v1/audio/speech", speech, commit=True),
    Route("POST", r"/v1/audio/transcriptions", transcription, commit=True),
]
