"""From a brief to a draft, and into other languages. Knows no Django.

Writers and translators are named here and imported on first use.
"""

from importlib import import_module
from typing import Any

from scripts_gen.writing.base import (
    DEFAULT_SECONDS,
    BriefData,
    Draft,
    Evidence,
    Persona,
    Tongue,
    Translator,
    Writer,
)
from scripts_gen.writing.errors import (
    BadAnswer,
    BadSetup,
    NeedsNotes,
    TryLater,
    Unanswered,
    WriterError,
)

__all__ = [
    "DEFAULT_SECONDS",
    "TRANSLATORS",
    "WRITERS",
    "BadAnswer",
    "BadSetup",
    "BriefData",
    "Draft",
    "Evidence",
    "NeedsNotes",
    "Persona",
    "Tongue",
    "Translator",
    "TryLater",
    "Unanswered",
    "Writer",
    "WriterError",
    "translator",
    "writer",
]

WRITERS = {
    "notes": "scripts_gen.writing.notes:NotesWriter",
    "openai": "scripts_gen.writing.openai:OpenAIWriter",
}

TRANSLATORS = {
    "openai": "scripts_gen.writing.translating:OpenAITranslator",
}


def writer(name: str, **options: str) -> Writer:
    """The writer of that name, made with `options`. Raises BadSetup when there is none."""
    if name not in WRITERS:
        known = " and ".join(sorted(WRITERS))
        raise BadSetup(f"There is no writer called {name!r}. The writers are {known}.")
    made: Writer = _made(WRITERS[name], options)
    return made


def translator(name: str, **options: str) -> Translator:
    """The translator of that name, made with `options`. Raises BadSetup when there is none."""
    if name not in TRANSLATORS:
        known = " and ".join(sorted(TRANSLATORS))
        raise BadSetup(f"There is no translator called {name!r}. There is {known}.")
    made: Translator = _made(TRANSLATORS[name], options)
    return made


def _made(path: str, options: dict[str, str]) -> Any:
    module, class_name = path.split(":")
    return getattr(import_module(module), class_name)(**options)
