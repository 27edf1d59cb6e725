"""Performers that are asked over the network: one way for all of them.

A sound that is longer than an engine takes is cut at its sentence pauses, ordered in parts that
are under way at the same time, and joined.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from avatar.engine.cache import file_sha256
from avatar.engine.errors import Busy, InputError, Pending
from avatar.engine.performers.base import Take
from avatar.engine.vendors.clients import client_of
from avatar.engine.vendors.journal import Paid
from avatar.engine.vendors.orders import Context, ordered, paid_key, pause
from studio.lib.engines import Engine

PHOTO_FPS = Fraction(25)  # on whose frames the sound of a photo is cut


@dataclass(frozen=True)
class _Part:
    """What one order is given. id: which part of the whole; empty for all of it."""

    source: Path
    audio: Path
    seconds: float
    id: str = ""
    rest_s: tuple[float, ...] = ()  # of those that come after it


class HostedPerformer:
    """Satisfies performers.base.Performer."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def perform(self, take: Take, context: Context, folder: Path) -> Path:
        self._check(take)
        longest_s = self.engine.longest_s
        if longest_s is None or take.duration_ms <= 1000 * longest_s:
            seconds = take.duration_ms / 1000
            source = _with_sound(take, folder) if self.engine.brings_sound else take.source
            return self._order(take, _Part(source, take.audio, seconds), context)
        return self._in_parts(take, context, folder)

    def _check(self, take: Take) -> None:
        engine, seconds = self.engine, take.duration_ms / 1000
        if not engine.takes(take.kind):
            other = "a photo" if take.is_footage else "footage"
            raise InputError(f"{engine.label} animates {other}; give it that, or choose another.")
        if seconds < engine.shortest_s:
            raise InputError(
                f"{engine.label} needs {engine.shortest_s:g} seconds; this is {seconds:.1f} s."
            )

    def _order(self, take: Take, part: _Part, context: Context) -> Path:
        """One film, from the journal if it is there."""
        engine = self.engine
        account = context.access.account(engine.vendor)
        inputs = self._inputs(take, part)
        sound_id = file_sha256(take.audio) + part.id  # not its bytes: they are cut by our code
        told_apart = {**inputs, take.kind: take.source_id + part.id, "audio": sound_id}
        paid = Paid(
            key=paid_key(engine, told_apart, account),
            engine=engine.name,
            what="film",
            usd=self._usd(take, part.seconds),
            rest_usd=sum(self._usd(take, seconds) or 0.0 for seconds in part.rest_s),
            account=account,
            at_once=context.access.at_once(engine.vendor),
            about={**take.options, "seconds": part.seconds},
        )
        client = client_of(engine.vendor, context.access)
        check = partial(check_film, expected_ms=round(1000 * part.seconds))
        return ordered(context, client, engine, paid, inputs, check=check)

    def _usd(self, take: Take, seconds: float) -> float | None:
        return self.engine.usd(seconds=seconds, fps=float(_fps(take)), options=take.options)

    def _inputs(self, take: Take, part: _Part) -> Mapping[str, Any]:
        """By logical name: what the client maps to the vendor's own names."""
        mood = dict(self.engine.moods.get(take.emotion, {}))
        offered: dict[str, Any] = {
            take.kind: part.source,
            "audio": part.audio,
            "prompt": f"{take.prompt} {mood.pop('prompt', '')}".strip(),
            "aspect_ratio": take.aspect,
        }
        wanted = {k: v for k, v in offered.items() if self.engine.takes(k) and v}
        return {**wanted, **self.engine.fixed, **mood, **take.options}

    def _in_parts(self, take: Take, context: Context, folder: Path) -> Path:
        from avatar.engine.film.checked import checked
        from avatar.engine.film.join import joined
        from avatar.engine.footage import cut_footage, cut_sound, pieces
        from avatar.engine.scratch import WavFile

        fps = _fps(take)
        sound = WavFile(take.audio)
        assert self.engine.longest_s is not None
        spans = pieces(
            sound,
            sound.sample_rate,
            fps,
            longest_ms=round(1000 * self.engine.longest_s),
            shortest_ms=round(1000 * self.engine.shortest_s),
            words=take.words,
        )
        sounds = cut_sound(sound, sound.sample_rate, spans, fps, folder)
        if take.footage:
            sources = cut_footage(take.footage, spans, folder)
        else:
            sources = [take.source] * len(spans)
        parts = [
            _Part(source, audio, float(span.n_frames / fps), f" {span.start}-{span.stop}")
            for source, audio, span in zip(sources, sounds, spans, strict=True)
        ]
        # The budget must have room for all of them before the first one leaves.
        parts[0] = replace(parts[0], rest_s=tuple(part.seconds for part in parts[1:]))
        films = all_of(context, [partial(self._order, take, part) for part in parts])
        seen = [
            checked(film, round(1000 * part.seconds))
            for film, part in zip(films, parts, strict=True)
        ]
        out = folder / "joined.mp4"
        joined(seen, spans, fps, out, sounds=sounds, should_stop=context.should_stop)
        return out


def all_of(context: Context, orders: Sequence[Callable[[Context], Path]]) -> list[Path]:
    """The results of several orders that are under way at the same time.

    Raises Pending or Busy when patience ends before all are there.
    """
    until = time.monotonic() + context.patience_s
    once = replace(context, patience_s=0, on_progress=lambda fraction: None)
    silent = replace(once, on_news=lambda sentence: None)
    begun = set[int]()  # of which nothing new can be told
    while True:
        done: list[Path] = []
        waits: list[Busy | Pending] = []
        for number, order in enumerate(orders):
            try:
                done.append(order(silent if number in begun else once))
                begun.add(number)
            except Pending as e:
                begun.add(number)
                waits.append(e)
            except Busy as e:  # the next one would have to wait, too
                waits.append(e)
                break
        context.on_progress(len(done) / len(orders))
        if not waits:
            return done
        wait_s = min(e.retry_after_s or 5.0 for e in waits)
        if time.monotonic() + wait_s > until:
            raise waits[0]
        pause(context, wait_s)


def _fps(take: Take) -> Fraction:
    return take.footage.fps if take.footage else PHOTO_FPS


def _with_sound(take: Take, folder: Path) -> Path:
    """The footage saying the sound, for engines that listen to the footage itself."""
    from avatar.engine.media.ffmpeg import run_ffmpeg

    out = folder / "said.mp4"
    files = ["-i", f"file:{take.source}", "-i", f"file:{take.audio}"]
    codecs = ["-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", "-b:a", "192k"]
    run_ffmpeg(["-y", *files, *codecs, f"file:{out}"], doing="putting a voice-over on footage")
    return out


def check_film(film: Path, expected_ms: int) -> None:
    """Raises BadResult for what is no film of that length that moves and speaks."""
    from avatar.engine.film.checked import checked

    checked(film, expected_ms)
