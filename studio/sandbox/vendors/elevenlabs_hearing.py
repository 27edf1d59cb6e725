"""ElevenLabs: transcription, alignment of a text that is known, removal of noise.

Rules: elevenlabs.transcript (""), elevenlabs.transcript_language ("").
"""

import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from studio.sandbox import media
from studio.sandbox.bodies import Part
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.vendors.audio import Sound, read
from studio.sandbox.vendors.common import charge
from studio.sandbox.vendors.elevenlabs_base import (
    HOUSE,
    in_flight,
    pay,
    refuse,
    unfit,
    with_headers,
)
from studio.sandbox.vendors.elevenlabs_voices import files, form, texts
from studio.sandbox.vendors.hearing import Heard, aligned, spans, transcribe
from studio.sandbox.vendors.sound import script_language

FETCHED_BYTES = 3 * 2**30
MAX_TEXT = 675_000
ISOLATION_S = 4.6  # shorter sounds are refused
CREDITS_A_MINUTE = {"scribe": 60, "isolation": 1000}
STT_FIELDS = {
    "model_id", "file", "source_url", "cloud_storage_url", "language_code", "diarize",
    "num_speakers", "timestamps_granularity", "tag_audio_events", "keyterms", "seed",
    "temperature", "file_format", "diarization_threshold", "use_multi_channel", "webhook",
    "webhook_id", "webhook_metadata", "additional_formats", "entity_detection", "no_verbatim",
    "secondary_language_codes", "numbers_format", "transcript_edit", "multichannel_output_style",
    "use_speaker_library", "detect_speaker_roles", "entity_redaction", "entity_redaction_mode",
}  # fmt: skip


def speech_to_text(call: Call) -> Reply:
    key = HOUSE.enter(call, paid=True)
    with in_flight(call, key) as headers, form(call, STT_FIELDS) as sent:
        plain = texts(sent)
        _checked(call, plain)
        path, sound = _sound(call, sent, plain)
        pay(call, round(sound.seconds / 60 * CREDITS_A_MINUTE["scribe"]))
        charge(call.sandbox, model=plain["model_id"], body={**plain, "file": path}, account=key)
        heard = transcribe(
            call.sandbox, sound, str(call.sandbox.rule("elevenlabs.transcript", ""))
        )
    return with_headers(Reply(200, _transcript(call, plain, heard, sound)), headers)


def _checked(call: Call, plain: dict[str, str]) -> None:
    model = plain.get("model_id", "")
    if not model:
        raise unfit("Field required", "body", "model_id")
    if model != "scribe_v2":
        raise refuse(
            call,
            400,
            "invalid_parameters",
            f"'{model}' is not a valid model_id. Only 'scribe_v2' is supported.",
            "model_id",
        )
    speakers = plain.get("num_speakers") or "1"
    if not speakers.isdigit() or not 1 <= int(speakers) <= 32:
        raise unfit("Input should be between 1 and 32", "body", "num_speakers")
    if plain.get("timestamps_granularity", "word") not in ("none", "word", "character"):
        raise unfit(
            "Input should be 'none', 'word' or 'character'", "body", "timestamps_granularity"
        )


def _sound(call: Call, sent: list[Part], plain: dict[str, str]) -> tuple[Path, Sound]:
    """The file that was sent or named. Raises Refused."""
    found, url = files(sent, "file"), plain.get("source_url") or plain.get("cloud_storage_url")
    if bool(found) == bool(url):
        raise refuse(
            call,
            400,
            "invalid_parameters",
            "Exactly one of file and source_url is needed.",
            "file",
        )
    path = found[0].content if found else call.sandbox.upload_path("fetched")
    if url:
        try:
            media.fetch(
                call.sandbox, "fetched", url, most=FETCHED_BYTES, kinds=("audio/", "video/")
            )
        except media.Unfetchable as e:
            raise refuse(
                call, 400, "invalid_url", f"The file could not be fetched: {e}.", "source_url"
            ) from e
    assert isinstance(path, Path)
    return path, _readable(call, path)


def _readable(call: Call, path: Path) -> Sound:
    sound = read(path)
    if sound is None:
        raise refuse(call, 400, "invalid_audio", "The file is not audio that can be read.", "file")
    return sound


