"""MiniMax: speech, and voices made of a sample under a name that is ours to choose.

Every answer is HTTP 200; what became of it is in `base_resp.status_code`.

Source: platform.minimax.io/docs (T2A v2, voice clone, voice management, error codes).
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from avatar.engine.errors import (
    BadResult,
    Busy,
    KeyRefused,
    OutcomeUnknown,
    Refused,
    Unpaid,
    VendorError,
)
from avatar.engine.speech.client import About, Piece, VoiceGone
from avatar.engine.speech.raw import Raw
from avatar.engine.speech.samples import Sample
from avatar.engine.speech.times import Fragment
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.caller import Caller, reason, seconds_to_wait
from avatar.engine.vendors.languages import english_name
from studio.lib.engines import Engine
from studio.lib.web import Answer

SPEAKING_S = 200.0
MOST_BYTES = 96 * 2**20  # sound comes as hex, two letters a byte
DEFAULT_VOICE = "Wise_Woman"
SETTINGS = ("speed", "vol", "pitch", "emotion")
AUDIO = {"sample_rate": 44_100, "bitrate": 128_000, "format": "mp3", "channel": 1}

KEY, MONEY, GONE = (1004, 2049), (1008, 2056), (20132, 2054)
RATE = (1002, 1039, 1041, 2045)  # counted before the work: nothing was made
TROUBLE = (1000, 1001, 1024, 1033)
NOT_ALLOWED = (2038, 2042)  # cloning needs a verified account; no access to the voice
ALREADY_THERE = 2039


def explain(answer: Answer, *, order: bool = False) -> VendorError | None:
    code = answer.get("base_resp", "status_code")
    if not isinstance(code, int) or code == 0:
        return None
    why = f"{reason(answer) or 'it does not say why.'} ({code})"
    reply = answer.text
    if code in KEY:
        return KeyRefused(f"MiniMax does not accept the key: {why}", reply=reply)
    if code in MONEY:
        return Unpaid(f"MiniMax: the account has no money or allowance left: {why}", reply=reply)
    if code in NOT_ALLOWED:
        return KeyRefused(f"MiniMax does not allow this account that: {why}", reply=reply)
    if code in GONE:
        return VoiceGone(f"MiniMax does not accept the voice or its sample: {why}", reply=reply)
    if code in RATE:
        words, wait = f"MiniMax asks for a pause: {why}", seconds_to_wait(answer)
        return Busy(words, retry_after_s=wait, reply=reply)
    if code in TROUBLE:
        if order:
            words = f"MiniMax is in trouble: {why} It may have charged for it."
            return OutcomeUnknown(words, reply=reply)
        return Busy(f"MiniMax is in trouble: {why}", reply=reply)
    return Refused(f"MiniMax refuses this: {why}", reply=reply)


class MiniMax:
    """Satisfies speech.client.CloningClient."""

    is_keyed = True  # a name that is taken is refused, and nothing is charged for that
    sample: ClassVar[Sample] = Sample(10, 290, 20_000_000, 32_000)

    def __init__(self, access: Access) -> None:
        self.headers = {"Authorization": f"Bearer {access.key('minimax')}"}
        self.access = access
        # Older accounts are told apart by their group.
        group = access.environ.get("MINIMAX_GROUP_ID", "").strip()
        self.group = {"GroupId": group} if group else None

    def _call(self, path: str, *, order: bool = False, **more: Any) -> Answer:
        caller = Caller("minimax", self.access, self.headers, partial(explain, order=order))
        return caller.call("POST", path, order=order, params=self.group, **more)

    def say(self, engine: Engine, piece: Piece) -> Raw:
        answer = self._call(
            "/v1/t2a_v2",
            order=True,
            json=_body(engine, piece),
            read_s=SPEAKING_S,
            most_bytes=MOST_BYTES,
        )
        sound = _bytes(answer.get("data", "audio"), answer.text)
        characters = answer.get("extra_info", "usage_characters")
        facts = {"request_id": answer.get("trace_id", default="")}
        price = engine.price.of(characters=characters) if engine.price and characters else None
        return Raw(
            sound,
            AUDIO["format"],  # type: ignore[arg-type]
            piece.text,
            self._times(answer),
            usd=price,
            facts=facts,
        )

    def _times(self, answer: Answer) -> tuple[Fragment, ...]:
        """Of the words, from the subtitle file; without one the speech is of use as well."""
        address = answer.get("data", "subtitle_file")
        if not isinstance(address, str) or not address.startswith(("http://", "https://")):
            return ()
        caller = Caller("minimax", self.access, {})
        try:
            found = caller.call("GET", address, with_key=False)
        except VendorError:
            return ()
        length_ms = answer.get("extra_info", "audio_length", default=0)
        return subtitle_times(found.body, float(length_ms or 0) / 1000)

    def default_voice(self, engine: Engine) -> str:
        return DEFAULT_VOICE

    def bring(self, sample: Path) -> Any:
        with sample.open("rb") as file:
            answer = self._call(
                "/v1/files/upload",
                data={"purpose": "voice_clone"},
                files={"file": ("sample.wav", file, "audio/wav")},
                read_s=SPEAKING_S,
            )
        file_id = answer.get("file", "file_id")
        if file_id in (None, ""):
            raise Busy("MiniMax took the sample and gave no name for it.", reply=answer.text)
        return file_id

    def clone(
        self, engine: Engine, sample: Path, brought: Any, name: str, about: About
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "file_id": brought,
            "voice_id": name,
            "need_noise_reduction": True,
            "need_volume_normalization": True,
        }
        if about.words:
            body |= {"text_validation": about.words[:200]}
        try:
            self._call("/v1/voice_clone", order=True, json=body, read_s=SPEAKING_S)
        except Refused as e:
            if f"({ALREADY_THERE})" not in str(e):  # the name is this order's own: it was made
                raise
        return {"voice_id": name}

    def is_ready(self, engine: Engine, handle: Mapping[str, Any]) -> bool:
        return True

    def find_clone(
        self, engine: Engine, sample: Path, name: str, about: About
    ) -> dict[str, Any] | None:
        answer = self._call("/v1/get_voice", json={"voice_type": "voice_cloning"})
        voices = answer.get("voice_cloning", default=[])
        there = [v for v in voices if isinstance(v, dict) and v.get("voice_id") == name]
        return {"voice_id": name} if there else None

    def forget(self, voice_id: str) -> None:
        body = {"voice_type": "voice_cloning", "voice_id": voice_id}
        try:
            self._call("/v1/delete_voice", json=body)
        except VoiceGone:
            return
        except Refused as e:
            if "not" not in str(e).lower() or "exist" not in str(e).lower():
                raise


def _body(engine: Engine, piece: Piece) -> dict[str, Any]:
    voice = {k: piece.options[k] for k in SETTINGS if k in piece.options}
    return {
        "model": engine.model,
        "text": piece.text,
        "stream": False,
        "voice_setting": {"voice_id": piece.voice, **voice},
        "audio_setting": AUDIO,
        "language_boost": english_name(piece.language, "auto"),
        "subtitle_enable": True,
        "subtitle_type": "word",
        "output_format": "hex",
    }


def _bytes(sound: Any, reply: str) -> bytes:
    try:
        return bytes.fromhex(str(sound or ""))
    except ValueError as e:
        raise BadResult("MiniMax answered with a sound that cannot be read.", reply=reply) from e


def subtitle_times(found: Any, length_s: float) -> tuple[Fragment, ...]:
    """The words of a subtitle file, wherever in it they lie; its times are ms, or seconds when
    they could not be ms of a sound of that length.
    """
    rows = list(_rows(found))
    longest = max((end for _, _, end in rows), default=0.0)
    scale = 1.0 if 0 < longest <= 2 * length_s else 0.001
    return tuple((text, scale * start, scale * end) for text, start, end in rows)


def _rows(found: Any) -> Iterator[Fragment]:
    if isinstance(found, list):
        for one in found:
            yield from _rows(one)
    elif isinstance(found, dict):
        inner = [value for value in found.values() if isinstance(value, list | dict) and value]
        text = found.get("word", found.get("text"))
        start = found.get("time_begin", found.get("start_time", found.get("start")))
        end = found.get("time_end", found.get("end_time", found.get("end")))
        if inner:  # a sentence, with its words inside
            for one in inner:
                yield from _rows(one)
        elif (
            isinstance(text, str)
            and isinstance(start, int | float)
            and isinstance(end, int | float)
        ):
            yield text, float(start), float(end)
