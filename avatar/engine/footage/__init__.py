"""A creator's own video instead of a photo: looked at, fitted to a sound, cut into pieces."""

from avatar.engine.footage.fitted import Fitted, fitted, only_needed
from avatar.engine.footage.look import Footage, look
from avatar.engine.footage.modes import MODES

__all__ = ["MODES", "Fitted", "Footage", "fitted", "look", "only_needed"]
