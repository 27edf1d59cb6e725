"""What engines that listen are given and give back."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple, Protocol

from avatar.engine.types import Word
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine


@dataclass(frozen=True)
class Heard:
    """What was said and when. language: as the engine names it; empty: it does not say."""

    text: str
    words: tuple[Word, ...]
    language: str = ""


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


class Piece(NamedTuple):
    """Some of the text and when it is said, in seconds."""

    text: str
    start_s: float
    end_s: float


def words_of(text: str, pieces: Sequence[Piece]) -> tuple[Word, ...]:
    """The words of a text, timed by pieces of it that are cut elsewhere: letters, or what a
    tokenizer calls a word. Spaces count for nothing.

    Words of which no piece speaks take the time between their neighbours. Times never go back.
    """
    names = text.split()
    if not names or not pieces:
        return ()
    letters = [
        (piece, share) for piece in pieces for share in _shares(len("".join(piece.text.split())))
    ]
    ends = list(accumulate(len(name) for name in names))
    found: list[Word] = []
    last_ms = 0
    for name, (first, end) in zip(names, pairwise([0, *ends]), strict=True):
        inside = letters[first:end] or letters[-1:]
        start_ms = max(last_ms, round(1000 * _at(inside[0], 0)))
        last_ms = max(start_ms, round(1000 * _at(inside[-1], 1)))
        found.append(Word(name, start_ms, last_ms))
    return tuple(found)


def _shares(n: int) -> list[tuple[float, float]]:
    """Where each of n letters lies in its piece, from 0 to 1."""
    return [(i / n, (i + 1) / n) for i in range(n)]


def _at(letter: tuple[Piece, tuple[float, float]], edge: int) -> float:
    piece, share = letter
    return piece.start_s + share[edge] * (piece.end_s - piece.start_s)


def two_letters(language: str) -> str:
    """`pt-br` as vendors want it: pt."""
    return language.lower().replace("_", "-").partition("-")[0]
