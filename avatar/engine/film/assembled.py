"""From a film of somebody talking to the files of a reel: decoded, framed, captioned and encoded
in one pass, with the sound of our own take.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from avatar.engine.dressing import CODE as DRESSING_CODE
from avatar.engine.dressing import Dressing, save_subtitles
from avatar.engine.errors import BadResult, Cancelled
from avatar.engine.film.checked import check_length
from avatar.engine.film.choosing import best_of, candidates
from avatar.engine.film.faces import FacePlace, find_face
from avatar.engine.film.framing import choose_window, face_rows
from avatar.engine.film.lag import film_lag
from avatar.engine.film.reading import exactly, film_frames
from avatar.engine.footage.look import Footage
from avatar.engine.media.planes import Planes
from avatar.engine.options import ReelOptions
from avatar.engine.scratch import WavFile
from avatar.engine.timing import frame_ms, n_frames, parse_fps
from avatar.engine.types import Alignment

CODE = (
    "avatar.engine.film",
    "avatar.engine.footage",
    "avatar.engine.face.detect",
    "avatar.engine.media.planes",
    *DRESSING_CODE,
)
NO_FACE = "No face was found in the film: captions may cover it, and it is cut from the middle."


@dataclass(frozen=True)
class Assembled:
    """lag_ms: how late the film was against its sound; it has been moved back by that."""

    n_frames: int
    fps: Fraction
    face: FacePlace | None
    lag_ms: int
    encoder_peak_mb: float


def assembled(
    film: Footage,
    take: Path,
    alignment: Alignment,
    options: ReelOptions,
    folder: Path,
    *,
    on_progress: Callable[[float], None] = lambda share: None,
    on_warning: Callable[[str], None] = lambda sentence: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Assembled:
    """Write reel.mp4, cover.jpg, reel.srt and reel.vtt into a folder.

    film: as `checked` or `opened` returns it. take: the voice-over (WAV); the film's own sound is
    listened to only to find out whether it is late.

    Raises BadResult when film and take are not equally long, Cancelled, EncodeError,
    ResourceError, ModelUnavailable.
    """
    sound = WavFile(take)
    fps = parse_fps(options.fps)
    n = n_frames(len(sound), sound.sample_rate, fps)
    check_length(film.duration_ms, frame_ms(n, fps), "The film")
    face = find_face(film, should_stop)
    if face is None:
        on_warning(NO_FACE)
    width, height = options.width, options.height
    window = choose_window(film, face, width, height)
    lag = film_lag(film, sound, sound.sample_rate)
    lag_ms = lag.to_mend_ms if lag else 0
    rows = face_rows(film, face, window, width, height)
    dressing = Dressing(alignment.words, options, frame_ms(n, fps), rows)
    save_subtitles(folder, alignment.words, dressing.duration_ms)
    frames = film_frames(film, fps, width, height, window, lag_ms)
    wanted, early = set(candidates(n, fps)), list[Planes]()
    try:
        with dressing.encoder(folder / "reel.mp4", fps, take) as encoder:
            for number, frame in enumerate(exactly(frames, n)):
                if should_stop():
                    raise Cancelled("Stopped as asked.")
                if number in wanted:
                    early.append(frame)
                encoder.write(frame)
                on_progress((number + 1) / n)
            if encoder.frames_written != n:
                raise BadResult("The film holds not one picture.")
    finally:
        frames.close()
    dressing.save_cover(folder / "cover.jpg", early[best_of(early)])
    return Assembled(n, fps, face, lag_ms, encoder.peak_rss_mb)
