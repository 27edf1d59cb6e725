"""A voice made to sound like another: pitch, range, vocal tract, colour and breathiness.

WORLD (pyworld) takes a voice apart into pitch, spectral envelope and aperiodicity and puts it
together again. Timing is never touched, so every time that was known stays true.
Source: Morise et al. 2016, WORLD, a vocoder-based high-quality speech synthesis system.
"""

import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, map_coordinates

from avatar.engine.align.features import features, highest_hz
from avatar.engine.align.states import compared_rows
from avatar.engine.align.unknown import closest_warp
from avatar.engine.align.voicing import speech_in
from avatar.engine.media.resample import resampled
from avatar.engine.scratch import Scratch
from avatar.engine.types import Samples, Waveform

Doubles = NDArray[np.float64]

SAMPLE_RATE = 22_050  # espeak-ng's own
FRAME_MS = 5.0
LOWEST_F0_HZ, HIGHEST_F0_HZ = 60.0, 500.0
LONGEST_SAMPLE_S = 30  # more teaches nothing new
LEAST_VOICED_S = 1.0
RANGE_RATIO = (0.6, 1.7)  # beyond, the melody of the reading breaks
COLOUR_LIMIT_DB = 12.0
COLOUR_DETAIL_HZ = 350.0  # finer differences belong to the words, not to the voice
BREATH_SHARE = 0.5
JITTER = 0.006  # of the pitch; no throat is steadier
JITTER_S = 0.01  # how fast it wanders
PIECE = 1 << 18  # samples that are changed at once
BORDER = 64  # samples around them that a spline reaches to
SILENT = 1e-4
PEAK = 0.9


@dataclass(frozen=True)
class VoicePrint:
    """What a voice sample says about its speaker."""

    f0_hz: float  # median
    f0_spread: float  # deviation of log pitch
    warp: float  # resonances, times those of espeak-ng's own voice
    voiced_colour: Doubles  # (n_bins,) mean log power envelope of voiced sounds
    breath: Doubles  # (n_bins,) mean aperiodicity of voiced sounds


@dataclass(frozen=True)
class _Parts:
    f0: Doubles  # (n_frames,) Hz, 0 where unvoiced
    envelope: Doubles  # (n_frames, n_bins) power
    aperiodicity: Doubles  # (n_frames, n_bins) 0 to 1

    @property
    def voiced(self) -> NDArray[np.bool_]:
        return self.f0 > 0


def voice_print(waveform: Waveform, sample_rate: int) -> VoicePrint | None:
    """The sample's voice, or None when hardly anything in it is voiced."""
    sample = resampled(waveform[: LONGEST_SAMPLE_S * sample_rate], sample_rate, SAMPLE_RATE)
    parts = _analysed(sample)
    voiced = parts.voiced
    if voiced.sum() * FRAME_MS / 1000 < LEAST_VOICED_S:
        return None
    log_f0 = np.log(parts.f0[voiced])
    return VoicePrint(
        f0_hz=float(np.exp(np.median(log_f0))),
        f0_spread=_spread(log_f0),
        warp=_warp(waveform[: LONGEST_SAMPLE_S * sample_rate], sample_rate),
        voiced_colour=_colour(parts.envelope[_loud(parts)]),
        breath=parts.aperiodicity[_loud(parts)].mean(axis=0),
    )


def fitted(waveform: Samples, target: VoicePrint, *, seed: int) -> Samples:
    """The reading in the voice of the target, sample for sample as long, peak at PEAK, on disk.

    waveform: at SAMPLE_RATE.
    """
    own = _habits(_analysed(waveform[: LONGEST_SAMPLE_S * SAMPLE_RATE]), target)
    per_frame = FRAME_MS * SAMPLE_RATE / 1000
    n_frames = int(len(waveform) / per_frame) + 3
    jitter = JITTER * _wander(n_frames, JITTER_S * 1000 / FRAME_MS, seed)
    spoken = Scratch()
    for start, stop in pairwise(_cuts(waveform)):
        part = waveform[start:stop]
        voice = _changed(part, jitter[round(start / per_frame) :], own, target)
        voice = np.pad(voice, (0, max(0, len(part) - len(voice))))[: len(part)]
        spoken.append(voice * _gate(part))
    return _at_peak(spoken)


