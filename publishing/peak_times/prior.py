"""What public studies say about the hours of the week, before an account has results of its own.

Timing is second-order: measured lifts are 4 to 17 %, so nothing here promises more. The studies
are in `data/posting_times.json`, to be corrected without touching code.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

STUDIES = Path(__file__).parent.parent / "data" / "posting_times.json"
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
