"""A film of somebody talking, from whatever engine, checked and made into a reel."""

from avatar.engine.film.checked import checked

__all__ = ["checked"]
