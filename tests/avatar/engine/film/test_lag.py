"""A film whose sound is moved by a known time."""

import numpy as np
import pytest

from avatar.engine.film import film_lag
from avatar.engine.footage.look import opened
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.sound import write_wav

RATE = 16_000


def words(seed, seconds=5):
    """Noise in syllables of uneven length and loudness."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(seconds * RATE, np.float32)
    at = 0.3
    while at < seconds - 0.5:
        long = rng.uniform(0.08, 0.35)
        piece = rng.uniform(0.05, 0.4) * rng.standard_normal(round(long * RATE))
        sound[round(at * RATE) :][: len(piece)] = piece
        at += long + rng.uniform(0.03, 0.3)
    return sound


def film(folder, sound, rate=RATE):
    wav, path = folder / "sound.wav", folder / "film.mp4"
    write_wav(wav, np.asarray(sound, np.float32), rate)
    picture = ["-f", "lavfi", "-i", "testsrc2=size=256x256:rate=25:duration=5"]
    codec = ["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k"]
    run_ffmpeg([*picture, "-i", f"file:{wav}", *codec, f"file:{path}"])
    return opened(path)


@pytest.mark.parametrize("late_ms", [-120, -40, 0, 40, 85, 300])
def test_a_late_film_is_told_to_a_few_milliseconds(tmp_path, late_ms):
    said = words(1)
    n = round(abs(late_ms) * RATE / 1000)
    moved = np.pad(said, (n, 0))[: len(said)] if late_ms > 0 else np.pad(said[n:], (0, n))
    lag = film_lag(film(tmp_path, 0.3 * moved), said, RATE)
    assert lag.ms == pytest.approx(late_ms, abs=6)
    assert lag.likeness > 0.9
    assert lag.to_mend_ms == (0 if late_ms == 0 else lag.ms)


def test_another_sentence_moves_nothing(tmp_path):
    lag = film_lag(film(tmp_path, words(2)), words(1), RATE)
    assert lag.likeness < 0.6
    assert lag.to_mend_ms == 0


def test_a_silent_film_says_nothing(tmp_path):
    assert film_lag(film(tmp_path, np.zeros(5 * RATE)), words(1), RATE) is None
