"""What worked for a creator: kept here, and what planning and writing make of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1

from django.db import transaction
from django.utils import timezone

from creators.models import Creator
from scripts_gen import cadence
from scripts_gen.lessons import (
    ENOUGH,
    HOOKS,
    Effect,
    Outcome,
    effects,
    length_kind,
    turns,
    weighed,
)
from scripts_gen.models import Lesson, Script
from scripts_gen.writing.hook import hook_kind

Subject = Lesson.Subject


@dataclass(frozen=True)
class Told:
    """A lesson in words. change: of what a post reaches, as a share; low to high holds 80 %."""

    about: str  # "Bread", "opening with a question", "20 to 30 s", "in the evening"
    subject: str
    n: int
    change: float
    low: float
    high: float
    is_clear: bool
    turns: float | None = None  # in the calendar for each that it would get otherwise


@transaction.atomic
def learn(creator: Creator, outcomes: Sequence[Outcome]) -> list[Lesson]:
    """Keep what follows from all comparable results of a creator; the earlier lessons give way.

    A script that went out on several accounts counts once, with the mean of its gains.
    """
    Creator.objects.select_for_update().get(pk=creator.pk)  # one lesson at a time
    scripts = Script.objects.filter(slot__creator=creator).select_related("slot")
    known = scripts.in_bulk({outcome.script_pk for outcome in outcomes})
    gains = defaultdict(list)
    for outcome in outcomes:
        if outcome.script_pk in known:
            gains[outcome.script_pk, outcome.duration_ms, outcome.part].append(outcome.gain)
    kinds: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for (script_pk, duration_ms, part), some in gains.items():
        script, gain = known[script_pk], sum(some) / len(some)
        pillar_pk = script.slot.pillar_id
        kinds[Subject.PILLAR].append((str(pillar_pk or ""), gain))
        kinds[Subject.HOOK].append((hook_kind(script.hook, script.language), gain))
        kinds[Subject.LENGTH].append((length_kind(duration_ms), gain))
        kinds[Subject.PART].append((part, gain))
    now = timezone.now()
    lessons = [Lesson(creator=creator, subject=Subject.ALL, n=len(gains), learned_at=now)]
    for subject, pairs in kinds.items():
        lessons += [
            Lesson(
                creator=creator,
                subject=subject,
                kind=kind,
                n=effect.n,
                effect=effect.mean,
                low=effect.low,
                high=effect.high,
                learned_at=now,
            )
            for kind, effect in effects(pairs).items()
        ]
    creator.lessons.all().delete()
    return Lesson.objects.bulk_create(lessons)


def learned(creator: Creator, subject: str) -> dict[str, float]:
    """Kind -> how much better than the others it did, in logs."""
    return dict(creator.lessons.filter(subject=subject).values_list("kind", "effect"))


def pillar_weights(creator: Creator) -> list[tuple[int, float]]:
    """(pillar, weight) for planning: the creator's own weights, moved by what worked."""
    known = learned(creator, Subject.PILLAR)
    return [
        (pillar.pk, pillar.weight * turns(known.get(str(pillar.pk), 0.0)))
        for pillar in creator.pillars.all()
    ]


def pillar_turns(creators: Sequence[Creator]) -> dict[int, tuple[float, int]]:
    """Pillar -> its turns for each that its weight alone would give, and from how many reels."""
    lessons = Lesson.objects.filter(creator__in=creators, subject=Subject.PILLAR)
    return {int(lesson.kind): (turns(lesson.effect), lesson.n) for lesson in lessons}


def part_shares(creator: Creator) -> dict[str, float]:
    """The parts of the day for planning. One that is not usually planned joins once it did clearly
    better.
    """
    lessons = list(creator.lessons.filter(subject=Subject.PART))
    shares = dict(cadence.PARTS)
    for lesson in lessons:
        if lesson.low > 0 and lesson.n >= ENOUGH:
            shares.setdefault(lesson.kind, 1.0)
    return weighed(shares, {lesson.kind: lesson.effect for lesson in lessons})


def told(creator: Creator) -> list[Told]:
    """Everything that was learned, in words, the best of each subject first."""
    names = {str(pillar.pk): pillar.name for pillar in creator.pillars.all()}
    found = []
    for lesson in creator.lessons.exclude(subject=Subject.ALL):
        effect = Effect(lesson.n, lesson.effect, lesson.low, lesson.high)
        about = _about(lesson, names)
        if about is None:
            continue  # a pillar that was deleted
        planned = lesson.subject in (Subject.PILLAR, Subject.PART)
        found.append(
            Told(
                about=about,
                subject=lesson.subject,
                n=effect.n,
                change=expm1(effect.mean),
                low=expm1(effect.low),
                high=expm1(effect.high),
                is_clear=effect.is_clear,
                turns=turns(effect.mean) if planned else None,
            )
        )
    return found


def sentences(creator: Creator) -> tuple[str, ...]:
    """What is clear about openings and lengths, for a writer."""
    return tuple(
        f"{lesson.about}: {lesson.change:+.0%} against the other reels ({lesson.n} reels)"
        for lesson in told(creator)
        if lesson.is_clear and lesson.subject in (Subject.HOOK, Subject.LENGTH)
    )


def _about(lesson: Lesson, pillars: dict[str, str]) -> str | None:
    if lesson.subject == Subject.PILLAR:
        return pillars.get(lesson.kind)
    if lesson.subject == Subject.HOOK:
        return HOOKS.get(lesson.kind)
    if lesson.subject == Subject.PART:
        return f"at {lesson.kind}" if lesson.kind == "midday" else f"in the {lesson.kind}"
    return lesson.kind
