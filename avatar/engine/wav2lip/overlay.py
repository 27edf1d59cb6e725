"""Frames with their new mouths, a batch at a time."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from avatar.engine.types import Image
from avatar.engine.wav2lip.blend import Blend, Patch, crop_box
from avatar.engine.wav2lip.faces import Place
from avatar.engine.wav2lip.options import Wav2LipOptions
from avatar.engine.wav2lip.yuv import frame_from_rgb, put

PARTS = ("sound", "faces", "mel", "network", "blend", "encode")


class Mouths(Protocol):
    """What draws: avatar.engine.wav2lip.synthesis.Mouths says how."""

    batch: int

    def study(self, crops: NDArray[np.uint8]) -> Any: ...

    def draw(self, mel: NDArray[np.float32], studied: Any) -> NDArray[np.float32]: ...


class Clock:
    """seconds: what each of PARTS took until now."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[part] += time.perf_counter() - started


class Overlay:
    """Keeps what belongs to a picture that stands: its masks, its face studied, its YUV."""

    def __init__(self, mouths: Mouths, options: Wav2LipOptions, clock: Clock) -> None:
        self.mouths, self.options, self.clock = mouths, options, clock
        self._blend: tuple[Image, Blend] | None = None
        self._studied: tuple[Blend, Any] | None = None
        self._yuv: tuple[Image, NDArray[np.uint8]] | None = None

    def frames(
        self, pictures: list[Image], places: list[Place | None], mel: NDArray[np.float32]
    ) -> Iterator[NDArray[np.uint8]]:
        """Each picture as the encoder takes it; one without a face stays as it is.

        A picture that stands is the same object again. mel: (n, 80, 16).
        """
        with self.clock.timed("blend"):
            blends = [
                None if place is None else self._blend_of(picture, place)
                for picture, place in zip(pictures, places, strict=True)
            ]
        speaking = [k for k, blend in enumerate(blends) if blend is not None]
        drawn = iter(self._drawn([b for b in blends if b is not None], mel[speaking]))
        for picture, blend in zip(pictures, blends, strict=True):
            with self.clock.timed("blend"):
                patch = blend.over(next(drawn)) if blend is not None else None
                frame = self._frame(picture, patch)
            yield frame

    def _blend_of(self, picture: Image, place: Place) -> Blend:
        if self._blend is None or self._blend[0] is not picture:
            box = crop_box(place, self.options.pads)
            self._blend = picture, Blend(picture, place, box, self.options)
        return self._blend[1]

    def _drawn(self, blends: list[Blend], mel: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 96, 96, 3): a mouth for each; a face that stands is studied once."""
        if not blends:
            return np.empty((0, 96, 96, 3), np.float32)
        with self.clock.timed("network"):
            one = blends[0] if len(set(map(id, blends))) == 1 else None
            if one is not None and self._studied is not None and self._studied[0] is one:
                studied = self._studied[1]
            else:
                faces = blends if one is None else [one]
                studied = self.mouths.study(np.stack([blend.crop for blend in faces]))
                self._studied = None if one is None else (one, studied)
            return self.mouths.draw(mel, studied)

    def _frame(self, picture: Image, patch: Patch | None) -> NDArray[np.uint8]:
        if self._yuv is None or self._yuv[0] is not picture:
            self._yuv = picture, frame_from_rgb(picture)
        frame = self._yuv[1]
        if patch is None:
            return frame
        frame = frame.copy()
        x, y = patch.x // 2 * 2, patch.y // 2 * 2  # colours belong to two by two pixels
        height, width = patch.pixels.shape[:2]
        right, bottom = -(-(patch.x + width) // 2) * 2, -(-(patch.y + height) // 2) * 2
        part = picture[y:bottom, x:right].copy()
        part[patch.y - y : patch.y - y + height, patch.x - x : patch.x - x + width] = patch.pixels
        put(frame, part, x, y)
        return frame
