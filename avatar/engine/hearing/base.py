"""What engines that listen are given and give back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from avatar.engine.speech.times import Fragment
from avatar.engine.types import Word
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine


@dataclass(frozen=True)
class Heard:
    """What was said, and when its letters or words are: `word_times` finds those of captions."""

    text: str
    fragments: tuple[Fragment, ...]


def fragment(word: Word) -> Fragment:
    """A word that our own aligner has placed."""
    return word.word, word.start_ms / 1000, word.end_ms / 1000


class Listener(Protocol):
    """Says what was said, or when the words of a known text are said."""

    def __init__(self, engine: Engine) -> None: ...

    def listen(self, sound: Path, *, text: str, language: str, context: Context) -> Heard:
        """sound: a WAV file. text: what is said, for aligners; transcribers get none.

        language: as espeak-ng names it. Raises InputError, ModelUnavailable and VendorError.
        """
        ...


class Denoiser(Protocol):
    def __init__(self, engine: Engine) -> None: ...

    def clean(self, sound: Path, target: Path, *, context: Context) -> None:
        """Write the sound without its noise, as WAV of the same length."""
        ...
