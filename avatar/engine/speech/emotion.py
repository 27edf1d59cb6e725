"""How a face follows what is said: the voice's side of an emotion is in registry.moods."""

from dataclasses import dataclass

from avatar.engine.errors import InputError
from avatar.engine.options import EMOTIONS

EXCITED, CALM, AUTHORITATIVE, CONVERSATIONAL = EMOTIONS


@dataclass(frozen=True)
class Acting:
    """Factors on how a face moves beside its mouth; 1 is as it would without an emotion."""

    motion: float = 1.0  # head, nods, gaze, shoulders
    expression: float = 1.0  # brows, smile
    blink: float = 1.0  # how often


ACTING = {
    "": Acting(),
    EXCITED: Acting(motion=1.3, expression=1.5, blink=1.1),
    CALM: Acting(motion=0.65, expression=0.8, blink=0.9),
    AUTHORITATIVE: Acting(motion=0.85, expression=0.6, blink=0.75),
    CONVERSATIONAL: Acting(motion=1.05, expression=1.15, blink=1.0),
}


def acting(emotion: str) -> Acting:
    """How the face follows. Raises InputError when there is no such emotion."""
    if emotion not in ACTING:
        raise InputError(f"There is no emotion “{emotion}”; there are: {', '.join(EMOTIONS)}.")
    return ACTING[emotion]
