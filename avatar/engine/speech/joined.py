"""Pieces of a voice-over behind each other, without a click and with a breath between them."""

from collections.abc import Sequence

import numpy as np

from avatar.engine.media.resample import resampled
from avatar.engine.scratch import Scratch
from avatar.engine.speech.raw import Raw, decoded
from avatar.engine.speech.times import WordTime, word_times
from avatar.engine.text import display_words
from avatar.engine.types import Samples, Waveform

FADE_MS = 5
PAUSE_S = 0.36  # between two pieces, as behind a sentence; pieces end where one does
QUIET = 10 ** (-45 / 20)  # below this is the pause that a piece brings itself


def joined(
    raws: Sequence[Raw], label: str, text: str
) -> tuple[Samples, int, tuple[WordTime, ...]]:
    """The sound, its sample rate, and the times of the words of `text` as far as all pieces tell.

    Raises BadResult for a piece that is no voice.
    """
    sound, rate = Scratch(), 0
    times: list[WordTime] = []
    knows = all(raw.times for raw in raws)
    before: Waveform | None = None
    for number, raw in enumerate(raws):
        piece, its_rate = decoded(raw, label)
        rate = rate or its_rate
        piece = _faded(resampled(piece, its_rate, rate), rate, number > 0, number < len(raws) - 1)
        if before is not None:
            sound.append(np.zeros(_missing_pause(before, piece, rate), np.float32))
        if knows:
            times += _moved(word_times(raw.text, raw.times), round(1000 * len(sound) / rate))
        sound.append(piece)
        before = piece
    if len(times) != len(display_words(text)) or not any(times):
        times = []
    return sound, rate, tuple(times)


def _faded(piece: Waveform, rate: int, at_start: bool, at_end: bool) -> Waveform:
    n = min(len(piece) // 2, rate * FADE_MS // 1000)
    ramp = np.linspace(0, 1, n, dtype=np.float32)
    faded = piece.copy()
    if at_start:
        faded[:n] *= ramp
    if at_end and n:
        faded[-n:] *= ramp[::-1]
    return faded


def _missing_pause(before: Waveform, after: Waveform, rate: int) -> int:
    """How many samples the pause between two pieces lacks to be PAUSE_S long."""
    has = _quiet(before[::-1]) + _quiet(after)
    return max(0, round(PAUSE_S * rate) - has)


def _quiet(piece: Waveform) -> int:
    """How many samples pass before anything is heard."""
    heard = np.flatnonzero(np.abs(piece) > QUIET * max(1e-6, float(np.abs(piece).max())))
    return int(heard[0]) if len(heard) else len(piece)


def _moved(times: tuple[WordTime, ...], by_ms: int) -> list[WordTime]:
    return [time and (time[0] + by_ms, time[1] + by_ms) for time in times]
