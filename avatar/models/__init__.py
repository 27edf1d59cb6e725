"""Takes and reels (reels.py), and what they cost (money.py)."""

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
    "Take",
    "stage_choices",
]
