"""Footage goes to a translator with its sound; what comes back becomes a take."""

import numpy as np
import pytest

from avatar.engine.errors import BadResult, Cancelled, InputError
from avatar.engine.film import film_lag, own_sound, with_its_sound
from avatar.engine.footage.look import opened
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.probe import probe
from avatar.engine.media.sound import loudness_lufs, read_sound, write_wav
from tests.avatar.engine.film.test_lag import words
from tests.avatar.engine.footage.clips import numbered, numbers

RATE = 16_000


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """2 s at 25 fps of numbered frames with syllables of noise, and somebody's address in it."""
    folder = tmp_path_factory.mktemp("spoken")
    picture = numbered(folder / "picture.mp4", 50, sound=False)
    write_wav(folder / "said.wav", words(1, seconds=2), RATE)
    path = folder / "spoken.mov"
    streams = ["-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac"]
    told = ["-metadata", "location=+52.5200+013.4050/"]
    inputs = ["-i", f"file:{picture}", "-i", f"file:{folder / 'said.wav'}"]
    run_ffmpeg([*inputs, *streams, *told, f"file:{path}"])
    return opened(path)


def test_sound_and_picture_go_together_and_nothing_else(spoken, tmp_path):
    made = with_its_sound(spoken, tmp_path / "out.mp4")
    assert (made.n_frames, made.sound_ms) == (50, 2000)
    assert numbers(made.path) == list(range(50))
    about = probe(made.path)
    assert (about.has_audio, about.pixel_format) == (True, "yuv420p")
    assert b"52.5200" not in made.path.read_bytes()
    lag = film_lag(opened(made.path), words(1, seconds=2), RATE)
    assert abs(lag.ms) <= 10
    assert lag.likeness > 0.9


def test_what_is_longer_than_wanted_is_left_out(spoken, tmp_path):
    made = with_its_sound(spoken, tmp_path / "out.mp4", longest_ms=1000, largest=(128, 128))
    assert numbers(made.path) == list(range(25))
    sound, rate = read_sound(made.path)
    assert len(sound) / rate == pytest.approx(1.0, abs=0.03)
    assert (made.width, made.height) == (128, 128)


def test_silent_footage_cannot_be_translated(tmp_path):
    mute = opened(numbered(tmp_path / "mute.mp4", 30, sound=False))
    with pytest.raises(InputError, match=r"mute\.mp4 has no sound: there is nothing to transl"):
        with_its_sound(mute, tmp_path / "out.mp4")


def test_stopping_leaves_nothing_behind(spoken, tmp_path):
    with pytest.raises(Cancelled):
        with_its_sound(spoken, tmp_path / "out.mp4", should_stop=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_the_translated_voice_becomes_a_take(spoken, tmp_path):
    take = own_sound(spoken, tmp_path / "take.wav")
    sound, rate = read_sound(take)
    assert loudness_lufs(sound, rate) == pytest.approx(-14, abs=0.5)
    assert len(sound) / rate == pytest.approx(2.0, abs=0.05)


def test_a_translation_without_a_voice_is_a_bad_result(tmp_path):
    path = tmp_path / "film.mp4"
    picture = numbered(tmp_path / "picture.mp4", 30, sound=False)
    write_wav(tmp_path / "nothing.wav", np.zeros(RATE, np.float32), RATE)
    inputs = ["-i", f"file:{picture}", "-i", f"file:{tmp_path / 'nothing.wav'}"]
    run_ffmpeg([*inputs, "-c:v", "copy", "-c:a", "aac", f"file:{path}"])
    with pytest.raises(BadResult, match="is silent: nobody speaks"):
        own_sound(opened(path), tmp_path / "take.wav")
