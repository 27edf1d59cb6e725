"""Numbers and times as a person would say them."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone

NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)


def number(n: int) -> str:
    """`3` is "three"; above twelve digits read faster."""
    return NUMBERS[n] if 0 <= n < len(NUMBERS) else str(n)


def count(n: int, one: str, many: str = "") -> str:
    """`count(2, "script")` is "two scripts"."""
    return f"{number(n)} {one if n == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    """With a capital at its front; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def day(moment: dt.datetime, zone: ZoneInfo, now: dt.datetime | None = None) -> str:
    """The day of `moment` in `zone`: "today", "on Tuesday", "on Tuesday 8 December"."""
    date = moment.astimezone(zone).date()
    today = (now or timezone.now()).astimezone(zone).date()
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    away = (date - today).days
    if away in near:
        return near[away]
    if 1 < away < 7:
        return f"on {date:%A}"
    year = "" if date.year == today.year else f" {date.year}"
    return f"on {date:%A} {date.day} {date:%B}{year}"


def when(moment: dt.datetime, zone: ZoneInfo, now: dt.datetime | None = None) -> str:
    """Day and time of `moment` in `zone`: "tomorrow at 18:40"."""
    return f"{day(moment, zone, now)} at {moment.astimezone(zone):%H:%M}"


def length(ms: int) -> str:
    """A reel's length, "0:24"."""
    seconds = round(ms / 1000)
    return f"{seconds // 60}:{seconds % 60:02}"


def usd(amount: Decimal | float) -> str:
    """As in "12.50 USD"; below a cent "0.0031 USD", so that little does not look like nothing."""
    exact = Decimal(str(amount))
    if not exact or exact >= Decimal("0.01"):
        return f"{exact:.2f} USD"
    return (
        f"{float(exact):.2g} USD" if exact >= Decimal("0.0001") else f"{exact.normalize():f} USD"
    )
