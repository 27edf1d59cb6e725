"""MiniMax: text to speech, as hex or at an address, and when its words and sentences are said."""

import json
import re
from dataclasses import dataclass
from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.vendors.audio import MIME, encoded
from studio.sandbox.vendors.common import charge
from studio.sandbox.vendors.files import keep
from studio.sandbox.vendors.hearing import remember, spans
from studio.sandbox.vendors.minimax_base import HOUSE, base_resp, body, enter, refuse, use_voice
from studio.sandbox.vendors.sound import Speech, say

DAY_S = 86_400
MODELS = [f"speech-{one}-{kind}" for one in ("2.8", "2.6", "02", "01") for kind in ("hd", "turbo")]
MOST = 10_000  # characters; fewer than
EMOTIONS = {"happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm", "neutral"}
ONLY_26 = {"fluent", "whisper"}
RATES = (8000, 16_000, 22_050, 24_000, 32_000, 44_100)
BITRATES = (32_000, 64_000, 128_000, 256_000)
FORMATS = ("mp3", "wav", "flac", "pcm")
PAUSE = re.compile(r"<#([\d.]+)#>")
INVISIBLE = re.compile(r"[\u200b-\u200f\u2060-\u2064\ufeff]")
SENTENCE = re.compile(r"[^.!?。！？]*[.!?。！？]*\s*")


@dataclass(frozen=True)
class Order:
    text: str
    model: str
    voice: str
    speed: float
    sample_rate: int
    bitrate: int
    format: str
    channels: int
    as_url: bool
    subtitles: str  # "", "sentence" or "word"


def t2a(call: Call) -> Reply:
    key = enter(call, paid=True)
    asked = body(call)
    order = checked(call, asked)
    HOUSE.pace(call, key, 60)
    use_voice(call, order.voice)
    trace = call.sandbox.new_id("trace")
    charge(call.sandbox, model=order.model, body=asked, account=key, job=trace)
    said = say(order.text, voice=order.voice, speed=order.speed)
    remember(call.sandbox, said)
    data = sound_of(call, order, said)
    answer = {
        "data": _data(call, order, said, data),
        "extra_info": {
            "audio_length": round(said.seconds * 1000),
            "audio_sample_rate": order.sample_rate,
            "audio_size": len(data),
            "bitrate": order.bitrate,
            "audio_format": order.format,
            "audio_channel": order.channels,
            "usage_characters": len(order.text),
            "word_count": len(order.text.split()),
            "invisible_character_ratio": 0,
        },
        "trace_id": trace,
        "base_resp": base_resp(0),
    }
    return Reply(200, answer, {"Trace-Id": trace})


