"""What a reel would cost before it is ordered, by the engines' price tables."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from avatar.choices import FOOTAGE, LISTENING
from avatar.engine.errors import InputError
from avatar.engine.registry import order_of
from avatar.engine.vendors.journal import State
from avatar.ledger import budget_of, known, left_usd, money
from avatar.models import Charge, Take
from avatar.models.money import NOTHING
from avatar.services import spoken_take
from creators.models import Creator
from scripts_gen.models import Script
from studio.lib.engines import USUAL_FPS, Engine, Kind

HIGHEST_FPS = 31  # of what is sent; above it every other frame is left out
SAMPLE_SECONDS = 15  # what a creator is asked for
USUAL_SECONDS, USUAL_CHARACTERS = 25.0, 400  # of the next reel, where no script is known


@dataclass(frozen=True)
class Line:
    """One engine's part. usd: None where its price is not known."""

    kind: Kind
    engine: Engine
    usd: Decimal | None
    note: str = ""


@dataclass(frozen=True)
class Quote:
    """What is expected; left_usd: of the creator's month before it."""

    lines: tuple[Line, ...]
    left_usd: Decimal
    budget_usd: Decimal
    usual_s: float | None = None  # where it is not of a script but of a reel as long as this

    @property
    def usd(self) -> Decimal:
        return sum((line.usd or NOTHING for line in self.lines), NOTHING)

    @property
    def is_open(self) -> bool:
        """A price in it is not known."""
        return any(line.usd is None for line in self.lines)

    @property
    def is_free(self) -> bool:
        return not self.usd and not self.is_open

    @property
    def is_too_much(self) -> bool:
        return self.usd > self.left_usd


@dataclass(frozen=True)
class Length:
    """Of what is made. fps: of the film that an engine is given."""

    seconds: float
    characters: int
    fps: float = USUAL_FPS


USUAL = Length(USUAL_SECONDS, USUAL_CHARACTERS)


def price(engine: Engine, length: Length, options: Mapping[str, Any]) -> Decimal | None:
    """USD for all orders it takes; None where an engine over the network names no price.

    options: those of the engine's own that were chosen.
    """
    return known(
        engine.usd_in_parts(
            seconds=length.seconds,
            characters=length.characters,
            fps=length.fps,
            options=options,
        )
    )


def next_reel(engine: Engine) -> Decimal | None:
    """What an engine would take for its part of a usual reel, with its usual options."""
    return price(engine, USUAL, {})


def quote(script: Script, options: dict[str, Any]) -> Quote | None:
    """options: all of avatar.services.CHOICES. Of each kind the first choice is counted.

    None where one that was chosen is gone from the registry.
    """
    try:
        take = spoken_take(script, options)
        return _quote(script.creator, options, _said(script, take), take)
    except InputError:
        return None


def usual_quote(creator: Creator, options: dict[str, Any]) -> Quote | None:
    """The same of a usual reel, where no script is known."""
    try:
        return replace(_quote(creator, options, USUAL, None), usual_s=USUAL_SECONDS)
    except InputError:
        return None


def _quote(creator: Creator, options: dict[str, Any], said: Length, take: Take | None) -> Quote:
    lines = [_voice(options, creator, said, take), _performer(options, creator, said)]
    lines += [
        _listening(kind, options[name], said, take)
        for name, kind in LISTENING.items()
        if options[name]
    ]
    return Quote(tuple(lines), left_usd(creator), budget_of(creator))


def _said(script: Script, take: Take | None) -> Length:
    ms = take.duration_ms if take else script.estimated_ms
    return Length(ms / 1000, len(script.spoken))


def _shown(options: Mapping[str, Any], creator: Creator, said: Length) -> Length:
    """As long as sound and footage are made together: what is paid for is that film."""
    footage = creator.footage if options["source"] == FOOTAGE else None
    if footage is None or not footage.report.get("duration_ms"):
        return said
    own_s, mode = footage.report["duration_ms"] / 1000, options["sync_mode"]
    seconds = {"cut_off": min(own_s, said.seconds), "silence": max(own_s, said.seconds)}
    return Length(seconds.get(mode, said.seconds), said.characters, _steady(footage.report))


def _steady(report: Mapping[str, Any]) -> float:
    """The rate at which footage is sent, about: see `Footage.steady_fps` of the engine."""
    fps = float(report.get("fps") or USUAL_FPS)
    while fps > HIGHEST_FPS:
        fps /= 2
    return fps


def _listening(kind: Kind, names: str, said: Length, take: Take | None) -> Line:
    """An aligner hears every new take; the others hear the voice sample, once."""
    first, *_ = order_of(names, kind)
    if take is not None:
        return Line(kind, first, NOTHING, "done already")
    is_sample = kind != Kind.ALIGNER
    heard = Length(SAMPLE_SECONDS, 0) if is_sample else said
    usd = price(first, heard, {})
    return Line(kind, first, usd, "once for the voice sample" if is_sample else "")


def _voice(options: Mapping[str, Any], creator: Creator, said: Length, take: Take | None) -> Line:
    first, *others = order_of(options["voice"], Kind.VOICE)
    if take is not None:
        return Line(Kind.VOICE, first, NOTHING, "spoken already")
    usd = price(first, said, options["voice_options"])
    notes = []
    if usd is not None and (once := clone_usd(first, creator)):
        usd += once
        notes.append(f"{once:.2f} USD of it once, for making the voice")
    return Line(Kind.VOICE, first, usd, "; ".join([*notes, *_instead(others)]))


def _performer(options: Mapping[str, Any], creator: Creator, said: Length) -> Line:
    first, *others = order_of(options["performer"], Kind.PERFORMER)
    shown = _shown(options, creator, said)
    usd = price(first, shown, options["performer_options"])
    seconds = [f"{shown.seconds:.1f} s of film"] if usd and shown.seconds != said.seconds else []
    return Line(Kind.PERFORMER, first, usd, "; ".join([*seconds, *_instead(others)]))


def _instead(others: list[Engine]) -> list[str]:
    labels = ", then ".join(other.label for other in others)
    return [f"if it cannot: {labels}"] if others else []


def clone_usd(engine: Engine, creator: Creator) -> Decimal:
    """What making the creator's voice takes at that vendor; nothing when it has been made."""
    if engine.clone_price is None:
        return NOTHING
    made = Charge.objects.filter(
        creator=creator,
        what="clone",
        engine__startswith=f"{engine.vendor}:",
        state=State.DONE,
        purged_at=None,
    )
    return NOTHING if made.exists() else money(engine.clone_price.of())
