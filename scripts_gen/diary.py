"""What the calendar shows: days, their slots, and what became of each, in a fixed number of
queries.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from creators.models import Creator
from scripts_gen import cadence, services
from scripts_gen.models import Script, Slot
from studio.lib import words

State = Script.State

# What became of an approved script, by the state of its newest reel, which is rendered downstream.
REEL_WORDS = {
    "queued": ("light", "approved, the reel is next"),
    "rendering": ("light", "the reel is being made"),
    "ready": ("good", "the reel is ready"),
    "failed": ("bad", "the reel could not be made"),
    "cancelled": ("warn", "the reel was cancelled"),
}


@dataclass(frozen=True)
class Entry:
    """A slot as the calendar shows it. `kind` is of components/badge.html."""

    slot: Slot
    kind: str
    state: str
    script: Script | None
    wants_script: bool  # "Write" would help

    @property
    def subject(self) -> str:
        if self.script:
            return self.script.hook
        return self.slot.topic or (self.slot.pillar.name if self.slot.pillar else "No topic yet")


@dataclass(frozen=True)
class Room:
    """A part of a day that a plan would fill, and for whom."""

    part: str
    creator: Creator


@dataclass(frozen=True)
class Day:
    date: dt.date
    entries: list[Entry]
    rooms: list[Room]
    is_today: bool
    is_over: bool
    is_outside: bool = False  # of the month that is shown


@dataclass(frozen=True)
class Diary:
    """Some days of one creator or of several."""

    days: list[Day]
    creators: Sequence[Creator]

    @property
    def rooms(self) -> list[tuple[dt.date, str]]:
        return [(day.date, room.part) for day in self.days for room in day.rooms]

    @property
    def wanting(self) -> list[Entry]:
        """Slots to come that have no script, and none is being written."""
        return [e for day in self.days if not day.is_over for e in day.entries if e.wants_script]

    @property
    def waiting(self) -> list[Entry]:
        return [
            entry
            for day in self.days
            for entry in day.entries
            if entry.script and entry.script.state == State.PROPOSED
        ]

    @property
    def n_slots(self) -> int:
        return sum(len(day.entries) for day in self.days)


def diary(
    creators: Sequence[Creator], first: dt.date, n_days: int, *, month: int | None = None
) -> Diary:
    """The `n_days` from `first` on, a Monday. Days are those of each creator's own time zone."""
    last = first + dt.timedelta(days=n_days)
    slots = (
        Slot.objects.planned()
        .filter(creator__in=creators, date__gte=first, date__lt=last)
        .select_related("creator", "pillar")
        .prefetch_related("scripts__takes__reels")
    )
    by_day: dict[dt.date, list[Entry]] = {}
    order = list(Slot.Part.values)
    for slot in sorted(slots, key=lambda s: (s.date, order.index(s.part), s.pk)):
        by_day.setdefault(slot.date, []).append(entry_of(slot))
    rooms: dict[dt.date, list[Room]] = {}
    if month is None:
        for creator in creators:
            for place in services.open_places(creator, first):
                rooms.setdefault(place.date, []).append(Room(place.part, creator))
    today = services.local_today(creators[0]) if creators else timezone.now().date()
    days = [first + dt.timedelta(days=n) for n in range(n_days)]
    return Diary(
        [
            Day(
                date,
                by_day.get(date, []),
                rooms.get(date, []),
                is_today=date == today,
                is_over=date < today,
                is_outside=month is not None and date.month != month,
            )
            for date in days
        ],
        creators,
    )


def entry_of(slot: Slot) -> Entry:
    """What became of a slot, in words. Reads prefetched scripts, takes and reels."""
    scripts = list(slot.scripts.all())  # newest version first
    approved = next((s for s in scripts if s.state == State.APPROVED), None)
    proposed = next((s for s in scripts if s.state == State.PROPOSED), None)
    rejected = next((s for s in scripts if s.state == State.REJECTED), None)
    shown = approved or proposed or rejected
    wants = not approved and not proposed and slot.state != Slot.State.ASKED
    if slot.state == Slot.State.ASKED:
        kind, state = "light", "a script is being written"
    elif approved and proposed:
        kind, state = "light", "approved; a newer version waits for you"
    elif approved:
        kind, state = _reel_words(approved)
    elif proposed:
        kind, state = "light", "waits for you"
    elif slot.state == Slot.State.STUCK:
        kind, state = "bad", "no script could be written"
    elif rejected:
        kind, state = "warn", "rejected"
    else:
        kind, state = "quiet", "no script yet"
    return Entry(slot, kind, state, shown, wants)


def _reel_words(script: Script) -> tuple[str, str]:
    reels = [reel for take in script.takes.all() for reel in take.reels.all()]
    if not reels:
        return "good", "approved"
    return REEL_WORDS.get(max(reels, key=lambda reel: reel.pk).state, ("good", "approved"))


# --- sentences -----------------------------------------------------------------------------------


NAMED = 3  # empty places a sentence names; of more it tells the number


def week_name(monday: dt.date, today: dt.date) -> str:
    """ "this week", "next week", "the week of 7 December"."""
    weeks = (monday - cadence.monday_of(today)).days // 7
    near = {-1: "last week", 0: "this week", 1: "next week"}
    return near.get(weeks, f"the week of {monday.day} {monday:%B}")


def headline(week: Diary, monday: dt.date, today: dt.date) -> str:
    """The answer to what one looks into a calendar for, with the empty evenings by their names."""
    name = words.sentence(week_name(monday, today))
    if monday + dt.timedelta(days=7) <= today:
        return f"{name} had {words.count(week.n_slots, 'slot')}."
    rooms = week.rooms
    if not week.n_slots and rooms:
        return f"{name} is empty."
    if 0 < len(rooms) <= NAMED and all(part == Slot.Part.EVENING for _, part in rooms):
        names = listed([f"{date:%A}" for date, _ in rooms])
        return f"{name} has {words.count(len(rooms), 'empty evening')}: {names}."
    if rooms:
        room = f"{name} has room for {words.count(len(rooms), 'more reel')}"
        if len(rooms) > NAMED:
            return f"{room}."
        names = listed([f"{date:%A} {part}" for date, part in rooms])
        return f"{room}: {names}."
    if week.wanting:
        n = len(week.wanting)
        return (
            f"{name} is planned; {words.count(n, 'slot')} {'has' if n == 1 else 'have'} no script."
        )
    if week.waiting:
        n = len(week.waiting)
        return (
            f"{name} is full; {words.count(n, 'script')} {'waits' if n == 1 else 'wait'} for you."
        )
    if not week.n_slots:
        return f"Nothing is left to plan {week_name(monday, today)}."
    return f"{name} is full, and nothing waits for you."


def listed(names: Sequence[str]) -> str:
    """ "Tuesday, Thursday and Saturday"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
