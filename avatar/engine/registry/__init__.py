"""Every engine there is, by name. Data only: no engine is imported before it is used."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from avatar.engine.errors import InputError
from avatar.engine.registry.hearing import HEARING
from avatar.engine.registry.performers import PERFORMERS
from avatar.engine.registry.voices import VOICES
from avatar.engine.vendors.access import Access
from studio.lib.engines import Engine, Kind

ENGINES: dict[str, Engine] = {e.name: e for e in (*PERFORMERS, *VOICES, *HEARING)}

SHOWN, FEW = 3, 12  # names in a sentence: the nearest; and so many that all can be said
# Short names for what most people mean.
ALIASES = {"elevenlabs": "elevenlabs:eleven_multilingual_v2"}


def find(name: str, kind: Kind) -> Engine:
    """The engine of that name. Raises InputError when there is none."""
    found = ENGINES.get(ALIASES.get(name, name))
    if found is None or found.kind != kind:
        raise InputError(f"There is no {kind} “{name[:60]}”{_hint(name, kind)}")
    return found


def _hint(name: str, kind: Kind) -> str:
    """The end of that sentence: what it is instead, what is written like it, or all there are."""
    if other := ENGINES.get(ALIASES.get(name, name)):
        return f": that is a {other.kind}."
    names = [engine.name for engine in of_kind(kind)]
    if len(names) <= FEW:
        return f"; there are: {', '.join(names)}."
    near = get_close_matches(name, names, n=SHOWN) or names[:SHOWN]
    return f" among all {len(names)}, such as {', '.join(near)}: `manage.py engines` lists them."


def of_kind(kind: Kind) -> list[Engine]:
    return [engine for engine in ENGINES.values() if engine.kind == kind]


def order_of(names: str, kind: Kind) -> list[Engine]:
    """Engines in the order in which they are to be tried: `elevenlabs, sketch`."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted:
        raise InputError(f"No {kind} is named.")
    return [find(name, kind) for name in dict.fromkeys(wanted)]


def missing(engine: Engine, access: Access | None = None) -> str:
    """What is not set up so that it could be used, as a sentence; empty when it can."""
    access = access or Access()
    if engine.vendor:
        return access.missing(engine.vendor)
    return _missing_here(engine.label, engine.needs, access.environ)


def _missing_here(label: str, needs: Iterable[str], environ: Mapping[str, str]) -> str:
    for name in needs:
        value = environ.get(name, "").strip()
        if not value:
            return f"{label} needs {name}, which is not set."
        if not Path(value).exists():
            return f"{label}: {name} names {value}, which is not there."
    return ""
