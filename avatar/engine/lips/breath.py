"""Breath that is heard before somebody speaks: it is drawn through an open mouth.

Five of eight recorded people open their mouths for it half to one second before the first word,
nearly as far as for a vowel; those who cannot be heard to breathe keep them as they were.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from avatar.engine.lips.sound import RATE
from avatar.engine.types import Alignment

TICK_MS = 1000 // RATE
ABOVE_NOISE_DB = 6.0
NOISE_PERCENTILE = 20  # of the pauses: breath fills less of them than the room's noise
SMOOTHED_TICKS = 9  # 45 ms: noise itself must not look like a breath
LEAST_MS, MOST_MS = 120, 1200
BEFORE_SPEECH_MS = 500  # a breath is followed by speech; other noise need not be
LEVEL_RANGE_DB = (-60.0, -20.0)  # against speech: fainter is inaudible, louder is no breath
# Not looked at: the room's answer to the last sound, and the onset of the next.
AFTER_PHONE_MS, BEFORE_PHONE_MS, EDGE_MS = 150, 40, 30

Span = tuple[int, int]  # start_ms, end_ms


def breaths(alignment: Alignment, level: NDArray[np.float64], pause_ms: int) -> list[Span]:
    """When breath is drawn audibly, in order.

    level: (n_ticks,) dB above the voice's hum, see `sound.LIPS_HZ`.
    pause_ms: the shortest gap between phones that is a pause.
    """
    *pauses, end = _pauses(alignment, pause_ms)
    if not pauses:
        return []
    smooth = uniform_filter1d(level, SMOOTHED_TICKS, mode="nearest")
    nobody_speaks = np.concatenate([smooth[first:last] for first, last, _ in [*pauses, end]])
    noise = float(np.percentile(nobody_speaks, NOISE_PERCENTILE))
    speech = float(np.percentile(level, 90))
    least, most = (speech + db for db in LEVEL_RANGE_DB)
    found = []
    for first, last, speech_ms in pauses:
        sounding = smooth[first:last] > max(noise + ABOVE_NOISE_DB, least)
        edges = np.flatnonzero(np.diff(sounding.astype(int), prepend=0, append=0))
        for start, end in edges.reshape(-1, 2) + first:
            start_ms, end_ms = int(start) * TICK_MS, int(end) * TICK_MS
            is_tail = start == first and start_ms > EDGE_MS
            is_breath = LEAST_MS <= end_ms - start_ms <= MOST_MS and not is_tail
            is_near = speech_ms - end_ms <= BEFORE_SPEECH_MS
            if is_breath and is_near and smooth[start:end].max() < most:
                found.append((start_ms, end_ms))
    return found


def _pauses(alignment: Alignment, pause_ms: int) -> list[tuple[int, int, int]]:
    """The part of each pause to look at as (first, last) tick, and when speech begins after it.

    The last one is the silence at the end, which may be empty.
    """
    pauses = []
    since, after_ms = 0, EDGE_MS
    for phone in alignment.phones:
        if phone.start_ms - since >= pause_ms:
            first, last = since + after_ms, phone.start_ms - BEFORE_PHONE_MS
            pauses.append((first // TICK_MS, max(first, last) // TICK_MS, phone.start_ms))
        since, after_ms = phone.end_ms, AFTER_PHONE_MS
    first, last = since + after_ms, alignment.duration_ms - EDGE_MS
    return [*pauses, (first // TICK_MS, max(first, last) // TICK_MS, alignment.duration_ms)]
