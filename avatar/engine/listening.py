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
from avatar.engine.text import speakable
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine, Kind

Warn = Callable[[str], None]


def cleaned(order: Order, cache: Cache, context: Context, on_warning: Warn) -> Order:
    """The order with its recording freed of noise, where a denoiser is named."""
    names, audio = order.options.denoiser, order.audio
    if not names or audio is None:
        return order

    def act(engine: Engine) -> Path:
        def make(folder: Path) -> None:
            sound, rate = stream_sound(audio)
            write_wav(folder / "as-it-was.wav", sound[:], rate)
            denoiser(engine).clean(folder / "as-it-was.wav", folder / "clean.wav", context=context)
            (folder / "as-it-was.wav").unlink()

        inputs = {
            "code": code_sha256("avatar.engine.hearing", "avatar.engine.media.denoise"),
            "engine": engine.name,
            "audio": file_sha256(audio),
        }
        return cache.fetch("cleaned", inputs, make).path("clean.wav")

    _, clean = first_that_can(order_of(names, Kind.DENOISER), context.access, act, on_warning)
    return replace(order, audio=clean)


def told(
    order: Order, cache: Cache, context: Context, take: Entry, on_warning: Warn
) -> tuple[Order, Entry | None]:
    """The order with its words, and an entry with words.json, when they are said.

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
    """text.json and words.json: a start and an end in ms for each word of the text."""
    inputs = {
        "code": code_sha256("avatar.engine.hearing"),
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
        times: list[list[int] | None] = [[word.start_ms, word.end_ms] for word in heard.words]
        if len(times) != len(text.split()):  # e.g. signs that are not spoken were left out
            times = [None] * len(text.split())
        (folder / "text.json").write_text(json.dumps(text, ensure_ascii=False), encoding="utf-8")
        (folder / "words.json").write_text(json.dumps(times), encoding="utf-8")

    return cache.fetch("heard", inputs, make)


def _readable(heard: Heard, language: str) -> str:
    return speakable(heard.text, language) if heard.text.strip() else ""
