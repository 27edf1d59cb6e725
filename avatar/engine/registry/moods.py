"""How each kind of voice is told an emotion: in the names of its engine's options.

The numbers are where the vendors' own guidance puts such speech: low stability and some style are
lively, the opposite is steady (ElevenLabs); exaggeration above a half with little guidance is
dramatic (Chatterbox).
"""

from collections.abc import Mapping
from typing import Any

from avatar.engine.options import EMOTIONS

Moods = Mapping[str, Mapping[str, Any]]


def _moods(*four: dict[str, Any]) -> Moods:
    return dict(zip(EMOTIONS, four, strict=True))


# Eleven v3 reads tags and knows three stabilities: 0 creative, 0.5 natural, 1 robust.
ELEVEN_V3 = _moods(
    {"tag": "excited", "stability": 0.0},
    {"tag": "calm", "stability": 0.5},
    {"tag": "authoritative", "stability": 0.5},
    {"tag": "conversational", "stability": 0.5},
)
ELEVEN_V2 = _moods(
    {"stability": 0.3, "style": 0.5, "speed": 1.08},
    {"stability": 0.75, "style": 0.0, "speed": 0.93},
    {"stability": 0.65, "style": 0.25, "speed": 0.97},
    {"stability": 0.45, "style": 0.15, "speed": 1.0},
)
MINIMAX = _moods(
    {"emotion": "happy", "speed": 1.1},
    {"emotion": "calm", "speed": 0.92},
    {"speed": 0.96, "pitch": -1},
    {"speed": 1.0},
)
CHATTERBOX = _moods(
    {"exaggeration": 0.75, "cfg_weight": 0.3},
    {"exaggeration": 0.35, "cfg_weight": 0.5},
    {"exaggeration": 0.55, "cfg_weight": 0.6},
    {"exaggeration": 0.5, "cfg_weight": 0.45},
)
CHATTERBOX_PRO = _moods(
    {"exaggeration": 0.8, "pitch": "high"},
    {"exaggeration": 0.3, "pitch": "medium"},
    {"exaggeration": 0.5, "pitch": "low"},
    {"exaggeration": 0.45, "pitch": "medium"},
)
INSTRUCTIONS = _moods(
    {"instructions": "Speak with excitement and energy, lively and a little fast."},
    {"instructions": "Speak calmly and warmly, slowly and with soft pauses."},
    {"instructions": "Speak with authority: firm, clear and measured."},
    {"instructions": "Speak as in a conversation with a friend: natural and relaxed."},
)
PACE = _moods({"speed": 1.1}, {"speed": 0.92}, {"speed": 0.97}, {"speed": 1.0})
PIPER = _moods(
    {"speed": 1.1, "noise": 0.8},
    {"speed": 0.9, "noise": 0.5},
    {"speed": 0.95, "noise": 0.55},
    {"speed": 1.0, "noise": 0.667},
)
SKETCH = _moods(
    {"words_per_minute": 185, "pitch_range": 70},
    {"words_per_minute": 148, "pitch_range": 38},
    {"words_per_minute": 155, "pitch_range": 46},
    {"words_per_minute": 165, "pitch_range": 56},
)

# Of performers. Words go behind the creator's own, to engines that read a prompt.
REACT = _moods(
    {"emotion": "happy"}, {"emotion": "neutral"}, {"emotion": "neutral"}, {"emotion": "neutral"}
)
EXPRESSIVENESS = _moods(
    {"expressiveness": "high"},
    {"expressiveness": "low"},
    {"expressiveness": "medium"},
    {"expressiveness": "medium"},
)
ACTED = _moods(
    {"prompt": "They speak with excitement: bright eyes, lively brows, quick nods."},
    {"prompt": "They speak calmly: a soft face, slow and small movements."},
    {"prompt": "They speak with authority: upright, a steady gaze, firm and few movements."},
    {"prompt": "They speak as with a friend: relaxed, an easy smile, natural nods."},
)
