"""Resemble: speech with the times of its letters, and voices built of recordings.

Source: Resemble's published OpenAPI description, package resemble 1.9.0.
"""

import base64
import binascii
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from avatar.engine.align import align
from avatar.engine.errors import (
    AlignmentError,
    BadResult,
    InputError,
    JobFailed,
    OutcomeUnknown,
    Refused,
    VendorError,
)
from avatar.engine.media.sound import read_sound, write_wav
from avatar.engine.speech.client import About, Piece, VoiceGone
from avatar.engine.speech.raw import Raw, fragments
from avatar.engine.speech.samples import Sample
from avatar.engine.speech.times import Fragment
from avatar.engine.text import speakable
from avatar.engine.types import Word
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.caller import Caller, reason
from avatar.engine.vendors.languages import iso
from avatar.engine.vendors.orders import NOT_THERE
from studio.lib.engines import Engine
from studio.lib.web import Answer

SPEAKING_S = 200.0
MOST_BYTES = 64 * 2**20
RATE = 48_000  # Hz
SHORTEST_MS, LONGEST_MS = 1_000, 11_900  # of a recording; 1 to 12 s are taken
LISTED_AT_ONCE = 100
UNFILLED = ("initializing", "created", "new", "pending")
READY, FAILED = ("finished", "ready", "completed", "complete"), ("fail", "error")


def explain(answer: Answer) -> VendorError | None:
    """It answers 200 with `success: false` as well."""
    if answer.status == 404:
        return VoiceGone(f"Resemble does not know the voice: {reason(answer)}", reply=answer.text)
    if answer.ok and answer.get("success") is False:
        why = reason(answer) or "it does not say why."
        return Refused(f"Resemble refuses this: {why}", reply=answer.text)
    return None


class Resemble:
    """Satisfies speech.client.CloningClient."""

    is_keyed = False
    sample: ClassVar[Sample] = Sample(10, 60, 20_000_000, 44_100)

    def __init__(self, access: Access) -> None:
        self.access = access
        headers = {"Authorization": f"Bearer {access.key('resemble')}"}
        self.caller = Caller("resemble", access, headers, explain)
        self.app = access.url("resemble", "RESEMBLE_APP_URL")

    def say(self, engine: Engine, piece: Piece) -> Raw:
        body = {
            "voice_uuid": piece.voice,
            "data": _ssml(piece),
            "output_format": "wav",
            "precision": "PCM_16",
            "sample_rate": RATE,
        }
        if engine.model:
            body["model"] = engine.model
        answer = self.caller.call(
            "POST",
            "/synthesize",
            order=True,
            json=body,
            read_s=SPEAKING_S,
            most_bytes=MOST_BYTES,
        )
        sound = self.caller.need(answer, "audio_content", order=True)
        try:
            audio = base64.b64decode(str(sound), validate=True)
        except (binascii.Error, ValueError) as e:
            raise BadResult("Resemble answered with a sound that cannot be read.") from e
        facts = {"request_id": answer.headers.get("x-request-id", "")}
        return Raw(audio, "wav", piece.text, _times(answer), facts=facts)

    def default_voice(self, engine: Engine) -> str:
        for voice in self._listed(1):
            if voice.get("uuid"):
                return str(voice["uuid"])
        raise Refused("The Resemble account has no voice; name one, or give a sample.")

    def bring(self, sample: Path) -> None:
        return None

    def clone(
        self, engine: Engine, sample: Path, brought: None, name: str, about: About
    ) -> dict[str, Any]:
        """A voice without recordings costs nothing; building it does."""
        recordings = _recordings(sample, about)
        answer = self.caller.call(
            "POST", f"{self.app}/voices", order=True, json={"name": name}, read_s=SPEAKING_S
        )
        voice_id = self._uuid(answer)
        self._fill(voice_id, recordings, name)
        return {"voice_id": voice_id}

    def _uuid(self, answer: Answer) -> str:
        found = answer.get("item", "uuid") or answer.get("uuid")
        if not found:
            raise OutcomeUnknown("Resemble made a voice and did not name it.", reply=answer.text)
        return str(found)

    def _fill(self, voice_id: str, recordings: list[tuple[bytes, str]], name: str) -> None:
        """Whatever fails from here on leaves a voice behind that is found by its name."""
        try:
            for number, (sound, words) in enumerate(recordings, 1):
                fields = {
                    "name": f"{name}-{number}",
                    "text": words,
                    "is_active": "true",
                    "emotion": "neutral",
                }
                self.caller.call(
                    "POST",
                    f"{self.app}/voices/{voice_id}/recordings",
                    data=fields,
                    files={"file": (f"{number}.wav", sound, "audio/wav")},
                    read_s=SPEAKING_S,
                )
            self.caller.call(
                "POST", f"{self.app}/voices/{voice_id}/build", order=True, json={}, read_s=60
            )
        except Refused as e:  # they are no use; let nobody find an empty voice
            self.forget(voice_id)
            raise Refused(str(e), reply=e.reply) from e
        except VendorError as e:
            raise OutcomeUnknown(f"The voice at Resemble is half made: {e}", reply=e.reply) from e

    def is_ready(self, engine: Engine, handle: Mapping[str, Any]) -> bool:
        status = self._status(str(handle["voice_id"]))
        if any(sign in status for sign in FAILED):
            raise JobFailed(f"Resemble could not build the voice ({status}).")
        return not status or status in READY

    def _status(self, voice_id: str) -> str:
        answer = self.caller.call("GET", f"{self.app}/voices/{voice_id}")
        found = answer.get("item", "status") or answer.get("item", "voice_status")
        return str(found or "").lower()

    def find_clone(
        self, engine: Engine, sample: Path, name: str, about: About
    ) -> dict[str, Any] | None:
        for page in range(1, 51):
            voices = self._listed(page)
            for voice in voices:
                if voice.get("name") == name and voice.get("uuid"):
                    return self._completed(str(voice["uuid"]), sample, name, about)
            if len(voices) < LISTED_AT_ONCE:
                return NOT_THERE
        return None

    def _completed(self, voice_id: str, sample: Path, name: str, about: About) -> dict[str, Any]:
        """A voice that got no recordings before the answer was lost gets them now."""
        if self._status(voice_id) in UNFILLED:
            self._fill(voice_id, _recordings(sample, about), name)
        return {"voice_id": voice_id}

    def _listed(self, page: int) -> list[dict[str, Any]]:
        answer = self.caller.call(
            "GET", f"{self.app}/voices", params={"page": page, "page_size": LISTED_AT_ONCE}
        )
        items = answer.get("items")
        if not isinstance(items, list):
            raise self.caller.unclear(
                "Resemble answered without a list.", answer.text, order=False
            )
        return [one for one in items if isinstance(one, dict)]

    def forget(self, voice_id: str) -> None:
        try:
            self.caller.call("DELETE", f"{self.app}/voices/{voice_id}")
        except VoiceGone:
            return


