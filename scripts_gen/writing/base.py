"""What every writer is asked and gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from scripts_gen.research.points import Point

DEFAULT_SECONDS = 25
MAX_HASHTAGS = 5


@dataclass(frozen=True)
class Persona:
    """How a creator talks."""

    name: str = ""
    language: str = "en"  # BCP 47
    tone: str = ""
    topics: tuple[str, ...] = ()
    words_to_use: tuple[str, ...] = ()
    words_to_avoid: tuple[str, ...] = ()
    sign_off: str = ""


@dataclass(frozen=True)
class BriefData:
    """What a script is to be made of.

    topic: what it is about, usually the title of a note. pillar: the wider subject, or "".
    titles: note id -> title; links: note id -> address, of pasted sources only.
    wishes: what the creator said when rejecting earlier versions, newest first.
    said_before: how many of the notes' sentences other scripts have used already.
    worked: what did clearly better or worse with this audience, a sentence each.
    hooks: kind of hook -> how much better it did, in logs of what posts reached.
    """

    topic: str
    points: tuple[Point, ...]
    pillar: str = ""
    titles: dict[int, str] = field(default_factory=dict)
    links: dict[int, str] = field(default_factory=dict)
    wishes: tuple[str, ...] = ()
    said_before: int = 0
    worked: tuple[str, ...] = ()
    hooks: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Tongue:
    """A language something is to be said in."""

    tag: str  # BCP 47
    name: str  # in English, as a model is told it


@dataclass(frozen=True)
class Evidence:
    """Where a spoken sentence comes from. note_id None: connective words that claim nothing.

    original: the sentence this one is a translation of. edited: a person's own wording.
    """

    sentence: str
    note_id: int | None
    quote: str = ""
    original: str = ""
    edited: bool = False

    def to_json(self) -> dict[str, object]:
        told: dict[str, object] = {
            "sentence": self.sentence,
            "note_id": self.note_id,
            "quote": self.quote,
        }
        if self.original:
            told["original"] = self.original
        if self.edited:
            told["edited"] = True
        return told

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Evidence":
        return cls(
            sentence=told["sentence"],
            note_id=told.get("note_id"),
            quote=told.get("quote", ""),
            original=told.get("original", ""),
            edited=bool(told.get("edited")),
        )


@dataclass(frozen=True)
class Draft:
    """A script nobody has seen yet. Hashtags have no '#'; evidence is in spoken order."""

    hook: str
    body: str
    call_to_action: str
    caption: str
    hashtags: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    remarks: tuple[str, ...] = ()  # what the person should know: sentences left out, and why


class Writer(Protocol):
    """instant: answers in milliseconds, so that a page may wait for it."""

    name: str
    instant: bool

    def write(
        self, brief: BriefData, persona: Persona, *, seconds: int = DEFAULT_SECONDS
    ) -> Draft:
        """A script of about `seconds`. Raises a WriterError whose message a person can read."""
        ...


class Translator(Protocol):
    """It takes its time: a worker asks it, never a page."""

    name: str

    def translate(
        self, draft: Draft, persona: Persona, to: Tongue, wishes: Sequence[str] = ()
    ) -> Draft:
        """The same script in another language, sentence by sentence, with the same evidence.

        persona: with the language of the draft. wishes: what was said when rejecting earlier
        translations. Raises a WriterError whose message a person can read.
        """
        ...
