"""What a face does besides speaking: lids, eyes, brows, head, breath.

Blink rate and shape after Bentivoglio et al. 1997 (about 17 a minute at rest, more in talk) and
VanderWerf et al. 2003 (closing is faster than opening).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avatar.engine.lips.sound import RATE, at_frames, loudness
from avatar.engine.lips.visemes import is_vowel
from avatar.engine.types import Alignment, Waveform

Curve = NDArray[np.float32]

BLINKS_A_MINUTE = 16.0
BLINK_MS = (75, 35, 150)  # closing, shut, opening
PHRASE_GAP_MS = 200


def life_curves(
    alignment: Alignment,
    waveform: Waveform,
    sample_rate: int,
    *,
    fps: float,
    n_frames: int,
    motion: float,
    blink: float,
    expression: float,
    seed: int,
) -> dict[str, Curve]:
    """All curves that are not the mouth's, each (n_frames,) float32."""
    n_ticks = max(1, round(len(waveform) / sample_rate * RATE))
    loud = gaussian_filter1d(loudness(waveform, sample_rate, n_ticks), sigma=10)
    pauses = _pauses(alignment)
    beats = _beats(alignment, loud)
    lids = _lids(n_ticks, pauses, blink, np.random.default_rng([seed, 1]))
    ticks = {"blink_left": lids, "blink_right": lids}
    ticks |= _gaze(n_ticks, motion, np.random.default_rng([seed, 2]))
    ticks |= _head(n_ticks, beats, loud, motion, np.random.default_rng([seed, 3]))
    ticks |= _mimic(n_ticks, beats, pauses, expression, np.random.default_rng([seed, 4]))
    ticks["breath"] = motion * _breath(n_ticks, pauses, np.random.default_rng([seed, 5]))
    return {name: at_frames(curve, fps, n_frames) for name, curve in ticks.items()}


def _pauses(alignment: Alignment) -> list[tuple[int, int]]:
    """Silences between phrases, and the one after the last word, as (start_ms, end_ms)."""
    starts = [phone.start_ms for phone in alignment.phones[1:]] + [alignment.duration_ms]
    gaps = [(p.end_ms, start) for p, start in zip(alignment.phones, starts, strict=False)]
    return [(start, end) for start, end in gaps if end - start >= PHRASE_GAP_MS]


def _beats(alignment: Alignment, loud: Curve) -> list[tuple[int, float]]:
    """Stressed syllables as (tick, strength): what head and brows follow."""
    beats: list[tuple[int, float]] = []
    for phone in alignment.phones:
        if not phone.stress or not is_vowel(phone.phone):
            continue
        tick = min(len(loud) - 1, int((phone.start_ms + phone.end_ms) / 2 * RATE / 1000))
        strength = float(loud[tick]) * (1.0 if phone.stress == 2 else 0.5)
        if not beats or tick - beats[-1][0] > 0.25 * RATE:
            beats.append((tick, strength))
        elif strength > beats[-1][1]:
            beats[-1] = (tick, strength)
    return beats


def _pulse(curve: Curve, tick: int, height: float, rise_s: float, fall_s: float) -> None:
    """Add a soft bump that peaks at `tick`."""
    first = max(0, tick - int(3 * rise_s * RATE))
    last = min(len(curve), tick + int(3 * fall_s * RATE))
    t = (np.arange(first, last) - tick) / RATE
    width = np.where(t < 0, rise_s, fall_s)
    curve[first:last] += (height * np.exp(-0.5 * (t / width) ** 2)).astype(np.float32)


def _drift(n_ticks: int, rng: np.random.Generator, slowest_s: float, fastest_s: float) -> Curve:
    """A smooth wandering about 0 with unit spread, like somebody who cannot sit quite still.

    It starts at 0, so that a reel begins in the photo's own pose.
    """
    t = np.arange(n_ticks) / RATE
    wander = np.zeros(n_ticks)
    for _ in range(6):
        period_s = float(np.exp(rng.uniform(np.log(fastest_s), np.log(slowest_s))))
        wander += np.sin(2 * np.pi * (t / period_s + rng.uniform())) / np.sqrt(3)
    return (wander * np.minimum(1, t / 0.8) ** 2 * 0.7).astype(np.float32)


def _blink_times(
    n_ticks: int, pauses: list[tuple[int, int]], rate: float, rng: np.random.Generator
) -> list[int]:
    """Irregular, never frozen, never periodic; drawn to phrase ends, where people blink."""
    seconds = n_ticks / RATE
    ends_s = np.array([start / 1000 + 0.08 for start, _ in pauses])
    times: list[float] = []
    now = float(rng.uniform(0.7, min(2.2, max(0.8, seconds - 1))))
    while now < seconds - 0.3:
        if len(ends_s):
            near = ends_s[np.argmin(np.abs(ends_s - now))]
            if abs(near - now) < 0.9 and (not times or near - times[-1] > 0.9):
                now = float(near)
        if now < seconds - 0.3:
            times.append(now)
        if rng.uniform() < 0.08:  # now and then a double blink
            times.append(now + 0.38)
        gap_s = 60 / (BLINKS_A_MINUTE * rate) * rng.lognormal(-0.12, 0.5)
        now += float(np.clip(gap_s, 1.1, 9.0))
    return [int(time * RATE) for time in times if time < seconds - 0.3]


