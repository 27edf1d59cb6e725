"""What a script can be made of: the sentences of notes and sources, ranked for a topic."""

import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from scripts_gen.research import ranking
from scripts_gen.research.languages import language
from scripts_gen.research.markup import plain
from scripts_gen.research.sentences import sentences, words

MAX_SENTENCES = 900  # of one search, some 14,000 words; a pasted book is read this far
MAX_NOTES = 4  # of one script
CHARACTERS_A_SENTENCE, ENOUGH = 70, 8  # sentences for a script
AKIN = 0.12  # likeness from which two notes are about the same


@dataclass(frozen=True)
class Source:
    """A note or a pasted text. `own`: the creator's words, so that "I" is the creator."""

    note_id: int
    title: str
    text: str
    own: bool = True
    pillar_id: int | None = None


@dataclass(frozen=True)
class Point:
    """One sentence that can be said, with where it stands.

    quote: the words of the note it was made from. position: place in its note, neighbours are 1
    apart. follows: only after its predecessor; leads: only before its successor. step: place in
    an ordered list, or 0.
    score: how much it carries the topic, 0 to 1.
    """

    text: str
    note_id: int
    quote: str
    position: int
    paragraph: int = 0
    follows: bool = False
    leads: bool = False
    step: int = 0
    score: float = 0.0
    own: bool = True

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Point":
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in names})


def find_points(
    sources: Sequence[Source],
    topic: str,
    tag: str,
    *,
    used: Collection[str] = (),
    limit: int = 40,
) -> list[Point]:
    """The best sentences about `topic`, in the order of the notes.

    used: sentences said before; they and their near twins are left out.
    limit: how many sentences; what they lean on comes with them.
    """
    found = _all_points(sources, tag)
    if not found:
        return []
    found = _without_twins(_scored(found, sources, topic, tag), used, tag)
    by_place = {(point.note_id, point.position): point for point in found}
    chosen: dict[tuple[int, int], Point] = {}
    for point in sorted(found, key=lambda p: -p.score):
        if len(chosen) >= limit:
            break
        for needed in closure(point, by_place) or ():
            chosen[needed.note_id, needed.position] = needed
    order = {source.note_id: n for n, source in enumerate(sources)}
    return sorted(chosen.values(), key=lambda p: (order[p.note_id], p.position))


def closure(point: Point, by_place: dict[tuple[int, int], Point]) -> list[Point] | None:
    """The point with all it leans on or promises, in order. None when a part is missing."""
    first = last = point
    result = [point]
    while first.follows:
        before = by_place.get((first.note_id, first.position - 1))
        if before is None:
            return None
        result.insert(0, first := before)
    while last.leads:
        after = by_place.get((last.note_id, last.position + 1))
        if after is None:
            return None
        result.append(last := after)
    return result


def choose_sources(
    sources: Sequence[Source],
    topic: str,
    tag: str,
    *,
    pillar_id: int | None = None,
    pillar: str = "",
    used: Collection[str] = (),
) -> list[Source]:
    """The notes for one script, the one to start from first.

    Without a topic the note with the most unused sentences leads, one of the pillar's before
    others. What follows it is about the same.
    """
    if not sources:
        return []
    said = {normal(sentence) for sentence in used}
    bodies = [f"{source.title} {source.text[:20_000]}" for source in sources]
    asked = ranking.terms(f"{topic} {topic} {pillar}", tag)
    documents = [ranking.terms(body, tag) for body in bodies]
    likeness = ranking.likeness_to(asked, documents)

    def belongs(source: Source) -> bool:
        return pillar_id is not None and source.pillar_id == pillar_id

    def fresh(source: Source) -> float:
        body = normal(source.text)
        left = len(body) / CHARACTERS_A_SENTENCE - sum(sentence in body for sentence in said)
        return max(0.0, min(left, ENOUGH)) / ENOUGH

    def merit(n: int) -> tuple[float, int]:
        source = sources[n]
        same_title = bool(topic) and normal(source.title) == normal(topic)
        fits = float(likeness[n]) * 2 + belongs(source)
        return (3.0 * same_title + fits + fresh(source) * (0.3 if topic else 1.5), -n)

    order = sorted(range(len(sources)), key=merit, reverse=True)
    lead = next((n for n in order if not asked or likeness[n] > 0.02 or belongs(sources[n])), None)
    if lead is None:
        return []
    akin = ranking.likeness_to(documents[lead], documents)
    others = [n for n in order if n != lead and akin[n] >= AKIN]
    return [sources[n] for n in [lead, *others][:MAX_NOTES]]


