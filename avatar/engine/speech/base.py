"""What every voice is given and gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from avatar.engine.types import Speech
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine


@dataclass(frozen=True)
class Lines:
    """What is to be said, and how.

    text: as `avatar.engine.text.speakable` leaves it. language: as espeak-ng names its voices.
    sample: of the voice to be imitated. seed: the same seed gives the same voice-over where the
    engine can promise it. options: as `Engine.settled` returns them, the emotion's included.
    """

    text: str
    language: str = "en"
    sample: Path | None = None
    seed: int = 0
    emotion: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


class Speaker(Protocol):
    """Turns words into a voice-over."""

    def __init__(self, engine: Engine) -> None: ...

    def speak(self, lines: Lines, context: Context) -> Speech:
        """The text as one voice-over, in the voice of the sample when the engine can imitate one.

        Raises InputError for a text, language or sample that the creator can mend, and
        VendorError.
        """
        ...


def record(
    engine: Engine,
    *,
    voice: str = "",
    settings: Mapping[str, Any] | None = None,
    usd: float = 0.0,
    request_ids: tuple[str, ...] = (),
    is_cloned: bool = False,
) -> dict[str, Any]:
    """What is kept of a voice-over: who spoke it, how, and what that took. No secrets in it.

    voice: the vendor's name of it. usd: of the speech; a clone is paid for once, on its own.
    """
    return {
        "engine": engine.name,
        "label": engine.label,
        "model": engine.model,
        "voice": voice,
        "settings": dict(settings or {}),
        "usd": round(usd, 6),
        "request_ids": list(request_ids),
        "is_cloned": is_cloned,
    }
