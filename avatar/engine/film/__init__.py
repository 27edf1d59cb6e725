"""A film of somebody talking, from whatever engine, checked and made into a reel."""

from avatar.engine.film.assembled import Assembled, assembled
from avatar.engine.film.checked import checked
from avatar.engine.film.join import joined
from avatar.engine.film.lag import Lag, film_lag

__all__ = ["Assembled", "Lag", "assembled", "checked", "film_lag", "joined"]
