"""The two layers of skin, upper and lower, cut down to where they move and are seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.engine.face.rig import Rig

Array = NDArray[np.float32]

NEGLIGIBLE_PX = 0.01  # below it a field does not move what is seen
REACH = 0.3  # S: no point of a layer moves further


@dataclass(frozen=True)
class Layer:
    """Part of the face's grid, from `row` and `column` on.

    fields: (len(FIELDS), rows, columns, 2) float32, in steps of the grid.
    """

    row: int
    column: int
    fields: Array

    @property
    def part(self) -> tuple[slice, slice]:
        _, rows, columns, _ = self.fields.shape
        return slice(self.row, self.row + rows), slice(self.column, self.column + columns)


def layers(rig: Rig) -> tuple[Layer, Layer]:
    """Upper and lower. The upper is not seen below the mouth, nor the lower above it."""
    face = rig.face
    reach = int(np.ceil(REACH * rig.scale_px / face.step))
    top, bottom = ((y - face.origin[1]) / face.step for y in (rig.mouth.box[1], rig.mouth.box[3]))
    dropped = bottom + face.jaw_px / face.step
    last = max(int(np.flatnonzero((~face.below).any(1)).max(initial=0)), int(dropped)) + reach
    first = min(int(np.flatnonzero(face.below.any(1)).min(initial=len(face.below))), int(top))
    return _cut(face.upper, 0, last + 1, face.step), _cut(
        face.lower, first - reach, None, face.step
    )


def _cut(fields: Array, first: int, stop: int | None, step: int) -> Layer:
    first = max(0, first)
    seen = fields[:, first:stop]
    moves = (np.abs(seen) > NEGLIGIBLE_PX).any(axis=(0, 3))
    rows, columns = np.flatnonzero(moves.any(1)), np.flatnonzero(moves.any(0))
    part = seen[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Layer(first + int(rows[0]), int(columns[0]), part * np.float32(1 / step))
