"""Footage that speaks for itself: what a translator is given, and the voice it gives back."""

import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from avatar.engine.errors import BadResult, Cancelled, InputError
from avatar.engine.film.reading import Window, exactly, film_frames
from avatar.engine.footage import Fitted, Footage, made_as_long
from avatar.engine.footage.reading import Size, fitting_size
from avatar.engine.media.encode import SENT, Encoder
from avatar.engine.media.sound import normalised, stream_sound, write_wav
from avatar.engine.timing import frame_ms


def with_its_sound(
    footage: Footage,
    out: Path,
    *,
    longest_ms: int | None = None,
    fps: Fraction | None = None,
    largest: Size | None = None,
    on_progress: Callable[[float], None] = lambda share: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Fitted:
    """Write the footage upright, at a constant rate, with its sound and without its metadata.

    longest_ms: the rest is left out. largest: as for `fitted`.

    Raises InputError when nobody is heard in it, Cancelled, EncodeError, ResourceError.
    """
    if not footage.has_sound:
        raise InputError(f"{footage.path.name} has no sound: there is nothing to translate.")
    fps = fps or footage.steady_fps()
    size = fitting_size(footage.width, footage.height, largest)
    wanted_ms = min(footage.duration_ms, longest_ms or footage.duration_ms)
    n = max(1, int(wanted_ms * fps / 1000))
    sound, sample_rate = stream_sound(footage.path)
    whole = Window(0, 0, footage.width, footage.height)
    frames = film_frames(footage, fps, *size, whole)
    with tempfile.TemporaryDirectory(prefix=".understudy-", dir=out.parent) as folder:
        wav = Path(folder) / "sound.wav"
        made_as_long(sound, sample_rate, frame_ms(n, fps), wav)
        try:
            with Encoder(out, *size, fps, audio=wav, quality=SENT) as encoder:
                for frame in exactly(frames, n):
                    if should_stop():
                        raise Cancelled("Stopped as asked.")
                    encoder.write(frame)
                    on_progress(encoder.frames_written / n)
        finally:
            frames.close()
    return Fitted(out, n, fps, *size, frame_ms(n, fps))


def own_sound(film: Footage, out: Path) -> Path:
    """Write what a translated film says as a take: one channel at -14 LUFS.

    Raises BadResult when nobody is heard in it, ResourceError.
    """
    try:
        sound, sample_rate = stream_sound(film.path)
    except InputError as e:
        raise BadResult("What came back is silent: nobody speaks in it.") from e
    write_wav(out, normalised(sound, sample_rate), sample_rate)
    return out
