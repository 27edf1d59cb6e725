"""The sketch voice: espeak-ng, fitted to the creator's sample. Honest about what it is.

Nothing to download, every language, exact times. A cloned voice replaces it when there is one.
"""

from pathlib import Path

from avatar.engine.speech.reading import read
from avatar.engine.types import Speech


class SketchSpeaker:
    """Satisfies avatar.engine.speech.base.Speaker."""

    def speak(self, text: str, *, language: str, sample: Path | None, seed: int) -> Speech:
        reading = read(text, language, seed=seed)
        return Speech(reading.waveform, reading.sample_rate, reading.alignment)
