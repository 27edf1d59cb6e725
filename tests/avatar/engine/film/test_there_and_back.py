"""Footage goes out in pieces and comes back as films of pieces: the reel is the whole again."""

from fractions import Fraction

import numpy as np
import pytest

from avatar.engine.film import assembled, checked, joined
from avatar.engine.footage import cut_footage, cut_sound, fitted, look, made_as_long, pieces
from avatar.engine.footage.look import opened
from avatar.engine.media.encode import BETWEEN
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.sound import read_sound, write_wav
from avatar.engine.options import ReelOptions
from avatar.engine.types import Alignment
from tests.avatar.engine.footage.clips import numbered, numbers

RATE = 16_000


def clicks_in_speech(seconds, at_s):
    """Noise with pauses of 0.4 s, and a loud click at each of these times."""
    sound = 0.1 * np.random.default_rng(3).standard_normal(round(seconds * RATE))
    for start in np.arange(0.9, seconds, 1.3):
        sound[round(start * RATE) :][: round(0.4 * RATE)] = 0
    for second in at_s:
        sound[round(second * RATE) :][:80] = 0.95
    return sound.astype(np.float32)


@pytest.mark.parametrize("mode", ["bounce", "silence", "cut_off"])
def test_sound_and_picture_are_where_they_were(tmp_path, mode):
    at_s = [0.2, 2.0, 3.4]
    write_wav(tmp_path / "spoken.wav", clicks_in_speech(4.13, at_s), RATE)
    sound, rate = read_sound(tmp_path / "spoken.wav")
    footage = look(numbered(tmp_path / "clip.mp4", 48))
    fit = fitted(footage, 4130, mode, tmp_path / "fitted.mp4", quality=BETWEEN)
    take = made_as_long(sound, rate, fit.sound_ms, tmp_path / "take.wav")
    sound, rate = read_sound(take)
    shown = numbers(fit.path)

    spans = pieces(sound, rate, fit.fps, longest_ms=1900, shortest_ms=300)
    assert len(spans) >= (3 if mode != "cut_off" else 2)
    pictures = cut_footage(fit, spans, tmp_path)
    sounds = cut_sound(sound, rate, spans, fit.fps, tmp_path)
    films = []
    for picture, heard, span in zip(pictures, sounds, spans, strict=True):
        film = tmp_path / f"back-{span.start}.mp4"
        codec = ["-c:v", "copy", "-c:a", "aac", "-ar", "44100"]
        run_ffmpeg(["-i", f"file:{picture}", "-i", f"file:{heard}", *codec, f"file:{film}"])
        expected_ms = round(1000 * span.n_frames / fit.fps)
        films.append(checked(film, expected_ms, moves=mode != "silence"))
    n = joined(films, spans, fit.fps, tmp_path / "joined.mp4")
    assert n == fit.n_frames == len(shown)
    assert numbers(tmp_path / "joined.mp4") == shown

    reel = ReelOptions(width=256, height=256, fps=float(fit.fps), captions="none")
    nothing = Alignment(fit.sound_ms, (), ())
    assembled(opened(tmp_path / "joined.mp4"), take, nothing, reel, tmp_path)
    assert len(numbers(tmp_path / "reel.mp4")) == fit.n_frames
    heard, rate = read_sound(tmp_path / "reel.mp4")
    for second in (s for s in at_s if s * Fraction(25) < fit.n_frames):
        near = np.abs(heard[round((second - 0.1) * rate) : round((second + 0.1) * rate)])
        assert abs(np.argmax(near) / rate - 0.1) < 0.008
