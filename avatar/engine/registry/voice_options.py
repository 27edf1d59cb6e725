"""What can be chosen about voices, and how their prices are written down."""

from studio.lib.engines import PER_CALL, PER_CHARACTER, Option, Price

CHECKED = "2026-11-20"
MAKERS = "the maker's own price; what this seller takes is on its page"

# The systems that voices serve, as docs/engines.md numbers them: ElevenLabs v3, Multilingual v2,
# Flash v2.5, MiniMax Speech 2.8 HD, Qwen3-TTS, Chatterbox, Chatterbox Pro.
V3, V2, FLASH, SPEECH_28, QWEN, CHATTERBOX, CHATTERBOX_PRO = map(str, range(20, 27))


def per_thousand(usd: float, note: str = "") -> Price:
    """Of a thousand characters."""
    return Price(usd / 1000, PER_CHARACTER, CHECKED, note)


def per_clone(usd: float, note: str = "") -> Price:
    return Price(usd, PER_CALL, CHECKED, note)


def number(
    low: float, high: float, about: str, default: float | None = None, *, whole: bool = False
) -> Option:
    return Option(default, low=low, high=high, about=about, whole=whole)


VOICE_ID = Option(about="the vendor's own name of a voice, instead of the sample")
SELLERS_VOICE = Option(about="one of the seller's voices")
SAMPLE_TEXT = Option(about="the words of the voice sample, if they are known")
STABILITY = number(0, 1, "low is lively, high is steady")
V3_STABILITY = number(0, 1, "0 is creative, 0.5 natural, 1 robust; it knows no others")
SIMILARITY = number(0, 1, "how close to the sample")
STYLE = number(0, 1, "how much of the voice's manner")
SLOW_OR_FAST = number(0.7, 1.2, "1 is as it comes")
TAG = Option(about="a word in brackets before the text, such as whispers")
PACE = number(0.5, 2, "1 is as it comes")
SEMITONES = number(-12, 12, "semitones higher or lower", whole=True)
MOOD = Option(
    choices=("happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm"),
    about="how it is said",
)
EXAGGERATION = number(0.25, 2, "0.5 is natural, more is dramatic")
CFG = number(0, 1, "how closely the pace is kept; 0 where sample and text differ in language")
CHANCE = number(0.05, 5, "how much chance")
INSTRUCTIONS = Option(about="how to speak, in words")

ELEVEN = {
    "stability": STABILITY,
    "similarity_boost": SIMILARITY,
    "style": STYLE,
    "speed": SLOW_OR_FAST,
}
MINIMAX = {
    "speed": PACE,
    "pitch": SEMITONES,
    "emotion": MOOD,
}
