"""How a reel is to be made. Handed in, never read from settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EMOTIONS = ("excited", "calm", "authoritative", "conversational")
SYNC_MODES = ("cut_off", "loop", "bounce", "silence", "remap")  # see avatar.engine.footage.modes
KEEP, STILL, BLUR = "keep", "still", "blur"  # of the photo's background


@dataclass(frozen=True)
class ReelOptions:
    """Rendering options, as on the command line."""

    width: int = 1080
    height: int = 1920
    fps: float = 30.0
    language: str = "en"  # as espeak-ng names its voices
    voice: str = "sketch"  # name of a voice, or several in the order to be tried
    voice_sample: Path | None = None  # what the voice is fitted to
    voice_options: Mapping[str, Any] = field(default_factory=dict)  # of the engine's own
    denoiser: str = ""  # frees a recording of its noise; name of an engine, or several
    transcriber: str = ""  # finds the words of a recording that comes without a text
    aligner: str = ""  # says when the words of a text are said
    emotion: str = ""  # one of EMOTIONS; empty: as it comes
    performer: str = "puppet"  # name of a performer, or several in the order to be tried
    performer_options: Mapping[str, Any] = field(default_factory=dict)  # of the engine's own
    prompt: str = ""  # how to act, for performers that read it
    sync_mode: str = "bounce"  # how footage is made as long as the sound: one of SYNC_MODES
    denoise: bool = (
        False  # a voice-over is freed of steady noise to be studied; it sounds as it is
    )
    captions: str = "clean"  # key of avatar.engine.captions.STYLES, or "none"
    background: str = KEEP  # keep, still, blur, a colour such as #204060, a picture's path
    punch_in: bool = False  # cuts to a nearer framing and back between sentences
    loop: bool = False  # the last frame goes on into the first
    label: str = ""  # words shown in every frame
    cover_text: str = ""  # words on the cover, the hook for instance
    motion: float = 1.0  # head, nods, gaze, shoulders; 0 is exactly still
    blink: float = 1.0  # how often
    expression: float = 1.0  # brows, smile
    seed: int = 0
    face_index: int | None = (
        None  # which face of the photo, left to right; None: there must be one
    )
    device: str = "auto"  # auto, cpu or cuda
