"""The time for the next post: free, allowed, and as good as one may hope.

No post waits long for a better hour: what is to be gained is a few per cent.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from publishing.peak_times.prior import DAYS, HOURS_A_WEEK, Week, sources, weights
from publishing.peak_times.surface import FEW, Lift, Standing, Surface
from publishing.posting.local_time import day_of, instants

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
    standing: Standing
    lift: Lift | None = None  # None: nothing has been learned from this account yet


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
    surface: Surface | None = None,
    seed: int | str = 0,
) -> Choice:
    """The best time for the next post, at or after `after` (UTC).

    taken: when the account's other posts go or went out (UTC).
    day, part: the place in the calendar; honoured while any of it lies ahead and is free.
    surface: what the account's own results say; without it the studies decide.
    seed: moves the minute by up to 7, so that not every post goes out on the same one, and is the
    luck with which doubtful hours are tried. The same seed gives the same time.
    """
    week = surface.draw(str(seed)) if surface else weights(platform)
    shift = random.Random(str(seed)).randint(-JITTER_MIN, JITTER_MIN)
    hours = _waking_hours(cadence)
    free = _Free(zone, after, tuple(taken), cadence)

    if day is not None:
        for window, capped, why in _planned(day, part, hours):
            asked = free.candidates([day], window, shift, week, capped=capped)
            if best := max(asked, key=lambda c: (c.weight, -c.when_utc.timestamp()), default=None):
                return _choice(best, platform, why, surface)

    today = day_of(after, zone)
    start = max(today, day) if day is not None else today
    days = [start + dt.timedelta(days=n) for n in range(LOOK_AHEAD_DAYS)]
    ahead = list(free.candidates(days, hours, shift, week, capped=True))
    if not ahead:  # every day is full: the first free time after the last of them
        found = _after_everything(free, days[-1], hours, shift, week)
        return _choice(found, platform, "The first day that is not full", surface)
    best = max(ahead, key=lambda c: c.weight - COST_OF_A_DAY * (c.when_utc - after).days)
    return _choice(best, platform, "The next good hour", surface)


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
    free: _Free, last: dt.date, hours: tuple[int, ...], shift: int, week: Week
) -> _Candidate:
    """Days follow days until one is free; there are only so many posts."""
    for n in range(1, len(free.taken) + 3):
        day = last + dt.timedelta(days=n)
        best = max(
            free.candidates([day], hours, shift, week, capped=True),
            key=lambda c: c.weight,
            default=None,
        )
        if best is not None:
            return best
    raise ValueError("These quiet hours and this gap leave no time to post at all.")


def _choice(best: _Candidate, platform: str, why: str, surface: Surface | None) -> Choice:
    weekday, hour = best.wall.weekday(), best.wall.hour
    if surface is None or surface.follows_prior:
        n = surface.n if surface else 0
        reason = f"{why}: {_studies_say(platform, weekday, hour)}. {_too_few(n)}"
        return Choice(best.when_utc, reason, Standing("prior only", n))
    lift, standing = surface.lift(weekday * 24 + hour), surface.standing
    reason = f"{why}: {expected(lift)}. {_learned(standing)}"
    return Choice(best.when_utc, reason, standing, lift)


def _studies_say(platform: str, weekday: int, hour: int) -> str:
    found = sources(platform, weekday, hour)
    short = [source.split(" (")[0] for source in found[:2]]
    if short:
        return f"public studies find it a good one ({', '.join(short)})"
    return "people are awake then"


def _too_few(n: int) -> str:
    if n == 0:
        return "Nothing is learned from your own posts yet."
    posts = "post has" if n == 1 else "posts have"
    return f"{n} of your own {posts} a result; from {FEW} on they count."


def expected(lift: Lift) -> str:
    """A lift as a sentence for the creator, with its 80 % interval."""
    return (
        f"expected {per_cent(lift.mean)} against an average waking hour,"
        f" with 80 % certainty between {per_cent(lift.low)} and {per_cent(lift.high)}"
    )


def per_cent(share: float) -> str:
    """As people write it, with its sign: "+6 %"; nothing is "0 %"."""
    rounded = round(share * 100)
    return f"{rounded:+d} %".replace("-", "\u2212") if rounded else "0 %"


def _learned(standing: Standing) -> str:
    if standing.basis == "learned":
        return f"Learned from {standing.n} of your own posts and public studies."
    if standing.basis == "no reliable pattern":
        return f"{standing.n} of your own posts show no reliable pattern by hour."
    elsewhere = f" here, {standing.n_elsewhere} elsewhere" if standing.n_elsewhere else ""
    return f"Still learning: {standing.n} of your own posts{elsewhere}, and public studies."
