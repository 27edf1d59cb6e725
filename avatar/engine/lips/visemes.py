"""What the mouth does for each sound of any language.

A phone is read symbol by symbol: vowels by their place in the IPA chart (height, backness,
rounding), consonants by place and manner. So a language nobody thought of still moves sensibly.

How far the lips part is not how far the jaw drops: in "see" the teeth nearly meet and the lips
stand well apart. So only bilabials, labiodentals and rounded sounds close the lips (English w and
ɹ round, too: Ladefoged & Maddieson 1996); all other consonants leave them about half as open as
the vowels beside them and differ in the jaw. Degrees are round numbers that hold for eight
recorded people alike; moving any one of them by a fifth hardly matters (0.01 in correlation).
"""

import unicodedata
from dataclasses import dataclass, field

MOUTH = ("jaw", "upper", "lower", "wide", "pucker", "press", "tuck", "tongue")


@dataclass(frozen=True)
class Target:
    """Where one sound wants each part of the mouth, and how much it insists.

    goal: name -> value in [0, 1]; parts that are not named want to relax.
    insist: name -> dominance; 1 is a vowel's. Parts that are not named get `RELAX`.
    closes: the lips must really meet (bilabial stops and nasals).
    """

    goal: dict[str, float]
    insist: dict[str, float] = field(default_factory=dict)
    closes: bool = False


RELAX = 0.25  # how much a sound cares about a part it says nothing of


def _vowel(opening: float, front: float, rounding: float, strength: float = 1.0) -> Target:
    """opening 0 close to 1 open; front 0 back to 1 front; rounding 0 or 1."""
    wide = 0.75 * front * (1 - rounding) * (1 - 0.55 * opening)
    pucker = rounding * (1.0 - 0.55 * opening)
    spread_jaw, round_jaw = 0.30 + 0.62 * opening, 0.12 + 0.50 * opening
    return Target(
        goal={
            "jaw": spread_jaw + rounding * (round_jaw - spread_jaw),
            "upper": 0.30 - 0.20 * rounding,
            "lower": 0.45 - 0.30 * rounding,
            "wide": wide,
            "pucker": pucker,
        },
        insist={
            "jaw": strength,
            "upper": strength,
            "lower": strength,
            "wide": strength,
            "pucker": 1.4 * strength if rounding else 0.6 * strength,
            "press": 1.5 * strength,  # no vowel is said with lips pressed or tucked
            "tuck": 1.5 * strength,
        },
    )


# (opening, frontness, rounding), after the IPA vowel chart
_CHART = {
    "i": (0.08, 1.0, 0), "y": (0.08, 1.0, 1), "ɨ": (0.10, 0.5, 0), "ʉ": (0.10, 0.5, 1),
    "ɯ": (0.10, 0.0, 0), "u": (0.06, 0.0, 1),
    "ɪ": (0.22, 0.8, 0), "ʏ": (0.22, 0.8, 1), "ʊ": (0.20, 0.2, 1), "ᵻ": (0.20, 0.5, 0),
    "e": (0.36, 1.0, 0), "ø": (0.34, 1.0, 1), "ɘ": (0.36, 0.5, 0), "ɵ": (0.34, 0.5, 1),
    "ɤ": (0.36, 0.0, 0), "o": (0.36, 0.0, 1),
    "ə": (0.36, 0.5, 0), "ɚ": (0.34, 0.5, 0), "ɝ": (0.42, 0.5, 0),
    "ɛ": (0.58, 0.9, 0), "œ": (0.54, 0.9, 1), "ɜ": (0.50, 0.5, 0), "ɞ": (0.50, 0.5, 1),
    "ʌ": (0.62, 0.1, 0), "ɔ": (0.58, 0.0, 1),
    "æ": (0.78, 0.9, 0), "ɐ": (0.72, 0.5, 0),
    "a": (0.92, 0.7, 0), "ɶ": (0.88, 0.8, 1), "ɑ": (0.92, 0.1, 0), "ɒ": (0.74, 0.0, 0.6),
}  # fmt: skip
_WEAK = {"ə": 0.55, "ᵻ": 0.6, "ɚ": 0.7, "ɐ": 0.8}  # reduced vowels bend to their neighbours

