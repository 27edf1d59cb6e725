"""Where the face is in every frame: found frame by frame, then steadied."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import InputError
from avatar.engine.face import mesh
from avatar.engine.face.detect import FaceFinder, Found
from avatar.engine.scratch import Scratch
from avatar.engine.types import Image

Floats = NDArray[np.float32]

# What is kept of the 478 points: 61 of them say where face, nose and lips end.
NOSE = (358, 327, mesh.NOSE_BASE, 98, 129)  # from one wing to the other, person's left first
LIPS = mesh.OUTER_UPPER + mesh.OUTER_LOWER[-2:0:-1]  # once round
KEPT = (*mesh.OVAL, *NOSE, *LIPS)
N_OVAL, N_NOSE = len(mesh.OVAL), len(NOSE)
CORNERS = 2  # of a box: the first two rows of a place; the last holds the number of its shot

SAME_PLACE = 0.4  # intersection over union at which the next frame's face goes on with the last
BRIDGED_FRAMES = 3  # a blink of the detector, not somebody who left
SMOOTHED_FRAMES = 5  # as Wav2Lip is run
CUT_ABOVE = 12.0  # of 255, between 16 x 16 averages: people who move change less than 2
LOOKED_CLOSELY = 10  # frames from one search for small faces to the next, while there is none


@dataclass(frozen=True)
class Place:
    """A face in one frame, in pixels of it.

    rows: (2 + 61 + 1, 2) float32: upper left and lower right corner of all 478 points, then KEPT,
      then how many cuts were before, twice.
    """

    rows: Floats

    @property
    def box(self) -> Floats:
        """(4,) x0, y0, x1, y1."""
        return self.rows[:CORNERS].reshape(4)

    @property
    def oval(self) -> Floats:
        return self.rows[CORNERS : CORNERS + N_OVAL]

    @property
    def nose(self) -> Floats:
        return self.rows[CORNERS + N_OVAL : CORNERS + N_OVAL + N_NOSE]

    @property
    def lips(self) -> Floats:
        return self.rows[CORNERS + N_OVAL + N_NOSE : -1]


class Track:
    """The places of a whole film, kept on disk: half an hour needs no more memory than a minute.

    missing: frames in which no face was found.
    """

    def __init__(self) -> None:
        self._table = Scratch((CORNERS + len(KEPT) + 1, 2))
        self.missing = 0

    def __len__(self) -> int:
        return len(self._table)

    def append(self, place: Place | None) -> None:
        rows = np.full(self._table.shape, np.nan) if place is None else place.rows
        self._table.append(rows[None])
        self.missing += place is None

    def places(self, start: int, stop: int) -> list[Place | None]:
        """Steadied places of the frames start to stop; None where no face is to be seen.

        Behind the last frame the last place goes on.
        """
        last = len(self) - 1
        first, end = min(start, last), min(stop, last + 1)
        margin = SMOOTHED_FRAMES // 2 + BRIDGED_FRAMES + 1  # what a place depends on
        low = max(0, first - margin)
        rows = steadied(self._table[low : min(len(self), end + margin)])
        known = [None if np.isnan(row[0, 0]) else Place(row) for row in rows[first - low :]]
        return [known[min(number, last) - first] for number in range(start, stop)]


def find_places(frames: Iterable[Image], face_index: int | None = None) -> Iterator[Place | None]:
    """The same face in one frame after the other, None where it is not to be seen.

    face_index: which of the first frame that shows so many, from 0 at the left; None: the largest.
    A face that comes back after it was lost, or is seen after a cut, is the largest one then.

    Raises InputError when there are faces, but no frame shows so many.
    """
    last: Found | None = None
    wanted, most, shot = face_index, 0, 0
    with FaceFinder() as finder:
        for number, (frame, cut) in enumerate(_cuts(frames)):
            shot += cut
            found = finder.near(frame, last.box) if last and not cut else None
            if found is None:
                faces = finder.faces(frame, small_ones=cut or number % LOOKED_CLOSELY == 0)
                most = max(most, len(faces))
                found = _chosen(faces, wanted)
                wanted = None if found else wanted
            last = found
            yield None if found is None else _place(found, shot)
    if wanted is not None and most:
        shown = "one face" if most == 1 else f"{most} faces"
        raise InputError(f"There is no face {wanted}: {shown} can be seen, counted from 0.")


def _chosen(faces: list[Found], index: int | None) -> Found | None:
    if index is None:
        return max(faces, key=lambda face: face.width_px, default=None)
    return faces[index] if index < len(faces) else None


def _cuts(frames: Iterable[Image]) -> Iterator[tuple[Image, bool]]:
    """Each frame, and whether another shot begins with it."""
    before: NDArray[np.int16] | None = None
    for frame in frames:
        now = cv2.resize(frame, (16, 16), interpolation=cv2.INTER_AREA).astype(np.int16)
        yield frame, before is not None and float(np.abs(now - before).mean()) > CUT_ABOVE
        before = now


def _place(face: Found, shot: int) -> Place:
    points = face.landmarks[:, :2]
    box = points.min(0), points.max(0)
    return Place(np.concatenate([box, points[list(KEPT)], [[shot, shot]]]).astype(np.float32))


def steadied(rows: Floats) -> Floats:
    """Places averaged over SMOOTHED_FRAMES about each, within what is one movement.

    rows: (n, 64, 2), nan where there is no face. A jump, as at a cut, and a gap end a movement.
    Gaps of BRIDGED_FRAMES or fewer between two places that are one are filled first: a detector
    misses a frame now and then.
    """
    bridged = _bridged(rows)
    out = np.full_like(bridged, np.nan)
    for start, stop in _movements(bridged):
        out[start:stop] = _averaged(bridged[start:stop])
    return out


def _bridged(rows: Floats) -> Floats:
    out = rows.copy()
    for before, after in pairwise(np.flatnonzero(np.isfinite(rows[:, 0, 0])).tolist()):
        if 1 < after - before <= BRIDGED_FRAMES + 1 and _one(rows[before], rows[after]):
            shares = np.linspace(0, 1, after - before + 1)[1:-1, None, None]
            out[before + 1 : after] = rows[before] + shares * (rows[after] - rows[before])
    return out


def _movements(rows: Floats) -> Iterator[tuple[int, int]]:
    """(first, last + 1) of frames in which the face moves on without a gap or jump."""
    start = 0
    for number in range(1, len(rows) + 1):
        if number == len(rows) or not _one(rows[number - 1], rows[number]):
            yield start, number
            start = number


def _averaged(rows: Floats) -> Floats:
    """The mean of each row and its neighbours; towards the ends, of as many as both sides have."""
    n, half = len(rows), SMOOTHED_FRAMES // 2
    reach = np.minimum(half, np.minimum(np.arange(n), np.arange(n)[::-1]))
    means = [rows[at - r : at + r + 1].mean(0) for at, r in enumerate(reach.tolist())]
    return np.stack(means)


def _one(a: Floats, b: Floats) -> bool:
    """Whether two places are one face that has moved a little; a missing one is none."""
    if a[-1, 0] != b[-1, 0]:  # nor are places in two shots, or where one is missing
        return False
    low, high = np.maximum(a[0], b[0]), np.minimum(a[1], b[1])
    shared = float(np.prod(np.maximum(0, high - low)))
    areas = float(np.prod(a[1] - a[0]) + np.prod(b[1] - b[0]))
    return shared > SAME_PLACE * (areas - shared)
