"""Against SciPy, which does the same and takes longer to load."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import signal

from avatar.engine.media.filters import Filter, high_pass
from avatar.engine.media.resample import resampled

NOISE = np.random.default_rng(0).standard_normal(30_011)


def test_a_filter_gives_what_scipy_gives_however_the_sound_is_cut():
    b, a = signal.butter(2, 500, "highpass", fs=16_000)
    wanted = signal.lfilter(b, a, NOISE)
    for cuts in ([], [64], [1, 7, 8_000], [0, 128, 29_999]):
        heard = high_pass(500, 16_000)
        pieces = [heard(piece) for piece in np.split(NOISE, cuts)]
        np.testing.assert_allclose(np.concatenate(pieces), wanted, atol=1e-11)


def test_a_filter_that_rings_for_long_stays_exact():
    b, a = signal.iirpeak(2_000, 400, fs=48_000)
    ringing = Filter(tuple(b), tuple(a))
    np.testing.assert_allclose(ringing(NOISE), signal.lfilter(b, a, NOISE), atol=1e-10)


@pytest.mark.parametrize(("rate", "wanted"), [(48_000, 16_000), (22_050, 16_000), (8_000, 16_000)])
def test_a_tone_is_the_same_tone_at_another_rate(rate, wanted):
    def tone(rate, n):
        return np.sin(2 * np.pi * 997 * np.arange(n) / rate).astype(np.float32)

    out = resampled(tone(rate, rate), rate, wanted)
    assert len(out) == wanted
    inner = slice(wanted // 10, -wanted // 10)
    np.testing.assert_allclose(out[inner], tone(wanted, wanted)[inner], atol=1e-4)


def test_what_the_lower_rate_cannot_hold_is_gone():
    hiss = np.sin(2 * np.pi * 9_000 * np.arange(48_000) / 48_000).astype(np.float32)
    assert np.abs(resampled(hiss, 48_000, 16_000)[2_000:-2_000]).max() < 1e-3


def test_making_a_reel_loads_no_heavy_part_of_scipy():
    heavy = "scipy.signal", "scipy.interpolate", "scipy.sparse", "scipy.stats", "matplotlib"
    code = f"import sys, avatar.engine.pipeline; sys.exit(str(set(sys.modules) & {set(heavy)}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "set()"
