"""The stages of a reel in the making: what they are called, and how far each takes it."""

from typing import NamedTuple


class Stage(NamedTuple):
    label: str  # for people
    ends_at: float  # share of the whole: drawing is nearly all of it


STAGES = {
    "speak": Stage("speaking", 0.05),
    "align": Stage("finding the sounds", 0.08),
    "analyse": Stage("studying the photo", 0.12),
    "perform": Stage("performing", 0.98),
    "assemble": Stage("cover and subtitles", 1.0),
}


def progress(stage: str, share: float) -> float:
    """How much of the whole is done when this share of a stage is."""
    names = list(STAGES)
    before = names.index(stage) - 1
    begin = STAGES[names[before]].ends_at if before >= 0 else 0.0
    return begin + share * (STAGES[stage].ends_at - begin)
