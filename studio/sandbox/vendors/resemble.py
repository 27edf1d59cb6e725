"""Resemble's speech: `f.cluster.resemble.ai`. Its voices are those of `resemble_app`.

`[refuse]` in a text is refused by moderation. Source: the published OpenAPI document and
resemble 1.9.0 (PyPI), 2026-11-20.
"""

import base64
import re
from typing import Any

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.vendors.audio import encoded
from studio.sandbox.vendors.common import House, Problem, charge
from studio.sandbox.vendors.hearing import remember
from studio.sandbox.vendors.resemble_app import status_of, voice_of
from studio.sandbox.vendors.sound import Speech, say

PREFIX = "resemble"
MOST = 3000  # characters
RATES = (8000, 16_000, 22_050, 32_000, 44_100, 48_000)
PRECISIONS = {
    "MULAW": "pcm_mulaw", "PCM_16": "pcm_s16le", "PCM_24": "pcm_s24le", "PCM_32": "pcm_s32le",
}  # fmt: skip
MODELS = ("chatterbox", "chatterbox-turbo", "chatterbox-multilingual")
TAG = re.compile(r"<[^>]*>")


def word(call: Call, problem: Problem) -> Reply:
    return Reply(problem.status, {"success": False, "message": problem.text, "errors": []})


HOUSE = House("Authorization", "Bearer", word)


def refuse(call: Call, message: str, status: int = 400) -> Refused:
    return HOUSE.refusal(call, "invalid", message, status=status)


def synthesize(call: Call) -> Reply:
    key = HOUSE.enter(call, paid=True)
    try:
        asked = call.json()
    except Refused as e:
        raise refuse(call, "The body is not JSON.") from e
    text = _text(call, asked)
    voice = _voice(call, asked)
    rate, output, codec = _format(call, asked)
    charge(call.sandbox, model=str(asked.get("model", "default")), body=asked, account=key)
    said = say(text, voice=voice)
    remember(call.sandbox, said)
    data = encoded(
        call.sandbox,
        said.samples,
        said.sample_rate,
        format=output,
        rate=rate,
        codec=codec if output == "wav" else "",
    )
    answer: dict[str, Any] = {
        "success": True,
        "audio_content": base64.b64encode(data).decode(),
        "audio_timestamps": timestamps(said),
        "duration": round(said.seconds, 4),
        "synth_duration": round(said.seconds, 4),
        "output_format": output,
        "sample_rate": rate,
        "title": asked.get("title"),
        "seed": 0,
        "issues": [],
    }
    return Reply(200, answer)


def timestamps(said: Speech) -> dict[str, Any]:
    """Letters with their seconds. Phones are left out: espeak-ng is not the vendor's model."""
    times = zip(said.starts, said.ends, strict=True)
    return {
        "graph_chars": list(said.text),
        "graph_times": [[round(start, 4), round(end, 4)] for start, end in times],
        "phon_chars": [],
        "phon_times": [],
    }


def _text(call: Call, asked: dict[str, Any]) -> str:
    """What is said, without the marks of SSML. Raises Refused."""
    data = asked.get("data")
    if not isinstance(data, str) or not data.strip():
        raise refuse(call, "data is required.")
    if len(data) > MOST:
        raise refuse(call, f"data has {len(data)} characters; at most {MOST} are allowed.")
    text = TAG.sub("", data)
    if "<" in text or ">" in text:
        raise refuse(call, "The SSML is not well-formed.")
    if "[refuse]" in text:
        raise refuse(call, "The text was refused by moderation.")
    return text


def _voice(call: Call, asked: dict[str, Any]) -> str:
    id = asked.get("voice_uuid")
    if not isinstance(id, str) or not id:
        raise refuse(call, "voice_uuid is required.")
    found = voice_of(call.sandbox, id)
    if found is None:
        raise refuse(call, "Voice not found.", 404)
    if status_of(call.sandbox, found) != "finished":
        raise refuse(call, "The voice is not ready.", 422)
    if asked.get("model", MODELS[0]) not in MODELS:
        raise refuse(call, f"model is one of {', '.join(MODELS)}.")
    return id


def _format(call: Call, asked: dict[str, Any]) -> tuple[int, str, str]:
    rate, output = asked.get("sample_rate", 48_000), asked.get("output_format", "wav")
    precision = asked.get("precision", "PCM_32")
    if str(rate) not in map(str, RATES):
        raise refuse(call, f"sample_rate is one of {', '.join(map(str, RATES))}.")
    if output not in ("wav", "mp3"):
        raise refuse(call, "output_format is wav or mp3.")
    if not isinstance(precision, str) or precision not in PRECISIONS:
        raise refuse(call, f"precision is one of {', '.join(PRECISIONS)}.")
    return int(rate), output, PRECISIONS[precision]


ROUTES = [Route("POST", r"/synthesize", synthesize, commit=True)]
trouble = HOUSE.trouble
