"""Takes and reels (reels.py), what they cost (money.py), what vendors fetch (links.py)."""

from avatar.models.links import SourceLink
from avatar.models.money import Budget, Charge, EngineKey
from avatar.models.reels import FILM, Look, Reel, ReelQuerySet, Take, stage_choices

__all__ = [
    "FILM",
    "Budget",
    "Charge",
    "EngineKey",
    "Look",
    "Reel",
    "ReelQuerySet",
    "SourceLink",
    "Take",
    "stage_choices",
]
