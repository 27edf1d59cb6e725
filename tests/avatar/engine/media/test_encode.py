"""Encoded files are decoded again and measured."""

import os
import signal
import time
from fractions import Fraction

import numpy as np
import pytest
import soundfile

from avatar.engine.errors import EncodeError, ResourceError
from avatar.engine.media.encode import Encoder
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.probe import probe
from avatar.engine.timing import n_frames, parse_fps

WIDTH, HEIGHT = 64, 112
DARK, BRIGHT = 16, 235


def flat(luma):
    frame = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    frame[:HEIGHT] = luma
    return frame


def click_track(path, seconds, at):
    rate = 22_050
    sound = np.zeros(round(seconds * rate), np.float32)
    click = 0.9 * np.sin(2 * np.pi * 1000 * np.arange(200) / rate)
    for second in at:
        sound[round(second * rate) :][:200] = click
    soundfile.write(path, sound, rate)
    return len(sound), rate


def heard(path):
    """The sound as decoded, from the file's time zero; 48 kHz."""
    raw = run_ffmpeg(["-i", str(path), "-map", "0:a", "-f", "f32le", "-ac", "1", "pipe:1"])
    return np.frombuffer(raw, np.float32)


def seen(path):
    """Mean luma of every decoded frame."""
    raw = run_ffmpeg(["-i", str(path), "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"])
    return np.frombuffer(raw, np.uint8).reshape(-1, WIDTH * HEIGHT).mean(axis=1)


def encode(path, fps, count, *, audio=None, bright=()):
    with Encoder(path, WIDTH, HEIGHT, fps, audio=audio) as encoder:
        for number in range(count):
            encoder.write(flat(BRIGHT if number in bright else DARK))
    return encoder


def encode_until(encoder, error):
    with encoder:
        encoder.write(flat(DARK))
        raise error


def encode_and_kill(encoder):
    with encoder:
        for number in range(100_000):
            encoder.write(flat(DARK))
            if number == 20:
                os.killpg(encoder._ffmpeg.process.pid, signal.SIGKILL)


@pytest.mark.parametrize("rate", ["24", "25", "29.97", "30", "50", "60"])
def test_click_and_flash_stay_together_from_start_to_end(tmp_path, rate):
    fps, at = parse_fps(rate), [0.5, 3.0, 9.5]
    wav, out = tmp_path / "clicks.wav", tmp_path / "reel.mp4"
    count = n_frames(*click_track(wav, 10.017, at), fps)
    encode(out, fps, count, audio=wav, bright=[int(s * fps) for s in at])

    luma, sound = seen(out), heard(out)
    assert len(luma) == count
    flashes = np.flatnonzero(luma > 128) / float(fps)
    onsets = [
        np.flatnonzero(np.abs(sound[round((s - 0.2) * 48_000) :]) > 0.3)[0] / 48_000 + s - 0.2
        for s in at
    ]
    assert onsets == pytest.approx(at, abs=0.002)
    assert np.all(np.array(onsets) - flashes < 1 / fps + 0.002)
    assert np.all(np.array(onsets) - flashes > -0.002)


def test_container_is_what_the_platforms_take(tmp_path):
    wav, out = tmp_path / "clicks.wav", tmp_path / "reel.mp4"
    fps = Fraction(30)
    count = n_frames(*click_track(wav, 4.51, [1.0]), fps)
    encode(out, fps, count, audio=wav)

    found = probe(out)
    assert (found.width, found.height, found.fps) == (WIDTH, HEIGHT, 30)
    assert (found.video_codec, found.pixel_format) == ("h264", "yuv420p")
    assert (found.audio_codec, found.sample_rate, found.channels) == ("aac", 48_000, "stereo")
    assert found.duration_ms == pytest.approx(1000 * count / 30, abs=20)
    data = out.read_bytes()
    assert b"elst" not in data
    assert data.index(b"moov") < data.index(b"mdat")
    only_keys = ["-skip_frame", "nokey", "-i", str(out), "-map", "0:v", "-fps_mode", "passthrough"]
    keyframes = run_ffmpeg([*only_keys, "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"])
    assert len(keyframes) == 3 * WIDTH * HEIGHT  # at 0, 2 and 4 seconds


def test_colours_are_tagged_and_come_back_as_they_went_in(tmp_path):
    out = tmp_path / "reel.mp4"
    encode(out, Fraction(25), 5)
    with pytest.raises(EncodeError) as shown:  # describing it is all ffmpeg can do without output
        run_ffmpeg(["-loglevel", "info", "-i", str(out)])
    assert "yuv420p(tv, bt709" in shown.value.log_tail
    assert seen(out).mean() == pytest.approx(0, abs=1)  # gray is full range: 16 becomes 0


def test_file_appears_only_when_it_is_whole(tmp_path):
    out = tmp_path / "reel.mp4"
    out.write_bytes(b"the reel of yesterday")
    with pytest.raises(KeyError):
        encode_until(Encoder(out, WIDTH, HEIGHT, Fraction(30)), KeyError)
    assert [path.name for path in tmp_path.iterdir()] == ["reel.mp4"]
    assert out.read_bytes() == b"the reel of yesterday"


def test_encoder_that_dies_is_an_error_and_leaves_nothing(tmp_path):
    encoder = Encoder(tmp_path / "reel.mp4", WIDTH, HEIGHT, Fraction(30))
    with pytest.raises(ResourceError, match="ended by the system"):
        encode_and_kill(encoder)
    assert list(tmp_path.iterdir()) == []


def test_sound_that_cannot_be_read_is_an_error_with_the_log(tmp_path):
    broken = tmp_path / "take.wav"
    broken.write_bytes(b"RIFF and then nonsense")
    with pytest.raises(EncodeError) as failed:
        encode(tmp_path / "reel.mp4", Fraction(30), 500, audio=broken)
    assert "take.wav" in failed.value.log_tail
    assert [path.name for path in tmp_path.iterdir()] == ["take.wav"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_full_disk_is_said_in_so_many_words(tmp_path):
    encoder = Encoder(tmp_path / "reel.mp4", WIDTH, HEIGHT, Fraction(30))
    encoder._part.symlink_to("/dev/full")
    with pytest.raises(ResourceError, match="disk is full"), encoder:
        encoder.write(flat(DARK))
    assert list(tmp_path.iterdir()) == []


def test_stopping_early_leaves_no_process(tmp_path):
    encoder = Encoder(tmp_path / "reel.mp4", WIDTH, HEIGHT, Fraction(30))
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        encode_until(encoder, KeyboardInterrupt)
    assert encoder._ffmpeg.process.poll() is not None
    assert time.monotonic() - started < 5


def test_file_names_of_all_kinds(tmp_path):
    folder = tmp_path / "it's: 100% [mine], yes"
    folder.mkdir()
    wav = folder / "a:b 'c'.wav"
    click_track(wav, 0.5, [0.2])
    encode(folder / "-reel;1.mp4", Fraction(30), 15, audio=wav)
    assert probe(folder / "-reel;1.mp4").has_audio
