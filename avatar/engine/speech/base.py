"""What every voice can do."""

from pathlib import Path
from typing import Protocol

from avatar.engine.types import Speech


class Speaker(Protocol):
    """Turns words into a voice-over."""

    def speak(self, text: str, *, language: str, sample: Path | None, seed: int) -> Speech:
        """The text as one voice-over, in the voice of the sample when there is one.

        text: as `avatar.engine.text.speakable` leaves it.
        language: as espeak-ng names its voices.
        seed: the same seed gives the same voice-over where the engine can promise it.

        Returns Speech whose alignment is None when the voice does not know its own times.
        Raises InputError for a text, language or sample that the creator can mend.
        """
        ...
