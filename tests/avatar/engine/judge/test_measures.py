"""Curves whose measures are known, without a picture."""

from fractions import Fraction

import numpy as np
import pytest

from avatar.engine.judge import measures
from avatar.engine.judge.seen import Seen


def seen(opening=None, lids=None, *, fps=25, n=250):
    opening = np.zeros(n) if opening is None else np.asarray(opening, float)
    lids = np.full((2, len(opening)), 0.3) if lids is None else lids
    return Seen(Fraction(fps), 360, 640, opening, lids, 0, np.zeros(len(opening) - 1))


def test_two_dips_of_one_lid_beside_one_of_the_other_are_one_blink():
    lids = np.full((2, 250), 0.3)
    lids[0, 50:56] = 0.05
    lids[1, [50, 51, 54, 55]] = 0.08
    found = measures.blinks(seen(lids=lids))
    assert (found["n"], found["both_lids"], found["at_s"]) == (1, 1.0, [2.0])
    assert found["closed_to"] == pytest.approx(0.08 / 0.3, abs=1e-3)


def test_closed_eyes_are_not_a_blink_and_a_metronome_does_not_vary():
    lids = np.full((2, 500), 0.3)
    lids[:, 400:450] = 0.05
    for first in (50, 150, 250, 350):
        lids[:, first : first + 4] = 0.05
    found = measures.blinks(seen(lids=lids, n=500))
    assert (found["n"], found["per_minute"]) == (4, 12.0)
    assert found["gap_variation"] == 0


@pytest.mark.parametrize("late_ms", [-120, 0, 50])
@pytest.mark.parametrize("fps", [24, 25, 30, 60])
def test_offset_is_found_at_any_frame_rate(fps, late_ms):
    t = np.arange(30 * measures.RATE) / measures.RATE
    rng = np.random.default_rng(0)
    bumps = sum(np.exp(-(((t - at) / 0.08) ** 2)) for at in rng.uniform(0, 30, 60))
    middles = (np.arange(30 * fps) + 0.5) / fps
    shown = seen(np.interp(middles - late_ms / 1000, t + 0.5 / measures.RATE, bumps), fps=fps)
    assert measures.offset(shown, bumps)["ms"] == pytest.approx(late_ms, abs=2)


def test_a_picture_that_runs_away_from_its_sound_drifts():
    """By 30 ms a minute, over two minutes."""
    t = np.arange(120 * measures.RATE) / measures.RATE
    rng = np.random.default_rng(0)
    bumps = sum(np.exp(-(((t - at) / 0.08) ** 2)) for at in rng.uniform(0, 120, 240))
    middles = (np.arange(120 * 25) + 0.5) / 25
    found = measures.offset(seen(np.interp(middles * (1 - 0.0005), t, bumps)), bumps)
    assert found["drift_ms_per_minute"] == pytest.approx(30, abs=3)
    assert found["windows"] == 6


def test_edges_of_a_pause_are_counted_apart():
    """A mouth that shuts 80 ms after the sound and opens 80 ms before the next."""
    opening = np.full(100, 0.1)
    opening[27:48] = 0
    found = measures.quiet(seen(opening), [(1000, 2000), (3000, 3150)], "cues")
    assert (found["rate"], found["frames"]) == (1.0, 20)
    assert (found["rate_with_edges"], found["frames_with_edges"]) == (0.84, 25)
