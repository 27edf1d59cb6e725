"""Which part of a film a reel shows: one part for all of it, so that nothing trembles."""

from avatar.engine.captions import FaceRows
from avatar.engine.film.faces import FacePlace
from avatar.engine.film.reading import Window, middle, shown_size
from avatar.engine.footage.look import Footage

SAME_ASPECT = 0.02  # what differs by less is cut, wherever the face is
FACE_ROOM = 1.25  # times its size: what a face needs of the frame
SHOULDERS = 2.4  # the same, where there is no need to be so near
FACE_HEIGHT = 0.38  # of the frame's height from the top, where the middle of a face looks right
LARGEST_CUT = 0.5  # of a film without a face; of more nobody knows what is lost


def choose_window(film: Footage, face: FacePlace | None, width: int, height: int) -> Window:
    """The largest part with the reel's aspect that has the face in it.

    Where the face would not fit, as much of the film as shows it well; where there is no face and
    much would be cut off, all of it. Either lies over a blurred copy.
    """
    part = middle(film, width, height)
    shown = part.width * part.height / (film.width * film.height)
    if shown >= 1 - SAME_ASPECT:
        return part
    if face is None:
        return part if shown >= LARGEST_CUT else Window(0, 0, film.width, film.height, True)
    wide, high = part.width, part.height
    if FACE_ROOM * face.width > part.width:
        wide = min(film.width, int(SHOULDERS * face.width / 2) * 2)
    if FACE_ROOM * face.height > part.height:
        high = min(film.height, int(SHOULDERS * face.height / 2) * 2)
    x = _even((face.left + face.right) / 2 - wide / 2, film.width - wide)
    y = _even(face.y - FACE_HEIGHT * high, film.height - high)
    return Window(x, y, wide, high, laid_over=(wide, high) != (part.width, part.height))


def _even(wanted: float, most: int) -> int:
    return int(min(max(wanted, 0), most) / 2) * 2


def face_rows(
    film: Footage, face: FacePlace | None, window: Window, width: int, height: int
) -> FaceRows | None:
    """What captions must leave free, in pixels of the reel."""
    if face is None:
        return None
    scale = shown_size(window, width, height)[1] / window.height
    top = (height - scale * window.height) / 2 - scale * window.y
    return FaceRows(top + scale * face.forehead, top + scale * face.lips)
