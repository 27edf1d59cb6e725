"""Listening over the network: ElevenLabs (Scribe, forced alignment, audio isolation) and servers
that transcribe as OpenAI's does.

Source: elevenlabs.io/docs (speech-to-text, forced-alignment, audio-isolation); OpenAI's API
reference (audio/transcriptions).
"""

import base64
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avatar.engine.errors import BadResult, InputError
from avatar.engine.hearing.base import Heard
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.scratch import WavFile
from avatar.engine.speech.times import Fragment
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.caller import Caller
from avatar.engine.vendors.elevenlabs import explain
from avatar.engine.vendors.journal import Paid
from avatar.engine.vendors.languages import iso
from avatar.engine.vendors.orders import Context, bought, paid_key
from studio.lib.engines import Engine
from studio.lib.web import Answer

LISTENING_S = 300.0  # half an hour of sound is listened to in minutes
SOUND_BYTES = 256 * 2**20
OPENAI_BYTES = 25 * 2**20


def _elevenlabs(access: Access) -> Caller:
    return Caller("elevenlabs", access, {"xi-api-key": access.key("elevenlabs")}, explain)


def _openai(access: Access) -> Caller:
    return Caller("openai", access, {"Authorization": f"Bearer {access.key('openai')}"})


class _Hosted:
    """One call that is answered at once and paid for once."""

    what = "words"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def _bought(
        self, context: Context, sound: Path, about: dict[str, Any], ask: Callable[[], Answer]
    ) -> Any:
        """The answer's JSON, or {"audio": base64} of one that is sound."""
        engine = self.engine
        wav = WavFile(sound)
        seconds = len(wav) / wav.sample_rate
        account = context.access.account(engine.vendor)
        paid = Paid(
            key=paid_key(engine, {"sound": sound, **about}, account),
            engine=engine.name,
            what=self.what,
            usd=engine.usd(seconds=seconds),
            account=account,
            at_once=context.access.at_once(engine.vendor),
            about={**about, "seconds": seconds},
        )

        def send(target: Path) -> dict[str, Any]:
            answer = ask()
            body = answer.body
            if body is None:
                body = {"audio": base64.b64encode(answer.content).decode()}
            target.write_text(json.dumps(body), encoding="utf-8")
            return {"request_id": answer.headers.get("request-id", "")}

        return json.loads(bought(context, paid, send).read_text(encoding="utf-8"))


class Scribe(_Hosted):
    """ElevenLabs' transcription. Satisfies hearing.base.Listener."""

    def listen(self, sound: Path, *, text: str, language: str, context: Context) -> Heard:
        caller = _elevenlabs(context.access)
        fields = {
            "model_id": self.engine.model,
            "language_code": iso(language),
            "timestamps_granularity": "word",
            "tag_audio_events": "false",
        }

        def ask() -> Answer:
            return caller.call(
                "POST",
                "/v1/speech-to-text",
                order=True,
                data=fields,
                files={"file": ("sound.wav", sound.read_bytes(), "audio/wav")},
                read_s=LISTENING_S,
            )

        found = self._bought(context, sound, fields, ask)
        said = " ".join(str(found.get("text", "")).split())
        return Heard(said, _fragments(found.get("words"), only="word"))


class ForcedAlignment(_Hosted):
    """When a known text is said, by ElevenLabs. Satisfies hearing.base.Listener."""

    def listen(self, sound: Path, *, text: str, language: str, context: Context) -> Heard:
        caller = _elevenlabs(context.access)

        def ask() -> Answer:
            return caller.call(
                "POST",
                "/v1/forced-alignment",
                order=True,
                data={"text": text},
                files={"file": ("sound.wav", sound.read_bytes(), "audio/wav")},
                read_s=LISTENING_S,
            )

        found = self._bought(context, sound, {"text": text}, ask)
        timed = _fragments(found.get("characters")) or _fragments(found.get("words"))
        if not timed:
            raise BadResult("ElevenLabs gave no times for the text.")
        return Heard(text, timed)


