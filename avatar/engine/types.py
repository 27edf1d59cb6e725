"""What the engine's stages hand to each other. Times are integer milliseconds, spans half-open."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

SHOWN_WORDS = 12  # in a sentence about words

Waveform = NDArray[np.float32]  # (n_samples,) mono in [-1, 1]
Image = NDArray[np.uint8]  # (height, width, 3) RGB


class Samples(Protocol):
    """A sound that is read by slices: a waveform, or a file that is too long to hold."""

    def __len__(self) -> int: ...

    def __getitem__(self, piece: slice, /) -> Waveform: ...


@dataclass(frozen=True)
class Phone:
    """One speech sound. `phone` is IPA as espeak-ng writes it, without stress marks."""

    phone: str
    start_ms: int
    end_ms: int
    stress: int = 0  # 0 none, 1 secondary, 2 primary; on vowels


@dataclass(frozen=True)
class Word:
    """One word as it stands in the text. Captions are made of these."""

    word: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Alignment:
    """Which sound and word is when. Ordered, not overlapping; silence is where no phone is."""

    duration_ms: int
    phones: tuple[Phone, ...]
    words: tuple[Word, ...]
    unplaced: tuple[str, ...] = ()  # words of the text that were not found in the sound
    unwritten: tuple[tuple[int, int], ...] = ()  # ms; where what is spoken is not in the text

    def differences(self) -> list[str]:
        """A sentence for what is in the text only, and one for what is in the sound only."""
        said = []
        if self.unplaced:
            n, some = len(self.unplaced), " ".join(self.unplaced[:SHOWN_WORDS])
            more = " …" if n > SHOWN_WORDS else ""
            words = "One word of the text was" if n == 1 else f"{n} words of the text were"
            said.append(f"{words} not found in the sound: {some}{more}")
        if self.unwritten:
            seconds = sum(end - start for start, end in self.unwritten) / 1000
            first_s = self.unwritten[0][0] / 1000
            said.append(
                f"{seconds:.1f} seconds of speech are not in the text, from {first_s:.1f} s."
            )
        return said

    def within(self, duration_ms: int) -> "Alignment":
        """The same for a sound that is cut there, or that goes on in silence until then."""
        end = duration_ms
        return Alignment(
            end,
            tuple(replace(p, end_ms=min(p.end_ms, end)) for p in self.phones if p.start_ms < end),
            tuple(replace(w, end_ms=min(w.end_ms, end)) for w in self.words if w.start_ms < end),
            self.unplaced,
            tuple((a, min(b, end)) for a, b in self.unwritten if a < end),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "duration_ms": self.duration_ms,
            "phones": [[p.phone, p.start_ms, p.end_ms, p.stress] for p in self.phones],
            "words": [[w.word, w.start_ms, w.end_ms] for w in self.words],
            "unplaced": list(self.unplaced),
            "unwritten": [list(span) for span in self.unwritten],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Alignment":
        return cls(
            duration_ms=data["duration_ms"],
            phones=tuple(Phone(*row) for row in data["phones"]),
            words=tuple(Word(*row) for row in data["words"]),
            unplaced=tuple(data["unplaced"]),
            unwritten=tuple((start, end) for start, end in data["unwritten"]),
        )


@dataclass(frozen=True)
class Speech:
    """A voice-over.

    alignment: there when the voice itself knows the times of its sounds.
    word_times: start and end in ms of each word as `text.display_words` gives them, None where a
        vendor does not say; empty when it says nothing.
    made: what spoke it, and what that took: see `speech.base.record`.
    """

    waveform: Samples
    sample_rate: int
    alignment: Alignment | None = None
    word_times: tuple[tuple[int, int] | None, ...] = ()
    made: Mapping[str, Any] = field(default_factory=dict)

    @property
    def duration_ms(self) -> int:
        return round(1000 * len(self.waveform) / self.sample_rate)


@dataclass(frozen=True)
class Performance:
    """Every decision about movement, one number a frame. The performer turns it into pictures.

    curves: name -> (n_frames,) float32; names and ranges are in avatar.engine.lips.CURVES.
    """

    fps: float
    n_frames: int
    curves: dict[str, NDArray[np.float32]] = field(repr=False)
