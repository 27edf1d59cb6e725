"""The sketch voice: espeak-ng, fitted to the creator's sample. Honest about what it is.

Nothing to download, every language, exact times. A cloned voice replaces it when there is one.
"""

from pathlib import Path

from avatar.engine.errors import InputError
from avatar.engine.media.sound import read_sound
from avatar.engine.speech.base import Lines, record
from avatar.engine.speech.reading import read_to_disk
from avatar.engine.speech.timbre import SAMPLE_RATE, VoicePrint, fitted, unsteadied, voice_print
from avatar.engine.types import Speech
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine

WORDS_PER_MINUTE, PITCH_RANGE = 165, 50


class SketchSpeaker:
    """Satisfies avatar.engine.speech.base.Speaker."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def speak(self, lines: Lines, context: Context | None) -> Speech:
        reading = read_to_disk(
            lines.text,
            lines.language,
            words_per_minute=round(lines.options.get("words_per_minute", WORDS_PER_MINUTE)),
            pitch_range=round(lines.options.get("pitch_range", PITCH_RANGE)),
            seed=lines.seed,
        )
        assert reading.sample_rate == SAMPLE_RATE
        if lines.sample is None:
            waveform = unsteadied(reading.waveform, seed=lines.seed)
        else:
            waveform = fitted(reading.waveform, _print_of(lines.sample), seed=lines.seed)
        made = record(self.engine, settings=lines.options, is_cloned=lines.sample is not None)
        return Speech(waveform, reading.sample_rate, reading.alignment, made=made)


def _print_of(sample: Path) -> VoicePrint:
    waveform, sample_rate = read_sound(sample)
    found = voice_print(waveform, sample_rate)
    if found is None:
        raise InputError(
            f"No voice was found in {sample.name}; a sample of plain speech is needed."
        )
    return found
