"""A creator's own video instead of a photo: looked at, fitted to a sound, cut into pieces.

footage = look(path)
fit = fitted(footage, audio_ms, "bounce", folder / "fitted.mp4")
made_as_long(sound, rate, fit.sound_ms, folder / "sound.wav")
spans = pieces(sound, rate, fit.fps, longest_ms=60_000, words=alignment.words)
cut_sound(sound, rate, spans, fit.fps, folder), cut_footage(fit, spans, folder)
"""

from avatar.engine.footage.cutting import cut_footage, cut_sound, made_as_long
from avatar.engine.footage.fitted import Fitted, fitted
from avatar.engine.footage.look import Footage, look
from avatar.engine.footage.pieces import Span, pieces
from avatar.engine.footage.still import still

__all__ = [
    "Fitted",
    "Footage",
    "Span",
    "cut_footage",
    "cut_sound",
    "fitted",
    "look",
    "made_as_long",
    "pieces",
    "still",
]
