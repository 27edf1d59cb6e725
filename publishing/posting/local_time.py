"""Times of day on a wall clock that is sometimes put forward or back. Pure."""

import datetime as dt
from zoneinfo import ZoneInfo

YEARS_AHEAD = 2
A_MOMENT = dt.timedelta(minutes=1)  # somebody who types the minute it is means now


def instants(wall: dt.datetime, zone: ZoneInfo) -> list[dt.datetime]:
    """When a clock in `zone` shows `wall` (naive): UTC, in order.

    Usually once; never when the clock is put forward over it; twice when it is put back.
    """
    found = []
    for fold in (0, 1):
        utc = wall.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC)
        if utc.astimezone(zone).replace(tzinfo=None) == wall and utc not in found:
            found.append(utc)
    return sorted(found)


def day_of(moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The day it is in `zone`."""
    return moment.astimezone(zone).date()


def moment(text: str, zone: ZoneInfo, now: dt.datetime) -> dt.datetime:
    """The instant (UTC) that an ISO 8601 time names; without an offset it is the clock in `zone`.

    A time that the clock shows twice is the first of the two that lies ahead. Raises ValueError,
    in words, for what is no time, for one that the clock never shows, for one that has passed.
    """
    try:
        given = dt.datetime.fromisoformat(text.strip())
        if given.year not in range(now.year - 1000, now.year + 1000):
            raise ValueError("far out")
    except ValueError as e:
        raise ValueError(
            f"“{text}” is not a time; write it like 2026-12-01T18:30 or 2026-12-01T18:30+01:00."
        ) from e
    if given.tzinfo is not None:
        found = [given.astimezone(dt.UTC)]
    else:
        found = instants(given, zone)
        if not found:
            raise ValueError(
                f"There is no {given:%H:%M} on {given.day} {given:%B %Y} in {zone.key}: the clock"
                " is put forward over it. Choose another time."
            )
    ahead = [moment for moment in found if moment > now - A_MOMENT]
    if not ahead:
        raise ValueError("That time has passed; choose a later one.")
    if ahead[0].year > now.year + YEARS_AHEAD:
        raise ValueError(f"That is more than {YEARS_AHEAD} years away.")
    return ahead[0]
