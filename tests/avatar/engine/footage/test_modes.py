"""Which frame is seen when, against sums that anybody can do."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from avatar.engine.errors import InputError
from avatar.engine.footage.modes import fit
from avatar.engine.options import SYNC_MODES

RATES = [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(30)]


def expected(mode, n_footage, n):
    """By whole numbers alone."""
    k = np.arange(n)
    if mode == "loop":
        return k % n_footage
    if mode == "bounce":
        period = max(1, 2 * n_footage - 2)
        return np.minimum(k % period, period - k % period) if n_footage > 1 else 0 * k
    if mode == "remap":
        return (2 * k + 1) * n_footage // (2 * n)
    return np.minimum(k, n_footage - 1)


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("mode", SYNC_MODES)
def test_every_frame_is_the_one_the_table_asks_for(mode, fps):
    for n_footage, audio_ms in [(1, 400), (2, 900), (3, 2000), (37, 3777), (75, 1500), (50, 2000)]:
        found = fit(n_footage, audio_ms, mode, fps)
        assert found.shown.tolist() == list(expected(mode, n_footage, found.n_frames)), n_footage


@pytest.mark.parametrize("mode", SYNC_MODES)
def test_half_an_hour_keeps_in_step(mode):
    found = fit(997, 1_800_000, mode, Fraction(30000, 1001))
    assert found.shown.tolist() == expected(mode, 997, found.n_frames).tolist()


@pytest.mark.parametrize(
    ("mode", "longer_sound", "longer_footage"),
    [
        ("cut_off", (100, 4000), (50, 2000)),
        ("loop", (150, 6000), (50, 2000)),
        ("bounce", (150, 6000), (50, 2000)),
        ("silence", (150, 6000), (100, 4000)),
        ("remap", (150, 6000), (50, 2000)),
    ],
)
def test_lengths_are_those_of_the_table(mode, longer_sound, longer_footage):
    for audio_ms, (n_frames, sound_ms) in ((6000, longer_sound), (2000, longer_footage)):
        found = fit(100, audio_ms, mode, Fraction(25))
        assert (found.n_frames, found.sound_ms) == (n_frames, sound_ms)


def test_the_last_frame_covers_the_end_of_the_sound():
    for mode in ("loop", "bounce", "remap", "silence"):
        found = fit(10, 1001, mode, Fraction(25))
        assert (found.n_frames, found.sound_ms) == (26, 1001)


def test_no_frame_is_doubled_where_a_bounce_turns():
    shown = fit(5, 1000, "bounce", Fraction(25)).shown
    assert (np.abs(np.diff(shown)) == 1).all()


def test_an_unknown_mode_is_named_with_those_there_are():
    with pytest.raises(InputError, match=r"no sync mode 'stretch': choose cut_off, loop"):
        fit(10, 1000, "stretch", Fraction(25))


@pytest.mark.parametrize(("n_footage", "audio_ms"), [(0, 1000), (10, 0)])
def test_nothing_goes_with_nothing(n_footage, audio_ms):
    with pytest.raises(InputError, match="no footage, or no sound"):
        fit(n_footage, audio_ms, "loop", Fraction(25))


def test_moviepy_brings_no_keys_from_a_file_into_the_environment():
    """It would read the nearest .env; a fresh interpreter tells."""
    code = (
        "import os, dotenv.main as d; read = []; d.DotEnv.set_as_environment_variables = "
        "lambda self: read.append(1); from fractions import Fraction as F;"
        "from avatar.engine.footage.modes import fit; before = dict(os.environ);"
        "fit(5, 400, 'bounce', F(25)); assert not read; assert dict(os.environ) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
