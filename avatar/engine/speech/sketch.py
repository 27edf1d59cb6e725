"""The sketch voice: espeak-ng, fitted to the creator's sample. Honest about what it is.

Nothing to download, every language, exact times. A cloned voice replaces it when there is one.
"""

from pathlib import Path

from avatar.engine.errors import InputError
from avatar.engine.media.sound import read_sound
from avatar.engine.speech.reading import read_to_disk
from avatar.engine.speech.timbre import SAMPLE_RATE, VoicePrint, fitted, unsteadied, voice_print
from avatar.engine.types import Speech

WORDS_PER_MINUTE = 165


class SketchSpeaker:
    """Satisfies avatar.engine.speech.base.Speaker."""

    def speak(self, text: str, *, language: str, sample: Path | None, seed: int) -> Speech:
        reading = read_to_disk(text, language, words_per_minute=WORDS_PER_MINUTE, seed=seed)
        assert reading.sample_rate == SAMPLE_RATE
        if sample is None:
            waveform = unsteadied(reading.waveform, seed=seed)
        else:
            waveform = fitted(reading.waveform, _print_of(sample), seed=seed)
        return Speech(waveform, reading.sample_rate, reading.alignment)


def _print_of(sample: Path) -> VoicePrint:
    waveform, sample_rate = read_sound(sample)
    found = voice_print(waveform, sample_rate)
    if found is None:
        raise InputError(
            f"No voice was found in {sample.name}; a sample of plain speech is needed."
        )
    return found