def match_pillar(text: str, pillars: Sequence[tuple[int, str]], tag: str) -> int | None:
    """The id of the pillar a text is about, or None. Pillars are given as (id, words)."""
    if not pillars:
        return None
    likeness = ranking.likeness_to(
        ranking.terms(text, tag), [ranking.terms(words_, tag) for _, words_ in pillars]
    )
    best = int(np.argmax(likeness))
    return pillars[best][0] if likeness[best] > 0.02 else None


def normal(sentence: str) -> str:
    """A sentence as it is compared: its words alone."""
    return " ".join(words(sentence.lower()))


def _all_points(sources: Sequence[Source], tag: str) -> list[Point]:
    first_person = language(tag).first_person
    found: list[Point] = []
    for source in sources:
        for sentence in sentences(source.text, tag):
            spoken = {
                part
                for word in words(sentence.text.lower())
                for part in (word, word.split("'")[0])
            }
            if not source.own and spoken & first_person:
                continue  # somebody else's "I" in the creator's mouth would be a lie
            if normal(sentence.text) == normal(source.title):
                continue
            found.append(
                Point(
                    text=sentence.text,
                    note_id=source.note_id,
                    quote=sentence.quote,
                    position=sentence.position,
                    paragraph=sentence.paragraph,
                    follows=sentence.follows,
                    leads=sentence.leads,
                    step=sentence.step,
                    own=source.own,
                )
            )
            if len(found) >= MAX_SENTENCES:
                return found
    return found


def _scored(found: list[Point], sources: Sequence[Source], topic: str, tag: str) -> list[Point]:
    """Central sentences first, then those near the topic and its note's title, then early ones."""
    documents = [ranking.terms(point.text, tag) for point in found]
    rows, _ = ranking.tf_idf(documents)
    central = ranking.text_rank(rows)
    near = ranking.likeness_to(ranking.terms(topic, tag), documents)
    titles = {source.note_id: set(ranking.terms(plain(source.title), tag)) for source in sources}
    rank_of = {source.note_id: n for n, source in enumerate(sources)}
    scored = []
    for n, point in enumerate(found):
        shared = len(titles[point.note_id] & set(documents[n])) / max(
            1, len(titles[point.note_id])
        )
        early = 1 / (1 + point.position / 5)
        concrete = bool(re.search(r"\d", point.text))
        length = min(1.0, len(documents[n]) / 5)
        score = (
            0.3 * float(central[n])
            + 0.25 * float(near[n])
            + 0.1 * shared
            + 0.2 * early
            + 0.05 * concrete
            + 0.1 * length
        ) * 0.85 ** rank_of[point.note_id]
        scored.append(replace(point, score=round(min(1.0, score), 4)))
    return scored


def _without_twins(found: list[Point], used: Collection[str], tag: str) -> list[Point]:
    said = {normal(sentence) for sentence in used}
    known: list[set[str]] = []
    where: dict[str, list[int]] = {}  # term -> the known sentences that hold it

    def keep(about: set[str]) -> None:
        for term in about:
            where.setdefault(term, []).append(len(known))
        known.append(about)

    for sentence in used:
        keep(set(ranking.terms(sentence, tag)))
    kept: list[Point] = []
    for point in sorted(found, key=lambda p: -p.score):
        about = set(ranking.terms(point.text, tag))
        if normal(point.text) in said or normal(point.quote) in said:
            continue
        near = {n for term in about for n in where.get(term, ())}
        if any(ranking.twins(about, known[n]) for n in near):
            continue
        kept.append(point)
        keep(about)
    return kept
