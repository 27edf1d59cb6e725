"""Long sounds and tables that are read piece by piece, so that memory does not grow with them."""

import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import soundfile
from numpy.typing import DTypeLike, NDArray

from avatar.engine.types import Waveform

Array = NDArray[np.float32]

ROWS_AT_ONCE = 8192  # of a table, in loops that go all through it


class Rows(Protocol):
    """(n_rows, n_columns) float32, in memory or not."""

    def __len__(self) -> int: ...

    def __getitem__(self, piece: slice, /) -> Array: ...


class Scratch:
    """An array in a file without a name: written piece behind piece, read by slices.

    shape: of one entry: () for a sound, (n_columns,) for a table.
    """

    def __init__(self, shape: tuple[int, ...] = (), dtype: DTypeLike = np.float32) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        self._entry_bytes = int(np.prod(shape, dtype=int)) * self.dtype.itemsize
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as this is
        weakref.finalize(self, self._file.close)
        self._n = 0

    def append(self, piece: NDArray[Any]) -> None:
        self._file.write(np.ascontiguousarray(piece, self.dtype).data)
        self._n += len(piece)

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, piece: slice) -> NDArray[Any]:
        start, stop, step = piece.indices(self._n)
        if step != 1:
            raise ValueError("A scratch file is read in one direction, entry by entry.")
        self._file.flush()
        read = np.empty((max(0, stop - start), *self.shape), self.dtype)
        if read.nbytes:
            os.preadv(self._file.fileno(), [read.data.cast("B")], start * self._entry_bytes)
        return read

    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> NDArray[Any]:
        """All of it, for sounds that are known to be short."""
        return self[:].astype(dtype or self.dtype, copy=False)


class WavFile:
    """A WAV file as a sound: read by slices, as float32 in [-1, 1]."""

    def __init__(self, path: Path) -> None:
        self.path = path
        about = soundfile.info(path)
        self.sample_rate, self._n = int(about.samplerate), int(about.frames)

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, piece: slice) -> Waveform:
        start, stop, _ = piece.indices(self._n)
        read: Waveform
        read, _ = soundfile.read(self.path, max(0, stop - start), start, dtype="float32")
        return read


def pieces(n: int) -> Iterator[tuple[int, int]]:
    """(first, last + 1) of one piece of a table after the other."""
    for first in range(0, n, ROWS_AT_ONCE):
        yield first, min(first + ROWS_AT_ONCE, n)


def gathered(rows: Rows, at: NDArray[np.int64]) -> Array:
    """Some rows of a table, in any order, in memory."""
    order = np.argsort(at, kind="stable")
    ascending = at[order]
    first = rows[0:1]
    found = np.empty((len(at), *first.shape[1:]), first.dtype)
    for start, stop in pieces(len(rows)):
        here = slice(*np.searchsorted(ascending, (start, stop)))
        if here.start < here.stop:
            found[order[here]] = rows[start:stop][ascending[here] - start]
    return found
