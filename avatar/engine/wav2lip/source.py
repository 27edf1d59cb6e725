"""A photo or footage as the same thing: pictures one after the other, at a constant rate."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from avatar.engine.errors import InputError
from avatar.engine.media.frames import frame_rate, read_frames
from avatar.engine.order import load_photo
from avatar.engine.timing import HIGHEST_FPS, LOWEST_FPS, parse_fps
from avatar.engine.types import Image
from studio.lib.sniff import HEAD_BYTES, sniff

PHOTO_FPS = Fraction(25)  # what the model was trained at
LARGEST_SIDE = 4096  # px; what H.264 decoders take


@dataclass(frozen=True)
class Source:
    """photo: the picture itself; None for footage."""

    path: Path
    fps: Fraction
    photo: Image | None = field(default=None, repr=False)

    def frames(self) -> Iterator[Image]:
        """Its pictures, (height, width, 3) RGB with even sides; a photo is one picture."""
        if self.photo is not None:
            yield self.photo
            return
        for frame in read_frames(self.path, self.fps):
            yield _encodable(frame)


def open_source(path: Path, fps: float | Fraction | None = None) -> Source:
    """fps: instead of the footage's own rate, or of 25 for a photo.

    Raises InputError when it is neither a photo nor footage, or the rate is not possible.
    """
    if not path.is_file():
        raise InputError(f"There is no photo or footage {path}.")
    wanted = None if fps is None else parse_fps(fps)
    if wanted is not None and not LOWEST_FPS <= wanted <= HIGHEST_FPS:
        raise InputError(
            f"{float(wanted):g} frames a second are not possible: {LOWEST_FPS} to {HIGHEST_FPS}"
            " are."
        )
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    if kind is not None and kind.mime.startswith("image/"):
        return Source(path, wanted or PHOTO_FPS, _encodable(load_photo(path)))
    own = frame_rate(path)
    return Source(path, wanted or min(max(own, Fraction(LOWEST_FPS)), Fraction(HIGHEST_FPS)))


def _encodable(frame: Image) -> Image:
    """At most LARGEST_SIDE a side; the last row or column goes where the number is odd."""
    height, width = frame.shape[:2]
    scale = LARGEST_SIDE / max(height, width)
    if scale < 1:
        size = round(width * scale), round(height * scale)
        frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        height, width = frame.shape[:2]
    return np.ascontiguousarray(frame[: height // 2 * 2, : width // 2 * 2])
