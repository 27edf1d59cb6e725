"""What a face does besides speaking: lids, eyes, brows, head, breath.

A head that speaks rests in one pose, moves to another within half a second, mostly when a phrase
begins or a word is stressed, and never rests quite still. How far and how often was set beside
recordings of nine people, between those who read word lists and the liveliest.

Blink rate and shape after Bentivoglio et al. 1997 (about 17 a minute at rest, more in talk) and
VanderWerf et al. 2003 (closing is faster than opening).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avatar.engine.lips.sound import RATE, at_frames, loudness
from avatar.engine.lips.visemes import is_vowel
from avatar.engine.types import Alignment, Samples

Curve = NDArray[np.float32]

BLINKS_A_MINUTE, MOST_BLINKS_A_MINUTE = 16.0, 25.0
BLINK_MS = (75, 35, 150)  # closing, shut, opening
PHRASE_GAP_MS = 200
USUAL_SYLLABLES_A_S = 4.0  # stretched vowels and pauses make it less, excitement more
POSE_S = 1.7  # how long a pose is held at usual energy
# Spread of the poses. A tilted head moves its crown most, and takes a kept background along.
POSE_DEG = {"head_yaw": 3.0, "head_pitch": 1.4, "head_roll": 0.75}
POSE_STAYS = 0.35  # share of the pose before in the next
DRIFT_DEG = {"head_yaw": 1.2, "head_pitch": 0.7, "head_roll": 0.3}
FOLLOWS_YAW = 0.0018  # face widths to the side a degree of yaw: a neck bends as well
LOOP_CLOSES_S = 0.5  # in which what is under way comes to an end


def life_curves(
    alignment: Alignment,
    waveform: Samples,
    sample_rate: int,
    *,
    fps: float,
    n_frames: int,
    motion: float,
    blink: float,
    expression: float,
    seed: int,
    loop: bool = False,
) -> dict[str, Curve]:
    """All curves that are not the mouth's, each (n_frames,) float32.

    loop: behind the last frame they go on as they began.
    """
    sounding = max(1, round(len(waveform) / sample_rate * RATE))
    loud = gaussian_filter1d(loudness(waveform, sample_rate, sounding), sigma=10)
    n_ticks = max(sounding, int(np.ceil(n_frames / fps * RATE)))  # the last frame is a whole one
    loud = np.pad(loud, (0, n_ticks - sounding), mode="edge")
    pauses = _pauses(alignment)
    beats = _beats(alignment, loud)
    energy = _energy(alignment, loud)
    chance = [np.random.default_rng([seed, part]) for part in range(8)]
    lids = _lids(n_ticks, pauses, blink, chance[1])
    ticks = {"blink_left": lids, "blink_right": lids}
    ticks |= _gaze(n_ticks, chance[2])
    nods = _nods(n_ticks, beats, chance[3])
    poses = _poses(_pose_times(beats, pauses, energy, chance[6]), energy, chance[6])
    ticks |= {name: poses[name] + nods.get(name, 0) for name in poses}
    ticks |= _mimic(n_ticks, beats, pauses, chance[4])
    ticks["breath"] = _breath(n_ticks, pauses, chance[5])
    if loop:
        ticks = {name: closed(curve, LOOP_CLOSES_S * RATE) for name, curve in ticks.items()}
    period_s = n_frames / fps if loop else None
    for name, drift in _drifts(n_ticks, energy, period_s, chance[7]).items():
        ticks[name] += drift
    scale = {"blink_left": 1.0, "blink_right": 1.0, "brow": expression, "smile": expression}
    return {
        name: at_frames(np.float32(scale.get(name, motion)) * curve, fps, n_frames)
        for name, curve in ticks.items()
    }


def closed(curve: Curve, length: float) -> Curve:
    """The curve brought back, over its last `length` points, to where it began."""
    left = np.arange(len(curve), 0, -1) / max(1.0, min(length, len(curve)))
    left = np.minimum(left, 1)
    keeps = left * left * (3 - 2 * left)
    closed: Curve = (curve[0] + keeps * (curve - curve[0])).astype(np.float32)
    return closed


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


def _drift(
    n_ticks: int,
    rng: np.random.Generator,
    slowest_s: float,
    fastest_s: float,
    period_s: float | None,
) -> Curve:
    """A smooth wandering about 0 with unit spread, like somebody who cannot sit quite still.

    It starts at 0, so that a reel begins in the photo's own pose; or, with a period, wherever
    it is when that is over.
    """
    t = (np.arange(n_ticks) + 0.5) / RATE
    wander = np.zeros(n_ticks)
    for _ in range(6):
        wave_s = float(np.exp(rng.uniform(np.log(fastest_s), np.log(slowest_s))))
        if period_s is not None:
            wave_s = period_s / max(1, round(period_s / wave_s))
        wander += np.sin(2 * np.pi * (t / wave_s + rng.uniform())) / np.sqrt(3)
    if period_s is None:
        wander *= np.minimum(1, t / 0.8) ** 2
    return (0.7 * wander).astype(np.float32)


def _blink_times(
    n_ticks: int, pauses: list[tuple[int, int]], rate: float, rng: np.random.Generator
) -> list[int]:
    """Irregular, never frozen, never periodic; drawn to phrase ends, where people blink."""
    seconds = n_ticks / RATE
    ends_s = np.array([start / 1000 + 0.08 for start, _ in pauses])
    times: list[float] = []
    last = seconds - 0.3
    now = float(rng.uniform(0.7, min(2.2, max(0.8, seconds - 1))))
    while now < last:
        if len(ends_s):
            near = ends_s[np.argmin(np.abs(ends_s - now))]
            if abs(near - now) < 0.9 and near < last and (not times or near - times[-1] > 0.9):
                now = float(near)
        times.append(now)
        is_double = rng.uniform() < 0.08
        if is_double and now >= _earliest_s(len(times), rate):
            times.append(now + 0.38)
        gap_s = 60 / (BLINKS_A_MINUTE * rate) * rng.lognormal(-0.12, 0.5)
        now += float(np.clip(gap_s, 1.1 / max(1.0, rate), 6.5 / min(1.0, rate)))
        now = max(now, _earliest_s(len(times), rate))
    return [int(time * RATE) for time in times if time < last]


def _earliest_s(n_before: int, rate: float) -> float:
    """When one more blink is not one too many."""
    return (n_before + 0.7) * 60 / (MOST_BLINKS_A_MINUTE * rate)


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
    for tick in _blink_times(n_ticks, pauses, blink, rng):
        last = min(n_ticks, tick + len(shape))
        lids[tick:last] = np.maximum(lids[tick:last], shape[: last - tick])
    return lids


def _gaze(n_ticks: int, rng: np.random.Generator) -> dict[str, Curve]:
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
        "gaze_x": gaussian_filter1d(x, saccade),
        "gaze_y": gaussian_filter1d(y, saccade),
    }


def _energy(alignment: Alignment, loud: Curve) -> Curve:
    """(n_ticks,) how lively somebody speaks: 1 as people usually do, less in silence.

    How fast syllables follow each other, and how loud it is for this voice.
    """
    vowels = np.zeros(len(loud), np.float32)
    for phone in alignment.phones:
        if is_vowel(phone.phone):
            vowels[min(len(loud) - 1, phone.start_ms * RATE // 1000)] += RATE
    speed = gaussian_filter1d(vowels, sigma=1.5 * RATE) / USUAL_SYLLABLES_A_S
    level = gaussian_filter1d(loud, sigma=0.7 * RATE) if alignment.phones else 0
    energy: Curve = (0.4 + 0.35 * np.minimum(speed, 1.8) + 0.35 * level).astype(np.float32)
    return energy


def _pose_times(
    beats: list[tuple[int, float]],
    pauses: list[tuple[int, int]],
    energy: Curve,
    rng: np.random.Generator,
) -> list[int]:
    """Ticks at which the head begins to move: now and then, drawn to stresses and new phrases."""
    drawn_to = np.array(
        [tick - 0.15 * RATE for tick, _ in beats] + [end * RATE / 1000 for _, end in pauses]
    )
    times: list[int] = []
    now = rng.uniform(0.2, 0.7) * RATE
    while now < len(energy):
        if len(drawn_to):
            near = drawn_to[np.argmin(np.abs(drawn_to - now))]
            now = near if abs(near - now) < 0.4 * RATE and near > 0 else now
        times.append(int(now))
        held_s = POSE_S * rng.lognormal(-0.08, 0.4) / energy[min(int(now), len(energy) - 1)]
        now = max(now, times[-1]) + float(np.clip(held_s, 0.7, 5.0)) * RATE
    return times


def _poses(times: list[int], energy: Curve, rng: np.random.Generator) -> dict[str, Curve]:
    """The head's way from pose to pose, beginning with the photo's own."""
    names = [*POSE_DEG, "head_x", "head_y"]
    spread = np.array(list(POSE_DEG.values()))
    speed = np.zeros((len(names), len(energy)), np.float32)
    pose = np.zeros(len(names))
    for start in times:
        lively = float(energy[min(start, len(energy) - 1)])
        turned = POSE_STAYS * pose[:3] + spread * lively * rng.normal(0, 1, 3)
        turned = np.clip(turned, -2.2 * spread, 2.2 * spread)
        beside = FOLLOWS_YAW * turned[0] + rng.normal(0, 0.008)
        goal = np.array([*turned, beside, 0.004 * turned[1] + rng.normal(0, 0.008)])
        length = int(rng.uniform(0.35, 0.75) * RATE)
        s = (np.arange(length) + 0.5) / length
        least_jerk = 30 * s**2 * (1 - s) ** 2 / length  # Flash & Hogan 1985
        under_way = speed[:, start : start + length]
        under_way += np.outer(goal - pose, least_jerk[: under_way.shape[1]])
        pose = goal
    return dict(zip(names, np.cumsum(speed, axis=1, dtype=np.float32), strict=True))


def _nods(
    n_ticks: int, beats: list[tuple[int, float]], rng: np.random.Generator
) -> dict[str, Curve]:
    """A nod with some of the stresses, a tilt with few."""
    nod = np.zeros(n_ticks, np.float32)
    tilt = np.zeros(n_ticks, np.float32)
    for tick, strength in beats:
        if rng.uniform() < 0.6:
            _pulse(nod, tick, float(rng.uniform(0.5, 1.7)) * strength, 0.12, 0.22)
        if rng.uniform() < 0.15:
            _pulse(tilt, tick, float(rng.choice([-1, 1])) * 0.8 * strength, 0.25, 0.5)
    return {"head_pitch": nod, "head_roll": tilt}


def _drifts(
    n_ticks: int, energy: Curve, period_s: float | None, rng: np.random.Generator
) -> dict[str, Curve]:
    """What never rests: the head a little, brows and mouth hardly."""
    lively = gaussian_filter1d(energy, sigma=RATE)
    if period_s is not None:
        lively = np.full(n_ticks, lively.mean(), np.float32)
    head = {
        name: lively * degrees * _drift(n_ticks, rng, 8.0, 2.2, period_s)
        for name, degrees in DRIFT_DEG.items()
    }
    return {
        **head,
        "head_x": lively * 0.006 * _drift(n_ticks, rng, 9.0, 3.0, period_s),
        "head_y": lively * 0.005 * _drift(n_ticks, rng, 8.0, 2.5, period_s),
        "brow": 0.07 * _drift(n_ticks, rng, 6.0, 2.0, period_s),
        "smile": 0.08 * _drift(n_ticks, rng, 8.0, 3.0, period_s),
    }


def _mimic(
    n_ticks: int,
    beats: list[tuple[int, float]],
    pauses: list[tuple[int, int]],
    rng: np.random.Generator,
) -> dict[str, Curve]:
    """Brows rise with the strongest stresses; a hint of a smile comes back between phrases."""
    brow = np.zeros(n_ticks, np.float32)
    smile = np.zeros(n_ticks, np.float32)
    strong = np.quantile([s for _, s in beats], 0.6) if beats else 0.0
    for tick, strength in beats:
        if strength >= strong and rng.uniform() < 0.55:
            height = float(rng.uniform(0.25, 0.75)) * strength
            _pulse(brow, tick - int(0.06 * RATE), height, 0.13, 0.3)
    for start_ms, end_ms in pauses:
        middle = int((start_ms + end_ms) / 2 * RATE / 1000)
        _pulse(smile, middle, 0.16, 0.2, 0.3)
    return {"brow": brow, "smile": smile}


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
