"""The writer that invents nothing: it picks and orders the creator's own sentences.

Every sentence of a draft is one of the notes' (with at most a capital, a full stop or a "Then,"
added), the title of a note made into a question, the creator's sign-off, or a phrase that claims
nothing (see phrases.py).
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from scripts_gen.cadence import estimate_ms
from scripts_gen.research import ranking
from scripts_gen.research.languages import language as known_language
from scripts_gen.research.markup import plain
from scripts_gen.research.points import Point, closure
from scripts_gen.research.sentences import split, words
from scripts_gen.writing.base import (
    DEFAULT_SECONDS,
    MAX_HASHTAGS,
    BriefData,
    Draft,
    Evidence,
    Persona,
)
from scripts_gen.writing.errors import NeedsNotes
from scripts_gen.writing.hook import Hook, Places, choose_hook, starts_paragraph
from scripts_gen.writing.phrases import is_serious, phrases
from scripts_gen.writing.wording import IMPERATIVES, as_hashtag, contains, soften

MIN_BODY_SENTENCES = 3
MIN_SHARE = 0.55  # of the wanted length; less is no reel
MAX_SHARE = 1.1
SECONDS_PER_SENTENCE = 5
DULL = (
    "time people thing ends minute hour second days week month year need really first every part "
    "point kind works using makes turn lets well good"
)
COUNTS = "no one two three four five six seven eight nine ten eleven twelve"


class NotesWriter:
    """Extraction and arrangement, nothing else."""

    name = "notes"
    instant = True

    def write(
        self, brief: BriefData, persona: Persona, *, seconds: int = DEFAULT_SECONDS
    ) -> Draft:
        """From one note if it holds enough, else with the next: one thought is better than two."""
        points, left_out = without_words(brief.points, persona.words_to_avoid)
        notes = list(dict.fromkeys(point.note_id for point in points))
        for n in range(1, len(notes) + 1):
            among = [point for point in points if point.note_id in notes[:n]]
            draft = compose(replace(brief, points=tuple(among)), persona, seconds)
            if draft:
                return replace(draft, remarks=tuple(remarks(left_out)))
        raise NeedsNotes(too_little(brief, len(points), left_out, seconds))


def compose(brief: BriefData, persona: Persona, seconds: int) -> Draft | None:
    """A script out of all these points. None when they do not carry one of that length."""
    turn = zlib.crc32(f"{brief.topic}{brief.said_before}".encode())
    closing = call_to_action(persona, turn)
    hook = choose_hook(brief, persona, turn)
    if hook is None:
        return None
    around = estimate_ms(f"{hook.evidence.sentence}\n{closing}", persona.language)
    body = choose_body(brief.points, hook, persona, seconds * 1000 * MAX_SHARE - around)
    said = [hook.evidence, *arrange(body, hook, brief, persona, turn)]
    spoken = "\n".join([*(part.sentence for part in said), closing])
    too_short = estimate_ms(spoken, persona.language) < MIN_SHARE * seconds * 1000
    if len(body) < MIN_BODY_SENTENCES or too_short:
        return None
    ending = [Evidence(sentence, None) for sentence in split(closing, persona.language)]
    return Draft(
        hook=hook.evidence.sentence,
        body=" ".join(part.sentence for part in said[1:]),
        call_to_action=closing,
        caption=caption(brief, hook, body, persona),
        hashtags=hashtags(brief, persona, body),
        evidence=(*said, *ending),
    )


# --- words to avoid ------------------------------------------------------------------------------


def without_words(
    points: Sequence[Point], avoid: Sequence[str]
) -> tuple[list[Point], dict[str, int]]:
    """The points without words to avoid, and how many fell to each of them."""
    kept, left_out = [], Counter[str]()
    for point in points:
        hit = next((word for word in avoid if contains(point.text, word)), None)
        if hit is None:
            kept.append(point)
        else:
            left_out[hit] += 1
    return kept, dict(left_out)


def remarks(left_out: dict[str, int]) -> Iterable[str]:
    for word, count in left_out.items():
        plural = "sentence was" if count == 1 else "sentences were"
        why = f"because of “{word}”, a word you avoid"
        yield f"{counted(count).capitalize()} {plural} left out {why}."


def too_little(brief: BriefData, count: int, left_out: dict[str, int], seconds: int) -> str:
    """Why there is no script, and what would help."""
    about = f"Your notes on “{brief.topic}” hold" if brief.topic else "Your notes hold"
    unused = "unused " if brief.said_before else ""
    held = f"{counted(count)} {unused}{'sentence' if count == 1 else 'sentences'}"
    needed = max(4, round(seconds / SECONDS_PER_SENTENCE))
    wants = f"a script needs about {counted(needed)}"
    if count >= needed:
        wants += ", and these are too short, too long or lean on each other"
    return " ".join([f"{about} {held}; {wants}.", *remarks(left_out), "Add more notes."])


def counted(count: int) -> str:
    named = COUNTS.split()
    return named[count] if count < len(named) else str(count)


# --- the body ------------------------------------------------------------------------------------


def choose_body(
    points: Sequence[Point], hook: Hook, persona: Persona, room_ms: float
) -> list[Point]:
    """The points that fill the room best, without the hook itself: ranked, close together, not
    twice the same.

    Whatever a point leans on or promises comes with it or it does not come.
    """
    by_place: Places = {(point.note_id, point.position): point for point in points}
    opening = hook.point
    chosen: Places = {}
    if opening:
        for point in closure(opening, by_place) or ():
            chosen[point.note_id, point.position] = point
        room_ms -= sum(_length(point, persona) for point in chosen.values() if point != opening)
    while True:
        best: tuple[float, list[Point]] | None = None
        for point in points:
            if (point.note_id, point.position) in chosen:
                continue
            whole = closure(point, by_place)
            new = [p for p in whole or () if (p.note_id, p.position) not in chosen]
            if not new or sum(_length(p, persona) for p in new) > room_ms:
                continue
            gain = _gain(new, chosen, persona)
            if best is None or gain > best[0]:
                best = (gain, new)
        if best is None:
            return [point for point in chosen.values() if point != opening]
        for point in best[1]:
            chosen[point.note_id, point.position] = point
            room_ms -= _length(point, persona)


def _length(point: Point, persona: Persona) -> int:
    return estimate_ms(f"{point.text}\n{point.text}", persona.language) // 2  # with half a pause


def _gain(new: list[Point], chosen: Places, persona: Persona) -> float:
    gain = sum(point.score for point in new) / len(new)
    head = new[0]
    neighbours = {(head.note_id, head.position - 1), (new[-1].note_id, new[-1].position + 1)}
    gain += 0.25 * bool(neighbours & chosen.keys())
    gain += 0.15 * any(
        (p.note_id, p.paragraph) == (head.note_id, head.paragraph) for p in chosen.values()
    )
    gain += 0.2 * any(p.note_id == head.note_id for p in chosen.values())
    gain += 0.15 * any(contains(p.text, word) for p in new for word in persona.words_to_use)
    about = set(ranking.terms(" ".join(p.text for p in new), persona.language))
    echo = max((_share(about, p, persona) for p in chosen.values()), default=0.0)
    return gain - 0.5 * max(0.0, echo - 0.2)


def _share(about: set[str], point: Point, persona: Persona) -> float:
    other = set(ranking.terms(point.text, persona.language))
    return len(about & other) / max(1, len(about | other))


def arrange(
    body: list[Point], hook: Hook, brief: BriefData, persona: Persona, turn: int
) -> list[Evidence]:
    """In the order of the notes, what the hook promised first, steps with "First" and "Then"."""
    order = {
        note_id: n for n, note_id in enumerate(dict.fromkeys(p.note_id for p in brief.points))
    }
    opening = hook.point
    ordered = sorted(body, key=lambda p: (order[p.note_id], p.position))
    if opening:
        ordered = _from_hook(opening, ordered, brief.points)
    texts = [point.text for point in brief.points]
    steps = Counter((point.note_id, point.paragraph) for point in ordered if point.step)
    jump = _widest_jump(ordered)
    said: list[Evidence] = []
    nth_step = 0
    for n, point in enumerate(ordered):
        if n == jump:
            said.extend(_onward(persona, turn))
        text = point.text
        if point.step and steps[point.note_id, point.paragraph] > 1:
            text = _as_step(text, 0 if point.step == 1 else 1 + nth_step, texts, persona.language)
            nth_step += point.step > 1
        said.append(Evidence(text, point.note_id, point.quote))
    return said


def _from_hook(opening: Point, ordered: list[Point], points: Sequence[Point]) -> list[Point]:
    """What the hook promised, then the paragraph it opened, then its note, then the others."""
    by_place = {(point.note_id, point.position): point for point in points}
    opened = opening.paragraph if starts_paragraph(opening, by_place) else None

    def place(chain: list[Point]) -> tuple[bool, bool, bool]:
        head = chain[0]
        here = head.note_id == opening.note_id
        goes_on = here and head.paragraph == opened and head.position > opening.position
        return (not _joined(opening, head), not goes_on, not here)

    return [point for chain in sorted(_chains(ordered), key=place) for point in chain]


def _chains(ordered: list[Point]) -> list[list[Point]]:
    """Points that must stay together: an answer and its question, "it" and what it means."""
    chains: list[list[Point]] = []
    for point in ordered:
        if chains and _joined(chains[-1][-1], point):
            chains[-1].append(point)
        else:
            chains.append([point])
    return chains


def _joined(one: Point, other: Point) -> bool:
    next_to_it = one.note_id == other.note_id and other.position == one.position + 1
    return next_to_it and (one.leads or other.follows)


def _widest_jump(ordered: list[Point]) -> int | None:
    """Before which point the thread breaks most, once and not near the start. None when it hardly
    does.
    """

    def distance(n: int) -> float:
        one, other = ordered[n - 1], ordered[n]
        if one.note_id != other.note_id:
            return 100.0
        return float(abs(other.paragraph - one.paragraph))

    later = [n for n in range(2, len(ordered)) if not ordered[n].follows and distance(n) > 0]
    return max(later, key=distance) if later and len(ordered) >= 4 else None


def _onward(persona: Persona, turn: int) -> list[Evidence]:
    known = phrases(persona.language)
    choices = known.calm_onward if is_serious(persona.tone) else known.onward
    allowed = [
        phrase
        for phrase in choices
        if not any(contains(phrase, w) for w in persona.words_to_avoid)
    ]
    return [Evidence(allowed[turn % len(allowed)], None)] if allowed else []


def _as_step(text: str, nth: int, texts: list[str], tag: str) -> str:
    """With "First," or "Then" before it; after a colon where its capital may be a name's."""
    known = phrases(tag)
    if not known.first or not known.then:
        return text
    opening = known.first if nth == 0 else known.then[(nth - 1) % len(known.then)]
    if opening.endswith(":"):
        return f"{opening} {text}"
    softened = soften(text, texts, tag)
    return f"{opening} {softened}" if softened != text else f"{opening.rstrip(',')}: {text}"


