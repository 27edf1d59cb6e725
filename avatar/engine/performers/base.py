"""What every performer is given and gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from avatar.engine.types import Word
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine

if TYPE_CHECKING:
    from avatar.engine.footage import Fitted


@dataclass(frozen=True)
class Take:
    """What is to be performed.

    source: a photo, or the path of `footage`, which is as long as the sound already.
    source_id: the same for the same source, however it was prepared; what is paid for is told
        apart by it.
    audio: the voice-over as WAV. words: with their times, where they are known.
    options: as `Engine.settled` returns them.
    """

    source: Path
    source_id: str
    audio: Path
    duration_ms: int  # of the sound
    footage: "Fitted | None" = None
    words: tuple[Word, ...] = ()
    text: str = ""
    prompt: str = ""
    emotion: str = ""
    aspect: str = "9:16"
    options: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"

    @property
    def is_footage(self) -> bool:
        return self.footage is not None

    @property
    def kind(self) -> str:
        """The logical input that the source is."""
        return "video" if self.is_footage else "image"


class Performer(Protocol):
    """Everything but the puppet, which moves the photo within the render itself."""

    def __init__(self, engine: Engine) -> None: ...

    def perform(self, take: Take, context: Context, folder: Path) -> Path:
        """A film of the source saying the sound, as long as the sound.

        folder: to write into. Raises InputError and VendorError.
        """
        ...
