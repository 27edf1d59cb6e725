"""Where each point of a frame comes from, on coarse grids, with OpenCV."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face.head import STEP
from avatar.engine.face.layers import Layer, layers
from avatar.engine.face.motion import Motion
from avatar.engine.face.rig import Rig

Array = NDArray[np.float32]

FRAMES_AT_ONCE = 16  # whose forward fields are summed up together, a few megabytes
STEPS_BACK = 3  # to turn a forward field round; each leaves a quarter of the error or less
STEP_SIZE = 0.8


class Sources(NamedTuple):
    """Where one frame comes from.

    turned: (rows, columns, 2) canvas pixels that the grid of the head shows, before expression.
    source: the same through the expression.
    upper, lower: backward displacement of each layer on its part of the face's grid, in pixels.
    """

    turned: Array
    source: Array
    upper: Array
    lower: Array


class Fields:
    def __init__(self, rig: Rig) -> None:
        self.face, self.at = rig.face, rig.head.at
        self.upper, self.lower = layers(rig)
        rows = slice(self.upper.part[0].start, self.lower.part[0].stop)
        columns = slice(
            min(layer.part[1].start for layer in (self.upper, self.lower)),
            max(layer.part[1].stop for layer in (self.upper, self.lower)),
        )
        self.moving = rows, columns  # both layers together
        below = rig.face.below[..., None]
        self.seen = ~below[self.upper.part], below[self.lower.part]
        basis = rig.head.basis
        self.basis = np.zeros((2, len(basis), *basis.shape[1:], 2), np.float32)  # in grid steps
        self.basis[0, ..., 0] = self.basis[1, ..., 1] = basis / STEP
        self.grid = _grid(basis.shape[1:])
        self.layer_grids = [_grid(layer.fields.shape[1:3]) for layer in (self.upper, self.lower)]

    def sources(self, motion: Motion) -> Iterator[Sources]:
        """Frame by frame."""
        for first in range(0, len(motion), FRAMES_AT_ONCE):
            rows = motion[first : first + FRAMES_AT_ONCE]
            heads = _summed(rows.head.reshape(len(rows), -1), self.basis)
            uppers, lowers = (
                _summed(rows.face, layer.fields) for layer in (self.upper, self.lower)
            )
            for weights, head, upper, lower in zip(rows.head, heads, uppers, lowers, strict=True):
                yield self._source(head if weights.any() else None, upper, lower)

    def _source(self, head: Array | None, upper: Array, lower: Array) -> Sources:
        upper, lower = map(self._turned_round, (upper, lower), self.layer_grids)
        turned = self.at if head is None else self._turned(head)
        return Sources(turned, self._through(turned, upper, lower), upper, lower)

    def _turned_round(self, forward: Array, grid: Array) -> Array:
        """Backward displacement, canvas pixels, of a layer's forward field in grid steps."""
        back = -forward
        for _ in range(STEPS_BACK):
            there = cv2.remap(
                forward, grid + back, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
            )
            back -= np.float32(STEP_SIZE) * (there + back)
        back *= np.float32(self.face.step)
        return back

    def _turned(self, forward: Array) -> Array:
        """Which canvas pixel each grid point shows of a head turned by a field in grid steps."""
        back = -forward
        for _ in range(2):
            there = self.grid + back
            cv2.remap(
                forward, there, None, cv2.INTER_LINEAR, back, borderMode=cv2.BORDER_REPLICATE
            )
            np.negative(back, out=back)
        return cv2.scaleAdd(back, STEP, self.at)

    def _through(self, at: Array, upper: Array, lower: Array) -> Array:
        """Canvas pixels `at` of the turned head, looked up through the expression."""
        rows, columns = self.moving
        expression = np.zeros(
            (rows.stop - rows.start, columns.stop - columns.start, 2), np.float32
        )
        for layer, back, seen in zip(
            (self.upper, self.lower), (upper, lower), self.seen, strict=True
        ):
            top, left = layer.row - rows.start, layer.column - columns.start
            here = expression[top : top + back.shape[0], left : left + back.shape[1]]
            np.copyto(here, back, where=seen)
        there = self.on_face(at, rows.start, columns.start)
        over = cv2.inRange(
            there, (-1.0, -1.0), (float(expression.shape[1]), float(expression.shape[0]))
        )
        x, y, width, height = cv2.boundingRect(over)
        part = slice(y, y + height), slice(x, x + width)
        source = at.copy()
        source[part] += cv2.remap(
            expression, there[part], None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )
        return source

    def on_face(self, at: Array, row: int, column: int) -> Array:
        """Canvas pixels in steps of the face's grid, counted from one of its points."""
        step = np.float32(1 / self.face.step)
        x, y = (
            float(corner) / self.face.step + k
            for corner, k in zip(self.face.origin, (column, row), strict=True)
        )
        there = at * step
        return cv2.subtract(there, (x, y, 0.0, 0.0), there)

    def displaced(self, layer: Layer, back: Array, at: Array) -> Array:
        """What a layer's backward displacement is at canvas pixels, (rows, columns, 2)."""
        there = self.on_face(at, layer.row, layer.column)
        return cv2.remap(back, there, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _summed(weights: Array, fields: Array) -> Array:
    """Fields (…, rows, columns, 2) times (T, n) weights, for each row."""
    flat = fields.reshape(weights.shape[1], -1)
    return (weights @ flat).reshape(len(weights), *fields.shape[-3:])


def _grid(shape: tuple[int, ...]) -> Array:
    """(rows, columns, 2) indices."""
    columns, rows = np.arange(shape[1], dtype=np.float32), np.arange(shape[0], dtype=np.float32)
    return np.stack(np.meshgrid(columns, rows), axis=-1)
