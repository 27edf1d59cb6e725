"""What the engine's stages hand to each other. Times are integer milliseconds, spans half-open."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]  # (n_samples,) mono in [-1, 1]
Image = NDArray[np.uint8]  # (height, width, 3) RGB


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

    def to_json(self) -> dict[str, Any]:
        return {
            "duration_ms": self.duration_ms,
            "phones": [[p.phone, p.start_ms, p.end_ms, p.stress] for p in self.phones],
            "words": [[w.word, w.start_ms, w.end_ms] for w in self.words],
            "unplaced": list(self.unplaced),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Alignment":
        return cls(
            duration_ms=data["duration_ms"],
            phones=tuple(Phone(*row) for row in data["phones"]),
            words=tuple(Word(*row) for row in data["words"]),
            unplaced=tuple(data["unplaced"]),
        )


@dataclass(frozen=True)
class Speech:
    """A voice-over. `alignment` is there when the voice itself knows its times."""

    waveform: Waveform
    sample_rate: int
    alignment: Alignment | None = None

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