# --- around it -----------------------------------------------------------------------------------


def call_to_action(persona: Persona, turn: int) -> str:
    """The creator's own sign-off, else a question that claims nothing."""
    if persona.sign_off.strip():
        return persona.sign_off.strip()
    questions = [
        question
        for question in phrases(persona.language).questions
        if not any(contains(question, word) for word in persona.words_to_avoid)
    ]
    return questions[turn % len(questions)] if questions else ""


def caption(brief: BriefData, hook: Hook, body: Sequence[Point], persona: Persona) -> str:
    """The opening, the sentence that carries most, and where pasted sources were found."""
    alone = [p for p in body if not p.follows and not p.leads and not p.step]
    lines = [hook.evidence.sentence]
    if alone:
        lines.append(max(alone, key=lambda point: point.score).text)
    used = {point.note_id for point in [*body, *([hook.point] if hook.point else [])]}
    label = phrases(persona.language).source
    for note_id in sorted(used & brief.links.keys()):
        host = urlsplit(brief.links[note_id]).hostname or ""
        named = f"{plain(brief.titles.get(note_id, ''))}, {host.removeprefix('www.')}".strip(", ")
        lines.append(f"{label}: {named}" if label else named)
    return "\n\n".join(lines)[:2200]


def hashtags(brief: BriefData, persona: Persona, body: Sequence[Point]) -> tuple[str, ...]:
    """The pillar, the creator's topics that are spoken of, then the words used most."""
    text = " ".join([brief.topic, *(point.text for point in body)])
    stop = known_language(persona.language).stop_words
    title = {_singular(word) for word in words(plain(brief.topic).lower())}
    counts = Counter(
        _singular(word)
        for word in words(" ".join(point.text for point in body).lower())
        if len(word) >= 4 and word.isalpha() and word not in stop
    )
    frequent = [
        word
        for word, count in counts.most_common(8)
        if count >= (1 if word in title else 2)
        and word not in IMPERATIVES
        and word not in DULL.split()
    ]
    spoken_topics = [topic for topic in persona.topics if contains(text, topic)]
    found: dict[str, str] = {}
    for words_ in [brief.pillar, *spoken_topics, *frequent[:3]]:
        tag = as_hashtag(words_)
        if tag and not any(contains(words_, word) for word in persona.words_to_avoid):
            found.setdefault(_singular(tag.casefold()), tag)
    return tuple(found.values())[:MAX_HASHTAGS]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 5 and word.endswith("s") and not word.endswith("ss") else word
