"""From a brief to a draft. Writers are named here and imported on first use. Knows no Django."""

from importlib import import_module

from scripts_gen.writing.base import DEFAULT_SECONDS, BriefData, Draft, Evidence, Persona, Writer
from scripts_gen.writing.errors import BadAnswer, BadSetup, NeedsNotes, TryLater, WriterError

__all__ = [
    "DEFAULT_SECONDS",
    "WRITERS",
    "BadAnswer",
    "BadSetup",
    "BriefData",
    "Draft",
    "Evidence",
    "NeedsNotes",
    "Persona",
    "TryLater",
    "Writer",
    "WriterError",
    "writer",
]

WRITERS = {
    "notes": "scripts_gen.writing.notes:NotesWriter",
    "openai": "scripts_gen.writing.openai:OpenAIWriter",
}


def writer(name: str, **options: str) -> Writer:
    """The writer of that name, made with `options`. Raises BadSetup when there is none."""
    if name not in WRITERS:
        known = " and ".join(sorted(WRITERS))
        raise BadSetup(f"There is no writer called {name!r}. The writers are {known}.")
    module, class_name = WRITERS[name].split(":")
    made: Writer = getattr(import_module(module), class_name)(**options)
    return made
