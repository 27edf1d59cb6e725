"""Alibaba Model Studio (DashScope): Qwen3-TTS, with voices of its own and voices made of a sample.

What it spoke lies at an address for a day, so that speech is two steps: the order, and fetching.

Source: docs.qwencloud.com (Qwen-TTS, voice cloning), package dashscope 2.0.2.
"""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from avatar.engine.errors import Busy, KeyRefused, Refused, Unpaid, VendorError
from avatar.engine.speech.client import About, Piece, VoiceGone
from avatar.engine.speech.raw import Raw
from avatar.engine.speech.samples import Sample
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.caller import Caller, reason, seconds_to_wait
from avatar.engine.vendors.languages import english_name
from avatar.engine.vendors.orders import NOT_THERE
from avatar.engine.vendors.results import fetched
from studio.lib.engines import Engine
from studio.lib.web import Answer

SPEAK = "/api/v1/services/aigc/multimodal-generation/generation"
VOICES = "/api/v1/services/audio/tts/customization"
ENROLLMENT = "qwen-voice-enrollment"
SPEAKING_S = 120.0
MOST_BYTES = 64 * 2**20
NAME_CHARS = 16  # of a voice, [A-Za-z0-9_]
DEFAULT_VOICE = "Cherry"
SPOKEN = (
    "Chinese", "English", "German", "Italian", "Portuguese", "Spanish", "Japanese", "Korean",
    "French", "Russian",
)  # fmt: skip
LISTED_AT_ONCE = 100

KEY = ("InvalidApiKey", "AccessDenied", "AccessDenied.Unpurchased")
MONEY = ("Arrearage",)


def explain(answer: Answer) -> VendorError | None:
    """By its own codes; trouble of its own is left to what the status says."""
    code = answer.get("code", default="")
    if answer.ok or not isinstance(code, str):
        return None
    why, reply = f"{reason(answer) or code} ({code})", answer.text
    if code in KEY:
        return KeyRefused(f"Alibaba Model Studio does not accept the key: {why}", reply=reply)
    if code in MONEY:
        return Unpaid(f"Alibaba Model Studio: the account is in arrears: {why}", reply=reply)
    if code.startswith("Throttling"):
        words, wait = f"Alibaba Model Studio asks for a pause: {why}", seconds_to_wait(answer)
        return Busy(words, retry_after_s=wait, reply=reply)
    if code.startswith("DataInspection"):
        return Refused(f"Alibaba Model Studio refuses these words: {why}", reply=reply)
    if "voice" in why.lower() and any(sign in why.lower() for sign in ("not found", "not exist")):
        return VoiceGone(f"Alibaba Model Studio does not know the voice: {why}", reply=reply)
    return None


class DashScope:
    """Satisfies speech.client.CloningClient and OrderingClient."""

    is_keyed = False
    # 10 to 20 s are advised, 60 are the most; as base64 it grows by a third.
    sample: ClassVar[Sample] = Sample(10, 20, 7_000_000, 24_000)

    def __init__(self, access: Access) -> None:
        self.access = access
        headers = {"Authorization": f"Bearer {access.key('dashscope')}"}
        self.caller = Caller("dashscope", access, headers, explain)

    def order(self, engine: Engine, piece: Piece) -> dict[str, Any]:
        """Have it spoken. Returns where it lies and what it took."""
        language = english_name(piece.language)
        inputs = {
            "text": piece.text,
            "voice": piece.voice,
            "language_type": language if language in SPOKEN else "Auto",
        }
        if instructions := piece.options.get("instructions"):
            inputs |= {"instructions": str(instructions)}
        answer = self.caller.call(
            "POST",
            SPEAK,
            order=True,
            json={"model": engine.model, "input": inputs},
            read_s=SPEAKING_S,
        )
        url = str(self.caller.need(answer, "output", "audio", "url", order=True))
        characters = answer.get("usage", "characters")
        usd = engine.price.of(characters=characters) if engine.price and characters else None
        return {"url": url, "usd": usd, "request_id": answer.get("request_id", default="")}

    def fetch(self, handle: Mapping[str, Any], piece: Piece, folder: Path) -> Raw:
        path = fetched(
            self.access, "dashscope", str(handle["url"]), folder / "voice", most_bytes=MOST_BYTES
        )
        facts = {"request_id": handle.get("request_id", "")}
        usd = handle.get("usd")
        return Raw(path.read_bytes(), "wav", piece.text, usd=usd, facts=facts)

    def default_voice(self, engine: Engine) -> str:
        if engine.clones:
            raise Refused(f"{engine.label} speaks in cloned voices only; give it a voice sample.")
        return DEFAULT_VOICE

    def bring(self, sample: Path) -> None:
        return None

    def clone(
        self, engine: Engine, sample: Path, brought: None, name: str, about: About
    ) -> dict[str, Any]:
        encoded = base64.b64encode(sample.read_bytes()).decode()
        inputs: dict[str, Any] = {
            "action": "create",
            "target_model": engine.model,
            "preferred_name": short_name(name),
            "audio": {"data": f"data:audio/wav;base64,{encoded}"},
        }
        if about.words:
            inputs["text"] = about.words
        answer = self._voices(inputs, order=True)
        return {"voice_id": str(self.caller.need(answer, "output", "voice", order=True))}

    def is_ready(self, engine: Engine, handle: Mapping[str, Any]) -> bool:
        return True

    def find_clone(
        self, engine: Engine, sample: Path, name: str, about: About
    ) -> dict[str, Any] | None:
        for page in range(11):  # an account holds a thousand at most
            listing = {"action": "list", "page_index": page, "page_size": LISTED_AT_ONCE}
            answer = self._voices(listing)
            voices = list(_voices_in(answer.get("output", default={})))
            for voice in voices:
                if short_name(name) in voice:
                    return {"voice_id": voice}
            if len(voices) < LISTED_AT_ONCE:
                is_known = isinstance(answer.get("output", "voice_list"), list)
                return NOT_THERE if is_known else None
        return None

    def forget(self, voice_id: str) -> None:
        try:
            self._voices({"action": "delete", "voice": voice_id})
        except VoiceGone:
            return

    def check(self) -> str:
        answer = self._voices({"action": "list", "page_index": 0, "page_size": 1})
        n = answer.get("output", "total_count")
        keeps = f"; the account keeps {n} cloned voices" if isinstance(n, int) else ""
        return f"Alibaba Model Studio answers{keeps}."

    def _voices(self, inputs: Mapping[str, Any], *, order: bool = False) -> Answer:
        body = {"model": ENROLLMENT, "input": dict(inputs)}
        return self.caller.call("POST", VOICES, order=order, json=body, read_s=SPEAKING_S)


def short_name(name: str) -> str:
    """`understudy-0123…` in the letters that it takes."""
    return f"u{name.rpartition('-')[2]}"[:NAME_CHARS]


def _voices_in(found: Any) -> Iterator[str]:
    """Every voice of a listing, whatever the list is called."""
    if isinstance(found, dict):
        if isinstance(found.get("voice"), str):
            yield found["voice"]
        for value in found.values():
            yield from _voices_in(value)
    elif isinstance(found, list):
        for value in found:
            yield from _voices_in(value)
