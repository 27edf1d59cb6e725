"""Captions as files of their own: SubRip and WebVTT, one cue a phrase."""

import html
from collections.abc import Sequence

from avatar.engine.captions.phrases import group
from avatar.engine.types import Word


def srt(words: Sequence[Word], duration_ms: int) -> str:
    """SubRip. Empty when there are no words."""
    cues = (
        f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n{cue.text}\n"
        for number, cue in enumerate(group(words, duration_ms), start=1)
    )
    return "\n".join(cues)


def vtt(words: Sequence[Word], duration_ms: int) -> str:
    """WebVTT."""
    cues = (
        f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n"
        f"{html.escape(cue.text, quote=False)}\n"
        for cue in group(words, duration_ms)
    )
    return "\n".join(("WEBVTT\n", *cues))


def _clock(ms: int, comma: str) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{comma}{rest:03}"
