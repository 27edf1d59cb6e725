"""A sound and the footage that goes with it, cut at the same places."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

from avatar.engine.errors import Cancelled, InputError
from avatar.engine.footage.fitted import Fitted
from avatar.engine.footage.pieces import Span
from avatar.engine.media.encode import SENT, Encoder
from avatar.engine.media.planes import Planes, read_planes
from avatar.engine.media.sound import write_wav
from avatar.engine.types import Samples, Waveform

AT_ONCE = 1 << 18  # samples
FADE_S = 0.004  # a period of 250 Hz: no click is left, and nobody hears it
ROUNDED = 2  # frames
SILENT = 10 ** (-50 / 20)


def made_as_long(sound: Samples, sample_rate: int, wanted_ms: int, out: Path) -> Path:
    """Write the sound cut, or with silence behind it, so that it lasts wanted_ms.

    A cut sound fades out, where it does not end in silence. Raises ResourceError.
    """
    n = round(wanted_ms * sample_rate / 1000)
    write_wav(out, _padded(_part(sound, sample_rate, 0, min(n, len(sound))), n), sample_rate)
    return out


def cut_sound(
    sound: Samples, sample_rate: int, spans: Sequence[Span], fps: Fraction, folder: Path
) -> list[Path]:
    """A WAV file for each span, each exactly as long as its frames. Raises ResourceError.

    Edges that are not in silence fade over FADE_S, which brings them to zero wherever they are in
    their wave; looking for a zero crossing would move them off the frame.
    """
    paths = []
    for number, span in enumerate(spans):
        first, last = span.samples(sample_rate, fps)
        part = _part(sound, sample_rate, first, min(last, len(sound)))
        paths.append(folder / f"sound-{number:03}.wav")
        write_wav(paths[-1], _padded(part, last - first), sample_rate)
    return paths


def _part(sound: Samples, sample_rate: int, first: int, last: int) -> Iterator[Waveform]:
    """Samples first to last, faded where they are cut out of something."""
    n_fade = min(round(FADE_S * sample_rate), (last - first) // 2)
    rising = ((1 - np.cos(np.pi * (np.arange(n_fade) + 0.5) / max(1, n_fade))) / 2).astype(
        np.float32
    )
    # Two pieces at the ends are never smaller than what fades.
    edges = [first, *range(first + AT_ONCE, last - n_fade, AT_ONCE), last]
    for start, stop in pairwise(edges):
        piece = np.array(sound[start:stop], np.float32)
        if start == first > 0 and _is_loud(piece[:n_fade]):
            piece[:n_fade] *= rising
        if stop == last < len(sound) and _is_loud(piece[len(piece) - n_fade :]):
            piece[len(piece) - n_fade :] *= rising[::-1]
        yield piece


def _is_loud(samples: Waveform) -> bool:
    return bool(len(samples)) and float(np.abs(samples).max()) > SILENT


def _padded(parts: Iterator[Waveform], n: int) -> Iterator[Waveform]:
    for part in parts:
        n -= len(part)
        yield part
    while n > 0:
        yield np.zeros(min(n, AT_ONCE), np.float32)
        n -= AT_ONCE


def cut_footage(
    footage: Fitted,
    spans: Sequence[Span],
    folder: Path,
    *,
    on_progress: Callable[[float], None] = lambda share: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Path]:
    """A film for each span, each going on where the last one stopped; read once.

    Where the footage ends before the last span does, by the rounding of a frame, its last frame is
    held. Raises InputError when it ends much earlier, Cancelled, EncodeError, ResourceError.
    """
    if footage.n_frames + ROUNDED < spans[-1].stop:
        raise InputError(
            f"The footage has {footage.n_frames} frames for a sound of {spans[-1].stop}: it must"
            " be fitted to it first."
        )
    size = footage.width, footage.height
    frames = read_planes(footage.path, *size, [])
    held: Planes | None = None
    paths = []
    try:
        for number, span in enumerate(spans):
            paths.append(folder / f"footage-{number:03}.mp4")
            with Encoder(paths[-1], *size, footage.fps, quality=SENT) as encoder:
                for frame in range(span.start, span.stop):
                    if should_stop():
                        raise Cancelled("Stopped as asked.")
                    held = next(frames, held)
                    assert held is not None
                    encoder.write(held)
                    on_progress((frame + 1) / spans[-1].stop)
    finally:
        frames.close()
    return paths