_CLOSED = Target(
    {"press": 0.85}, {"jaw": 2.5, "upper": 3.0, "lower": 3.0, "press": 4.0}, closes=True
)
_LABIODENTAL = Target(
    {"jaw": 0.08, "tuck": 1.0, "upper": 0.22},
    {"jaw": 2.5, "tuck": 5.0, "upper": 2.0, "lower": 2.0, "press": 2.0},
)
_LABIAL_FRICATIVE = Target({"jaw": 0.06, "press": 0.15}, {"jaw": 4.0, "upper": 3.0, "lower": 3.0})
_GLIDE_W = Target(
    {"jaw": 0.06, "pucker": 1.0},
    {"jaw": 2.5, "upper": 2.5, "lower": 2.5, "pucker": 3.0, "wide": 2.0},
)
_RHOTIC = Target(
    {"jaw": 0.10, "pucker": 0.45},
    {"jaw": 2.0, "upper": 1.5, "lower": 1.5, "pucker": 1.2},
)


def _parted(
    jaw: float,
    upper: float,
    lower: float,
    insist: float,
    *,
    rounded: float = 0.0,
    wide: float = 0.0,
    tongue: float = 0.0,
) -> Target:
    """A consonant made behind the lips, which stay apart."""
    others = {"pucker": (rounded, 1.8), "wide": (wide, 0.6), "tongue": (tongue, 2 * insist)}
    named = {name: pair for name, pair in others.items() if pair[0]}
    return Target(
        {"jaw": jaw, "upper": upper, "lower": lower} | {k: goal for k, (goal, _) in named.items()},
        {"jaw": insist, "upper": insist, "lower": insist} | {k: w for k, (_, w) in named.items()},
    )


_GLIDE_J = _parted(0.35, 0.30, 0.45, 0.9, wide=0.6)
_DENTAL = _parted(0.22, 0.25, 0.35, 1.0, tongue=1.0)
_STOP_T = _parted(0.26, 0.35, 0.45, 0.6, tongue=0.5)
_NASAL_N = _parted(0.34, 0.35, 0.45, 0.5, tongue=0.4)
_SIBILANT = _parted(0.18, 0.45, 0.60, 1.0, wide=0.35)
_HUSHER = _parted(0.16, 0.40, 0.50, 1.0, rounded=0.55)
_LATERAL = _parted(0.38, 0.30, 0.40, 0.5, tongue=0.8)
_TAP = _parted(0.34, 0.30, 0.40, 0.4, tongue=0.3)
_VELAR = _parted(0.46, 0.30, 0.35, 0.3)
_BREATH = _parted(0.45, 0.25, 0.30, 0.12)

_CONSONANTS: dict[str, Target] = (
    dict.fromkeys("pbmɓʙʘ", _CLOSED)
    | dict.fromkeys("fvɱʋⱱ", _LABIODENTAL)
    | dict.fromkeys("ɸβ", _LABIAL_FRICATIVE)
    | dict.fromkeys("wʍɥ", _GLIDE_W)
    | dict.fromkeys("jʝ", _GLIDE_J)
    | dict.fromkeys("θð", _DENTAL)
    | dict.fromkeys("tdɗʈɖcɟʄǀǃǂ", _STOP_T)
    | dict.fromkeys("nɳɲ", _NASAL_N)
    | dict.fromkeys("szɬɮ", _SIBILANT)
    | dict.fromkeys("lɫɭʎʟǁɺ", _LATERAL)
    | dict.fromkeys("ʃʒʂʐɕʑçɧ", _HUSHER)
    | dict.fromkeys("ɹɻ", _RHOTIC)
    | dict.fromkeys("rɾɽ", _TAP)
    | dict.fromkeys("kɡgŋɠxɣɰqɢɴʛχʁʀ", _VELAR)
    | dict.fromkeys("hɦʔħʕʢʡ", _BREATH)
)

TARGETS: dict[str, Target] = _CONSONANTS | {
    symbol: _vowel(*place, strength=_WEAK.get(symbol, 1.0)) for symbol, place in _CHART.items()
}
VOWELS = frozenset(_CHART)
REST = Target({}, dict.fromkeys(MOUTH, 1.0))  # silence: lips together, nothing held
BREATH_IN = Target({"jaw": 0.38, "upper": 0.15, "lower": 0.20}, dict.fromkeys(MOUTH, 1.0))


def targets_of(phone: str) -> list[Target]:
    """The targets a phone passes through, in order: one for most, two for diphthongs, affricates.

    Length, tone and secondary marks are skipped; a phone of nothing known is a breath.
    """
    return [TARGETS[symbol] for symbol in _symbols(phone)] or [_BREATH]


def is_vowel(phone: str) -> bool:
    """True when the phone carries a syllable."""
    return any(symbol in VOWELS for symbol in _symbols(phone))


def _symbols(phone: str) -> list[str]:
    """The base symbols of a phone; a letter with a mark counts as itself where it has a target."""
    bases = (
        symbol if symbol in TARGETS else unicodedata.normalize("NFD", symbol)[0]
        for symbol in unicodedata.normalize("NFC", phone)
    )
    return [base for base in bases if base in TARGETS]
