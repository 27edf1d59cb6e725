"""How long words take, and which days and parts of a week get a reel. Pure functions."""

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from scripts_gen.research.languages import base

# --- how long words take -------------------------------------------------------------------------

# Syllables a second of unhurried speech, pauses apart. en, de, es, it, Mandarin, ja: 0.85 of what
# Pellegrino, Coupé & Marsico 2011 measured, whose readers are quicker than somebody who wants to
# be followed on a phone. fr, nl, pt: fitted to the sketch voice, which all seven European ones
# meet within a tenth. The rest are estimates; Cantonese is counted as Mandarin, for which the
# sketch voice takes up to a fifth longer.
SYLLABLES_PER_SECOND = {
    "en": 5.3, "de": 5.1, "fr": 6.9, "es": 6.6, "it": 5.9, "pt": 5.8, "nl": 4.8, "zh": 4.4,
    "cmn": 4.4, "yue": 4.4, "ja": 6.7, "ko": 6.0, "tr": 5.9, "fi": 6.0, "hu": 5.0, "pl": 5.6,
    "ru": 5.5, "hi": 5.5, "ar": 5.0, "vi": 4.4, "th": 4.0,
}  # fmt: skip
OTHER_SYLLABLES_PER_SECOND = 5.4
SENTENCE_PAUSE_MS, COMMA_PAUSE_MS, WORD_MS = 350, 150, 35
SYLLABLES_PER_DIGIT = 1.7  # "1250" is said as a number
MORAE_PER_KANJI = 1.8  # 46 in the 25 of the first article of the Declaration of Human Rights

# How much text goes into a second, pauses included: of Declarations of Human Rights, by
# `estimate_ms`. Nobody counts words that no space parts; those texts are counted in characters.
WORDS_PER_SECOND = 2.4
CHARACTERS_PER_SECOND = {"zh": 4, "cmn": 4, "yue": 4, "ja": 5, "th": 9}

_HAN = "々\u3400-\u9fff"
_KANA = "ぁ-ゖァ-ヺー"  # the dot that parts foreign names is not said
_HANGUL = "\uac00-\ud7af"
_SMALL_KANA = "ぁぃぅぇぉゃゅょゎァィゥェォャュョヮ"  # one mora with the sign before
_SIGNS = re.compile(f"[{_HAN}{_KANA}{_HANGUL}]")
_LETTERS = re.compile(rf"[^\W\d_{_HAN}{_KANA}{_HANGUL}]+")
_NUMBER = re.compile(r"\d+(?:[.,:\u202f ]\d{3})*(?:[.,:]\d+)?")
_VOWELS = re.compile(r"[aeiouyæøœɪаеёиоуыэюяєіїαεηιουω]+")
_SENTENCE_ENDS = re.compile(r"[.!?…。！？؟।]+(?=\s|[\"'”’»)]|$)|[。！？]+|:\s|\n+")
_COMMAS = re.compile(r"[,;،、，–—](?=\s|\w)")
_SYMBOLS = {"%": 2, "€": 2, "$": 2, "£": 1, "&": 1, "°": 2, "+": 1, "=": 2}


def syllables(text: str, language: str = "en") -> float:
    """About how many syllables are said; in Japanese, morae. Numbers count as they are read."""
    spoken = _NUMBER.sub(" ", text)
    digits = sum(sign.isdigit() for match in _NUMBER.findall(text) for sign in match)
    count: float = digits * SYLLABLES_PER_DIGIT + sum(_SYMBOLS.get(sign, 0) for sign in text)
    count += sum(_syllables_of_sign(sign, language) for sign in _SIGNS.findall(spoken))
    return count + sum(map(_syllables_of_word, _LETTERS.findall(spoken)))


def _syllables_of_sign(sign: str, language: str) -> float:
    if sign in _SMALL_KANA:
        return 0
    is_kanji = base(language) == "ja" and re.match(f"[{_HAN}]", sign)
    return MORAE_PER_KANJI if is_kanji else 1


def _syllables_of_word(word: str) -> float:
    bare = "".join(
        sign
        for sign in unicodedata.normalize("NFD", word.lower())
        if not unicodedata.combining(sign)
    )
    if not _VOWELS.search(bare):  # scripts that write no vowels, and abbreviations
        return max(1.0, len(bare) / 2)
    groups = len(_VOWELS.findall(bare))
    silent = (
        bare.isascii() and bare.endswith("e") and not bare.endswith(("le", "ee")) and groups > 1
    )
    return max(1, groups - 0.5 * silent)


