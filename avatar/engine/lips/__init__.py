"""From phones and sound to movement."""

import numpy as np

from avatar.engine.lips.curves import CURVES
from avatar.engine.lips.life import closed, life_curves
from avatar.engine.lips.mouth import mouth_curves
from avatar.engine.lips.visemes import MOUTH
from avatar.engine.timing import n_frames as frames_that_cover
from avatar.engine.timing import parse_fps
from avatar.engine.types import Alignment, Performance, Samples

MOUTH_CLOSES_S = 0.15  # where a loop ends in the middle of a word

__all__ = ["CURVES", "perform"]


def perform(
    alignment: Alignment,
    waveform: Samples,
    sample_rate: int,
    *,
    fps: float,
    motion: float = 1.0,
    blink: float = 1.0,
    expression: float = 1.0,
    seed: int = 0,
    loop: bool = False,
) -> Performance:
    """Decide every movement of a reel, frame by frame.

    Phones decide the shape of the mouth, the sound how far it opens. Head, gaze and breath are
    scaled by `motion`, brows and smile by `expression`; each is drawn from random
    numbers of its own, so that turning one down leaves the others as they were.

    blink: how often, 1 as people do. loop: behind the last frame it goes on as it began.

    Returns curves for all of `CURVES`, covering the whole waveform, silence included.
    """
    n_frames = max(1, frames_that_cover(len(waveform), sample_rate, parse_fps(fps)))
    curves = mouth_curves(alignment, waveform, sample_rate, fps=fps, n_frames=n_frames)
    curves |= life_curves(
        alignment,
        waveform,
        sample_rate,
        fps=fps,
        n_frames=n_frames,
        motion=motion,
        blink=blink,
        expression=expression,
        seed=seed,
        loop=loop,
    )
    if loop:
        curves |= {name: closed(curves[name], MOUTH_CLOSES_S * fps) for name in MOUTH}
    clipped = {
        name: np.clip(curves[name], low, high).astype(np.float32)
        for name, (low, high, _) in CURVES.items()
    }
    return Performance(fps=fps, n_frames=n_frames, curves=clipped)
