"""Voices by name. Text in, waveform out; imported on first use."""

from importlib import import_module

from avatar.engine.errors import InputError
from avatar.engine.speech.base import Speaker

SPEAKERS = {
    "sketch": "avatar.engine.speech.sketch:SketchSpeaker",
}


def speaker(name: str) -> Speaker:
    """The voice of that name. Raises InputError when there is none."""
    if name not in SPEAKERS:
        raise InputError(f"There is no voice “{name}”; there are: {', '.join(SPEAKERS)}.")
    module, _, attribute = SPEAKERS[name].partition(":")
    made: Speaker = getattr(import_module(module), attribute)()
    return made
