"""When to post: a prior from public studies, laid over the audience's own clock. Pure.

Timing is second-order: measured lifts are 4 to 17 %, so nothing here promises more, and no post
waits long for a better hour. The studies are in `data/posting_times.json`, to be corrected without
touching code.
"""

import datetime as dt
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from publishing.local_time import day_of, instants

STUDIES = Path(__file__).parent / "data" / "posting_times.json"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS_A_WEEK = 7 * 24

Week = tuple[float, ...]  # 168 numbers, Monday 00 h first

# Log weights. Awake curve, strengths and limits are the recipe's judgement calls; see the data
# file's sources.
ASLEEP, WAKING_UP, LATE = -0.60, -0.25, -0.25  # 0-5 h, 6 h, 23 h
JUST_UP = -0.10  # 7 h
GOOD, WEAK = 0.20, 0.12  # times a study's quality
MAX_LIFT = 0.35
AWAKE = range(7, 23)
COST_OF_A_DAY = 0.12  # log: what a day's wait has to be worth; the best hour is worth 0.04 to 0.17

JITTER_MIN = 7
QUARTERS = (7, 22, 37, 52)  # minutes; with the jitter no candidate leaves its hour
PARTS = {"morning": (7, 11), "midday": (11, 14), "afternoon": (14, 18), "evening": (18, 23)}
LOOK_AHEAD_DAYS = 15


@dataclass(frozen=True)
class Cadence:
    """How close together posts of one account may be."""

    quiet: tuple[int, int] | None = (23, 7)  # local hours in which nothing goes out
    min_gap: dt.timedelta = dt.timedelta(hours=2)
    a_day: int = 2  # local days; a place in the calendar counts as asked for and is not refused


@dataclass(frozen=True)
class Choice:
    """A time, and why, in words for the creator."""

    when_utc: dt.datetime
    reason: str
    basis: str = "prior only"  # nothing has been learned from this account yet


@dataclass(frozen=True)
class _Candidate:
    when_utc: dt.datetime
    wall: dt.datetime
    weight: float


def next_slot(
    platform: str,
    zone: ZoneInfo,
    after: dt.datetime,
    taken: Sequence[dt.datetime] = (),
    *,
    day: dt.date | None = None,
    part: str | None = None,
    cadence: Cadence = Cadence(),
    seed: int | str = 0,
) -> Choice:
    """The best time for the next post, at or after `after` (UTC).

    taken: when the account's other posts go or went out (UTC).
    day, part: the place in the calendar; honoured while any of it lies ahead and is free.
    seed: moves the minute by up to 7, so that not every post goes out on the same one.
    """
    week = weights(platform)
    shift = random.Random(str(seed)).randint(-JITTER_MIN, JITTER_MIN)
    hours = _waking_hours(cadence)
    free = _Free(zone, after, tuple(taken), cadence)

    if day is not None:
        for window, capped, why in _planned(day, part, hours):
            asked = free.candidates([day], window, shift, week, capped=capped)
            if best := max(asked, key=lambda c: (c.weight, -c.when_utc.timestamp()), default=None):
                return _choice(best, platform, why)

    today = day_of(after, zone)
    start = max(today, day) if day is not None else today
    days = [start + dt.timedelta(days=n) for n in range(LOOK_AHEAD_DAYS)]
    ahead = list(free.candidates(days, hours, shift, week, capped=True))
    if not ahead:  # every day is full: the first free time after the last of them
        return _after_everything(free, days[-1], hours, shift, week, platform)
    best = max(ahead, key=lambda c: c.weight - COST_OF_A_DAY * (c.when_utc - after).days)
    return _choice(best, platform, "The next good hour")


@cache
def weights(platform: str) -> Week:
    """The prior: how much better than an average waking hour each hour of the week is, in logs.

    168 numbers, Monday 0 h local first; waking hours lie within +-0.35 of the mean of all waking
    hours. A platform without a study gets the awake curve alone.
    """
    evidence = _evidence(platform, _studies())
    raw = [_awake(hour % 24) + evidence[hour] for hour in range(HOURS_A_WEEK)]
    smooth = [
        0.25 * raw[h - 1] + 0.5 * raw[h] + 0.25 * raw[(h + 1) % HOURS_A_WEEK]
        for h in range(HOURS_A_WEEK)
    ]
    mixed = [
        0.8 * smooth[h] + 0.1 * smooth[h - 24] + 0.1 * smooth[(h + 24) % HOURS_A_WEEK]
        for h in range(HOURS_A_WEEK)
    ]
    waking = [w for h, w in enumerate(mixed) if h % 24 in AWAKE]
    mean = sum(waking) / len(waking)
    return tuple(
        max(-MAX_LIFT, min(MAX_LIFT, w - mean)) if h % 24 in AWAKE else w - mean
        for h, w in enumerate(mixed)
    )


