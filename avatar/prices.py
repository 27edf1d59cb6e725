"""What a reel would cost before it is ordered, by the engines' price tables."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from avatar.choices import LISTENING
from avatar.engine.registry import order_of
from avatar.engine.vendors.journal import State
from avatar.ledger import budget_of, left_usd, money
from avatar.models import Charge, Take
from avatar.models.money import NOTHING
from avatar.services import spoken_take
from creators.models import Creator
from scripts_gen.models import Script
from studio.lib.engines import Engine, Kind

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


def price(engine: Engine, *, seconds: float, characters: int) -> Decimal | None:
    """USD; None where an engine over the network names no price."""
    if engine.price is None:
        return None if engine.is_hosted else NOTHING
    return money(engine.price.of(seconds=seconds, characters=characters))


def next_reel(engine: Engine) -> Decimal | None:
    """What an engine would take for its part of a usual reel."""
    return price(engine, seconds=USUAL_SECONDS, characters=USUAL_CHARACTERS)


def quote(script: Script, options: dict[str, Any]) -> Quote:
    """options: all of avatar.services.CHOICES. Each engine's first choice is counted."""
    creator = script.creator
    kinds = ((Kind.VOICE, "voice"), (Kind.PERFORMER, "performer"))
    take = spoken_take(script, options)
    lines = [_line(kind, options[name], script, take) for kind, name in kinds]
    lines += [
        _listening(kind, options[name], script, take)
        for name, kind in LISTENING.items()
        if options[name]
    ]
    return Quote(tuple(lines), left_usd(creator), budget_of(creator))


def _listening(kind: Kind, names: str, script: Script, take: Take | None) -> Line:
    """An aligner hears every new take; the others hear the voice sample, once."""
    first, *_ = order_of(names, kind)
    if take is not None:
        return Line(kind, first, NOTHING, "done already")
    is_sample = kind != Kind.ALIGNER
    seconds = SAMPLE_SECONDS if is_sample else script.estimated_ms / 1000
    usd = price(first, seconds=seconds, characters=len(script.spoken))
    return Line(kind, first, usd, "once for the voice sample" if is_sample else "")


def _line(kind: Kind, names: str, script: Script, take: Take | None) -> Line:
    first, *others = order_of(names, kind)
    if kind == Kind.VOICE and take is not None:
        return Line(kind, first, NOTHING, "spoken already")
    seconds = (take.duration_ms if take else script.estimated_ms) / 1000
    usd = price(first, seconds=seconds, characters=len(script.spoken))
    notes = []
    if usd is not None and (once := clone_usd(first, script.creator)):
        usd += once
        notes.append(f"{once:.2f} USD of it once, for making the voice")
    if others:
        notes.append(f"if it cannot: {', then '.join(other.label for other in others)}")
    return Line(kind, first, usd, "; ".join(notes))


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
