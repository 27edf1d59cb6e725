"""Sounds to give to engines."""

from pathlib import Path

from studio.sandbox.vendors.media import SAMPLE_RATE, run_ffmpeg


def humming(target: Path, seconds: float, *, pitch_hz: int = 140) -> None:
    """A voice without words: a buzz that comes and goes four times a second, as syllables do.
    The format is told by the suffix.
    """
    wave = (
        f"0.3*(sin(2*PI*{pitch_hz}*t)+0.5*sin(4*PI*{pitch_hz}*t)+0.25*sin(6*PI*{pitch_hz}*t))"
        "*pow(abs(sin(2*PI*2*t)),0.7)"
    )
    source = f"aevalsrc=exprs='{wave}':s={SAMPLE_RATE}:d={seconds:.3f}"
    run_ffmpeg("-f", "lavfi", "-i", source, "-ac", "1", f"file:{target}")
