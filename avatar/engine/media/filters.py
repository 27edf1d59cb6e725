"""Recursive filters of second order, without scipy.signal, which takes a second to load."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Doubles = NDArray[np.float64]

BLOCK = 64  # samples that are filtered at once


class Filter:
    """y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2], piece after piece.

    Blocks are filtered as if each began in silence, by one matrix product; then what every block
    hands on to the next is summed up, by doubling, and its echo is added.
    """

    def __init__(self, b: tuple[float, float, float], a: tuple[float, float, float]) -> None:
        step = np.array([[-a[1], 1.0], [-a[2], 0.0]])  # transposed direct form II
        entry = np.array([b[1] - a[1] * b[0], b[2] - a[2] * b[0]])
        powers = [np.eye(2)]
        for _ in range(BLOCK):
            powers.append(step @ powers[-1])
        self.echo = np.stack([power[0] for power in powers[:BLOCK]], axis=1)  # (2, BLOCK)
        self.leaves = np.stack([power @ entry for power in powers[BLOCK - 1 :: -1]])  # (BLOCK, 2)
        impulse = np.concatenate([[b[0]], [power[0] @ entry for power in powers[: BLOCK - 1]]])
        lag = np.subtract.outer(np.arange(BLOCK), np.arange(BLOCK))
        self.kernel = np.where(lag >= 0, impulse[lag], 0.0).T  # (BLOCK in, BLOCK out)
        self.over_block = powers[BLOCK]
        self.step, self.entry = step, entry
        self.state = np.zeros(2)

    def __call__(self, piece: ArrayLike) -> Doubles:
        x = np.asarray(piece, np.float64)
        n = len(x)
        blocks = np.zeros((-(-n // BLOCK), BLOCK))
        blocks.reshape(-1)[:n] = x
        entered = self._handed_on(blocks @ self.leaves)
        y = blocks @ self.kernel
        y += entered[:-1] @ self.echo
        if n % BLOCK == 0:
            self.state = entered[-1]
        else:  # the last block is not full: its end is reached sample by sample
            self.state = entered[-2] if n else entered[-1]
            for sample in x[n - n % BLOCK :]:
                self.state = self.step @ self.state + self.entry * sample
        filtered: Doubles = y.reshape(-1)[:n]
        return filtered

    def _handed_on(self, left: Doubles) -> Doubles:
        """State at the beginning of each block and behind the last, (n_blocks + 1, 2)."""
        states: Doubles = np.concatenate([self.state[None], left])
        over, reach = self.over_block, 1
        while reach < len(states) and np.abs(over).max() > 1e-18:
            states[reach:] = states[reach:] + states[:-reach] @ over.T
            over, reach = over @ over, 2 * reach
        return states


def high_pass(hz: float, sample_rate: int) -> Filter:
    """Butterworth, second order."""
    k = np.tan(np.pi * hz / sample_rate)
    scale = 1 / (1 + np.sqrt(2) * k + k * k)
    a = 1.0, 2 * (k * k - 1) * scale, (1 - np.sqrt(2) * k + k * k) * scale
    return Filter((scale, -2 * scale, scale), a)
