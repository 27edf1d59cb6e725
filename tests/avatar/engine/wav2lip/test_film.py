from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from avatar.engine.errors import Cancelled, InputError
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.frames import frame_rate, read_frames
from avatar.engine.media.probe import probe
from avatar.engine.media.sound import write_wav
from avatar.engine.wav2lip.film import Callbacks, make_film
from avatar.engine.wav2lip.options import Wav2LipOptions
from avatar.engine.wav2lip.source import open_source
from tests.avatar.engine.wav2lip.conftest import Mirror, Painter

WIDTH, HEIGHT = 320, 300
GAP = range(4, 10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("film")


@pytest.fixture(scope="module")
def photo(hopper, folder):
    path = folder / "photo.png"
    Image.open(hopper).convert("RGB").resize((257, 301)).save(path)  # odd sides
    return path


@pytest.fixture(scope="module")
def footage(photo, folder):
    """14 frames at 20 a second, 0.7 s: a face that goes right, and is away in GAP."""
    head = np.array(Image.open(photo))[:HEIGHT]
    frames = np.full((14, HEIGHT, WIDTH, 3), 100, np.uint8)
    for number, frame in enumerate(frames):
        if number not in GAP:
            frame[:, 2 * number : 2 * number + 257] = head
    path = folder / "footage.mkv"
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", f"{WIDTH}x{HEIGHT}"]
    lossless = ["-c:v", "ffv1", "-y", f"file:{path}"]
    run_ffmpeg([*raw, "-framerate", "20", "-i", "pipe:0", *lossless], data=frames.tobytes())
    return path


def sound_of(folder, seconds):
    path = folder / f"{seconds}.wav"
    noise = np.random.default_rng(0).normal(0, 0.1, round(16_000 * seconds))
    write_wav(path, noise.astype(np.float32), 16_000)
    return path


def film(source, seconds, folder, mouths, options=None, **callbacks):
    out = folder / "out.mp4"
    return out, make_film(
        open_source(source),
        sound_of(folder, seconds),
        out,
        mouths,
        options or Wav2LipOptions(),
        Callbacks(**callbacks),
    )


def pictures(path):
    return np.stack(list(read_frames(path, frame_rate(path)))).astype(float)


def test_a_photo_speaks_for_as_long_as_the_sound(photo, folder):
    mirror, shares = Mirror(), []
    out, made = film(
        photo, 0.5, folder, mirror, on_progress=lambda stage, share: shares.append(share)
    )
    about = probe(out)
    assert (made.n_frames, made.fps, made.width, made.height) == (13, 25, 256, 300)
    assert (about.width, about.height, about.fps) == (256, 300, 25)
    assert (about.video_codec, about.audio_codec) == ("h264", "aac")
    assert abs(about.duration_ms - 520) <= 25
    assert mirror.studied == 1  # the face of a photo is looked at once
    assert (made.held, made.without_face) == (0, 0)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert set(made.seconds) == {"sound", "faces", "mel", "network", "blend", "encode"}
    still = np.array(Image.open(photo))[:300, :256].astype(float)
    assert np.abs(pictures(out) - still).mean() < 3  # what encoding leaves


def test_only_frames_with_a_face_get_a_mouth(footage, folder):
    painter, said = Painter(), []
    out, made = film(footage, 0.7, folder, painter, on_warning=said.append)
    assert (made.n_frames, made.fps, made.without_face, made.held) == (14, 20, len(GAP), 0)
    assert painter.studied == 14 - len(GAP)
    assert said == ["In 6 of 14 frames no face was found: they stay as they are."]
    before, after = pictures(footage), pictures(out)
    changed = np.abs(after - before).max(axis=(1, 2, 3)) > 100
    assert changed.tolist() == [number not in GAP for number in range(14)]
    assert np.abs(after[GAP] - 100).max() < 4
    blue = (after[..., 2] - after[..., 0]) > 150
    middles = [np.flatnonzero(frame.any(0)).mean() for frame in blue[changed]]
    assert np.polyfit(np.flatnonzero(changed), middles, 1)[0] == pytest.approx(2, abs=0.2)


def test_footage_that_is_too_short_holds_its_last_picture(footage, folder):
    said = []
    out, made = film(footage, 1.0, folder, Painter(), on_warning=said.append)
    assert (made.n_frames, made.held) == (20, 6)
    assert "footage.mkv ends 0.3 seconds before the sound: its last picture is held." in said
    after = pictures(out)
    assert np.abs(after[14:] - after[13]).mean() < 2


def test_a_sound_shorter_than_the_footage_ends_the_film(footage, folder):
    out, made = film(footage, 0.15, folder, Mirror())
    assert made.n_frames == 3
    assert len(pictures(out)) == 3


@pytest.mark.parametrize("batch", [1, 5, 64])
def test_the_size_of_a_batch_changes_nothing(footage, folder, batch):
    out, _ = film(footage, 0.7, folder, Painter(), Wav2LipOptions(batch=batch))
    other, _ = film(footage, 0.7, folder, Painter(), Wav2LipOptions(batch=3))
    np.testing.assert_array_equal(pictures(out), pictures(other))


def test_no_strength_leaves_the_footage_as_it_is(footage, folder):
    out, _ = film(footage, 0.7, folder, Painter(), Wav2LipOptions(strength=0.0))
    assert np.abs(pictures(out) - pictures(footage)).mean() < 3


def test_a_picture_without_a_face_is_said_before_anything_is_drawn(folder):
    empty = folder / "empty.png"
    Image.new("RGB", (300, 300), (90, 120, 90)).save(empty)
    (folder / "out.mp4").write_bytes(b"as it was")
    with pytest.raises(InputError, match=r"No face was found in empty\.png"):
        film(empty, 0.5, folder, Mirror())
    assert (folder / "out.mp4").read_bytes() == b"as it was"


@pytest.mark.parametrize("asked", [1, 16])
def test_stopping_leaves_nothing_behind(footage, tmp_path, asked):
    """While faces are looked for, and while frames are encoded."""
    left = iter(range(asked))
    with pytest.raises(Cancelled):
        film(footage, 0.7, tmp_path, Mirror(), should_stop=lambda: next(left, None) is None)
    assert [path.name for path in tmp_path.iterdir()] == ["0.7.wav"]


def test_sources_are_told_by_their_content(photo, footage, folder, tmp_path):
    assert open_source(photo).fps == 25
    assert open_source(photo, 30).fps == 30
    assert open_source(footage).fps == 20
    assert open_source(footage, 29.97).fps == Fraction(30000, 1001)
    for wrong, sentence in (
        (tmp_path / "none.mp4", "There is no photo or footage"),
        (sound_of(folder, 0.5), "has no picture in it"),
    ):
        with pytest.raises(InputError, match=sentence):
            open_source(wrong)
    with pytest.raises(InputError, match="100 frames a second are not possible"):
        open_source(photo, 100)


def test_frames_that_come_quicker_than_60_are_thinned(folder):
    path = folder / "quick.mkv"
    run_ffmpeg(["-f", "lavfi", "-i", "testsrc=r=120:d=0.1:s=64x64", "-c:v", "ffv1", str(path)])
    source = open_source(path)
    assert source.fps == 60
    assert len(list(source.frames())) == 6


def test_a_picture_larger_than_decoders_take_is_made_smaller(tmp_path):
    path = tmp_path / "large.png"
    Image.new("RGB", (5001, 1001)).save(path)
    (picture,) = open_source(path).frames()
    assert picture.shape == (820, 4096, 3)