def _transcript(call: Call, plain: dict[str, str], heard: Heard, sound: Sound) -> dict[str, Any]:
    language = plain.get("language_code") or str(
        call.sandbox.rule("elevenlabs.transcript_language", "") or script_language(heard.text)
    )
    return {
        "language_code": language,
        "language_probability": 0.98,
        "text": heard.text,
        "words": _words(plain, heard),
        "transcription_id": call.sandbox.new_id("tr"),
        "audio_duration_secs": round(sound.seconds, 3),
    }


def _words(plain: dict[str, str], heard: Heard) -> list[dict[str, Any]]:
    """Words and the spaces between them."""
    granularity = plain.get("timestamps_granularity", "word")
    who = "speaker_0" if plain.get("diarize", "").lower() == "true" else None
    found = []
    for a, b, is_word in spans(heard.text):
        word: dict[str, Any] = {
            "text": heard.text[a:b],
            "type": "word" if is_word else "spacing",
            "speaker_id": who,
            "logprob": -0.01,
        }
        if granularity != "none":
            word |= {"start": heard.starts[a], "end": heard.ends[b - 1]}
        if granularity == "character":
            word["characters"] = [
                {"text": heard.text[i], "start": heard.starts[i], "end": heard.ends[i]}
                for i in range(a, b)
            ]
        found.append(word)
    return found


def forced_alignment(call: Call) -> Reply:
    key = HOUSE.enter(call, paid=True)
    with in_flight(call, key) as headers, form(call, {"file", "text"}) as sent:
        found, text = files(sent, "file"), texts(sent).get("text", "")
        if not found:
            raise unfit("Field required", "body", "file")
        if not text.strip():
            raise unfit("Field required", "body", "text")
        if len(text) > MAX_TEXT:
            raise refuse(call, 400, "text_too_long", f"A text has at most {MAX_TEXT} characters.")
        assert isinstance(found[0].content, Path)
        sound = _readable(call, found[0].content)
        pay(call, round(sound.seconds / 60 * CREDITS_A_MINUTE["scribe"]))
        charge(
            call.sandbox,
            model="forced-alignment",
            body={"text": text, "file": found[0].content},
            account=key,
        )
        heard = aligned(call.sandbox, sound, text)
    answer = {
        "characters": [
            {"text": letter, "start": start, "end": end}
            for letter, start, end in zip(text, heard.starts, heard.ends, strict=True)
        ],
        "words": [
            {"text": word, "start": start, "end": end, "loss": 0.05}
            for word, start, end in heard.words()
        ],
        "loss": 0.05,
    }
    return with_headers(Reply(200, answer), headers)


def audio_isolation(call: Call) -> Reply:
    """The sound with steady noise taken out of it."""
    key = HOUSE.enter(call, paid=True)
    allowed = {"audio", "file_format", "preview_b64"}
    with in_flight(call, key) as headers, form(call, allowed) as sent:
        found = files(sent, "audio")
        if not found:
            raise unfit("Field required", "body", "audio")
        path = found[0].content
        assert isinstance(path, Path)
        sound = _readable(call, path)
        if sound.seconds < ISOLATION_S:
            raise refuse(
                call,
                400,
                "audio_too_short",
                f"The audio is {sound.seconds:.1f} s long; {ISOLATION_S} s or more is needed.",
                "audio",
            )
        pay(call, round(sound.seconds / 60 * CREDITS_A_MINUTE["isolation"]))
        charge(call.sandbox, model="audio-isolation", body={"audio": path}, account=key)
        cleaned = _cleaned(call, path)
    return with_headers(Reply(200, cleaned, {"Content-Type": "audio/mpeg"}), headers)


def _cleaned(call: Call, path: Path) -> bytes:
    target = call.sandbox.spare_path()
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-nostdin",
        "-protocol_whitelist", "file,pipe", "-i", str(path), "-vn", "-af", "afftdn=nr=20",
        "-ac", "1", "-ar", "44100", "-b:a", "128k", "-f", "mp3", str(target),
    ]  # fmt: skip
    try:
        subprocess.run(command, capture_output=True, timeout=120, check=True)
        return target.read_bytes()
    finally:
        target.unlink(missing_ok=True)


ROUTES = [
    Route("POST", r"/v1/speech-to-text", speech_to_text, commit=True),
    Route("POST", r"/v1/forced-alignment", forced_alignment, commit=True),
    Route("POST", r"/v1/audio-isolation", audio_isolation, commit=True),
]
