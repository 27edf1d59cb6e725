"""What every performer is given and gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine


@dataclass(frozen=True)
class Take:
    """What is to be performed.

    source: a photo, or footage that is as long as the sound already.
    audio: the voice-over as WAV. options: as `Engine.settled` returns them.
    """

    source: Path
    is_footage: bool
    audio: Path
    duration_ms: int  # of the sound
    text: str = ""
    prompt: str = ""
    aspect: str = "9:16"
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The logical input that the source is."""
        return "video" if self.is_footage else "image"


class Performer(Protocol):
    """Everything but the puppet, which moves the photo within the render itself."""

    def __init__(self, engine: Engine) -> None: ...

    def price_usd(self, take: Take) -> float:
        """What it will cost."""
        ...

    def perform(self, take: Take, context: Context, folder: Path) -> Path:
        """A film of the source saying the sound, as long as the sound.

        folder: to write into. Raises InputError and VendorError.
        """
        ...