def estimate_ms(text: str, language: str = "en") -> int:
    """How long a text takes to say, pauses included."""
    text = text.strip()
    if not any(sign.isalnum() for sign in text):
        return 0
    rate = SYLLABLES_PER_SECOND.get(base(language), OTHER_SYLLABLES_PER_SECOND)
    pauses = (
        max(0, len(_SENTENCE_ENDS.findall(text)) - 1) * SENTENCE_PAUSE_MS
        + len(_COMMAS.findall(text)) * COMMA_PAUSE_MS
        + len(text.split()) * WORD_MS
    )
    return round(syllables(text, language) / rate * 1000) + pauses


def amount(seconds: float, language: str) -> str:
    """About how much text takes so long, as one would say it: "60 words", "100 characters"."""
    if rate := CHARACTERS_PER_SECOND.get(base(language)):
        return f"{round(seconds * rate)} characters"
    return f"{round(seconds * WORDS_PER_SECOND)} words"


# --- which days and parts ------------------------------------------------------------------------

PER_WEEK = 3
# Shares. Evenings first: most audiences scroll then. Every third reel is tried at noon, so that
# there is something to compare when results come in.
PARTS: Mapping[str, float] = {"evening": 2, "midday": 1}
LATEST_PLACES = 6  # what the parts of the day are balanced over
DAYS = 7


@dataclass(frozen=True)
class Place:
    """A day and a part of it, and what the reel there is about."""

    date: dt.date
    part: str
    pillar_id: int | None = None


def monday_of(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def plan(
    monday: dt.date,
    *,
    taken: Collection[Place] = (),
    history: Sequence[Place] = (),
    pillars: Sequence[tuple[int, float]] = (),
    per_week: int = PER_WEEK,
    first_day: dt.date | None = None,
    parts: Mapping[str, float] = PARTS,
) -> list[Place]:
    """New places that bring the week to `per_week`, in the order of their days.

    taken: what this week has already. history: earlier places, oldest first. pillars: (id,
    weight). parts: of the day, and their shares. first_day: days before it are over. Fewer places
    come back when fewer days are left: no day gets two.
    """
    monday = monday_of(monday)
    days = [monday + dt.timedelta(days=n) for n in range(DAYS)]
    busy = [place.date for place in taken]
    open_days = [
        day for day in days if day not in busy and (first_day is None or day >= first_day)
    ]
    chosen = _spread(open_days, busy, days, per_week - len(taken))
    seen = [*history, *sorted(taken, key=lambda place: place.date)]
    places: list[Place] = []
    for day in chosen:
        part = _next_part(parts, [*seen, *places])
        pillar = next_pillar(pillars, [place.pillar_id for place in [*seen, *places]])
        places.append(Place(day, part, pillar))
    return places


def _spread(
    open_days: list[dt.date], busy: list[dt.date], week: list[dt.date], count: int
) -> list[dt.date]:
    """The days that leave the evenest gaps: each new one as far from the others as can be."""
    chosen: list[dt.date] = []
    wanted = min(count, len(open_days))
    if not busy and wanted > 0 and len(open_days) == DAYS:
        # A fresh week: the middle of equal parts, so that weeks also join evenly.
        return [week[int((n + 0.5) * DAYS / wanted)] for n in range(wanted)]
    for _ in range(max(0, wanted)):
        others = [*busy, *chosen]
        free = [day for day in open_days if day not in chosen]

        def gap(day: dt.date, others: list[dt.date] = others) -> tuple[int, int]:
            nearest = min((abs((day - other).days) for other in others), default=DAYS)
            return (nearest, -abs((day - week[1]).days))  # nothing else known: Tuesday

        chosen.append(max(free, key=gap))
    return sorted(chosen)


def _next_part(parts: Mapping[str, float], seen: Sequence[Place]) -> str:
    """The part furthest behind its share of the latest places."""
    had = Counter(place.part for place in seen[-LATEST_PLACES:] if place.part in parts)
    total, whole = sum(had.values()) + 1, sum(parts.values())
    return max(parts, key=lambda part: parts[part] * total / whole - had[part])


def next_pillar(pillars: Sequence[tuple[int, float]], history: Sequence[int | None]) -> int | None:
    """The pillar furthest behind its weight; the last one again only when half of all is its due.

    pillars: (id, weight), weight 0 rests. history: ids used, oldest first.
    """
    awake = [(pillar, weight) for pillar, weight in pillars if weight > 0]
    if not awake:
        return None
    known = {pillar for pillar, _ in awake}
    used = [pillar for pillar in history if pillar in known]
    had, total = Counter(used), sum(weight for _, weight in awake)
    heavy = {pillar for pillar, weight in awake if weight * 2 > total}
    last = used[-1] if used and used[-1] not in heavy and len(awake) > 1 else None

    def behind(entry: tuple[int, float]) -> tuple[float, int]:
        pillar, weight = entry
        owed = weight / total * (len(used) + 1) - had[pillar]
        rested = used[::-1].index(pillar) if pillar in had else len(used)
        return (owed, rested)

    return max((entry for entry in awake if entry[0] != last), key=behind)[0]
