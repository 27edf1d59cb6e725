"""Films of one piece of the sound each, made into one film without a click or a jump.

Every piece has the frames that its sound has on the clock of the whole, whatever its film is made
of, so that nothing drifts. Where the picture jumps from one film to the next, they are dissolved.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import BadResult, Cancelled
from avatar.engine.film.checked import check_length
from avatar.engine.film.lag import film_lag
from avatar.engine.film.reading import exactly, film_frames, middle
from avatar.engine.footage.look import Footage
from avatar.engine.footage.pieces import Span
from avatar.engine.media.encode import BETWEEN, Encoder
from avatar.engine.media.planes import Planes, luma
from avatar.engine.scratch import WavFile

HALF = 2  # frames dissolved on either side of a seam
# Measured on people talking, cut at random: films that go on as they were are dissolved at 1 % of
# the seams, those that miss half a second at 84 %, a whole one at 93 %.
USUAL_FRAMES = 3  # before a seam, that say how much the picture moves anyway
JUMP, LEAST_JUMP = 1.6, 0.5  # times the most it moves in one of them; and luma, of 255
THUMBNAIL_PX = 64
MOVING_SHARE = 0.1  # of the picture: where a head is moves, what is behind it does not


def joined(
    films: Sequence[Footage],
    spans: Sequence[Span],
    fps: Fraction,
    out: Path,
    *,
    size: tuple[int, int] | None = None,
    sounds: Sequence[Path] = (),
    on_progress: Callable[[float], None] = lambda share: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Write one film of exactly the frames of the spans, silent. Returns how many.

    films: as `checked` returns them. size: width and height; by default those of the first one.
    sounds: what each film was made to (WAV): one whose own sound comes late, or early, is moved
      back by that, as `assembled` can no longer do.

    Raises BadResult when one is longer or shorter than can be mended by holding its last frame or
    leaving some out, Cancelled, EncodeError, ResourceError.
    """
    _check_lengths(films, spans, fps)
    width, height = size or (films[0].width, films[0].height)
    n = sum(span.n_frames for span in spans)
    with contextlib.ExitStack() as open_now:
        parts = []
        for film, span, lag_ms in zip(films, spans, _lags_ms(films, sounds), strict=True):
            frames = film_frames(film, fps, width, height, middle(film, width, height), lag_ms)
            open_now.callback(frames.close)
            parts.append(exactly(frames, span.n_frames))
        encoder = open_now.enter_context(Encoder(out, width, height, fps, quality=BETWEEN))
        for frame in dissolved(parts):
            if should_stop():
                raise Cancelled("Stopped as asked.")
            encoder.write(frame)
            on_progress(encoder.frames_written / n)
        if encoder.frames_written != n:
            raise BadResult("What came back has a part without a single picture.")
    return n


def _check_lengths(films: Sequence[Footage], spans: Sequence[Span], fps: Fraction) -> None:
    for number, (film, span) in enumerate(zip(films, spans, strict=True), start=1):
        what = f"Part {number} of {len(films)}" if len(films) > 1 else "What came back"
        check_length(film.duration_ms, round(1000 * span.n_frames / fps), what)


def _lags_ms(films: Sequence[Footage], sounds: Sequence[Path]) -> list[int]:
    if not sounds:
        return [0] * len(films)
    lags = []
    for film, path in zip(films, sounds, strict=True):
        sound = WavFile(path)
        lag = film_lag(film, sound, sound.sample_rate)
        lags.append(lag.to_mend_ms if lag else 0)
    return lags


def dissolved(parts: Sequence[Iterator[Planes]]) -> Iterator[Planes]:
    """All frames of all parts; HALF before and HALF behind a seam that jumps are mixed."""
    tail: list[Planes] = []
    moves: deque[float] = deque(maxlen=USUAL_FRAMES)
    for part in parts:
        head = list(islice(part, HALF))
        if len(tail) == len(head) == HALF and _jumps(tail, head, moves):
            tail, head = _mixed(tail, head)
        yield from tail
        waiting = deque(head)
        before: NDArray[np.float32] | None = None
        for frame in part:
            small = _thumbnail(frame)
            if before is not None:
                moves.append(_change(before, small))
            before = small
            waiting.append(frame)
            yield waiting.popleft()
        tail = list(waiting)
    yield from tail


def _jumps(tail: list[Planes], head: list[Planes], moves: deque[float]) -> bool:
    before, last, first, after = (_thumbnail(frame) for frame in (*tail, *head))
    usual = max(*moves, _change(before, last), _change(first, after), 0.0)
    return _change(last, first) > LEAST_JUMP + JUMP * usual


def _mixed(tail: list[Planes], head: list[Planes]) -> tuple[list[Planes], list[Planes]]:
    """Four frames between what was and what comes; neither side has more frames than these, so the
    other side's edge is held.
    """
    weights = [(number + 1) / (2 * HALF + 1) for number in range(2 * HALF)]
    old = [*tail, *[tail[-1]] * HALF]
    new = [*[head[0]] * HALF, *head]
    mixed = [
        np.rint(a + weight * (b.astype(np.float32) - a)).astype(np.uint8)
        for a, b, weight in zip(old, new, weights, strict=True)
    ]
    return mixed[:HALF], mixed[HALF:]


def _thumbnail(frame: Planes) -> NDArray[np.float32]:
    """About THUMBNAIL_PX on the shorter side: means of blocks, in which noise is lost."""
    picture = luma(frame)
    side = max(1, min(picture.shape) // THUMBNAIL_PX)
    rows, columns = picture.shape[0] // side, picture.shape[1] // side
    blocks = picture[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32))


def _change(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Luma, where it changes most."""
    most = round((1 - MOVING_SHARE) * one.size)
    return float(np.partition(np.abs(one - other), most, axis=None)[most:].mean())
