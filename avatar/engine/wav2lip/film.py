"""From a photo or footage and a sound to a film: twice through the pictures, never all at once.

First the face is found in every picture; then mouths are drawn, laid over and encoded, a few
frames at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import Cancelled, InputError
from avatar.engine.media.encode import Encoder
from avatar.engine.media.sound import stream_sound
from avatar.engine.timing import n_frames
from avatar.engine.types import Image, Samples
from avatar.engine.wav2lip.faces import Track, find_places
from avatar.engine.wav2lip.mel import at_16_khz, mel_windows
from avatar.engine.wav2lip.options import Wav2LipOptions
from avatar.engine.wav2lip.overlay import Clock, Mouths, Overlay
from avatar.engine.wav2lip.source import Source

FOUND_AT = 0.15  # share of the work after which all faces are known
HELD_BYTES = 256 << 20  # of pictures that wait for their mouths
LARGE_FACE_PX = 400  # wide; from here on 96 px look soft in it


@dataclass(frozen=True)
class Callbacks:
    """on_progress: gets "analyse" or "perform" and how much of the whole is done, 0 to 1."""

    on_progress: Callable[[str, float], None] = lambda stage, share: None
    on_warning: Callable[[str], None] = lambda sentence: None
    should_stop: Callable[[], bool] = lambda: False

    def check_stop(self) -> None:
        if self.should_stop():
            raise Cancelled("Stopped as asked.")


@dataclass(frozen=True)
class Film:
    """What was made. seconds: what each of overlay.PARTS took by the clock.

    without_face: pictures of the source in which no face was found. held: frames for which the
    footage was too short, so that its last picture stands; a photo stands always.
    """

    n_frames: int
    fps: Fraction
    width: int
    height: int
    without_face: int
    held: int
    seconds: dict[str, float] = field(repr=False)


def make_film(
    source: Source,
    audio: Path,
    out: Path,
    mouths: Mouths,
    options: Wav2LipOptions,
    callbacks: Callbacks,
) -> Film:
    """Raises InputError, ResourceError, EncodeError or Cancelled; then OUT is as it was before."""
    clock = Clock()
    with clock.timed("sound"):
        sound, sample_rate = stream_sound(audio)
        n = n_frames(len(sound), sample_rate, source.fps)
        heard = at_16_khz(sound, sample_rate)
    with clock.timed("faces"):
        track, size = _tracked(source, n, options, callbacks)
    held = 0 if source.photo is not None else n - len(track)
    _warn(source, track, held, callbacks)
    overlay = Overlay(mouths, options, clock)
    with Encoder(out, *size, source.fps, audio=audio) as encoder:
        for frame in _spoken(source, track, heard, n, overlay, callbacks):
            with clock.timed("encode"):
                encoder.write(frame)
        with clock.timed("encode"):
            encoder.finish()
    return Film(n, source.fps, *size, track.missing, held, clock.seconds)


def _tracked(
    source: Source, n: int, options: Wav2LipOptions, callbacks: Callbacks
) -> tuple[Track, tuple[int, int]]:
    """The places of the face in the first n pictures, and their width and height.

    Raises InputError when there is no picture, or a face in none.
    """
    track, size, widest = Track(), (0, 0), 0.0

    def seen() -> Iterator[Image]:
        nonlocal size
        for picture in islice(source.frames(), n):
            size = picture.shape[1], picture.shape[0]
            yield picture

    for place in find_places(seen(), options.face_index):
        callbacks.check_stop()
        track.append(place)
        if place is not None:
            widest = max(widest, float(place.box[2] - place.box[0]))
        callbacks.on_progress("analyse", FOUND_AT * len(track) / n)
    if not len(track):
        raise InputError(f"{source.path.name} holds no picture that can be read.")
    if track.missing == len(track):
        raise InputError(
            f"No face was found in {source.path.name}; one that looks at the camera is needed."
        )
    if widest > LARGE_FACE_PX:
        callbacks.on_warning(
            f"The face is {widest:.0f} px wide and Wav2Lip draws 96: the mouth will be softer than"
            " the rest."
        )
    return track, size


def _warn(source: Source, track: Track, held: int, callbacks: Callbacks) -> None:
    if track.missing:
        callbacks.on_warning(
            f"In {track.missing} of {len(track)} frames no face was found: they stay as they are."
        )
    if held:
        callbacks.on_warning(
            f"{source.path.name} ends {float(held / source.fps):.1f} seconds before the sound: its"
            " last picture is held."
        )


def _spoken(
    source: Source,
    track: Track,
    heard: Samples,
    n: int,
    overlay: Overlay,
    callbacks: Callbacks,
) -> Iterator[NDArray[np.uint8]]:
    """All n frames with their new mouths, as the encoder takes them."""
    pictures, clock = _held(source.frames(), n), overlay.clock
    start = 0
    while start < n:
        callbacks.check_stop()
        with clock.timed("faces"):  # the pictures are read a second time
            batch = _batch(pictures, overlay)
            stop = start + len(batch)
            places = track.places(start, stop)
        with clock.timed("mel"):
            mel = mel_windows(heard, source.fps, start, stop)
        yield from overlay.frames(batch, places, mel)
        start = stop
        callbacks.on_progress("perform", 1 - (1 - FOUND_AT) * (n - start) / n)


def _held(pictures: Iterator[Image], n: int) -> Iterator[Image]:
    """n pictures: where they run out, the last one again and again."""
    picture = None
    for _ in range(n):
        picture = next(pictures, picture)
        if picture is None:
            return
        yield picture


def _batch(pictures: Iterator[Image], overlay: Overlay) -> list[Image]:
    """As many pictures as the network draws at once, or as memory should hold; at least one."""
    most = overlay.options.batch or overlay.mouths.batch
    batch = [next(pictures)]
    fits = max(1, HELD_BYTES // batch[0].nbytes)
    return [*batch, *islice(pictures, min(most, fits) - 1)]
