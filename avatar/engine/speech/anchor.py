"""Phones in the words' times of a vendor.

A vendor that speaks knows when each word begins and ends, and says nothing about sounds. The
aligner finds sounds by listening; where its words are not where the vendor's are, it is moved.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from avatar.engine.speech.reading import Reading
from avatar.engine.speech.times import WordTime
from avatar.engine.types import Alignment, Phone, Word

LEAST_MS = 1


def anchored(
    found: Alignment | None, reading: Reading, times: tuple[WordTime, ...], duration_ms: int
) -> Alignment:
    """An alignment whose words stand where the vendor says.

    found: what the aligner heard; None when it heard nothing that fits: then the phones of a word
        share its time as espeak-ng's do. reading: of the same text, one word a time.
    times: one a word; None where it is not known, which leaves the word where it was found.
    """
    if len(times) != len(reading.words):
        if found is None:
            raise ValueError("There are other times than words.")
        return found
    heard = _found_words(found, reading.words)
    words: list[Word] = []
    phones: list[Phone] = []
    for number, name in enumerate(reading.words):
        word = heard.get(number)
        wanted = times[number] or ((word.start_ms, word.end_ms) if word else None)
        span = _free(wanted, words, duration_ms) if wanted else None
        if span is None:
            continue
        words.append(Word(name, span[0], span[1]))
        own = _phones_of(found, word) if found and word else _read_phones(reading, number)
        phones += _laid_into(own, span)
    placed = {number for number, time in enumerate(times) if time} | set(heard)
    unplaced = tuple(name for i, name in enumerate(reading.words) if i not in placed)
    unwritten = found.unwritten if found else ()
    phones = _with(phones, _between(found, words) if found else [])
    return Alignment(duration_ms, tuple(phones), tuple(words), unplaced, unwritten)


def _found_words(found: Alignment | None, names: tuple[str, ...]) -> dict[int, Word]:
    """The aligner's words by their number in the text; it leaves some out."""
    numbered: dict[int, Word] = {}
    at = 0
    for word in found.words if found else ():
        later = [i for i in range(at, len(names)) if names[i] == word.word]
        if later:
            numbered[later[0]] = word
            at = later[0] + 1
    return numbered


def _free(span: tuple[int, int], words: list[Word], duration_ms: int) -> tuple[int, int] | None:
    """The span as far as nobody else has it; None when nothing is left."""
    start = max(span[0], words[-1].end_ms if words else 0)
    end = min(span[1], duration_ms)
    return (start, end) if end - start >= LEAST_MS else None


def _phones_of(found: Alignment, word: Word) -> list[Phone]:
    """A phone belongs to the word that its middle lies in."""
    return [
        phone
        for phone in found.phones
        if word.start_ms <= (phone.start_ms + phone.end_ms) / 2 < word.end_ms
    ]


def _between(found: Alignment, words: list[Word]) -> list[Phone]:
    """What is heard beside the words: laughter, something that is not in the text."""
    beside = [p for p in found.phones if not any(_overlap(p, word) for word in found.words)]
    return [p for p in beside if not any(_overlap(p, word) for word in words)]


def _overlap(phone: Phone, word: Word) -> bool:
    return phone.start_ms < word.end_ms and word.start_ms < phone.end_ms


def _with(phones: list[Phone], more: list[Phone]) -> list[Phone]:
    return sorted([*phones, *more], key=lambda phone: phone.start_ms)


def _read_phones(reading: Reading, number: int) -> list[Phone]:
    scale = 1000 / reading.sample_rate
    return [
        Phone(p.phone, round(p.start * scale), round(p.end * scale), p.stress)
        for p, owner in zip(reading.phones, reading.phone_words, strict=True)
        if owner == number
    ]


def _laid_into(phones: list[Phone], span: tuple[int, int]) -> list[Phone]:
    """The phones stretched so that the first begins and the last ends with the span."""
    if not phones:
        return []
    first, last = phones[0].start_ms, max(phones[-1].end_ms, phones[0].start_ms + 1)
    bounds = np.array([[p.start_ms, p.end_ms] for p in phones], dtype=float)
    moved = span[0] + (bounds - first) * (span[1] - span[0]) / (last - first)
    edges = np.clip(np.rint(moved), *span).astype(int)
    laid = [
        replace(phone, start_ms=int(start), end_ms=int(end))
        for phone, (start, end) in zip(phones, edges, strict=True)
        if end > start
    ]
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(laid))
    return laid