class Transcription(_Hosted):
    """A server that transcribes as OpenAI's does. Satisfies hearing.base.Listener."""

    def listen(self, sound: Path, *, text: str, language: str, context: Context) -> Heard:
        caller = _openai(context.access)
        fields = {
            "model": self.engine.model,
            "language": iso(language),
            "response_format": "verbose_json",
            "timestamp_granularities[]": "word",
        }
        with tempfile.TemporaryDirectory() as folder:
            small = _small(sound, Path(folder))

            def ask() -> Answer:
                return caller.call(
                    "POST",
                    context.access.url("openai") + "/audio/transcriptions",
                    order=True,
                    data=fields,
                    files={"file": (small.name, small.read_bytes(), "audio/mp4")},
                    read_s=LISTENING_S,
                )

            found = self._bought(context, sound, fields, ask)
        said = " ".join(str(found.get("text", "")).split())
        return Heard(said, _fragments(found.get("words")))


class AudioIsolation(_Hosted):
    """Sound without its noise, by ElevenLabs. Satisfies hearing.base.Denoiser."""

    what = "sound"

    def clean(self, sound: Path, target: Path, *, context: Context) -> None:
        caller = _elevenlabs(context.access)

        def ask() -> Answer:
            return caller.call(
                "POST",
                "/v1/audio-isolation",
                order=True,
                files={"audio": ("sound.wav", sound.read_bytes(), "audio/wav")},
                read_s=LISTENING_S,
                most_bytes=SOUND_BYTES,
                bytes_wanted=True,
            )

        found = self._bought(context, sound, {}, ask)
        if "audio" not in found:
            raise BadResult("ElevenLabs gave no sound back.")
        with tempfile.TemporaryDirectory() as folder:
            raw = Path(folder) / "cleaned"
            raw.write_bytes(base64.b64decode(found["audio"]))
            _as_wav(raw, target, WavFile(sound))


def _fragments(found: Any, only: str = "") -> tuple[Fragment, ...]:
    """Times as ElevenLabs and OpenAI write them: [{text or word, start, end, type?}]."""
    timed = []
    for one in found if isinstance(found, list) else []:
        if not isinstance(one, dict) or (only and one.get("type", only) != only):
            continue
        try:
            name = str(one.get("text", one.get("word", "")))
            timed.append((name, float(one["start"]), float(one["end"])))
        except (KeyError, TypeError, ValueError) as e:
            raise BadResult("The times of a word are not numbers.") from e
    return tuple(timed)


def _small(sound: Path, folder: Path) -> Path:
    """The sound as a file that OpenAI takes: at most 25 MB."""
    small = folder / "sound.m4a"
    run_ffmpeg(["-i", f"file:{sound}", "-ac", "1", "-ar", "16000", "-b:a", "64k", f"file:{small}"])
    if small.stat().st_size > OPENAI_BYTES:
        raise InputError(
            "The sound is too long to be transcribed over the network: 25 MB at most."
        )
    return small


def _as_wav(raw: Path, target: Path, like: WavFile) -> None:
    """What came back, as WAV of the sound's own rate and length."""
    from avatar.engine.media.resample import resampled
    from avatar.engine.media.sound import stream_sound, write_wav

    try:
        cleaned, rate = stream_sound(raw)
    except InputError as e:
        raise BadResult(f"What came back is of no use: {e}") from e
    waveform = resampled(cleaned[:], rate, like.sample_rate)
    if abs(len(waveform) - len(like)) > like.sample_rate // 2:
        raise BadResult("What came back is not as long as the sound that was sent.")
    waveform = waveform[: len(like)]
    if len(waveform) < len(like):
        import numpy as np

        waveform = np.pad(waveform, (0, len(like) - len(waveform)))
    write_wav(target, waveform, like.sample_rate)