def _recordings(sample: Path, about: About) -> list[tuple[bytes, str]]:
    """The sample in recordings of the length that it takes, each with what is said in it.

    Raises InputError when nobody has said what the sample says.
    """
    if not about.words.strip():
        raise InputError(
            "Resemble makes a voice of recordings and their words: give the words of the voice"
            " sample as sample_text."
        )
    sound, rate = read_sound(sample)
    try:
        words = align(sound, rate, speakable(about.words, about.language), about.language).words
    except AlignmentError as e:
        raise InputError(f"The words given for the voice sample do not fit it. {e}") from e
    made = []
    with tempfile.TemporaryDirectory() as folder:
        for start_ms, end_ms, said in _grouped(words):
            part = Path(folder) / "part.wav"
            write_wav(part, sound[start_ms * rate // 1000 : end_ms * rate // 1000], rate)
            made.append((part.read_bytes(), said))
    return made


def _grouped(words: Sequence[Word]) -> list[tuple[int, int, str]]:
    """Words behind each other as long as they fit into one recording: start, end, text."""
    groups: list[list[Word]] = []
    for word in words:
        if groups and word.end_ms - groups[-1][0].start_ms <= LONGEST_MS:
            groups[-1].append(word)
        else:
            groups.append([word])
    spans = [(g[0].start_ms, g[-1].end_ms, " ".join(w.word for w in g)) for g in groups]
    return [span for span in spans if span[1] - span[0] >= SHORTEST_MS]


def _ssml(piece: Piece) -> str:
    """As text, or with the way it is meant where that is set."""
    prompt = str(piece.options.get("instructions") or "")
    if not prompt:
        return piece.text
    from xml.sax.saxutils import escape, quoteattr

    said = f"<speak prompt={quoteattr(prompt)} xml:lang={quoteattr(iso(piece.language))}>"
    return f"{said}{escape(piece.text)}</speak>"


def _times(answer: Answer) -> tuple[Fragment, ...]:
    times = answer.get("audio_timestamps", "graph_times", default=[])
    letters = answer.get("audio_timestamps", "graph_chars", default=[])
    pairs = [one if isinstance(one, list) and len(one) == 2 else [None, None] for one in times]
    return fragments(letters, [start for start, _ in pairs], [end for _, end in pairs])
