"""The coming seven days of every creator, each in the creator's own calendar."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from creators.models import Creator
from scripts_gen.models import Script, Slot
from studio.lib.owned import User

DAYS_AHEAD = 7


class Reached(IntEnum):
    """How far a day is."""

    EMPTY, PLANNED, WAITING, APPROVED = range(4)

    @property
    def words(self) -> str:
        return (
            "nothing planned",
            "planned, not written yet",
            "a script waits for you",
            "script approved",
        )[self]


@dataclass(frozen=True)
class Day:
    date: dt.date
    reached: Reached


@dataclass(frozen=True)
class Week:
    creator: Creator
    days: list[Day]

    @property
    def n_empty(self) -> int:
        return sum(day.reached == Reached.EMPTY for day in self.days)


def weeks_ahead(user: User, creators: list[Creator]) -> Iterator[Week]:
    """The next seven days of each creator; a day is as far as its furthest script."""
    now = timezone.now()
    reached = _reached(user, now.date())
    for creator in creators:
        start = now.astimezone(creator.zone).date()
        dates = [start + dt.timedelta(days=n) for n in range(DAYS_AHEAD)]
        days = [Day(date, reached.get((creator.pk, date), Reached.EMPTY)) for date in dates]
        yield Week(creator, days)


def _reached(user: User, today: dt.date) -> dict[tuple[int, dt.date], Reached]:
    """{(creator, date): how far}; a day wider at both ends, for zones disagree on today."""
    latest = Script.objects.filter(slot=OuterRef("pk")).exclude(state=Script.State.SUPERSEDED)
    first, last = today - dt.timedelta(days=1), today + dt.timedelta(days=DAYS_AHEAD)
    slots = Slot.objects.for_user(user).planned().filter(date__range=(first, last))
    rows = slots.annotate(
        script_state=Subquery(latest.order_by("-version").values("state")[:1])
    ).values_list("creator_id", "date", "script_state")
    of = {Script.State.PROPOSED: Reached.WAITING, Script.State.APPROVED: Reached.APPROVED}
    reached: dict[tuple[int, dt.date], Reached] = {}
    for creator_id, date, state in rows:
        key = (creator_id, date)
        reached[key] = max(reached.get(key, Reached.EMPTY), of.get(state, Reached.PLANNED))
    return reached
