"""Voice samples as a person would send them: real files of a length that is known."""

import io
import wave
from pathlib import Path

import numpy as np

from studio.sandbox.vendors.sound import say


def sample(path: Path, seconds: float, *, rate: int = 24_000, channels: int = 1) -> Path:
    """A WAV file in which somebody speaks for so long."""
    speech = say("This is how I speak, and this is how long it takes me. " * 12)
    wanted = int(seconds * speech.sample_rate)
    heard = np.resize(speech.samples, wanted)
    at = np.arange(0, wanted, speech.sample_rate / rate).astype(int)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(heard[at[at < wanted]], channels).astype("<i2").tobytes())
    return path


def seconds_of(data: bytes) -> float:
    """Of a WAV file."""
    with wave.open(io.BytesIO(data)) as file:
        return file.getnframes() / file.getframerate()
