"""The words on a reel, on its cover and beside it, whoever made its pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine import captions
from avatar.engine.captions.ass import Script
from avatar.engine.cover import write_cover
from avatar.engine.media.encode import Encoder
from avatar.engine.options import ReelOptions
from avatar.engine.types import Word

CODE = (
    "avatar.engine.captions",
    "avatar.engine.cover",
    "avatar.engine.dressing",
    "avatar.engine.media.encode",
)


@dataclass(frozen=True)
class Dressing:
    """rows: what of the face the words must leave free; None where no face is."""

    words: Sequence[Word]
    options: ReelOptions
    duration_ms: int
    rows: captions.FaceRows | None

    def encoder(self, path: Path, fps: Fraction, audio: Path) -> Encoder:
        """Burns captions and label into the frames it is given."""
        script = self._script(self.words, "")
        return Encoder(
            path,
            self.options.width,
            self.options.height,
            fps,
            audio=audio,
            ass=script.text,
            fonts_dir=captions.fonts_dir(script.fonts),
        )

    def save_cover(self, path: Path, frame: NDArray[np.uint8]) -> None:
        """The frame (YUV420 planar) as JPEG, with the label and the words of the cover."""
        words = self._script((), self.options.cover_text)
        write_cover(path, frame, self.options.width, self.options.height, words)

    def _script(self, words: Sequence[Word], headline: str) -> Script:
        return captions.script(
            words,
            self.options.captions,
            self.options.width,
            self.options.height,
            self.duration_ms,
            self.options.label,
            headline,
            face=self.rows,
        )


def save_subtitles(folder: Path, words: Sequence[Word], duration_ms: int) -> None:
    """reel.srt and reel.vtt."""
    (folder / "reel.srt").write_text(captions.srt(words, duration_ms), encoding="utf-8")
    (folder / "reel.vtt").write_text(captions.vtt(words, duration_ms), encoding="utf-8")