def _lids(
    n_ticks: int, pauses: list[tuple[int, int]], blink: float, rng: np.random.Generator
) -> Curve:
    lids = np.zeros(n_ticks, np.float32)
    if blink <= 0:
        return lids
    closing, shut, opening = (ms * RATE // 1000 for ms in BLINK_MS)
    down = 0.5 - 0.5 * np.cos(np.pi * np.arange(closing) / closing)
    up = 0.5 + 0.5 * np.cos(np.pi * np.arange(opening) / opening)
    shape = np.concatenate([down, np.ones(shut), up]).astype(np.float32)
    for tick in _blink_times(n_ticks, pauses, max(1.0, blink), rng):
        last = min(n_ticks, tick + len(shape))
        lids[tick:last] = np.maximum(lids[tick:last], shape[: last - tick])
    return lids * min(1.0, blink)


def _gaze(n_ticks: int, motion: float, rng: np.random.Generator) -> dict[str, Curve]:
    """Eyes rest on the camera, and now and then jump a little aside and back."""
    x, y = np.zeros(n_ticks, np.float32), np.zeros(n_ticks, np.float32)
    tick = int(rng.uniform(1.0, 2.5) * RATE)
    while tick < n_ticks:
        held = int(rng.uniform(0.25, 0.9) * RATE)
        x[tick : tick + held] = rng.normal(0, 0.22)
        y[tick : tick + held] = rng.normal(0, 0.10)
        tick += held + int(rng.uniform(0.8, 3.0) * RATE)
    saccade = 4  # ticks: a jump of the eye takes 20-40 ms
    return {
        "gaze_x": motion * gaussian_filter1d(x, saccade),
        "gaze_y": motion * gaussian_filter1d(y, saccade),
    }


def _head(
    n_ticks: int,
    beats: list[tuple[int, float]],
    loud: Curve,
    motion: float,
    rng: np.random.Generator,
) -> dict[str, Curve]:
    """Slow drift, wider while the voice is loud, and a nod with some of the stresses."""
    lively = 0.55 + 0.6 * gaussian_filter1d(loud, sigma=1.0 * RATE)
    nod = np.zeros(n_ticks, np.float32)
    tilt = np.zeros(n_ticks, np.float32)
    for tick, strength in beats:
        if rng.uniform() < 0.6:
            _pulse(nod, tick, float(rng.uniform(0.5, 1.7)) * strength, 0.12, 0.22)
        if rng.uniform() < 0.15:
            _pulse(tilt, tick, float(rng.choice([-1, 1])) * 1.4 * strength, 0.25, 0.5)
    return {
        "head_yaw": motion * lively * 2.8 * _drift(n_ticks, rng, 9.0, 2.6),
        "head_pitch": motion * (lively * 1.5 * _drift(n_ticks, rng, 8.0, 2.2) + nod),
        "head_roll": motion * (lively * 1.3 * _drift(n_ticks, rng, 10.0, 3.0) + tilt),
        "head_x": motion * lively * 0.012 * _drift(n_ticks, rng, 9.0, 3.0),
        "head_y": motion * lively * 0.008 * _drift(n_ticks, rng, 8.0, 2.5),
    }


def _mimic(
    n_ticks: int,
    beats: list[tuple[int, float]],
    pauses: list[tuple[int, int]],
    expression: float,
    rng: np.random.Generator,
) -> dict[str, Curve]:
    """Brows rise with the strongest stresses; a hint of a smile comes back between phrases."""
    brow = np.zeros(n_ticks, np.float32)
    smile = 0.08 * _drift(n_ticks, rng, 8.0, 3.0)
    strong = np.quantile([s for _, s in beats], 0.6) if beats else 0.0
    for tick, strength in beats:
        if strength >= strong and rng.uniform() < 0.55:
            height = float(rng.uniform(0.25, 0.75)) * strength
            _pulse(brow, tick - int(0.06 * RATE), height, 0.13, 0.3)
    for start_ms, end_ms in pauses:
        middle = int((start_ms + end_ms) / 2 * RATE / 1000)
        _pulse(smile, middle, 0.16, 0.2, 0.3)
    brow += 0.07 * _drift(n_ticks, rng, 6.0, 2.0)
    return {"brow": expression * brow, "smile": expression * smile}


def _breath(n_ticks: int, pauses: list[tuple[int, int]], rng: np.random.Generator) -> Curve:
    """The chest fills in pauses and empties while words come; without pauses every few seconds."""
    breaths = [start * RATE // 1000 for start, end in pauses if end - start > 250]
    breath = np.zeros(n_ticks, np.float32)
    last, tick = 0, 0
    while tick < n_ticks:
        due = last + int(rng.uniform(3.2, 4.6) * RATE)
        tick = next((b for b in breaths if last + RATE * 1.5 < b < due + RATE), due)
        _pulse(breath, tick + int(0.35 * RATE), 0.9, 0.28, 1.1)
        last = tick
    return np.clip(breath, 0, 1)
