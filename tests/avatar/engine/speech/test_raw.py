"""What was bought is kept whole, and told apart from what is of no use."""

import numpy as np
import pytest

from avatar.engine.errors import BadResult
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.sound import write_wav
from avatar.engine.speech.joined import joined
from avatar.engine.speech.raw import Raw, decoded, fragments

RATE = 24_000
TEXT = "Most people quit in week two."


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """The same two seconds of buzz as WAV, and as MP3."""
    folder = tmp_path_factory.mktemp("sounds")
    buzz = 0.4 * np.sin(np.arange(2 * RATE) / 20).astype(np.float32)
    write_wav(folder / "buzz.wav", buzz, RATE)
    mp3 = ["-c:a", "libmp3lame", "-b:a", "128k", str(folder / "buzz.mp3")]
    run_ffmpeg(["-y", "-i", str(folder / "buzz.wav"), *mp3])
    return {kind: (folder / f"buzz.{kind}").read_bytes() for kind in ("wav", "mp3")}


def raw(audio, kind="wav", text=TEXT, times=()):
    return Raw(audio, kind, text, times=times)


def test_it_is_read_as_it_was_written(sounds, tmp_path):
    one = Raw(sounds["mp3"], "mp3", TEXT, (("M", 0.0, 0.1),), 0.02, {"request_id": "r1"})
    one.write(tmp_path / "raw.json")
    assert Raw.read(tmp_path / "raw.json") == one


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_a_whole_sound_is_taken(sounds, kind):
    sound, rate = decoded(raw(sounds[kind], kind), "It")
    assert len(sound) / rate == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_a_sound_that_was_cut_off_on_its_way_is_not_taken(sounds, kind):
    cut = sounds[kind][: len(sounds[kind]) * 6 // 10]
    with pytest.raises(BadResult, match="cut off"):
        decoded(raw(cut, kind), "It")


def test_a_file_written_as_a_stream_is_taken(sounds):
    """Its head was sent before its length was known."""
    wav = sounds["wav"]
    streamed = wav[:4] + b"\xff\xff\xff\xff" + wav[8:40] + b"\xff\xff\xff\xff" + wav[44:]
    assert len(decoded(raw(streamed), "It")[0]) == 2 * RATE


@pytest.mark.parametrize(
    ("audio", "said"),
    [(b"", "no sound"), (b"<html>Sign in</html>", "cannot be used"), (b"\0" * 4000, "be used")],
)
def test_what_is_no_sound_is_not_taken(audio, said):
    with pytest.raises(BadResult, match=said):
        decoded(raw(audio), "It")


def test_a_sound_shorter_than_its_times_is_not_taken(sounds):
    with pytest.raises(BadResult, match="cut off"):
        decoded(raw(sounds["wav"], times=(("two", 2.5, 3.5),)), "It")


def test_a_sound_shorter_than_anybody_can_say_it_is_not_taken(sounds):
    with pytest.raises(BadResult, match="cut off"):
        decoded(raw(sounds["wav"], text=TEXT * 4), "It")


def test_arrays_that_do_not_belong_together_are_no_times():
    assert fragments("ab", [0, 1], [1, 2]) == (("a", 0.0, 1.0), ("b", 1.0, 2.0))
    assert fragments("ab", [0], [1, 2]) == ()
    assert fragments("ab", [0, None], [1, 2]) == ()


def test_pieces_are_joined_without_a_click_and_their_times_move_along(sounds):
    times = (("Most people", 0.1, 1.0), ("quit.", 1.1, 1.8))
    piece = raw(sounds["wav"], text="Most people quit.", times=times)
    sound, rate, words = joined([piece, piece], "It", "Most people quit. Most people quit.")
    heard = sound[:]
    assert rate == RATE
    assert np.abs(np.diff(heard)).max() < 0.03  # the buzz itself moves by 0.02
    assert len(heard) == pytest.approx(4.36 * RATE, abs=0.02 * RATE)
    assert words[3][0] - words[0][0] == pytest.approx(2360, abs=20)


def test_pieces_of_other_rates_are_joined_at_the_first_ones(sounds, tmp_path):
    buzz = 0.4 * np.sin(np.arange(16_000) / 20).astype(np.float32)
    write_wav(tmp_path / "slow.wav", buzz, 16_000)
    slow = raw((tmp_path / "slow.wav").read_bytes(), text="One more.")
    sound, rate, words = joined([raw(sounds["wav"]), slow], "It", f"{TEXT} One more.")
    assert (rate, words) == (RATE, ())
    assert len(sound) == pytest.approx(3.36 * RATE, abs=0.05 * RATE)
