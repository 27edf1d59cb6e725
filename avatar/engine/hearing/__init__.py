"""Engines that listen: what was said and when, and sound without its noise.

base.py      what they give
whisper.py   openai-whisper, with weights that are on this machine
hosted.py    ElevenLabs and OpenAI
local.py     what the engine does by itself, under the same names
"""

from avatar.engine.hearing.base import Denoiser, Heard, Listener
from studio.lib.engines import Engine, load

__all__ = ["Denoiser", "Heard", "Listener", "denoiser", "listener"]


def listener(engine: Engine) -> Listener:
    """A transcriber or an aligner."""
    made: Listener = load(engine.path)(engine)
    return made


def denoiser(engine: Engine) -> Denoiser:
    made: Denoiser = load(engine.path)(engine)
    return made
