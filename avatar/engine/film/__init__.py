"""A film of somebody talking, from whatever engine, checked and made into a reel."""

from avatar.engine.film.assembled import Assembled, assembled
from avatar.engine.film.checked import checked
from avatar.engine.film.faces import FacePlace, face_of_footage, find_face
from avatar.engine.film.join import joined
from avatar.engine.film.lag import Lag, film_lag

__all__ = [
    "Assembled",
    "FacePlace",
    "Lag",
    "assembled",
    "checked",
    "face_of_footage",
    "film_lag",
    "find_face",
    "joined",
]