def _data(call: Call, order: Order, said: Speech, data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {"status": 2, "ced": ""}
    name = f"speech.{order.format}"
    found["audio"] = _at(call, data, MIME[order.format], name) if order.as_url else data.hex()
    if order.subtitles:
        titles = json.dumps(subtitles(said, order.subtitles), ensure_ascii=False).encode()
        found["subtitle_file"] = _at(call, titles, "application/json", "subtitles.json")
    return found


def _at(call: Call, data: bytes, mime: str, name: str) -> str:
    """An address that is good for a day."""
    path = call.sandbox.spare_path()
    path.write_bytes(data)
    return str(keep(call, path, content_type=mime, name=name, file_s=DAY_S)["url"])


def sound_of(call: Call, order: Order, said: Speech) -> bytes:
    return encoded(
        call.sandbox,
        said.samples,
        said.sample_rate,
        format=order.format,
        rate=order.sample_rate,
        kbps=order.bitrate // 1000 if order.format == "mp3" else 0,
        channels=order.channels,
    )


def checked(call: Call, asked: dict[str, Any]) -> Order:
    """Raises Refused."""
    text = _text(call, asked)
    model = asked.get("model")
    if model not in MODELS:
        raise refuse(call, 2013, "invalid model")
    if asked.get("stream"):
        raise refuse(call, 2013, "the sandbox does not stream")
    voice = _part(call, asked, "voice_setting")
    audio = _part(call, asked, "audio_setting")
    if not isinstance(voice.get("voice_id"), str) or not voice["voice_id"]:
        raise refuse(call, 2013, "voice_id is empty")
    _in_range(call, voice, "speed", 0.5, 2)
    _in_range(call, voice, "vol", 0.0001, 10)
    _in_range(call, voice, "pitch", -12, 12)
    emotion = str(voice.get("emotion", "calm"))
    if emotion not in EMOTIONS and not (emotion in ONLY_26 and "2.6" in model):
        raise refuse(call, 2013, "invalid emotion")
    _one_of(call, asked, "output_format", ("hex", "url"))
    _one_of(call, asked, "subtitle_type", ("sentence", "word"))
    _one_of(call, audio, "sample_rate", RATES)
    _one_of(call, audio, "bitrate", BITRATES)
    _one_of(call, audio, "format", FORMATS)
    _one_of(call, audio, "channel", (1, 2))
    wanted = asked.get("subtitle_enable") is True
    return Order(
        text=text,
        model=model,
        voice=voice["voice_id"],
        speed=float(voice.get("speed", 1)),
        sample_rate=audio.get("sample_rate", 32_000),
        bitrate=audio.get("bitrate", 128_000),
        format=audio.get("format", "mp3"),
        channels=audio.get("channel", 1),
        as_url=asked.get("output_format") == "url",
        subtitles=str(asked.get("subtitle_type", "sentence")) if wanted else "",
    )


def _text(call: Call, asked: dict[str, Any]) -> str:
    text = asked.get("text")
    if not isinstance(text, str) or not text.strip():
        raise refuse(call, 2013, "text is empty")
    if len(text) >= MOST:
        raise refuse(call, 2013, f"text is too long, fewer than {MOST} characters are allowed")
    if len(INVISIBLE.findall(text)) > 0.1 * len(text):
        raise refuse(call, 1042)
    if any(not 0.01 <= float(one) <= 99.99 for one in PAUSE.findall(text)):
        raise refuse(call, 2013, "a pause lasts 0.01 to 99.99 seconds")
    if "[refuse]" in text:
        raise refuse(call, 1026)
    return text


def _part(call: Call, asked: dict[str, Any], name: str) -> dict[str, Any]:
    found = asked.get(name) or {}
    if not isinstance(found, dict):
        raise refuse(call, 2013, f"{name} is not an object")
    return found


def _in_range(call: Call, part: dict[str, Any], name: str, low: float, high: float) -> None:
    value = part.get(name, low)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise refuse(call, 2013, f"{name} is not in its range")


def _one_of(call: Call, part: dict[str, Any], name: str, allowed: tuple[Any, ...]) -> None:
    if part.get(name, allowed[0]) not in allowed:
        raise refuse(call, 2013, f"invalid {name}")


def subtitles(said: Speech, kind: str) -> list[dict[str, Any]]:
    """The file of subtitles: sentences in milliseconds, with their words where they are asked for.

    Positions are characters of the text; text_end is behind the last.
    """
    found = []
    for match in SENTENCE.finditer(said.text):
        a, b = match.span()
        if not match[0].strip():
            continue
        found.append(
            {
                "text": match[0],
                "pronounce_text": match[0],
                "time_begin": round(said.starts[a] * 1000, 2),
                "time_end": round(said.ends[b - 1] * 1000, 2),
                "text_begin": a,
                "text_end": b,
                "pronounce_text_begin": a,
                "pronounce_text_end": b,
                "timestamped_words": _words(said, a, b) if kind == "word" else None,
            }
        )
    return found


def _words(said: Speech, a: int, b: int) -> list[dict[str, Any]]:
    return [
        {
            "word": said.text[a + first : a + behind],
            "word_begin": a + first,
            "word_end": a + behind,
            "time_begin": round(said.starts[a + first] * 1000, 2),
            "time_end": round(said.ends[a + behind - 1] * 1000, 2),
        }
        for first, behind, is_word in spans(said.text[a:b])
        if is_word
    ]


ROUTES = [Route("POST", r"/v1/t2a_v2", t2a, commit=True)]
