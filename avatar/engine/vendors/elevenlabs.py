"""ElevenLabs: speech with the times of its letters, and voices made of a sample.

Source: elevenlabs.io/docs (API reference: text-to-speech with-timestamps, voices, subscription),
and the request shapes of the package elevenlabs 2.78.0. Its SDK is not used: when it repeats a
request with files, the other fields are lost.
"""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from avatar.engine.errors import BadResult, Busy, KeyRefused, Refused, Unpaid, VendorError
from avatar.engine.speech.client import About, Piece, VoiceGone
from avatar.engine.speech.raw import Raw, fragments
from avatar.engine.speech.samples import Sample
from avatar.engine.speech.times import Fragment
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.caller import Caller, reason, seconds_to_wait
from avatar.engine.vendors.languages import iso
from avatar.engine.vendors.orders import NOT_THERE
from studio.lib.engines import Engine
from studio.lib.web import Answer

CREDIT_USD = 0.10 / 1000  # a character of v3 or Multilingual v2; Flash takes half of one
FORMAT = "mp3_44100_128"  # the best that every plan has
SPEAKING_S = 200.0  # ten minutes of speech may take minutes
MOST_BYTES = 64 * 2**20  # of an answer with sound in it
SETTINGS = ("stability", "similarity_boost", "style", "use_speaker_boost", "speed")
TAKES_LANGUAGE = ("eleven_flash_v2_5", "eleven_v3")  # others refuse to be told
KNOWS_AROUND = ("eleven_multilingual_v2", "eleven_flash_v2_5")  # v3 cannot go on from a text
MODERATION = ("policy", "moderat", "blocked", "prohibited", "safety", "violat")


def explain(answer: Answer) -> VendorError | None:
    """Where a status alone would mislead: an empty account answers 401."""
    if answer.ok:
        return None
    status = str(answer.get("detail", "status", default="") or answer.get("detail", "code"))
    said, reply = reason(answer), answer.text
    if status == "quota_exceeded":
        return Unpaid(f"ElevenLabs: the account has no characters left: {said}", reply=reply)
    if answer.status == 404 or status in ("voice_not_found", "voice_does_not_exist"):
        return VoiceGone(f"ElevenLabs does not know the voice: {said}", reply=reply)
    if status == "voice_limit_reached":
        return Refused(
            f"ElevenLabs: the account has no room for another voice: {said}", reply=reply
        )
    if status in ("too_many_concurrent_requests", "system_busy"):
        words = f"ElevenLabs asks for a pause: {said}"
        return Busy(words, retry_after_s=seconds_to_wait(answer), reply=reply)
    if any(word in status for word in MODERATION):
        return Refused(f"ElevenLabs refuses this: {said}", reply=reply)
    if status == "missing_permissions":
        return KeyRefused(f"ElevenLabs: the key may not do this: {said}", reply=reply)
    return None


class ElevenLabs:
    """Satisfies speech.client.CloningClient."""

    is_keyed = False
    # A minute or two of one clean voice is advised, 15 s are accepted; 10 MB a file.
    sample: ClassVar[Sample] = Sample(10, 110, 10_000_000, 44_100)

    def __init__(self, access: Access) -> None:
        key = access.key("elevenlabs")
        self.caller = Caller("elevenlabs", access, {"xi-api-key": key}, explain)

    def say(self, engine: Engine, piece: Piece) -> Raw:
        tag = f"[{piece.options['tag']}] " if piece.options.get("tag") else ""
        answer = self.caller.call(
            "POST",
            f"/v1/text-to-speech/{piece.voice}/with-timestamps",
            order=True,
            params={"output_format": FORMAT},
            json=_body(engine, piece, tag),
            read_s=SPEAKING_S,
            most_bytes=MOST_BYTES,
        )
        sound = self.caller.need(answer, "audio_base64", order=True)
        facts = {"request_id": answer.headers.get("request-id", "")}
        cost = answer.headers.get("character-cost", "")
        return Raw(
            _bytes(sound),
            "mp3",
            piece.text,
            _times(answer, len(tag)),
            usd=_usd(cost),
            facts=facts,
        )

    def default_voice(self, engine: Engine) -> str:
        answer = self.caller.call("GET", "/v1/voices")
        voices = [v for v in answer.get("voices", default=[]) if isinstance(v, dict)]
        ready = [v for v in voices if v.get("category", "premade") == "premade"]
        for voice in ready or voices:
            if voice.get("voice_id"):
                return str(voice["voice_id"])
        raise Refused("The ElevenLabs account has no voice; name one, or give a sample.")

    def bring(self, sample: Path) -> None:
        return None

    def clone(
        self, engine: Engine, sample: Path, brought: None, name: str, about: About
    ) -> dict[str, Any]:
        answer = self.caller.call(
            "POST",
            "/v1/voices/add",
            order=True,
            data={"name": name, "description": "Made by Understudy."},
            files=[("files", ("sample.wav", sample.read_bytes(), "audio/wav"))],
            read_s=SPEAKING_S,
        )
        voice_id = str(self.caller.need(answer, "voice_id", order=True))
        if answer.get("requires_verification"):
            raise Refused("ElevenLabs wants the speaker to verify this voice on its website.")
        return {"voice_id": voice_id}

    def is_ready(self, engine: Engine, handle: Mapping[str, Any]) -> bool:
        return True

    def find_clone(
        self, engine: Engine, sample: Path, name: str, about: About
    ) -> dict[str, Any] | None:
        voices = self.caller.call("GET", "/v1/voices").get("voices")  # all of them
        if not isinstance(voices, list):
            return None
        for voice in voices:
            if isinstance(voice, dict) and voice.get("name") == name and voice.get("voice_id"):
                return {"voice_id": str(voice["voice_id"])}
        return NOT_THERE

    def forget(self, voice_id: str) -> None:
        try:
            self.caller.call("DELETE", f"/v1/voices/{voice_id}")
        except VoiceGone:
            return


def _body(engine: Engine, piece: Piece, tag: str) -> dict[str, Any]:
    settings = {k: piece.options[k] for k in SETTINGS if k in piece.options}
    body: dict[str, Any] = {"text": tag + piece.text, "model_id": engine.model}
    if settings:
        body["voice_settings"] = settings
    if engine.model in TAKES_LANGUAGE:
        body["language_code"] = iso(piece.language)
    if engine.model in KNOWS_AROUND:
        around = {"previous_text": piece.before, "next_text": piece.after}
        body |= {name: text for name, text in around.items() if text}
    return {**body, "seed": piece.seed % 2**32}


def _bytes(sound: Any) -> bytes:
    try:
        return base64.b64decode(str(sound), validate=True)
    except (binascii.Error, ValueError) as e:
        raise BadResult("ElevenLabs answered with a sound that cannot be read.") from e


def _times(answer: Answer, n_tag: int) -> tuple[Fragment, ...]:
    """Of the letters of the text; those of the tag before it are left out."""
    found = fragments(
        answer.get("alignment", "characters", default=[]),
        answer.get("alignment", "character_start_times_seconds", default=[]),
        answer.get("alignment", "character_end_times_seconds", default=[]),
    )
    return found[n_tag:]


def _usd(characters: str) -> float | None:
    """What it took, from the header that says how many credits were charged."""
    if not (characters.isascii() and characters.isdigit()):
        return None
    return CREDIT_USD * int(characters)
