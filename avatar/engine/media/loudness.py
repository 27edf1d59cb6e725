"""Loudness as broadcasters measure it, and making a voice-over as loud as platforms play it.

Source: ITU-R BS.1770-5 (K-weighting, gating, true peak). Long sounds are taken in pieces; what is
kept of them is two numbers a millisecond.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from avatar.engine.media.filters import Filter
from avatar.engine.types import Samples, Waveform

Doubles = NDArray[np.float64]

TRUE_PEAK_DBTP = -1.0
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
STEP_S, STEPS_PER_BLOCK = 0.1, 4  # blocks of 400 ms, overlapping by 75 %
PIECE_S = 20.0
PIECE = 1 << 18  # samples that are looked at or written at once
STEPS_AT_ONCE = 2000
OVERSAMPLING = 4
TAPS = 10  # samples on each side that a point between two is made of
MARGIN = 2 * TAPS  # samples around a piece, for that
HEADROOM_DB = 0.3  # between the four points looked at a sample the true peak may be higher
PASSES = 8  # the limiter takes loudness away; each pass gives back what the last one lost
LOOK_AHEAD_S = 0.005
LONGEST_GRAIN_S = LOOK_AHEAD_S / 4
SILENT_LUFS = -120.0


def loudness_lufs(waveform: Samples, sample_rate: int) -> float:
    """Integrated loudness of a mono sound; SILENT_LUFS when there is nothing above the gate."""
    return _gated(_block_power(waveform, sample_rate))


def _gated(power: Doubles) -> float:
    """Loudness of the blocks that are loud enough to count."""
    loud = power[power > _power(ABSOLUTE_GATE_LUFS)]
    if not len(loud):
        return SILENT_LUFS
    gate = _power(_lufs(loud.mean()) + RELATIVE_GATE_LU)
    return _lufs(loud[loud > gate].mean())


def _lufs(power: float) -> float:
    return float(-0.691 + 10 * np.log10(max(power, 1e-12)))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _block_power(waveform: Samples, sample_rate: int) -> Doubles:
    """Mean square of the K-weighted sound in overlapping blocks; at least one block."""
    step = _step(sample_rate)
    sums = _energy(waveform, sample_rate, step)
    if len(waveform) // step < STEPS_PER_BLOCK:
        return np.array([sums.sum() / max(1, len(waveform))])
    return _in_blocks(sums[: len(waveform) // step], step)


def _step(sample_rate: int) -> int:
    return max(1, round(STEP_S * sample_rate))


def _in_blocks(sums: Doubles, step: int) -> Doubles:
    """Mean square of blocks, from the energy of whole steps."""
    return np.convolve(sums, np.ones(STEPS_PER_BLOCK), "valid") / (STEPS_PER_BLOCK * step)


def _energy(waveform: Samples, sample_rate: int, grain: int) -> Doubles:
    """Of the sound as the head and ears weigh it: the sum of squares of every `grain` samples."""
    shelf, high_pass = _shelf(sample_rate), _high_pass(sample_rate)
    piece = grain * max(1, round(PIECE_S * sample_rate / grain))
    sums = []
    for start in range(0, len(waveform), piece):
        weighted = high_pass(shelf(waveform[start : start + piece]))
        padded = np.zeros(-(-len(weighted) // grain) * grain)
        padded[: len(weighted)] = weighted
        sums.append((padded.reshape(-1, grain) ** 2).sum(axis=1))
    return np.concatenate(sums) if sums else np.zeros(1)


def _shelf(sample_rate: int) -> Filter:
    """BS.1770 stage 1, a high shelf of +4 dB, for any sample rate."""
    k = np.tan(np.pi * 1681.974450955533 / sample_rate)
    q, v_h = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    v_b = v_h**0.4996667741545416
    a_0 = 1 + k / q + k * k
    middle, side = v_h + k * k, v_b * k / q
    b = (middle + side) / a_0, 2 * (k * k - v_h) / a_0, (middle - side) / a_0
    return Filter(b, (1.0, 2 * (k * k - 1) / a_0, (1 - k / q + k * k) / a_0))


def _high_pass(sample_rate: int) -> Filter:
    """BS.1770 stage 2, below 38 Hz, for any sample rate."""
    k = np.tan(np.pi * 38.13547087602444 / sample_rate)
    q = 0.5003270373238773
    a_0 = 1 + k / q + k * k
    return Filter((1.0, -2.0, 1.0), (1.0, 2 * (k * k - 1) / a_0, (1 - k / q + k * k) / a_0))


def normalised(waveform: Samples, sample_rate: int, lufs: float = -14.0) -> Iterator[Waveform]:
    """The sound at this integrated loudness, its true peak at most TRUE_PEAK_DBTP, in pieces.

    Peaks are held by a look-ahead limiter, which costs a little loudness; further passes make up
    for it. A silent sound comes back as it is.
    """
    measured = loudness_lufs(waveform, sample_rate)
    if measured <= ABSOLUTE_GATE_LUFS:
        for start in range(0, len(waveform), PIECE):
            yield waveform[start : start + PIECE]
        return
    limiter = _Limiter(waveform, sample_rate)
    gain_db = lufs - measured
    for _ in range(PASSES):
        missing_db = lufs - _gated(limiter.power_after(gain_db))
        if missing_db < 0.02:
            break
        gain_db += missing_db
    yield from limiter.limited(gain_db)


class _Limiter:
    """Turns a sound down around its peaks, by as much as it has been turned up.

    The gain is the least that any grain nearby asks for, smoothed over the same time: it begins
    to fall before the peak and never exceeds what the peak allows. Grains are shorter than a
    millisecond; their peaks and their energy are all that has to be looked at again and again.
    """

    def __init__(self, waveform: Samples, sample_rate: int) -> None:
        self.waveform = waveform
        self.step = _step(sample_rate)
        longest = max(1, int(LONGEST_GRAIN_S * sample_rate))
        self.grain = max(n for n in range(1, longest + 1) if self.step % n == 0)
        self.reach = max(1, round(LOOK_AHEAD_S * sample_rate / self.grain))
        self.peaks = _highest(waveform, self.grain)
        self.energy = _energy(waveform, sample_rate, self.grain)

    def _gain(self, gain_db: float, first: int, stop: int) -> Doubles:
        """Of grains first to stop, turning up included."""
        up = 10 ** (gain_db / 20)
        ceiling = 10 ** ((TRUE_PEAK_DBTP - HEADROOM_DB) / 20)
        begin = max(0, first - 2 * (self.reach + 1))
        peaks = self.peaks[begin : stop + 2 * (self.reach + 1)]
        gain = up * np.minimum(1, ceiling / np.maximum(up * peaks, 1e-9))
        # One grain further than is smoothed: between two of them the gain is interpolated.
        gain = minimum_filter1d(gain, 2 * (self.reach + 1) + 1, mode="nearest")
        smooth: Doubles = uniform_filter1d(gain, 2 * self.reach + 1, mode="nearest")
        return smooth[first - begin : stop - begin]

    def power_after(self, gain_db: float) -> Doubles:
        """What `_block_power` would say of the sound limited, very nearly."""
        per_step = self.step // self.grain
        whole = len(self.waveform) // self.step
        if whole < STEPS_PER_BLOCK:
            energy = self.energy * self._gain(gain_db, 0, len(self.energy)) ** 2
            return np.array([energy.sum() / max(1, len(self.waveform))])
        sums = []
        for step in range(0, whole, STEPS_AT_ONCE):
            first, stop = step * per_step, min(step + STEPS_AT_ONCE, whole) * per_step
            energy = self.energy[first:stop] * self._gain(gain_db, first, stop) ** 2
            sums.append(energy.reshape(-1, per_step).sum(axis=1))
        return _in_blocks(np.concatenate(sums), self.step)

    def limited(self, gain_db: float) -> Iterator[Waveform]:
        for start in range(0, len(self.waveform), PIECE):
            sound = self.waveform[start : start + PIECE]
            at = (np.arange(start, start + len(sound)) + 0.5) / self.grain - 0.5
            first = max(0, int(at[0]) - 1)
            near = self._gain(gain_db, first, min(int(at[-1]) + 3, len(self.peaks)))
            yield (sound * np.interp(at - first, np.arange(len(near)), near)).astype(np.float32)


def _highest(waveform: Samples, grain: int) -> NDArray[np.float32]:
    """True peak of every `grain` samples and the ways to the next of them."""
    piece = grain * max(1, round(PIECE / grain))
    peaks = []
    for start in range(0, len(waveform), piece):
        first = max(0, start - MARGIN)
        fine = _true_peaks(waveform[first : start + piece + MARGIN])[start - first :][:piece]
        padded = np.zeros(-(-len(fine) // grain) * grain)
        padded[: len(fine)] = fine
        peaks.append(padded.reshape(-1, grain).max(axis=1).astype(np.float32))
    return np.concatenate(peaks)


def _true_peaks(waveform: Waveform) -> NDArray[np.float32]:
    """The highest level between each sample and its neighbours."""
    highest: NDArray[np.float32] = np.abs(waveform)
    for taps in _between():
        np.maximum(highest, np.abs(np.convolve(waveform, taps, "same")), out=highest)
    return np.maximum(highest, np.roll(highest, 1))  # the way to a sample belongs to it, too


@cache
def _between() -> list[NDArray[np.float32]]:
    """Windowed sincs for the points between a sample and the next."""
    at = np.arange(-TAPS, TAPS + 1)
    sincs = []
    for k in range(1, OVERSAMPLING):
        away = at + k / OVERSAMPLING
        window = np.cos(np.pi / 2 * np.clip(away / (TAPS + 1), -1, 1)) ** 2
        taps = np.sinc(away) * window
        sincs.append((taps / taps.sum()).astype(np.float32))
    return sincs


def true_peak_dbtp(waveform: Samples, sample_rate: int) -> float:
    piece = round(PIECE_S * sample_rate)
    peaks = [
        _true_peaks(waveform[start : start + piece + 64]).max()
        for start in range(0, len(waveform), piece)
    ]
    return float(20 * np.log10(max(max(peaks, default=0.0), 1e-9)))
