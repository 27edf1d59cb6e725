"""Where the marks of a chart go. Pure; templates draw them as SVG, in units of a hundredth of the
chart's width.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 100.0, 30.0
GAP = 0.25  # of a bar's place


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Bars:
    """One bar a value, oldest first. top: the value at the chart's upper edge."""

    bars: list[Bar]
    top: int
    middle_y: float  # where the median lies
    middle: int


def bars(values: Sequence[int]) -> Bars:
    top = nice(max(values, default=0))
    place = WIDTH / max(len(values), 12)  # a few posts do not become walls
    middle = round(statistics.median(values)) if values else 0
    drawn = [
        Bar(
            x=round(i * place + place * GAP / 2, 2),
            y=round(HEIGHT * (1 - value / top), 2),
            width=round(place * (1 - GAP), 2),
            height=round(HEIGHT * value / top, 2),
        )
        for i, value in enumerate(values)
    ]
    return Bars(drawn, top, round(HEIGHT * (1 - middle / top), 2), middle)


def line(values: Sequence[int]) -> str:
    """The points of a polyline through the values, from the lowest to the highest."""
    low, high = min(values), max(values)
    span = max(1, high - low)
    step = WIDTH / max(1, len(values) - 1)
    return " ".join(
        f"{round(i * step, 2)},{round(HEIGHT * (0.95 - 0.9 * (value - low) / span), 2)}"
        for i, value in enumerate(values)
    )


def nice(value: float) -> int:
    """The next round number that holds the value."""
    power = 1
    while 10 * power < value:
        power *= 10
    return next(step * power for step in (1, 2, 3, 4, 6, 8, 10) if step * power >= value)


@dataclass(frozen=True)
class Span:
    """An interval on a line from -WIDEST to +WIDEST with zero in its middle; ends are cut off."""

    x: float
    width: float
    dot: float


WIDEST = 1.0  # twice as much, or nothing at all


def span(low: float, mean: float, high: float) -> Span:
    """Shares: 0.2 is 20 % more."""
    left, dot, right = (
        50 + 50 * max(-WIDEST, min(WIDEST, value)) / WIDEST for value in (low, mean, high)
    )
    return Span(round(left, 2), round(right - left, 2), round(dot, 2))
