"""What the engine does by itself, under the names that the registry gives it."""

from pathlib import Path

from avatar.engine.hearing.base import Heard, fragment
from avatar.engine.media.sound import write_wav
from avatar.engine.scratch import WavFile
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine


class OwnAligner:
    """Satisfies hearing.base.Listener."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def listen(self, sound: Path, *, text: str, language: str, context: Context) -> Heard:
        from avatar.engine.align import align

        wav = WavFile(sound)
        words = align(wav, wav.sample_rate, text, language).words
        return Heard(text, tuple(map(fragment, words)))


class OwnDenoiser:
    """Satisfies hearing.base.Denoiser."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def clean(self, sound: Path, target: Path, *, context: Context) -> None:
        from avatar.engine.media.denoise import denoised  # brings scipy.signal

        wav = WavFile(sound)
        write_wav(target, denoised(wav, wav.sample_rate), wav.sample_rate)
