"""The voice-over of a reel: spoken or brought in, and which sound in it is when."""

import json
from pathlib import Path

import numpy as np

from avatar.engine.align import align, hear
from avatar.engine.cache import Cache, Entry, code_sha256, file_sha256
from avatar.engine.errors import InputError
from avatar.engine.media.sound import normalised, stream_sound, write_wav
from avatar.engine.order import Order
from avatar.engine.scratch import WavFile
from avatar.engine.speech import speaker
from avatar.engine.types import Alignment, Samples
from avatar.engine.vendors.orders import Context

SOUND_CODE = ("avatar.engine.media.sound", "avatar.engine.media.loudness")
SHORTEST_S = 0.3  # of a voice-over; a spoken yes takes longer
IDLE_RATE = 16_000  # Hz, of silence


def spoken(order: Order, cache: Cache, context: Context) -> Entry:
    """take.wav at -14 LUFS, and alignment.json when the voice knows its own times."""
    if order.audio is not None:
        return _brought_in(order.audio, cache)
    if order.idle_s is not None:
        return _silent(order.idle_s, cache)
    voice, sample = speaker(order.options.voice), order.options.voice_sample
    inputs = {
        "code": code_sha256("avatar.engine.speech", *SOUND_CODE),
        "text": order.text,
        "language": order.options.language,
        "voice": order.options.voice,
        "sample": None if sample is None else file_sha256(sample),
        "seed": order.options.seed,
    }

    def make(folder: Path) -> None:
        speech = voice.speak(
            order.text or "",
            language=order.options.language,
            sample=sample,
            seed=order.options.seed,
        )
        _write_take(folder, speech.waveform, speech.sample_rate, speech.alignment)

    return cache.fetch("take", inputs, make)


def _brought_in(audio: Path, cache: Cache) -> Entry:
    """take.wav from a recording."""
    inputs = {"code": code_sha256(*SOUND_CODE), "audio": file_sha256(audio)}

    def make(folder: Path) -> None:
        sound, rate = stream_sound(audio)
        if len(sound) < SHORTEST_S * rate:
            raise InputError(
                f"{audio.name} is {1000 * len(sound) / rate:.0f} ms long, too short to"
                f" hold a word; {SHORTEST_S * 1000:.0f} ms are the least."
            )
        _write_take(folder, sound, rate, None)

    return cache.fetch("take", inputs, make)


def _silent(seconds: float, cache: Cache) -> Entry:
    """take.wav with nothing in it, and an alignment with nothing in that."""

    def make(folder: Path) -> None:
        silence = np.zeros(round(seconds * IDLE_RATE), np.float32)
        nothing = Alignment(round(1000 * seconds), (), ())
        _write_take(folder, silence, IDLE_RATE, nothing)

    return cache.fetch("take", {"code": code_sha256(*SOUND_CODE), "idle": seconds}, make)


def _studied(order: Order, cache: Cache, take: Entry) -> Entry:
    """The take.wav that sounds and movements are found in: without its noise, if asked."""
    if not order.options.denoise:
        return take

    def make(folder: Path) -> None:
        from avatar.engine.media.denoise import denoised  # brings scipy.signal

        sound = read_take(take)
        rate = sound.sample_rate
        write_wav(folder / "take.wav", denoised(sound, rate), rate)

    inputs = {"code": code_sha256("avatar.engine.media.denoise"), "take": take.key}
    return cache.fetch("studied", inputs, make)


def aligned(order: Order, cache: Cache, take: Entry) -> tuple[Entry, Entry]:
    """The sound to study, and alignment.json: the voice's own, else found in that sound."""
    if take.path("alignment.json").exists():
        return take, take
    studied = _studied(order, cache, take)
    inputs = {
        "code": code_sha256("avatar.engine.align", "avatar.engine.speech"),
        "take": studied.key,
        "text": order.text,
        "language": order.options.language,
    }

    def make(folder: Path) -> None:
        sound = read_take(studied)
        if order.text is None:
            found = hear(sound, sound.sample_rate)
        else:
            found = align(sound, sound.sample_rate, order.text, order.options.language)
        _write_alignment(folder / "alignment.json", found)

    return studied, cache.fetch("alignment", inputs, make)


def _write_take(folder: Path, sound: Samples, rate: int, alignment: Alignment | None) -> None:
    write_wav(folder / "take.wav", normalised(sound, rate), rate)
    if alignment is not None:
        _write_alignment(folder / "alignment.json", alignment)


def read_take(take: Entry) -> WavFile:
    return WavFile(take.path("take.wav"))


def _write_alignment(path: Path, alignment: Alignment) -> None:
    path.write_text(json.dumps(alignment.to_json(), ensure_ascii=False), encoding="utf-8")


def read_alignment(path: Path) -> Alignment:
    return Alignment.from_json(json.loads(path.read_text(encoding="utf-8")))
