"""Punch-in: where a reel cuts to a nearer framing and back, as creators cut their takes."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from avatar.engine.captions.phrases import ends_sentence
from avatar.engine.types import Alignment

NEARER = 1.15  # nearer than this is another composition, less looks like a mistake
SHORTEST_S = 1.6  # of a shot; quicker cuts are restless where nothing but the size changes
PAUSE_MS = 450  # where there are no words, a pause as long as this ends a sentence
BEFORE_SPEECH_MS = 80  # the new shot is there when its first sound comes


@dataclass(frozen=True)
class Shot:
    """Frames start to stop, drawn `nearer` times as large as the reel is framed."""

    start: int
    stop: int
    nearer: float


def one_shot(n_frames: int) -> list[Shot]:
    return [Shot(0, n_frames, 1.0)]


def punched_in(
    alignment: Alignment, fps: Fraction, n_frames: int, *, loop: bool = False
) -> list[Shot]:
    """Shots of alternating size, cut in the pauses between sentences; the first one is wide.

    loop: the last one is wide, too, so that it goes on with the first.
    """
    shortest = round(SHORTEST_S * fps)
    cuts = [0]
    for cut_ms in _sentence_gaps(alignment):
        cut = round(cut_ms * fps / 1000)
        if cut - cuts[-1] >= shortest and n_frames - cut >= shortest:
            cuts.append(cut)
    if loop and len(cuts) % 2 == 0:
        cuts.pop()
    sizes = (1.0, NEARER)
    return [
        Shot(start, stop, sizes[number % 2])
        for number, (start, stop) in enumerate(pairwise([*cuts, n_frames]))
    ]


def _sentence_gaps(alignment: Alignment) -> list[int]:
    """When to cut, in milliseconds: just before the first sound of each new sentence."""
    if alignment.words:
        gaps = [
            (word.end_ms, following.start_ms)
            for word, following in pairwise(alignment.words)
            if ends_sentence(word, following)
        ]
    else:
        pauses = ((p.end_ms, following.start_ms) for p, following in pairwise(alignment.phones))
        gaps = [(end, start) for end, start in pauses if start - end >= PAUSE_MS]
    return [max(end, start - BEFORE_SPEECH_MS) for end, start in gaps]
