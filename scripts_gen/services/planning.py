"""The calendar: which days get a reel."""

import datetime as dt
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from creators.models import Creator
from scripts_gen import cadence, learning
from scripts_gen.errors import NotPossible
from scripts_gen.models import Decision, Slot

HISTORY_DAYS = 56  # what planning looks back on
WEEKS_AHEAD = 52  # in which a free place is looked for


def local_today(creator: Creator) -> dt.date:
    return timezone.now().astimezone(creator.zone).date()


def open_places(
    creator: Creator, monday: dt.date, per_week: int = cadence.PER_WEEK
) -> list[cadence.Place]:
    """What `plan_week` would add to the week that holds `monday`."""
    monday = cadence.monday_of(monday)
    slots = (
        creator.slots.planned()
        .filter(
            date__gte=monday - dt.timedelta(days=HISTORY_DAYS),
            date__lt=monday + dt.timedelta(days=7),
        )
        .order_by("date", "pk")
    )
    places = [cadence.Place(slot.date, slot.part, slot.pillar_id) for slot in slots]
    return cadence.plan(
        monday,
        taken=[place for place in places if place.date >= monday],
        history=[place for place in places if place.date < monday],
        pillars=learning.pillar_weights(creator),
        parts=learning.part_shares(creator),
        per_week=per_week,
        first_day=local_today(creator),
    )


@transaction.atomic
def plan_week(creator: Creator, monday: dt.date, per_week: int = cadence.PER_WEEK) -> list[Slot]:
    """Fill the week that holds `monday` up to `per_week` slots; days that are over stay.

    Returns all slots of the week, in the order of their days. Safe to call twice.
    """
    Creator.objects.select_for_update().get(pk=creator.pk)  # two tabs plan one after the other
    monday = cadence.monday_of(monday)
    for place in open_places(creator, monday, per_week):
        Slot.objects.get_or_create(
            creator=creator,
            date=place.date,
            part=place.part,
            defaults={"pillar_id": place.pillar_id},
        )
    week = creator.slots.planned().filter(date__gte=monday, date__lt=monday + dt.timedelta(days=7))
    return list(week.select_related("pillar"))


def free_places(creator: Creator, day: dt.date) -> Iterator[cadence.Place]:
    """What planning would add from `day` on, but not before today, the nearest first."""
    first = max(day, local_today(creator))
    for n in range(WEEKS_AHEAD):
        week = open_places(creator, first + dt.timedelta(days=7 * n))
        yield from (place for place in week if place.date >= first)


def delete_slot(slot: Slot) -> None:
    """Take a slot out of the calendar. NotPossible when a script of it was ever approved."""
    scripts = slot.scripts.filter(decisions__verdict=Decision.Verdict.APPROVED)
    if scripts.exists():
        raise NotPossible(
            "A script of this slot was approved, and its reel and posts hang on it. "
            "Move the slot instead."
        )
    slot.delete()
