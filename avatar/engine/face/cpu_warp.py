"""The photo looked up under a displacement, two by two pixels at a time."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face.head import MARGIN, STEP
from avatar.engine.face.rig import Rig

Array = NDArray[np.float32]
Frame = NDArray[np.uint8]

BAND_POINTS = 8  # grid rows in one band of the frame: what is written stays in the cache
BEFORE = 1  # pixels that a plane is drawn out by, to look up what lies outside


class Band(NamedTuple):
    """Grid points (first and last + 1) of one strip of the frame."""

    row0: int
    row1: int
    column0: int
    column1: int


@dataclass
class Warped:
    """A frame without eyes and mouth, and the canvas pixels its grid shows.

    What has not changed since the frame before is not drawn again.
    planes: Y, U, V, and the share of person where there is a background; each in blocks of two
      by two pixels, (rows/2, columns/2, 4), as large as the grid, which may exceed the frame.
    """

    planes: list[Frame]
    source: Array


class Warp:
    def __init__(self, rig: Rig) -> None:
        self.at = rig.head.at
        alpha = [] if rig.behind is None else [rig.behind.alpha]
        self.photo = [rig.y, rig.u, rig.v, *alpha]
        # OpenCV looks up four bytes in little more time than one.
        self.blocks = [_every_block(plane) for plane in self.photo]

    def still(self) -> Warped:
        """The photo at rest."""
        rows, columns = (STEP * (points - 2 * MARGIN) for points in self.at.shape[:2])
        folded = []
        for plane, part in zip(self.photo, (1, 2, 2, 1), strict=False):
            more = rows // part - plane.shape[0], columns // part - plane.shape[1]
            wide = cv2.copyMakeBorder(plane, 0, more[0], 0, more[1], cv2.BORDER_REPLICATE)
            corners = [wide[top::2, left::2] for top in (0, 1) for left in (0, 1)]
            folded.append(np.stack(corners, axis=-1))
        return Warped(folded, self.at)

    def draw(self, warped: Warped, source: Array) -> None:
        """Draw what is looked up elsewhere than in the frame before."""
        # x and y of a point compared as one number: NumPy is slow along an axis of two.
        changed = (source.view(np.int64) != warped.source.view(np.int64))[..., 0]
        # The first pixel of each block, in planes that begin outside; chroma is half as fine.
        luma_at = source + np.float32(BEFORE - 0.5)
        chroma_at = source * np.float32(0.5) + np.float32(BEFORE - 0.75)
        for band in _bands(changed):
            self._draw(band, luma_at, chroma_at, warped.planes)
        warped.source = source

    def _draw(self, band: Band, luma_at: Array, chroma_at: Array, planes: list[Frame]) -> None:
        """Fill one strip of the frame."""
        luma_at, chroma_at = (
            _finer(at, band, blocks)
            for at, blocks in ((luma_at, STEP // 2), (chroma_at, STEP // 4))
        )
        for blocks, plane, at, in_square in zip(
            self.blocks,
            planes,
            (luma_at, chroma_at, chroma_at, luma_at),
            (STEP // 2, STEP // 4, STEP // 4, STEP // 2),
            strict=False,
        ):
            x0, y0 = (band.column0 - MARGIN) * in_square, (band.row0 - MARGIN) * in_square
            target = plane[y0 : y0 + at.shape[0], x0 : x0 + at.shape[1]]
            cv2.remap(blocks, at, None, cv2.INTER_LINEAR, target, cv2.BORDER_REPLICATE)


def unfolded(blocks: Frame, plane: Frame) -> None:
    """Put blocks of two by two pixels into a plane of as many pixels or fewer."""
    rows, columns = plane.shape
    if (2 * blocks.shape[0], 2 * blocks.shape[1]) != plane.shape:
        whole = np.empty((2 * blocks.shape[0], 2 * blocks.shape[1]), np.uint8)
        unfolded(blocks, whole)
        plane[:] = whole[:rows, :columns]
        return
    lines = plane.view(np.uint16)  # a block is two pixels above two
    cv2.mixChannels([blocks.view(np.uint16)], [lines[0::2], lines[1::2]], [0, 0, 1, 1])


def _every_block(plane: Frame) -> Frame:
    """(rows + 1, columns + 1, 4): two by two pixels from each on, beginning BEFORE outside."""
    wide = cv2.copyMakeBorder(plane, BEFORE, 1, BEFORE, 1, cv2.BORDER_REPLICATE)
    return np.stack([wide[:-1, :-1], wide[:-1, 1:], wide[1:, :-1], wide[1:, 1:]], axis=-1)


def _finer(points: Array, band: Band, times: int) -> Array:
    """A band of grid points at `times` by `times` places in each square."""
    part = points[
        band.row0 - MARGIN : band.row1 + MARGIN, band.column0 - MARGIN : band.column1 + MARGIN
    ]
    size = part.shape[1] * times, part.shape[0] * times
    inner = slice(MARGIN * times, -MARGIN * times)
    return cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)[inner, inner]


def _bands(changed: NDArray[np.bool_]) -> list[Band]:
    """Cover changed grid points inside the canvas with strips, each as narrow as it can be."""
    rows, columns = changed.shape
    near = cv2.dilate(changed.view(np.uint8), np.ones((3, 3), np.uint8))
    firsts = np.arange(MARGIN, rows - MARGIN, BAND_POINTS)
    bands = []
    for row0, across in zip(firsts.tolist(), np.maximum.reduceat(near, firsts), strict=True):
        seen = np.flatnonzero(across[MARGIN : columns - MARGIN]) + MARGIN
        if len(seen):
            row1 = min(row0 + BAND_POINTS, rows - MARGIN)
            bands.append(Band(row0, row1, int(seen[0]), int(seen[-1]) + 1))
    return bands
