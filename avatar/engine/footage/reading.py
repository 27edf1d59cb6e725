"""The frames of footage by their number, in any order, a block of them in memory."""

from collections.abc import Callable, Generator
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from avatar.engine.errors import Cancelled, InputError
from avatar.engine.footage.look import Footage
from avatar.engine.media.encode import BETWEEN, Encoder
from avatar.engine.media.planes import Planes, as_bt709, read_planes

BLOCK_BYTES = 64 << 20  # 20 frames of 1080x1920
LEAST_MISSING_S = 0.5  # footage that ends so much too early is damaged, not rounded
Size = tuple[int, int]  # width, height
Stop = Callable[[], bool]


class Frames(Protocol):
    """Frames 0 to n_frames, whichever is asked for."""

    n_frames: int

    def frame(self, number: int) -> Planes: ...

    def close(self) -> None: ...


def fitting_size(width: int, height: int, largest: Size | None) -> Size:
    """The size within `largest`, which holds for a picture lying or standing; sides even."""
    scale = 1.0
    if largest is not None:
        scale = min(1.0, max(largest) / max(width, height), min(largest) / min(width, height))
    return round(width * scale / 2) * 2, round(height * scale / 2) * 2


def steady(footage: Footage, fps: Fraction, size: Size) -> Generator[Planes, None, None]:
    """The footage from its first frame on, upright, at a constant rate."""
    interlaced = ["bwdif=mode=send_frame"] if " first" in footage.about.colour else []
    constant = ["setpts=PTS-STARTPTS", f"fps={fps}"]
    filters = [*interlaced, *constant, *as_bt709(footage.about, *size)]
    return read_planes(footage.path, *size, filters)


class Forward:
    """Footage that is read from its beginning on; what lies before makes it begin again.

    Raises InputError when it ends much earlier than it should.
    """

    def __init__(self, footage: Footage, fps: Fraction, size: Size) -> None:
        self.footage, self.fps, self.size = footage, fps, size
        self.n_frames = max(1, int(footage.duration_ms * fps / 1000))
        self._frames: Generator[Planes, None, None] | None = None
        self._last: Planes | None = None
        self._at = -1

    def frame(self, number: int) -> Planes:
        if self._frames is None or number < self._at:
            self.close()
            self._frames, self._at = steady(self.footage, self.fps, self.size), -1
        while self._at < number:
            self._last, self._at = self._next(), self._at + 1
        assert self._last is not None
        return self._last

    def _next(self) -> Planes:
        assert self._frames is not None
        found = next(self._frames, None)
        if found is not None:
            return found
        missing = self.n_frames - self._at - 1
        if self._last is None or missing > LEAST_MISSING_S * self.fps:
            at_s = float((self._at + 1) / self.fps)
            raise InputError(
                f"{self.footage.path.name} breaks off after {at_s:.1f} of its"
                f" {self.footage.duration_ms / 1000:.1f} seconds."
            )
        return self._last  # a frame was lost in rounding

    def close(self) -> None:
        if self._frames is not None:
            self._frames.close()
            self._frames = None


class Blocks:
    """The same from a copy of our own that can be entered at the beginning of any block.

    Backwards, too, every frame is decoded once, and one block is in memory.
    """

    def __init__(self, path: Path, n_frames: int, fps: Fraction, size: Size) -> None:
        self.path, self.n_frames, self.fps, self.size = path, n_frames, fps, size
        self.length = block_length(size)
        self._block, self._number = list[Planes](), -1

    def frame(self, number: int) -> Planes:
        block, within = divmod(number, self.length)
        if block != self._number:
            self._block, self._number = self._read(block), block
        return self._block[within]

    def _read(self, block: int) -> list[Planes]:
        first = block * self.length
        n = min(self.length, self.n_frames - first)
        start_s = max(Fraction(0), (first - Fraction(1, 2)) / self.fps)  # half a frame before it
        frames = read_planes(self.path, *self.size, [], start_s=start_s)
        try:
            found = [frame for _, frame in zip(range(n), frames, strict=False)]
        finally:
            frames.close()
        if len(found) < n:
            raise InputError(f"{self.path.name} breaks off at frame {first + len(found)}.")
        return found

    def close(self) -> None:
        self._block, self._number = [], -1


def block_length(size: Size) -> int:
    return max(4, BLOCK_BYTES // (size[0] * size[1] * 3 // 2))


def copied(
    frames: Frames, n_frames: int, out: Path, fps: Fraction, size: Size, stop: Stop
) -> None:
    """Write the copy that Blocks reads: a group of pictures is a block. Raises Cancelled."""
    with Encoder(
        out, *size, fps, preset="ultrafast", quality=BETWEEN, gop=block_length(size)
    ) as encoder:
        for number in range(n_frames):
            if stop():
                raise Cancelled("Stopped as asked.")
            encoder.write(frames.frame(number))