def _cuts(waveform: Samples) -> list[int]:
    """Samples at which the reading is cut into pieces of PIECE at most: in its pauses."""
    cuts = [0]
    while cuts[-1] + PIECE < len(waveform):
        # A pause whose middle lies within a piece ends within the next.
        sounds = np.flatnonzero(np.abs(waveform[cuts[-1] : cuts[-1] + 2 * PIECE]) > SILENT)
        gaps = np.flatnonzero(np.diff(sounds) > SAMPLE_RATE // 20)
        pauses = (sounds[gaps] + sounds[gaps + 1]) // 2
        within = pauses[(pauses > 0) & (pauses <= PIECE)]
        cuts.append(cuts[-1] + (int(within[-1]) if len(within) else PIECE))
    return [*cuts, len(waveform)]


@dataclass(frozen=True)
class _Habits:
    """What is to be changed about the reading's own voice."""

    middle: float  # of log pitch
    range_ratio: float  # of the target's pitch range to its own
    gain: Doubles  # (n_bins,) of the target's colour


def _habits(parts: _Parts, target: VoicePrint) -> _Habits | None:
    """None when nothing is voiced."""
    if not parts.voiced.any():
        return None
    log_f0 = np.log(parts.f0[parts.voiced])
    ratio = float(np.clip(target.f0_spread / _spread(log_f0), *RANGE_RATIO))
    stretched = _stretched(parts.envelope[_loud(parts)], target.warp)
    difference = target.voiced_colour - _colour(stretched)
    difference -= difference.mean()
    limit = COLOUR_LIMIT_DB / 10 * np.log(10)
    gain = np.exp(limit * np.tanh(difference / limit))
    return _Habits(float(np.median(log_f0)), ratio, gain)


def _changed(
    waveform: Waveform, jitter: Doubles, own: _Habits | None, target: VoicePrint
) -> Doubles:
    """One piece of the reading in the voice of the target."""
    parts = _analysed(waveform)
    f0 = parts.f0 * np.exp(jitter[: len(parts.f0)])
    envelope, aperiodicity = parts.envelope, parts.aperiodicity
    if own is not None:
        f0 = _moved_pitch(f0, own, target)
        envelope = _coloured(_stretched(envelope, target.warp), parts.voiced, own.gain)
        breath = BREATH_SHARE * target.breath + (1 - BREATH_SHARE) * aperiodicity
        aperiodicity = np.where(parts.voiced[:, None], breath, aperiodicity)
    spoken: Doubles = _world().synthesize(
        f0, envelope, np.ascontiguousarray(aperiodicity), SAMPLE_RATE, FRAME_MS
    )
    return spoken


def unsteadied(waveform: Samples, *, seed: int) -> Samples:
    """espeak-ng's own voice, only less mechanical: the same jitter, without a vocoder.

    The sound is read a little early and late in turn, less than a millisecond, which bends its
    pitch. WORLD would take ten times as long for the same and leave its own trace.
    waveform: at SAMPLE_RATE. Returns as many samples, peak at PEAK, on disk.
    """
    reach = JITTER_S * SAMPLE_RATE
    step = round(reach / 2)
    n_knots = len(waveform) // step + 2
    # In samples; a wander's slope is its spread over sqrt(2) times its reach.
    late = JITTER * np.sqrt(2) * reach * _wander(n_knots, reach / step, seed)
    bent = Scratch()
    for start in range(0, len(waveform), PIECE):
        stop = min(start + PIECE, len(waveform))
        first = max(0, start - BORDER)
        part = waveform[first : stop + BORDER]
        at = np.arange(start, stop, dtype=np.float64)
        knot = start // step
        near = late[knot : stop // step + 2]
        at += np.interp(at / step - knot, np.arange(len(near)), near) - first
        bent.append(map_coordinates(part, at[None], order=3, mode="nearest"))
    return _at_peak(bent)


def _wander(n: int, reach: float, seed: int) -> Doubles:
    """(n,) smooth noise of unit spread whose neighbours within `reach` are alike."""
    noise = gaussian_filter1d(np.random.default_rng(seed).standard_normal(n), reach)
    unit: Doubles = noise * np.sqrt(2 * np.sqrt(np.pi) * reach)
    return unit


def _at_peak(sound: Samples) -> Samples:
    starts = range(0, len(sound), PIECE)
    peak = max(
        (float(np.abs(sound[start : start + PIECE]).max()) for start in starts), default=0.0
    )
    if not peak:
        return sound
    louder = Scratch()
    for start in starts:
        louder.append(sound[start : start + PIECE] * np.float32(PEAK / peak))
    return louder


def _world() -> Any:
    """Loaded only where a voice is fitted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it imports pkg_resources, which says so
        import pyworld

    return pyworld


def _analysed(waveform: Waveform) -> _Parts:
    pyworld = _world()
    x = waveform.astype(np.float64)
    f0, times = pyworld.dio(
        x, SAMPLE_RATE, LOWEST_F0_HZ, HIGHEST_F0_HZ, frame_period=FRAME_MS, speed=2
    )
    f0 = pyworld.stonemask(x, f0, times, SAMPLE_RATE)
    envelope = pyworld.cheaptrick(x, f0, times, SAMPLE_RATE)
    aperiodicity = pyworld.d4c(x, f0, times, SAMPLE_RATE)
    return _Parts(f0, envelope, aperiodicity)


def _spread(log_f0: Doubles) -> float:
    """A deviation that octave errors do not move."""
    low, high = np.percentile(log_f0, [16, 84])
    return max(float(high - low) / 2, 0.02)


def _warp(waveform: Waveform, sample_rate: int) -> float:
    band_hz = highest_hz(sample_rate)
    sound = features(waveform, sample_rate)
    speech = speech_in(sound) > 0.5
    rows = compared_rows(sound.cepstra[0], sound.sonority_db, speech)
    return closest_warp(rows, speech, band_hz)


def _loud(parts: _Parts) -> NDArray[np.bool_]:
    """Voiced frames that are not fading away."""
    level = np.log(parts.envelope.sum(axis=1) + 1e-12)
    if not parts.voiced.any():
        return parts.voiced
    loud: NDArray[np.bool_] = parts.voiced & (level > np.median(level[parts.voiced]) - 2)
    return loud


def _colour(envelope: Doubles) -> Doubles:
    """Mean log power, smoothed over frequency."""
    bin_hz = SAMPLE_RATE / 2 / (envelope.shape[1] - 1)
    mean: Doubles = np.log(envelope + 1e-12).mean(axis=0)
    smooth: Doubles = gaussian_filter1d(mean, COLOUR_DETAIL_HZ / bin_hz, mode="nearest")
    return smooth


def _moved_pitch(f0: Doubles, own: _Habits, target: VoicePrint) -> Doubles:
    """The reading's melody on the target's pitch, as wide as the target's."""
    voiced = f0 > 0
    moved = np.zeros_like(f0)
    log_f0 = np.log(f0[voiced])
    moved[voiced] = np.exp(np.log(target.f0_hz) + (log_f0 - own.middle) * own.range_ratio)
    bounded: Doubles = np.where(voiced, np.clip(moved, LOWEST_F0_HZ, HIGHEST_F0_HZ), 0.0)
    return bounded


def _stretched(envelope: Doubles, warp: float) -> Doubles:
    """Envelopes with every resonance at `warp` times its frequency."""
    n_bins = envelope.shape[1]
    source = np.minimum(np.arange(n_bins) / warp, n_bins - 1)
    below = source.astype(int)
    above = np.minimum(below + 1, n_bins - 1)
    share = source - below
    log = np.log(envelope + 1e-12)
    stretched: Doubles = np.exp(log[:, below] * (1 - share) + log[:, above] * share)
    return stretched


def _coloured(envelope: Doubles, voiced: NDArray[np.bool_], gain: Doubles) -> Doubles:
    """Envelopes in the colour of the target where they are voiced.

    Hisses keep their colour: they depend on the words much more than on the speaker.
    """
    share = gaussian_filter1d(voiced.astype(float), 1.0)[:, None]
    coloured: Doubles = envelope * (share * gain[None] + (1 - share))
    return coloured


def _gate(waveform: Waveform) -> Doubles:
    """1 where the reading sounds, 0 in its pauses, with soft edges."""
    sounds = np.abs(waveform) > SILENT
    reach = SAMPLE_RATE // 100
    near = np.convolve(sounds, np.ones(2 * reach + 1), "same") > 0.5
    soft: Doubles = gaussian_filter1d(near.astype(float), reach / 2)
    return soft
