"""Times of day on a wall clock that is sometimes put forward or back. Pure."""

import datetime as dt
from zoneinfo import ZoneInfo


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
