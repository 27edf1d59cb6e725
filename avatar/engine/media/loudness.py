"""Loudness as broadcasters measure it, and making a voice-over as loud as platforms play it.

Source: ITU-R BS.1770-5 (K-weighting, gating, true peak). Long sounds are taken in pieces, so
memory beside the sound itself does not grow.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import lfilter, resample_poly

from avatar.engine.types import Waveform

TRUE_PEAK_DBTP = -1.0
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
STEP_S, STEPS_PER_BLOCK = 0.1, 4  # blocks of 400 ms, overlapping by 75 %
PIECE_S = 20.0
OVERSAMPLING = 4
HEADROOM_DB = 0.3  # between the four points looked at a sample the true peak may be higher
PASSES = 6  # the limiter takes loudness away; each pass gives back what the last one lost
LOOK_AHEAD_S = 0.005
SILENT_LUFS = -120.0


def loudness_lufs(waveform: Waveform, sample_rate: int) -> float:
    """Integrated loudness of a mono sound; SILENT_LUFS when there is nothing above the gate."""
    power = _block_power(waveform, sample_rate)
    loud = power[power > _power(ABSOLUTE_GATE_LUFS)]
    if not len(loud):
        return SILENT_LUFS
    gate = _power(_lufs(loud.mean()) + RELATIVE_GATE_LU)
    return _lufs(loud[loud > gate].mean())


def _lufs(power: float) -> float:
    return float(-0.691 + 10 * np.log10(max(power, 1e-12)))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _block_power(waveform: Waveform, sample_rate: int) -> NDArray[np.float64]:
    """Mean square of the K-weighted sound in overlapping blocks; at least one block."""
    step = max(1, round(STEP_S * sample_rate))
    sums: list[NDArray[np.float64]] = []
    for weighted in _k_weighted(waveform, sample_rate, step):
        n_steps = -(-len(weighted) // step)
        padded = np.zeros(n_steps * step)
        padded[: len(weighted)] = weighted
        sums.append((padded.reshape(n_steps, step) ** 2).sum(axis=1))
    steps = np.concatenate(sums) if sums else np.zeros(1)
    n_whole = len(waveform) // step
    if n_whole < STEPS_PER_BLOCK:
        return np.array([steps.sum() / max(1, len(waveform))])
    blocks = np.convolve(steps[:n_whole], np.ones(STEPS_PER_BLOCK), "valid")
    return blocks / (STEPS_PER_BLOCK * step)


def _k_weighted(waveform: Waveform, sample_rate: int, step: int) -> Iterator[NDArray[np.float64]]:
    """The sound as the head and ears weigh it, in pieces of whole steps."""
    shelf, high_pass = _shelf(sample_rate), _high_pass(sample_rate)
    state_1, state_2 = np.zeros(2), np.zeros(2)
    piece = step * max(1, round(PIECE_S / STEP_S))
    for start in range(0, len(waveform), piece):
        part = waveform[start : start + piece].astype(np.float64)
        part, state_1 = lfilter(*shelf, part, zi=state_1)
        part, state_2 = lfilter(*high_pass, part, zi=state_2)
        yield part


Coefficients = tuple[list[float], list[float]]  # b, a


def _shelf(sample_rate: int) -> Coefficients:
    """BS.1770 stage 1, a high shelf of +4 dB, for any sample rate."""
    k = np.tan(np.pi * 1681.974450955533 / sample_rate)
    q, v_h = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    v_b = v_h**0.4996667741545416
    a_0 = 1 + k / q + k * k
    b = [v_h + v_b * k / q + k * k, 2 * (k * k - v_h), v_h - v_b * k / q + k * k]
    return [x / a_0 for x in b], [1.0, 2 * (k * k - 1) / a_0, (1 - k / q + k * k) / a_0]


def _high_pass(sample_rate: int) -> Coefficients:
    """BS.1770 stage 2, below 38 Hz, for any sample rate."""
    k = np.tan(np.pi * 38.13547087602444 / sample_rate)
    q = 0.5003270373238773
    a_0 = 1 + k / q + k * k
    return [1.0, -2.0, 1.0], [1.0, 2 * (k * k - 1) / a_0, (1 - k / q + k * k) / a_0]


def normalise_loudness(waveform: Waveform, sample_rate: int, lufs: float = -14.0) -> Waveform:
    """The sound at this integrated loudness, its true peak at most TRUE_PEAK_DBTP.

    Peaks are held by a look-ahead limiter, which costs a little loudness; further passes make up
    for it. A silent sound comes back as it is.
    """
    measured = loudness_lufs(waveform, sample_rate)
    if measured <= ABSOLUTE_GATE_LUFS:
        return waveform
    gain_db = lufs - measured
    for _ in range(PASSES):
        louder = waveform * np.float32(10 ** (gain_db / 20))
        _limit(louder, sample_rate, 10 ** ((TRUE_PEAK_DBTP - HEADROOM_DB) / 20))
        missing_db = lufs - loudness_lufs(louder, sample_rate)
        if abs(missing_db) < 0.1:
            break
        gain_db += missing_db
    return louder


def _limit(waveform: Waveform, sample_rate: int, ceiling: float) -> None:
    """Turn the sound down around its peaks, in place.

    The gain is the least that any sample nearby asks for, smoothed over the same time: it begins
    to fall before the peak and never exceeds what the peak allows.
    """
    reach = max(1, round(LOOK_AHEAD_S * sample_rate))
    margin = 2 * reach + 64
    piece = round(PIECE_S * sample_rate)
    behind = np.zeros(0, dtype=np.float32)  # what came before this piece, not yet turned down
    for start in range(0, len(waveform), piece):
        end = min(start + piece, len(waveform))
        ahead = waveform[end : end + margin]
        part = np.concatenate([behind, waveform[start:end], ahead])
        gain = np.minimum(1, ceiling / np.maximum(_true_peaks(part), 1e-9))
        gain = minimum_filter1d(gain, 2 * reach + 1, mode="nearest")
        gain = uniform_filter1d(gain, 2 * reach + 1, mode="nearest")
        before = len(behind)
        behind = waveform[max(start, end - margin) : end].copy()
        waveform[start:end] *= gain[before : before + end - start].astype(np.float32)


def _true_peaks(waveform: Waveform) -> NDArray[np.float32]:
    """The highest level between each sample and its neighbours."""
    fine = np.abs(resample_poly(waveform, OVERSAMPLING, 1))
    highest: NDArray[np.float32] = fine.reshape(-1, OVERSAMPLING).max(axis=1)
    return np.maximum(highest, np.roll(highest, 1))  # the way to a sample belongs to it, too


def true_peak_dbtp(waveform: Waveform, sample_rate: int) -> float:
    piece = round(PIECE_S * sample_rate)
    peaks = [
        _true_peaks(waveform[start : start + piece + 64]).max()
        for start in range(0, len(waveform), piece)
    ]
    return float(20 * np.log10(max(max(peaks, default=0.0), 1e-9)))
