"""The only place that rounds: between milliseconds, samples and frames."""

from fractions import Fraction

from avatar.engine.errors import InputError

LOWEST_FPS, HIGHEST_FPS = 10, 60  # what the platforms take is 23 to 60; 10 and up for trials


def parse_fps(text: str | float | Fraction) -> Fraction:
    """Frames a second, exactly. 29.97, 23.976 and 59.94 mean their NTSC fractions.

    Raises InputError when it is no number above zero.
    """
    try:
        fps = Fraction(str(text).strip())
    except (ValueError, ZeroDivisionError) as e:
        raise InputError(f"{text!r} is not a frame rate; 30, 25 or 30000/1001 are.") from e
    if fps <= 0:
        raise InputError(f"{text} is not a frame rate; 30, 25 or 30000/1001 are.")
    ntsc = Fraction(round(fps) * 1000, 1001)
    return ntsc if fps != ntsc and fps.denominator > 1 and abs(fps - ntsc) < 0.005 else fps


def n_frames(n_samples: int, sample_rate: int, fps: Fraction) -> int:
    """Frames that cover the whole sound: its length, rounded up to a frame."""
    return -(-n_samples * fps.numerator // (sample_rate * fps.denominator))


def frame_ms(frame: int, fps: Fraction) -> int:
    """When a frame begins; of the number of frames, when the last one ends."""
    return round(1000 * frame / fps)
