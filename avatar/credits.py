"""Who really spoke and performed in a reel, as it is kept and as a page says it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from avatar.engine.errors import InputError
from avatar.engine.registry import ENGINES, order_of
from avatar.engine.vendors.journal import State
from avatar.models import FILM, Reel, Take
from studio.lib import words
from studio.lib.engines import Kind

IDS = ("id", "request_id")  # of a job, in the facts of its order


@dataclass(frozen=True)
class Credit:
    """Who did one part of a reel. who: in words; passed_over: why others before it did not."""

    what: str
    who: str
    facts: tuple[tuple[str, str], ...] = ()
    passed_over: tuple[str, ...] = ()


def voice(take: Take, made: dict[str, Any]) -> dict[str, Any]:
    """Of what the render gave back, what is kept of who spoke."""
    return {**(made.get("spoken_by") or {}), **_passed_over(take.engine, Kind.VOICE, made)}


def performer(reel: Reel, made: dict[str, Any]) -> dict[str, Any]:
    """Of what the render gave back, what is kept of who performed; with what it was paid."""
    name = str(made.get("performed_by") or "")
    engine = ENGINES.get(name)
    if engine is None:
        return {}
    films = reel.charges.filter(engine=name, state=State.DONE)
    asked = reel.options.get("performer_options") or {}
    ids = [film.facts[key] for film in films for key in IDS if film.facts.get(key)]
    return {
        "engine": name,
        "label": engine.label,
        "model": engine.model,
        "settings": {k: v for k, v in asked.items() if k in engine.options},
        "usd": float(films.usd()),
        "request_ids": ids,
        **_passed_over(str(reel.options.get("performer", name)), Kind.PERFORMER, made),
    }


def _passed_over(names: str, kind: Kind, made: dict[str, Any]) -> dict[str, Any]:
    """The sentences about engines of that order that were left out."""
    try:
        labels = [engine.label for engine in order_of(names, kind)]
    except InputError:
        return {}
    told = [
        sentence
        for sentence in made.get("warnings", ())
        if any(sentence.startswith(f"{label} was passed over.") for label in labels)
    ]
    return {"passed_over": told} if told else {}


def told(reel: Reel) -> list[Credit]:
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
    shown = (("Model", "model"), ("Voice", "voice"))
    facts = [(name, str(made[key])) for name, key in shown if made.get(key)]
    if ids := made.get("request_ids"):
        facts.append(("Request", ", ".join(map(str, ids))))
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
