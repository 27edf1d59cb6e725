"""What is spoken in a sound but does not stand in its text: a greeting, a slip, another sentence.

It is said where it is, and the mouth moves with it as it does for a sound without a text.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align.features import HOP_MS
from avatar.engine.types import Alignment, Phone

LEAST_SPEECH_MS = 300  # between two phones: less is breath, or the end of a word
CLOSED_MS = 200  # silence within speech up to this long does not end it

Span = tuple[int, int]  # start_ms, end_ms


def unwritten_spans(placed: Alignment, speech: NDArray[np.bool_]) -> tuple[Span, ...]:
    """Where somebody speaks while no phone of the text is placed, in order.

    speech: (n_frames,) whether somebody speaks.
    """
    free = speech.copy()
    for phone in placed.phones:
        free[phone.start_ms // HOP_MS : -(-phone.end_ms // HOP_MS) + 1] = False
    edges = np.flatnonzero(np.diff(free.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    joined: list[list[int]] = []
    starts = np.array([phone.start_ms for phone in placed.phones])
    for start, end in (edges * HOP_MS).tolist():
        before = joined[-1][1] if joined else -CLOSED_MS - 1
        parted = np.searchsorted(starts, before) != np.searchsorted(starts, start)
        if joined and start - before <= CLOSED_MS and not parted:
            joined[-1][1] = end
            joined[-1][2] += end - start
        else:
            joined.append([start, end, end - start])
    spans = [
        (start, min(end, placed.duration_ms))
        for start, end, spoken in joined
        if spoken >= LEAST_SPEECH_MS
    ]
    return tuple(spans)


def with_unwritten(placed: Alignment, spans: tuple[Span, ...], heard: list[Phone]) -> Alignment:
    """The alignment with these spans, and within them the phones that are heard."""
    phones = list(placed.phones)
    for start, end in spans:
        for phone in heard:
            start_ms, end_ms = max(start, phone.start_ms), min(end, phone.end_ms)
            if start_ms < end_ms:
                phones.append(replace(phone, start_ms=start_ms, end_ms=end_ms))
    phones.sort(key=lambda phone: phone.start_ms)
    return replace(placed, phones=tuple(phones), unwritten=spans)
