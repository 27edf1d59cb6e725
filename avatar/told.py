"""What a page says about who made a reel and what that cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from avatar.engine.errors import InputError
from avatar.engine.registry import order_of
from avatar.models import FILM, Reel
from studio.lib import words
from studio.lib.engines import Kind


@dataclass(frozen=True)
class Credit:
    """Who did one part of a reel. who: in words; passed_over: why others before it did not."""

    what: str
    who: str
    facts: tuple[tuple[str, str], ...] = ()
    passed_over: tuple[str, ...] = ()


def credits(reel: Reel) -> list[Credit]:
    """Who spoke and who performed: what really did, or what is to."""
    if reel.take.engine == FILM:
        return []
    return [
        _credit("Voice", reel.take.made, _label(reel.take.engine, Kind.VOICE)),
        _credit(
            "Performer",
            reel.made,
            _label(str(reel.options.get("performer", "puppet")), Kind.PERFORMER),
        ),
    ]


def _credit(what: str, made: dict[str, Any], asked: str) -> Credit:
    if not made:
        return Credit(what, asked)
    told = [str(made.get("label") or made.get("engine") or asked)]
    if usd := made.get("usd"):
        told.append(f"({words.usd(Decimal(str(usd)))})")
    shown = (("Model", "model"), ("Voice", "voice"), ("Request", "request_id"))
    facts = [(name, str(made[key])) for name, key in shown if made.get(key)]
    facts += [(_named(k), str(v)) for k, v in (made.get("settings") or {}).items()]
    return Credit(what, " ".join(told), tuple(facts), tuple(made.get("passed_over", ())))


def _named(option: str) -> str:
    return words.sentence(option.replace("_", " "))


def _label(names: str, kind: Kind) -> str:
    try:
        first, *others = order_of(names, kind)
    except InputError:  # no longer in the registry
        return names
    instead = f", else {others[0].label}" if others else ""
    return f"{first.label}{instead}"
