"""Sounds: read from anything, judged in sentences, as loud as platforms play them."""

import re
import subprocess

import numpy as np
import pytest

from avatar.engine.errors import InputError, ResourceError
from avatar.engine.media import sound
from avatar.engine.media.ffmpeg import ffmpeg_exe
from avatar.engine.media.sound import (
    inspect_sound,
    loudness_lufs,
    normalised,
    read_sound,
    true_peak_dbtp,
    write_wav,
)

RATE = 48_000


def tone(hz=997.0, seconds=3.0, dbfs=0.0, rate=RATE):
    t = np.arange(round(seconds * rate)) / rate
    return (10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def babble(seconds, rate=16_000, seed=0):
    """Bursts of noise with pauses: the level pattern of speech."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    loud = np.repeat(rng.random(n // (rate // 5) + 1) > 0.25, rate // 5)[:n]
    quiet = 0.0005 * rng.standard_normal(n)
    return (0.1 * loud * rng.standard_normal(n) + quiet).clip(-0.9, 0.9).astype(np.float32)


def encoded(tmp_path, name, *options):
    """The tone, as ffmpeg writes it in the format of the name."""
    source, made = tmp_path / "source.wav", tmp_path / name
    write_wav(source, tone(440, 1.0, -12), RATE)
    subprocess.run(
        [ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-i", source, *options, made], check=True
    )
    return made


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.ogg", "a.flac", "a.aiff", "a.mkv"])
def test_any_format_is_read_whatever_it_is_called(tmp_path, name):
    disguised = encoded(tmp_path, name).rename(tmp_path / "upload.bin")
    waveform, rate = read_sound(disguised)
    assert waveform.dtype == np.float32
    assert len(waveform) / rate == pytest.approx(1.0, abs=0.06)
    spectrum = np.abs(np.fft.rfft(waveform[: rate // 2]))
    assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=4)


def test_both_channels_are_heard_in_one(tmp_path):
    path = encoded(tmp_path, "a.wav", "-af", "pan=stereo|c0=c0|c1=0*c0")
    waveform, _ = read_sound(path)
    assert np.abs(waveform).max() > 0.05


def test_channels_that_cancel_each_other_out_are_heard_by_the_first(tmp_path):
    path = encoded(tmp_path, "a.wav", "-af", "pan=stereo|c0=c0|c1=-1*c0")
    one = encoded(tmp_path, "b.wav")
    np.testing.assert_allclose(read_sound(path)[0], read_sound(one)[0], atol=1e-4)


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 96_000])
def test_the_sample_rate_is_kept_up_to_what_anybody_hears(tmp_path, rate):
    path = tmp_path / "a.wav"
    write_wav(path, tone(rate=rate), rate)
    assert read_sound(path)[1] == min(rate, 48_000)


def test_a_written_sound_reads_back(tmp_path):
    path = tmp_path / "new folder" / "a.wav"
    write_wav(path, tone(dbfs=-6), RATE)
    waveform, rate = read_sound(path)
    assert rate == RATE
    np.testing.assert_allclose(waveform, tone(dbfs=-6), atol=1e-4)
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    path.write_bytes(b"old")

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sound.soundfile, "SoundFile", full)
    with pytest.raises(ResourceError, match="the disk is full"):
        write_wav(path, tone(), RATE)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def hostile_files(tmp_path):
    secret = tmp_path / "secret.wav"
    write_wav(secret, tone(dbfs=-6), RATE)
    files = {
        "empty.wav": b"",
        "text.mp3": b"this is not a sound\n" * 50,
        "header.wav": secret.read_bytes()[:44],
        "playlist.mp3": f"#EXTM3U\n#EXTINF:1,\nfile:{secret}\n".encode(),
        "photo.wav": b"\xff\xd8\xff\xe0" + bytes(200),
        "concat.wav": f"ffconcat version 1.0\nfile {secret.name}\n".encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("gone.wav", "There is no sound file gone.wav."),
        ("empty.wav", "empty.wav is empty"),
        ("text.mp3", "text.mp3 is not a sound file that can be read."),
        ("header.wav", "header.wav holds no sound: its length is zero."),
        ("playlist.mp3", "playlist.mp3 is not a sound file that can be read."),
        ("concat.wav", "concat.wav is not a sound file that can be read."),
        ("photo.wav", "photo.wav is a JPEG photo, not a sound."),
    ],
)
def test_what_is_no_sound_is_refused_in_one_sentence(tmp_path, name, sentence):
    hostile_files(tmp_path)
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}"):
        read_sound(tmp_path / name)


def test_a_video_without_sound_is_refused(tmp_path):
    video = tmp_path / "mute.mp4"
    black = "color=black:size=64x64:duration=0.2"
    subprocess.run(
        [ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", black, video],
        check=True,
    )
    with pytest.raises(InputError, match=r"^mute\.mp4 has no sound in it"):
        read_sound(video)


def test_silence_is_refused(tmp_path):
    write_wav(tmp_path / "a.wav", np.zeros(RATE, np.float32), RATE)
    with pytest.raises(InputError, match=r"a\.wav is silent"):
        read_sound(tmp_path / "a.wav")


def test_a_sound_that_is_too_long_is_refused_with_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(sound, "MAX_MINUTES", 1)
    path = tmp_path / "long.wav"
    write_wav(path, tone(seconds=62, rate=8000), 8000)
    with pytest.raises(InputError, match=r"long\.wav is longer than 1 minutes"):
        read_sound(path)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_a_full_scale_tone_is_as_loud_as_the_standard_says(rate):
    """BS.1770: 997 Hz at 0 dBFS in one channel reads -3.01 LUFS."""
    assert loudness_lufs(tone(rate=rate), rate) == pytest.approx(-3.01, abs=0.05)


def test_silence_between_words_does_not_count():
    speech = tone(dbfs=-20)
    with_pause = np.concatenate([speech, np.zeros(5 * RATE, np.float32), speech])
    assert loudness_lufs(with_pause, RATE) == pytest.approx(loudness_lufs(speech, RATE), abs=0.4)


def test_a_long_sound_measures_like_a_short_one():
    short, long = tone(seconds=3, dbfs=-18, rate=8000), tone(seconds=65, dbfs=-18, rate=8000)
    assert loudness_lufs(long, 8000) == pytest.approx(loudness_lufs(short, 8000), abs=0.02)


def ffmpeg_says(path):
    """Loudness and true peak by ffmpeg's own meter."""
    log = subprocess.run(
        [ffmpeg_exe(), "-nostdin", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    found = [re.findall(pattern, log)[-1] for pattern in (r"I:\s+(\S+) LUFS", r"Peak:\s+(\S+) d")]
    return tuple(map(float, found))


@pytest.mark.parametrize("level", [0.02, 0.5, 3.0])
def test_a_voice_over_comes_out_at_minus_14_lufs_and_below_the_peak(tmp_path, level):
    quiet = (babble(25) * level).astype(np.float32)
    waveform = np.concatenate(list(normalised(quiet, 16_000)))
    assert loudness_lufs(waveform, 16_000) == pytest.approx(-14, abs=0.3)
    assert true_peak_dbtp(waveform, 16_000) <= -1.0
    write_wav(tmp_path / "a.wav", waveform, 16_000)
    lufs, peak = ffmpeg_says(tmp_path / "a.wav")
    assert lufs == pytest.approx(-14, abs=0.4)
    assert peak <= -0.9


def test_silence_is_not_made_loud():
    silence = np.zeros(RATE, np.float32)
    assert np.array_equal(np.concatenate(list(normalised(silence, RATE))), silence)


def report_of(tmp_path, waveform, rate=16_000):
    write_wav(tmp_path / "sample.wav", waveform, rate)
    return inspect_sound(tmp_path / "sample.wav")


def test_a_good_sample_has_nothing_to_complain_of(tmp_path):
    report = report_of(tmp_path, babble(20))
    assert report.usable
    assert report.problems == report.warnings == []
    assert report.duration_ms == 20_000
    assert report.to_json()["silence_share"] == pytest.approx(0.25, abs=0.1)


def test_a_short_sample_is_told_how_long_it_is_and_must_be(tmp_path):
    report = report_of(tmp_path, babble(9.3))
    assert report.problems == ["The sample is 9.3 seconds long; 15 or more are needed."]
    assert not report.usable


def test_mostly_silence_is_told_how_much_is_speech(tmp_path):
    mostly = np.concatenate([babble(5), np.zeros(16_000 * 15, np.float32)])
    assert "of the 20 seconds are speech" in report_of(tmp_path, mostly).problems[0]


def test_clipping_is_found(tmp_path):
    clipped = np.clip(babble(20) * 12, -1, 1)
    report = report_of(tmp_path, clipped)
    assert report.clipping_share > 0.05
    assert any("clipped" in problem for problem in report.problems)


def test_noise_behind_the_voice_is_found(tmp_path):
    noise = np.random.default_rng(1).standard_normal(16_000 * 20).astype(np.float32)
    report = report_of(tmp_path, babble(20) + 0.012 * noise)
    assert report.usable
    assert any("above the noise" in warning for warning in report.warnings)
    assert report.noise_floor_dbfs == pytest.approx(-38, abs=2)


def test_a_file_that_cannot_be_read_is_a_report_and_not_an_error(tmp_path):
    (tmp_path / "a.mp3").write_bytes(b"nonsense" * 100)
    report = inspect_sound(tmp_path / "a.mp3")
    assert not report.usable
    assert report.problems == ["a.mp3 is not a sound file that can be read."]
