"""ElevenLabs: text to speech, with and without the times of its characters.

Rules: elevenlabs.normalized_alignment ("null", "same", or "spelled": with its digits as words).
"""

import base64
import re
from dataclasses import dataclass
from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.state import Document
from studio.sandbox.vendors.audio import MIME, encoded
from studio.sandbox.vendors.common import charge
from studio.sandbox.vendors.elevenlabs_base import (
    HOUSE,
    MODELS,
    Model,
    at_least,
    body,
    in_flight,
    pay,
    refuse,
    unfit,
    voice,
)
from studio.sandbox.vendors.hearing import remember
from studio.sandbox.vendors.sound import Speech, say

PCM_RATES = (8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
FORMATS = {
    *("mp3_22050_32", "mp3_24000_48"),
    *(f"mp3_44100_{kbps}" for kbps in (32, 64, 96, 128, 192)),
    *(f"{kind}_{rate}" for kind in ("pcm", "wav") for rate in PCM_RATES),
    *(f"opus_48000_{kbps}" for kbps in (32, 64, 96, 128, 192)),
    *("ulaw_8000", "alaw_8000"),
}
NEEDS = {"mp3_44100_192": "creator"} | {
    f"{kind}_{rate}": "pro" for kind in ("pcm", "wav") for rate in (44_100, 48_000)
}
RANGES = {
    "stability": (0, 1), "similarity_boost": (0, 1), "style": (0, 1), "speed": (0.7, 1.2),
    "clone_strength": (0, 1),
}  # fmt: skip
NEIGHBOURS = ("previous_text", "next_text", "previous_request_ids", "next_request_ids")
DIGITS = ("zero ", "one ", "two ", "three ", "four ", "five ", "six ", "seven ", "eight ", "nine ")
MAX_SEED = 4_294_967_295


@dataclass(frozen=True)
class Order:
    """What is to be said, checked."""

    text: str
    model: Model
    voice: Document
    language: str
    speed: float
    output_format: str


def speech(call: Call) -> Reply:
    """The sound alone."""
    order, said, headers = _said(call)
    data, mime = _file(call, order, said)
    return Reply(200, data, {"Content-Type": mime, **headers})


def with_timestamps(call: Call) -> Reply:
    order, said, headers = _said(call)
    data, _ = _file(call, order, said)
    letters = list(zip(said.text, said.starts, said.ends, strict=True))
    normalized = {
        "same": lambda: _times(letters),
        "spelled": lambda: _times(spelled(letters)),
    }.get(str(call.sandbox.rule("elevenlabs.normalized_alignment", "null")), lambda: None)
    answer = {
        "audio_base64": base64.b64encode(data).decode(),
        "alignment": _times(letters),
        "normalized_alignment": normalized(),
    }
    return Reply(200, answer, headers)


Letter = tuple[str, float, float]


def _times(letters: list[Letter]) -> dict[str, list[Any]]:
    return {
        "characters": [one for one, _, _ in letters],
        "character_start_times_seconds": [round(start, 3) for _, start, _ in letters],
        "character_end_times_seconds": [round(end, 3) for _, _, end in letters],
    }


def spelled(letters: list[Letter]) -> list[Letter]:
    """The same with every digit as a word, whose letters share its time."""
    found: list[Letter] = []
    for letter, start, end in letters:
        word = DIGITS[int(letter)] if letter in "0123456789" else letter
        step = (end - start) / len(word)
        found += [(one, start + i * step, start + (i + 1) * step) for i, one in enumerate(word)]
    return found


def _said(call: Call) -> tuple[Order, Speech, dict[str, str]]:
    """The order, spoken and paid for."""
    key = HOUSE.enter(call, paid=True)
    order = _checked(call, body(call))
    with in_flight(call, key) as headers:
        credits = round(len(order.text) * order.model.cost)
        pay(call, credits)
        id = call.sandbox.new_id("req")
        sent = {"voice": order.voice["id"], "format": order.output_format, **body(call)}
        charge(call.sandbox, model=order.model.id, body=sent, account=key, job=id)
        said = say(order.text, voice=order.voice["id"], language=order.language, speed=order.speed)
        remember(call.sandbox, said)
    return order, said, {"request-id": id, "character-cost": str(credits), **headers}


def _file(call: Call, order: Order, said: Speech) -> tuple[bytes, str]:
    kind, rate, kbps = (*order.output_format.split("_"), "0")[:3]
    data = encoded(
        call.sandbox,
        said.samples,
        said.sample_rate,
        format=kind,
        rate=int(rate),
        kbps=int(kbps),
    )
    return data, MIME[kind]


def _checked(call: Call, asked: dict[str, Any]) -> Order:
    text = asked.get("text")
    if not isinstance(text, str):
        raise unfit(
            "Field required" if text is None else "Input should be a string", "body", "text"
        )
    settings = _settings(asked.get("voice_settings"))
    _plain_fields(asked)
    model = _model(call, asked)
    if not text.strip():
        raise refuse(call, 400, "input_text_empty", "Text can not be empty.", "text")
    if len(text) > model.most:
        raise refuse(
            call,
            400,
            "max_character_limit_exceeded",
            f"This request's text has {len(text)} characters and exceeds the character limit of "
            f"{model.most} characters for model '{model.id}'.",
        )
    found = voice(call, call.args["voice"])
    _usable(call, found)
    if "[refuse]" in text:
        raise refuse(
            call,
            403,
            "content_against_policy",
            "We are sorry but text you are trying to use may violate our Terms of Service and "
            "has been blocked.",
        )
    speed = float(settings.get("speed", 1.0))
    language = asked.get("language_code") or ""
    return Order(text, model, found, language, speed, _output_format(call))


def _settings(asked: Any) -> dict[str, Any]:
    if asked is None:
        return {}
    if not isinstance(asked, dict):
        raise unfit("Input should be a valid dictionary", "body", "voice_settings")
    for name, value in asked.items():
        where = ("body", "voice_settings", name)
        if name == "use_speaker_boost":
            if value is not None and not isinstance(value, bool):
                raise unfit("Input should be a valid boolean", *where)
            continue
        if name not in RANGES:
            raise unfit("Extra inputs are not permitted", *where)
        low, high = RANGES[name]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (is_number and low <= value <= high):
            raise unfit(f"Input should be between {low} and {high}", *where)
    return {name: value for name, value in asked.items() if value is not None}


def _plain_fields(asked: dict[str, Any]) -> None:
    seed = asked.get("seed")
    if seed is not None and not (isinstance(seed, int) and 0 <= seed <= MAX_SEED):
        raise unfit(f"Input should be between 0 and {MAX_SEED}", "body", "seed")
    if asked.get("apply_text_normalization", "auto") not in ("auto", "on", "off"):
        raise unfit("Input should be 'auto', 'on' or 'off'", "body", "apply_text_normalization")
    for name in ("previous_request_ids", "next_request_ids", "pronunciation_dictionary_locators"):
        value = asked.get(name)
        if value is not None and not isinstance(value, list):
            raise unfit("Input should be a valid list", "body", name)
        if len(value or []) > 3:
            raise unfit("List should have at most 3 items", "body", name)
    language = asked.get("language_code")
    if language is not None and not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", str(language)):
        raise unfit("Input should be a language code", "body", "language_code")


def _model(call: Call, asked: dict[str, Any]) -> Model:
    id = asked.get("model_id") or "eleven_multilingual_v2"
    model = MODELS.get(str(id))
    if model is None:
        raise refuse(
            call, 400, "model_not_found", f"A model with model ID {id} does not exist.", "model_id"
        )
    if not model.stitches and any(asked.get(name) for name in NEIGHBOURS):
        raise refuse(
            call,
            400,
            "unsupported_model",
            "Providing previous_text or next_text is not yet supported with the "
            f"'{model.id}' model.",
        )
    return model


def _output_format(call: Call) -> str:
    asked = call.query.get("output_format") or "mp3_44100_128"
    if asked not in FORMATS:
        raise unfit("Input should be one of the output formats", "query", "output_format")
    if not at_least(call.sandbox, NEEDS.get(asked, "free")):
        raise refuse(
            call,
            403,
            "output_format_not_allowed",
            f"Output format {asked} is only allowed on the {NEEDS[asked]} tier and above.",
        )
    return asked


def _usable(call: Call, found: Document) -> None:
    """Raises Refused while the voice waits to be verified; the rule taken back verifies it."""
    if found.get("locked") and call.sandbox.rule("elevenlabs.requires_verification", False):
        raise refuse(
            call, 400, "voice_not_verified", "This voice requires verification before it is used."
        )


ROUTES = [
    Route("POST", r"/v1/text-to-speech/(?P<voice>[\w-]+)", speech, commit=True),
    Route(
        "POST",
        r"/v1/text-to-speech/(?P<voice>[\w-]+)/with-timestamps",
        with_timestamps,
        commit=True,
    ),
]