def sources(platform: str, weekday: int, hour: int) -> list[str]:
    """The studies that call this local hour a good one, weightiest first."""
    found: dict[str, float] = {}
    for study, weight in _weighed_studies(platform, _studies()):
        if any(d == weekday and first <= hour < end for d, first, end in study["good"]):
            found[study["source"]] = max(weight, found.get(study["source"], 0))
    return sorted(found, key=lambda source: -found[source])


@cache
def _studies() -> dict[str, Any]:
    platforms: dict[str, Any] = json.loads(STUDIES.read_text(encoding="utf-8"))["platforms"]
    return platforms


def _weighed_studies(
    platform: str, data: dict[str, Any], scale: float = 1.0
) -> Iterator[tuple[dict[str, Any], float]]:
    """Each study that speaks about a platform, with how much it counts; blends are followed."""
    entry = data.get(platform, {})
    for study in entry.get("studies", ()):
        yield study, scale * study["quality"]
    for other, share in entry.get("blend", {}).items():
        yield from _weighed_studies(other, data, scale * share * entry["scale"])


def _evidence(platform: str, data: dict[str, Any]) -> list[float]:
    """What the studies add to each of the 168 hours, in logs."""
    cells = [0.0] * HOURS_A_WEEK
    for study, weight in _weighed_studies(platform, data):
        for strength, windows in ((GOOD, study["good"]), (-WEAK, study["weak"])):
            for weekday, first, end in windows:
                for hour in range(first, end):
                    cells[weekday * 24 + hour] += strength * weight
    return cells


def _awake(hour: int) -> float:
    if hour < 6:
        return ASLEEP
    return {6: WAKING_UP, 7: JUST_UP, 23: LATE}.get(hour, 0.0)


def _waking_hours(cadence: Cadence) -> tuple[int, ...]:
    """The local hours outside the quiet ones, which may span midnight."""
    if cadence.quiet is None:
        return tuple(range(24))
    start, end = cadence.quiet
    quiet = {hour % 24 for hour in range(start, end + (24 if end <= start else 0))}
    return tuple(hour for hour in range(24) if hour not in quiet)


def _planned(
    day: dt.date, part: str | None, hours: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], bool, str]]:
    """Hours to try on the planned day, whether the daily cap counts, and what to call them."""
    name = DAYS[day.weekday()]
    if part is not None:
        first, end = PARTS[part]
        window = tuple(hour for hour in hours if first <= hour < end)
        yield window, False, f"The {name} {part} you planned, at its best hour"
    yield hours, part is not None, f"The {name} you planned, at its best hour that is still free"


@dataclass(frozen=True)
class _Free:
    """The times that are still to be had."""

    zone: ZoneInfo
    after: dt.datetime
    taken: tuple[dt.datetime, ...]
    cadence: Cadence

    def candidates(
        self,
        days: Sequence[dt.date],
        hours: tuple[int, ...],
        shift: int,
        week: Week,
        *,
        capped: bool,
    ) -> Iterator[_Candidate]:
        """Every quarter of an hour that exists on the local clock, lies ahead and keeps the
        cadence.
        """
        for day in days:
            if capped and sum(day_of(t, self.zone) == day for t in self.taken) >= (
                self.cadence.a_day
            ):
                continue
            for hour in hours:
                for minute in QUARTERS:
                    wall = dt.datetime.combine(day, dt.time(hour, minute + shift))
                    for when in instants(wall, self.zone):
                        if when >= self.after and self._keeps_gap(when):
                            yield _Candidate(when, wall, _at(week, wall))

    def _keeps_gap(self, when: dt.datetime) -> bool:
        return all(abs(when - other) >= self.cadence.min_gap for other in self.taken)


def _at(week: Week, wall: dt.datetime) -> float:
    """The weight at a minute: hours are what studies count, so between their middles it is
    blended.
    """
    place = wall.weekday() * 24 + wall.hour + wall.minute / 60 - 0.5
    low = int(place // 1)
    share = place - low
    return (1 - share) * week[low % HOURS_A_WEEK] + share * week[(low + 1) % HOURS_A_WEEK]


def _after_everything(
    free: _Free, last: dt.date, hours: tuple[int, ...], shift: int, week: Week, platform: str
) -> Choice:
    """Days follow days until one is free; there are only so many posts."""
    for n in range(1, len(free.taken) + 3):
        day = last + dt.timedelta(days=n)
        best = max(
            free.candidates([day], hours, shift, week, capped=True),
            key=lambda c: c.weight,
            default=None,
        )
        if best is not None:
            return _choice(best, platform, "The first day that is not full")
    raise ValueError("These quiet hours and this gap leave no time to post at all.")


def _choice(best: _Candidate, platform: str, why: str) -> Choice:
    found = sources(platform, best.wall.weekday(), best.wall.hour)
    short = [source.split(" (")[0] for source in found[:2]]
    if short:
        evidence = f"public studies find it a good one ({', '.join(short)})"
    else:
        evidence = "people are awake then"
    return Choice(best.when_utc, f"{why}: {evidence}. Nothing is learned from your own posts yet.")
