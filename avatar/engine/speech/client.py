"""What vendors of voices are asked for; each has a small client in avatar.engine.vendors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from avatar.engine.errors import Refused
from avatar.engine.speech.raw import Raw
from avatar.engine.speech.samples import Sample
from studio.lib.engines import Engine


class VoiceGone(Refused):
    """The vendor does not know the voice: it was deleted, or left unused for too long."""


@dataclass(frozen=True)
class Piece:
    """Text for one request. before, after: what stands around it, for the melody."""

    text: str
    voice: str  # the vendor's name of it
    language: str  # as espeak-ng names it
    seed: int = 0
    before: str = ""
    after: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class About:
    """What is known of a sample. words: empty when nobody knows them."""

    language: str  # as espeak-ng names it
    words: str = ""


class VoiceClient(Protocol):
    """Made with an Access. Every call is one request or few, and nothing paid is repeated."""

    sample: ClassVar[Sample | None]  # what it asks of a voice sample; None: it does not clone

    def default_voice(self, engine: Engine) -> str:
        """Of those who neither name a voice nor give a sample; costs nothing."""
        ...


class SayingClient(VoiceClient, Protocol):
    """One that answers with the sound."""

    def say(self, engine: Engine, piece: Piece) -> Raw:
        """Paid. Raises OutcomeUnknown when it may have been spoken and charged."""
        ...


@runtime_checkable
class OrderingClient(VoiceClient, Protocol):
    """One that answers with an address of the sound."""

    def order(self, engine: Engine, piece: Piece) -> dict[str, Any]:
        """Paid. Returns a handle; `usd` in it, if the vendor says so."""
        ...

    def fetch(self, handle: Mapping[str, Any], piece: Piece, folder: Path) -> Raw: ...


@runtime_checkable
class CloningClient(VoiceClient, Protocol):
    """One that imitates.

    is_keyed: two voices cannot have the same name there, so that ordering one again is safe.
    """

    is_keyed: ClassVar[bool]

    def bring(self, sample: Path) -> Any:
        """Carry the sample there, where that is a step of its own; costs nothing.

        Returns what stands for it, as JSON of a few letters.
        """
        ...

    def clone(
        self, engine: Engine, sample: Path, brought: Any, name: str, about: About
    ) -> dict[str, Any]:
        """Order a voice under this name.

        Returns a handle with `voice_id`. Raises OutcomeUnknown when it may have been made.
        """
        ...

    def is_ready(self, engine: Engine, handle: Mapping[str, Any]) -> bool:
        """Whether it can speak already. Raises JobFailed when it never will."""
        ...

    def find_clone(
        self, engine: Engine, sample: Path, name: str, about: About
    ) -> dict[str, Any] | None:
        """The handle of a voice that may have been made under this name; orders.NOT_THERE when
        it is certain that none was, None when nobody can tell.
        """
        ...

    def forget(self, voice_id: str) -> None:
        """Delete it there. One that is gone already is no error."""
        ...
