"""Engines that listen, at work in a reel: a recording without its noise, words for a recording
that came without a text, and times of known words.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from avatar.engine.cache import Cache, Entry, code_sha256, file_sha256
from avatar.engine.hearing import Heard, denoiser, listener
from avatar.engine.media.sound import stream_sound, write_wav
from avatar.engine.order import Order
from avatar.engine.registry import order_of
from avatar.engine.registry.choice import first_that_can
from avatar.engine.speech.times import word_times
from avatar.engine.text import speakable
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine, Kind

SAMPLE_TEXT = "sample_text"  # the voices' option for the words of the sample
Warn = Callable[[str], None]


def cleaned(order: Order, cache: Cache, context: Context, on_warning: Warn) -> Order:
    """The order with its recording, or its voice sample, freed of noise where a denoiser is named;
    and with the words of the sample, where a voice wants them and a transcriber is named.
    """
    if order.idle_s is not None:
        return order
    if order.audio is not None:
        return replace(order, audio=_clean(order.audio, order, cache, context, on_warning))
    if order.options.voice_sample is None:
        return order
    sample = _clean(order.options.voice_sample, order, cache, context, on_warning)
    options = replace(order.options, voice_sample=sample)
    return _with_words(replace(order, options=options), cache, context, on_warning)


def _clean(
    recording: Path, order: Order, cache: Cache, context: Context, on_warning: Warn
) -> Path:
    if not order.options.denoiser:
        return recording

    def act(engine: Engine) -> Path:
        def make(folder: Path) -> None:
            wav = _as_wav(recording, folder)
            denoiser(engine).clean(wav, folder / "clean.wav", context=context)
            wav.unlink()

        inputs = {
            "code": code_sha256("avatar.engine.hearing", "avatar.engine.media.denoise"),
            "engine": engine.name,
            "audio": file_sha256(recording),
        }
        return cache.fetch("cleaned", inputs, make).path("clean.wav")

    engines = order_of(order.options.denoiser, Kind.DENOISER)
    _, clean = first_that_can(engines, context.access, act, on_warning)
    return clean


def _with_words(order: Order, cache: Cache, context: Context, on_warning: Warn) -> Order:
    """What is said in the sample: some engines clone better, or only, with its words."""
    options, sample = order.options, order.options.voice_sample
    voices = order_of(options.voice, Kind.VOICE)
    wanted = any(SAMPLE_TEXT in voice.options for voice in voices)
    if not wanted or not options.transcriber or options.voice_options.get(SAMPLE_TEXT):
        return order
    assert sample is not None

    def act(engine: Engine) -> str:
        def make(folder: Path) -> None:
            wav = _as_wav(sample, folder)
            heard = listener(engine).listen(
                wav, text="", language=options.language, context=context
            )
            wav.unlink()
            (folder / "text.json").write_text(json.dumps(heard.text, ensure_ascii=False))

        inputs = {
            "code": code_sha256("avatar.engine.hearing"),
            "engine": engine.name,
            "sample": file_sha256(sample),
            "language": options.language,
        }
        entry = cache.fetch("sample-words", inputs, make)
        return str(json.loads(entry.path("text.json").read_text()))

    engines = order_of(options.transcriber, Kind.TRANSCRIBER)
    _, words = first_that_can(engines, context.access, act, on_warning)
    chosen = {**options.voice_options, SAMPLE_TEXT: words}
    return replace(order, options=replace(options, voice_options=chosen))


def _as_wav(recording: Path, folder: Path) -> Path:
    """What listeners take."""
    sound, rate = stream_sound(recording)
    path = folder / "recording.wav"
    write_wav(path, sound[:], rate)
    return path


def told(
    order: Order, cache: Cache, context: Context, take: Entry, on_warning: Warn
) -> tuple[Order, Entry | None]:
    """The order with its words, and an entry that says when they are, in words.json if it knows.

    A recording without a text is transcribed where a transcriber is named; the words of a text are
    timed where an aligner is. None where neither is, or the voice knows its own times.
    """
    if take.path("alignment.json").exists() or take.path("words.json").exists():
        return order, None
    if order.text is None:
        names, kind = order.options.transcriber, Kind.TRANSCRIBER
    else:
        names, kind = order.options.aligner, Kind.ALIGNER
    if not names:
        return order, None

    def act(engine: Engine) -> Entry:
        return _heard(engine, order, cache, context, take)

    _, entry = first_that_can(order_of(names, kind), context.access, act, on_warning)
    text = json.loads(entry.path("text.json").read_text(encoding="utf-8"))
    if not text:
        on_warning("No words were heard in the recording: it goes without captions.")
        return order, None
    return replace(order, text=text), entry


def _heard(engine: Engine, order: Order, cache: Cache, context: Context, take: Entry) -> Entry:
    """text.json; and words.json, `word_times` of it, where they fit the text."""
    inputs = {
        "code": code_sha256("avatar.engine.hearing", "avatar.engine.speech.times"),
        "engine": engine.name,
        "take": take.key,
        "text": order.text,
        "language": order.options.language,
    }

    def make(folder: Path) -> None:
        heard = listener(engine).listen(
            take.path("take.wav"),
            text=order.text or "",
            language=order.options.language,
            context=context,
        )
        text = order.text or _readable(heard, order.options.language)
        (folder / "text.json").write_text(json.dumps(text, ensure_ascii=False), encoding="utf-8")
        if times := word_times(text, heard.fragments):
            (folder / "words.json").write_text(json.dumps(times), encoding="utf-8")

    return cache.fetch("heard", inputs, make)


def _readable(heard: Heard, language: str) -> str:
    return speakable(heard.text, language) if heard.text.strip() else ""
