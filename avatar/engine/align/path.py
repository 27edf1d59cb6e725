"""The cheapest way of a sound through a row of states: time warping, done a row at a time.

States are the frames of a reference that speaks the same words, with an optional pause between
words. In every frame of the sound the way stays, or goes on by one, two or three states. Because
no step stays within a frame, a whole row is one vector operation and no cell is visited alone.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from avatar.engine.scratch import Scratch

Array = NDArray[np.float32]

ROWS_AT_ONCE = 256
STEPS = (0, 1, 2, 3)
STEPS_A_BYTE = 4


def cheapest_path(
    cost: Callable[[int, int, int, int], Array],
    n_rows: int,
    step_costs: Array,
    centres: NDArray[np.int64] | None = None,
    reach: int = 1500,
) -> tuple[NDArray[np.int64], float]:
    """The state of every row (frame of the sound), never going back, and the mean cost a row.

    cost(first_row, last_row, first_state, last_state): local costs of that rectangle.
    step_costs: (4, n_states), what it costs to come to a state by staying, one, two, three.
    centres: (n_rows,) the states to search around, or None for a straight line.
    reach: how many states to either side.

    The way may begin in the first states and must end in the last ones that the steps reach.
    The steps are kept on disk, n_rows * 2 * reach / 4 bytes.
    """
    n_states = step_costs.shape[1]
    if centres is None:
        centres = np.linspace(0, n_states - 1, n_rows).astype(np.int64)
    width = min(n_states, 2 * reach + 1)
    firsts = np.clip(centres - width // 2, 0, n_states - width)
    firsts = np.maximum.accumulate(firsts)
    n_bytes = -(-width // STEPS_A_BYTE)
    came_by = Scratch((n_bytes,), np.uint8)
    total = np.full(width, np.inf, dtype=np.float32)
    for block in range(0, n_rows, ROWS_AT_ONCE):
        end = min(block + ROWS_AT_ONCE, n_rows)
        first, last = int(firsts[block]), int(firsts[end - 1]) + width
        local = cost(block, end, first, last)
        by = np.zeros((end - block, n_bytes * STEPS_A_BYTE), dtype=np.uint8)
        for row in range(block, end):
            at = int(firsts[row])
            here = local[row - block, at - first : at - first + width]
            if row == 0:
                total[:3] = here[:3]
                continue
            shift = at - int(firsts[row - 1])
            total = _advance(total, shift, step_costs[:, at : at + width], by[row - block, :width])
            total += here
        came_by.append(_packed(by))
    return _traced(came_by, firsts, total), float(total[-3:].min()) / n_rows


def _advance(total: Array, shift: int, step_costs: Array, came_by: NDArray[np.uint8]) -> Array:
    """One row on: the least total of each state before its own cost.

    shift: how many states the window has moved since the last row.
    came_by: (width,) zeros, in which the best steps are put.
    """
    width = len(total)
    padded = np.full(width + 3 + shift, np.inf, dtype=np.float32)
    padded[3 : 3 + width] = total
    best: Array = padded[3 + shift :] + step_costs[0]
    for step in STEPS[1:]:
        way = padded[3 - step + shift : 3 - step + shift + width] + step_costs[step]
        np.putmask(came_by, way < best, step)
        np.minimum(best, way, out=best)
    return best


def _packed(steps: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Four steps in a byte; the first in its lowest bits."""
    packed: NDArray[np.uint8] = np.bitwise_or.reduce(
        [steps[:, i::STEPS_A_BYTE] << np.uint8(2 * i) for i in range(STEPS_A_BYTE)]
    )
    return packed


def _traced(came_by: Scratch, firsts: NDArray[np.int64], total: Array) -> NDArray[np.int64]:
    n_rows, width = len(came_by), len(total)
    states = np.zeros(n_rows, dtype=np.int64)
    state = int(firsts[-1]) + width - 3 + int(np.argmin(total[-3:])) if width >= 3 else width - 1
    for block in range((n_rows - 1) // ROWS_AT_ONCE * ROWS_AT_ONCE, -1, -ROWS_AT_ONCE):
        steps = came_by[block : block + ROWS_AT_ONCE]
        for row in range(block + len(steps) - 1, block - 1, -1):
            states[row] = state
            at = min(max(state - int(firsts[row]), 0), width - 1)
            state -= int(steps[row - block, at // STEPS_A_BYTE]) >> 2 * (at % STEPS_A_BYTE) & 3
    return states
