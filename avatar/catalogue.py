"""All engines in one list: what each can do, what it lacks, what a usual reel would cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings

from avatar import prices
from avatar.engine.errors import EngineError, InputError
from avatar.engine.registry import ENGINES
from avatar.engine.vendors.access import VENDORS, Access
from avatar.engine.vendors.check import check
from avatar.source_links import lacking
from scripts_gen import language_model
from scripts_gen.writing import TRANSLATORS, WRITERS
from studio.lib import words
from studio.lib.engines import PER_CHARACTER, Engine, Kind, Price

TITLES = {
    Kind.VOICE: "Voices",
    Kind.PERFORMER: "Performers",
    Kind.WRITER: "Writers",
    Kind.TRANSCRIBER: "Transcribers",
    Kind.TRANSLATOR: "Translators",
    Kind.ALIGNER: "Aligners, which find known words in a sound",
    Kind.DENOISER: "Noise reducers",
    Kind.ALIGNER: "Aligners",
}
WRITER_LABELS = {"notes": "Your own notes, arranged", "openai": "A language model"}


@dataclass(frozen=True)
class Row:
    """One engine. lacks: what is missing, in a sentence; usd: for a usual reel, None: not known.

    own_key: the creator's own key is used.
    """

    engine: Engine
    lacks: str
    usd: Decimal | None
    own_key: bool = False

    @property
    def is_ready(self) -> bool:
        return not self.lacks

    @property
    def vendor(self) -> str:
        return VENDORS[self.engine.vendor].label if self.engine.vendor else "this machine"

    @property
    def abilities(self) -> str:
        """What it can do, in a few words."""
        engine = self.engine
        told = [_inputs(engine)]
        if engine.longest_s is not None:
            told.append(f"up to {engine.longest_s:g} s")
        if engine.longest_chars is not None:
            told.append(f"{engine.longest_chars:,} characters at a time")
        told.append(f"languages: {engine.languages}" if engine.languages else "")
        told.append(engine.sizes)
        if engine.clones:
            told.append("imitates a sample")
        if engine.public_url:
            told.append("fetches from a public address")
        if engine.options:
            told.append(words.count(len(engine.options), "option") + " of its own")
        return "; ".join(one for one in told if one)

    @property
    def price(self) -> str:
        """In words; with the day on which it was looked up."""
        price = self.engine.price
        if price is None:
            return "not known" if self.engine.is_hosted else "nothing"
        note = f"; {price.note}" if price.note else ""
        if price.per == PER_CHARACTER:  # a single one costs next to nothing
            told = f"{1000 * price.usd:.6g} USD for 1,000 characters"
        else:
            told = "; ".join([f"{price.usd:.6g} USD a {price.per}", *_conditions(price)])
        if clone := self.engine.clone_price:
            told += f", {clone.usd:.6g} USD once for making a voice"
        return f"{told} (looked up {price.checked}{note})"

    def to_json(self) -> dict[str, Any]:
        engine = self.engine
        return {
            "name": engine.name,
            "kind": engine.kind.value,
            "label": engine.label,
            "vendor": engine.vendor,
            "model": engine.model,
            "rows": list(engine.rows),
            "inputs": list(engine.inputs),
            "options": {name: one.default for name, one in engine.options.items()},
            "longest_s": engine.longest_s,
            "longest_chars": engine.longest_chars,
            "languages": engine.languages,
            "sizes": engine.sizes,
            "clones": engine.clones,
            "public_url": engine.public_url,
            "licence": engine.licence,
            "note": engine.note,
            "confirmed": engine.confirmed,
            "price": self.price,
            "configured": self.is_ready,
            "missing": self.lacks,
            "next_reel_usd": None if self.usd is None else float(self.usd),
        }


def rows(access: Access | None = None, kind: Kind | None = None) -> list[Row]:
    """Every engine, kind by kind in the order of TITLES."""
    access = access or Access()
    found = [row for row in _all(access) if kind in (None, row.engine.kind)]
    order = list(TITLES)
    return sorted(found, key=lambda row: order.index(row.engine.kind))


def by_kind(found: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """Title and rows of each kind that has any; what can be used comes first."""
    groups: dict[str, list[Row]] = {}
    for row in found:
        groups.setdefault(TITLES[row.engine.kind], []).append(row)
    return [
        (title, sorted(group, key=lambda row: not row.is_ready)) for title, group in groups.items()
    ]


def find(name: str) -> Engine:
    """Raises InputError."""
    for row in _all(Access()):
        if row.engine.name == name:
            return row.engine
    raise InputError(f"There is no engine “{name}”.")


def tested(engine: Engine, access: Access) -> tuple[bool, str]:
    """Whether it could be used now, and what was found, as a sentence. Costs nothing."""
    if lacks := _lacks(engine, access):
        return False, lacks
    if not engine.vendor:
        return True, f"{engine.label} is set up; it works on this machine."
    try:
        return True, check(engine.vendor, access)
    except EngineError as e:
        return False, str(e)


def _all(access: Access) -> Iterable[Row]:
    for engine in (*ENGINES.values(), *_writers(), *_translators()):
        usd = prices.next_reel(engine)
        own_key = bool(engine.vendor) and VENDORS[engine.vendor].key in access.keys
        yield Row(engine, _lacks(engine, access), usd, own_key)


def _conditions(price: Price) -> list[str]:
    """What else a price depends on: "resolution 480p: 0.07 USD", "counted in steps of 5 s"."""
    told = [
        f"{name.replace('_', ' ')} {_value(value)}: {usd:.6g} USD"
        for name, others in price.by.items()
        for value, usd in others.items()
    ]
    if price.step_s:
        told.append(f"counted in steps of {price.step_s:g} s")
    if price.least_s:
        told.append(f"at least {price.least_s:g} s")
    return told


def _value(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _lacks(engine: Engine, access: Access) -> str:
    if engine.name in ENGINES:
        return lacking(engine, access)
    if engine.vendor == "openai" and not language_model.is_set_up():
        return "A language model needs OPENAI_API_KEY, or OPENAI_BASE_URL of a server at home."
    return ""


def _writers() -> list[Engine]:
    """The writers of scripts_gen, as far as the registry does not describe them itself."""
    return [
        Engine(
            name=name,
            kind=Kind.WRITER,
            label=WRITER_LABELS.get(name, name),
            path=path,
            vendor="openai" if name == "openai" else "",
            model=settings.OPENAI_MODEL if name == "openai" else "",
            inputs=("text*",),
            note="in use" if name == settings.WRITER else f"WRITER={name} makes it write",
        )
        for name, path in WRITERS.items()
        if name not in ENGINES
    ]


def _translators() -> list[Engine]:
    """The translators of scripts_gen. Named apart: a writer may have the same name."""
    return [
        Engine(
            name=f"translate:{name}",
            kind=Kind.TRANSLATOR,
            label="A language model, for scripts in other languages",
            path=path,
            vendor=name,
            model=settings.OPENAI_MODEL,
            rows=("28",),
            inputs=("text*",),
            note="asked for on the page of a script",
        )
        for name, path in TRANSLATORS.items()
    ]


def _inputs(engine: Engine) -> str:
    """`image*, audio*` as "photo and sound"."""
    told = {"image": "photo", "video": "footage", "audio": "sound", "text": "text"}
    names = [name.removesuffix("*") for name in engine.inputs]
    shown = [told[name] for name in names if name in told]
    sources = " or ".join(one for one in shown if one in ("photo", "footage"))
    rest = [one for one in shown if one not in ("photo", "footage")]
    return " and ".join(one for one in (sources, *rest) if one)
