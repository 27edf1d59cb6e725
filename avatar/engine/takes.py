"""The voice-over of a reel: spoken or brought in, and which sound in it is when."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from avatar.engine.align import align, hear
from avatar.engine.cache import Cache, Entry, code_sha256, file_sha256
from avatar.engine.errors import AlignmentError, InputError
from avatar.engine.media.sound import normalised, stream_sound, write_wav
from avatar.engine.order import Order
from avatar.engine.registry import order_of
from avatar.engine.registry.choice import first_that_can, options_of
from avatar.engine.registry.notes import Notes
from avatar.engine.scratch import WavFile
from avatar.engine.speech import Lines, speaker
from avatar.engine.speech.anchor import anchored
from avatar.engine.speech.reading import read_to_disk
from avatar.engine.types import Alignment, Samples
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine, Kind

SOUND_CODE = ("avatar.engine.media.sound", "avatar.engine.media.loudness")
SHORTEST_S = 0.3  # of a voice-over; a spoken yes takes longer
IDLE_RATE = 16_000  # Hz, of silence


def spoken(
    order: Order,
    cache: Cache,
    context: Context,
    on_warning: Callable[[str], None] = lambda sentence: None,
) -> Entry:
    """take.wav at -14 LUFS, and made.json; alignment.json when the voice knows its own times,
    words.json when a vendor says when its words are.

    on_warning: gets a sentence for every voice that was passed over, and for one that does not
        imitate the sample.
    """
    if order.audio is not None:
        return _brought_in(order.audio, cache)
    if order.idle_s is not None:
        return _silent(order.idle_s, cache)
    voices = order_of(order.options.voice, Kind.VOICE)

    def speak(engine: Engine) -> Entry:
        return _spoken_by(engine, voices, order, cache, context)

    notes = Notes(cache.folder, {"spoken": _asked(order)})
    engine, take = first_that_can(voices, context.access, speak, on_warning, notes)
    if order.options.voice_sample is not None and not engine.clones:
        on_warning(f"{engine.label} has voices of its own; it does not imitate the voice sample.")
    return take


def _asked(order: Order) -> dict[str, Any]:
    """What is to be spoken, whoever does it."""
    options = order.options
    sample = options.voice_sample
    return {
        "text": order.text,
        "language": options.language,
        "sample": None if sample is None else file_sha256(sample),
        "seed": options.seed,
        "options": dict(options.voice_options),
        "emotion": options.emotion,
    }


def _spoken_by(
    engine: Engine, voices: list[Engine], order: Order, cache: Cache, context: Context
) -> Entry:
    lines = _lines(engine, voices, order)
    inputs = {
        "code": code_sha256("avatar.engine.speech", *SOUND_CODE),
        "text": lines.text,
        "language": lines.language,
        "voice": engine.name,
        "sample": None if lines.sample is None else file_sha256(lines.sample),
        "seed": lines.seed,
        "options": dict(lines.options),
        # Another account has other voices.
        "account": context.access.account(engine.vendor) if engine.vendor else "",
    }

    def make(folder: Path) -> None:
        speech = speaker(engine).speak(lines, context)
        _write_take(folder, speech.waveform, speech.sample_rate, speech.alignment)
        _write_json(folder / "made.json", dict(speech.made))
        if speech.word_times:
            _write_json(folder / "words.json", speech.word_times)

    return cache.fetch("take", inputs, make)


def _lines(engine: Engine, voices: list[Engine], order: Order) -> Lines:
    """What is to be said, in the options of that voice: those that were chosen go before those
    that stand for the emotion.
    """
    options = order.options
    options_of(engine, voices, options.voice_options)  # one that nobody has is an error
    chosen = {k: v for k, v in options.voice_options.items() if k in engine.options}
    return Lines(
        order.text or "",
        options.language,
        sample=options.voice_sample if engine.clones else None,
        seed=options.seed,
        emotion=options.emotion,
        options=engine.settled({**engine.moods.get(options.emotion, {}), **chosen}),
    )


def kept_take(folder: Path, cache: Cache) -> Entry:
    """take.wav, alignment.json and made.json of another reel of the same words, as they are."""
    names = ("take.wav", "alignment.json", "made.json")
    files = [folder / name for name in names if (folder / name).exists()]

    def make(target: Path) -> None:
        for file in files:
            shutil.copyfile(file, target / file.name)

    return cache.fetch("take", {file.name: file_sha256(file) for file in files}, make)


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


def aligned(
    order: Order, cache: Cache, take: Entry, times: Entry | None = None
) -> tuple[Entry, Entry]:
    """The sound to study, and alignment.json: the voice's own, else found in that sound.

    times: an entry with words.json, by default the take: where a vendor says when words are, they
        stand there.
    """
    timed = times or take
    if take.path("alignment.json").exists():
        return take, take
    studied = _studied(order, cache, take)
    inputs = {
        "code": code_sha256("avatar.engine.align", "avatar.engine.speech"),
        "take": studied.key,
        "text": order.text,
        "language": order.options.language,
        "word_times": timed.key if timed.path("words.json").exists() else "",
    }

    def make(folder: Path) -> None:
        sound = read_take(studied)
        if order.text is None:
            found = hear(sound, sound.sample_rate)
        elif timed.path("words.json").exists():
            found = _anchored(order.text, order.options.language, sound, timed)
        else:
            found = align(sound, sound.sample_rate, order.text, order.options.language)
        _write_json(folder / "alignment.json", found.to_json())

    return studied, cache.fetch("alignment", inputs, make)


def _anchored(text: str, language: str, sound: WavFile, timed: Entry) -> Alignment:
    """Words where the vendor says, sounds within them where they are heard."""
    times = tuple(
        time and (int(time[0]), int(time[1]))
        for time in json.loads(timed.path("words.json").read_text(encoding="utf-8"))
    )
    reading = read_to_disk(text, language)
    found: Alignment | None = None
    try:
        found = align(sound, sound.sample_rate, text, language)
    except AlignmentError:
        if len(times) != len(reading.words):
            raise
        # else the vendor knows better what it said
    duration_ms = round(1000 * len(sound) / sound.sample_rate)
    return anchored(found, reading, times, duration_ms)


def read_made(take: Entry) -> dict[str, Any] | None:
    """Who spoke it: see speech.base.record. None for a recording that was brought in."""
    path = take.path("made.json")
    if not path.exists():
        return None
    made: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return made


def _write_take(folder: Path, sound: Samples, rate: int, alignment: Alignment | None) -> None:
    write_wav(folder / "take.wav", normalised(sound, rate), rate)
    if alignment is not None:
        _write_json(folder / "alignment.json", alignment.to_json())


def read_take(take: Entry) -> WavFile:
    return WavFile(take.path("take.wav"))


def _write_json(path: Path, found: Any) -> None:
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def read_alignment(path: Path) -> Alignment:
    return Alignment.from_json(json.loads(path.read_text(encoding="utf-8")))
