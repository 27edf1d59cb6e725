"""How a script opens: with a striking sentence of the notes, or with a title made into one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scripts_gen.research import ranking
from scripts_gen.research.languages import language as known_language
from scripts_gen.research.markup import plain
from scripts_gen.research.points import Point, closure
from scripts_gen.research.sentences import words
from scripts_gen.writing.base import BriefData, Evidence, Persona
from scripts_gen.writing.phrases import phrases
from scripts_gen.writing.wording import IMPERATIVES, contains, is_question, soften

MAX_HOOK_WORDS = 15
# Hook merit from which a sentence beats the title, and beats a title that is a question.
STRIKING, STRIKING_MORE = 1.9, 2.4
WORKED = 0.6  # of merit at most, for a kind of hook that did better than the creator's others

Places = dict[tuple[int, int], Point]


@dataclass(frozen=True)
class Hook:
    """How the script opens. `point` when it is a sentence of the notes, else made from a title."""

    evidence: Evidence
    point: Point | None = None


def choose_hook(brief: BriefData, persona: Persona, turn: int) -> Hook | None:
    """A striking sentence of the notes, else the title as a question, else the best sentence
    there is.
    """
    points = brief.points
    by_place = {(point.note_id, point.position): point for point in points}
    merits = [
        (
            hook_merit(point, persona, brief.hooks) + 0.3 * starts_paragraph(point, by_place),
            point.score,
            -n,
        )
        for n, point in enumerate(points)
        if can_open(point) and closure(point, by_place)
    ]
    best = max(merits, default=None)
    asks = is_question(brief.topic, persona.language) and not brief.said_before
    if best and best[0] >= (STRIKING_MORE if asks else STRIKING):
        return _said(points[-best[2]])
    title = None if brief.said_before and best else title_hook(brief, persona, turn)
    if title:
        return title
    return _said(points[-best[2]]) if best else None


def hook_kind(text: str, language: str) -> str:
    """How a script opens: with a question, a number, a contradiction, or a plain statement."""
    if text.rstrip('”"»').endswith(("?", "؟", "？")):
        return "question"
    if re.search(r"\d", text):
        return "number"
    striking = set(phrases(language).striking.split())
    return "contrast" if striking & set(words(text.lower())) else "statement"


def starts_paragraph(point: Point, by_place: Places) -> bool:
    """Whether the point opens its paragraph: nothing that explains it is left behind."""
    before = by_place.get((point.note_id, point.position - 1))
    return before is None or before.paragraph != point.paragraph


def _said(point: Point) -> Hook:
    return Hook(Evidence(point.text, point.note_id, point.quote), point)


def can_open(point: Point) -> bool:
    return not (
        point.follows
        or point.step
        or point.text.endswith(":")
        or len(words(point.text)) > MAX_HOOK_WORDS * (2 if " " not in point.text else 1)
    )


def hook_merit(point: Point, persona: Persona, hooks: Mapping[str, float]) -> float:
    """How much a sentence makes one stay: questions, contrasts, numbers, "you", and brevity; and
    what worked with this audience, as in `BriefData.hooks`.
    """
    said = words(point.text.lower())
    striking = set(phrases(persona.language).striking.split())
    merit = 1.5 if point.text.rstrip('”"»').endswith(("?", "؟", "？")) else 0.0
    merit += min(1.6, 0.8 * len(striking & set(said)))
    merit += 0.6 * bool(re.search(r"\d", point.text))
    merit += 0.4 * bool(
        {"you", "your", "du", "dein", "tu", "ton", "tus", "je", "jouw"} & set(said)
    )
    merit += 0.6 if 5 <= len(said) <= 11 else 0.3 if len(said) <= 15 else 0.0
    merit += 0.4 if point.position < 2 else 0.2 if point.position < 4 else 0.0
    merit -= 0.8 * (said[0] in IMPERATIVES)  # advice comes after its reason
    merit += 0.3 * any(contains(point.text, word) for word in persona.words_to_use)
    merit += max(-WORKED, min(WORKED, 2 * hooks.get(hook_kind(point.text, persona.language), 0.0)))
    return merit + point.score


def title_hook(brief: BriefData, persona: Persona, turn: int) -> Hook | None:
    """The topic as a question or an opening. It adds no fact: only words around the creator's
    own.
    """
    title = plain(brief.topic).strip(" .:;,–—-#")
    about = set(ranking.terms(title, persona.language))
    told = {term for point in brief.points for term in ranking.terms(point.text, persona.language)}
    if not title or not about & told or len(words(title)) > MAX_HOOK_WORDS:
        return None  # "Notes of 3 May" says nothing about what follows
    if any(contains(title, word) for word in persona.words_to_avoid):
        return None
    own = all(point.own for point in brief.points)
    if not own and set(words(title.lower())) & known_language(persona.language).first_person:
        return None  # "How I saved a year's rent" is somebody else's story
    note_id = next(
        (key for key, value in brief.titles.items() if plain(value) == plain(brief.topic)), None
    )
    known = phrases(persona.language)
    if title.endswith(("?", "!", "؟", "？")):
        sentence = title
    elif is_question(title, persona.language):
        if not known.title_question:
            return None
        sentence = known.title_question[turn % len(known.title_question)].format(
            title[0].lower() + title[1:]
        )
    elif known.topic:
        lowered = soften(title, [point.text for point in brief.points], persona.language)
        sentence = known.topic[turn % len(known.topic)].format(lowered)
    elif len(words(title)) < 3:
        return None
    else:
        sentence = f"{title}."
    return Hook(Evidence(sentence, note_id, title))
