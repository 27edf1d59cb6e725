"""A film of a real face becomes a reel, which is decoded and looked at."""

import numpy as np
import pytest

from avatar.engine.errors import BadResult, Cancelled, InputError
from avatar.engine.film import assembled
from avatar.engine.film.assembled import NO_FACE
from avatar.engine.film.choosing import best_of, candidates
from avatar.engine.film.faces import face_of_footage, find_face
from avatar.engine.footage.look import opened
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.probe import probe
from avatar.engine.media.sound import read_sound, write_wav
from avatar.engine.options import ReelOptions
from avatar.engine.types import Alignment, Word

RATE = 16_000
FACE_X, FACE_Y = 960 + 253 * 0.6, 60 + 218 * 0.6  # her nose in the photo, where it is laid
OPTIONS = ReelOptions(width=270, height=480, fps=30, captions="none")
NOTHING = Alignment(2000, (), ())


@pytest.fixture(scope="module")
def wide(hopper, tmp_path_factory):
    """2 s of 1280x480: she is far on the right, nods by a few pixels, and a tone sounds."""
    path = tmp_path_factory.mktemp("film") / "wide.mp4"
    room = ["-f", "lavfi", "-i", "color=0x406080:size=1280x480:rate=25:duration=2"]
    photo = ["-loop", "1", "-t", "2", "-r", "25", "-i", f"file:{hopper}"]
    sound = ["-f", "lavfi", "-i", "sine=duration=2"]
    laid = "[1]scale=iw*0.6:ih*0.6[p];[0][p]overlay=x=960:y='60+4*sin(9*t)':shortest=1"
    streams = ["-map", "[v]", "-map", "2:a", "-pix_fmt", "yuv420p"]
    graph = ["-filter_complex", f"{laid}[v]", *streams]
    run_ffmpeg([*room, *photo, *sound, *graph, f"file:{path}"])
    return opened(path)


@pytest.fixture(scope="module")
def take(tmp_path_factory):
    """2.02 s of a low hum, which is not what is heard in the film."""
    path = tmp_path_factory.mktemp("take") / "take.wav"
    hum = 0.3 * np.sin(2 * np.pi * 150 * np.arange(round(2.02 * RATE)) / RATE)
    write_wav(path, hum.astype(np.float32), RATE)
    return path


def frames(path, width=270, height=480):
    raw = run_ffmpeg(["-i", f"file:{path}", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"])
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def test_the_face_is_found_where_it_is(wide):
    face = find_face(wide)
    assert (face.x, face.y) == (pytest.approx(FACE_X, abs=12), pytest.approx(FACE_Y, abs=25))
    assert face.forehead < face.y < face.lips


def test_in_a_long_film_she_is_found_at_some_places(wide, monkeypatch):
    monkeypatch.setattr("avatar.engine.film.faces.READ_THROUGH_MS", 100)
    assert find_face(wide).x == pytest.approx(FACE_X, abs=12)


def test_footage_is_asked_for_its_face_before_anybody_is_paid(wide, tmp_path):
    assert face_of_footage(wide).width > 64
    small, bars = tmp_path / "small.mp4", tmp_path / "bars.mp4"
    run_ffmpeg(["-i", f"file:{wide.path}", "-vf", "scale=iw*0.4:ih*0.4", f"file:{small}"])
    with pytest.raises(InputError, match=r"face in small\.mp4 is \d\d px wide; 64 px are"):
        face_of_footage(opened(small))
    picture = ["-f", "lavfi", "-i", "testsrc2=size=480x480:rate=25:duration=2"]
    run_ffmpeg([*picture, "-pix_fmt", "yuv420p", f"file:{bars}"])
    with pytest.raises(InputError, match=r"No face was found in bars\.mp4"):
        face_of_footage(opened(bars))


def test_the_reel_has_the_length_of_the_take_and_its_sound(wide, take, tmp_path):
    shares, warnings = [], []
    made = assembled(
        wide,
        take,
        NOTHING,
        OPTIONS,
        tmp_path,
        on_progress=shares.append,
        on_warning=warnings.append,
    )
    about = probe(tmp_path / "reel.mp4")
    assert (about.width, about.height, about.fps) == (270, 480, 30)
    assert made.n_frames == 61  # 2.02 s are 60.6 frames
    assert len(frames(tmp_path / "reel.mp4")) == 61
    sound, rate = read_sound(tmp_path / "reel.mp4")
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.argmax(spectrum) * rate / len(sound) == pytest.approx(150, abs=2)
    assert (shares, shares[-1], warnings) == (sorted(shares), 1, [])


def test_her_face_is_in_the_middle_and_does_not_tremble(wide, take, tmp_path):
    assembled(wide, take, NOTHING, OPTIONS, tmp_path)
    face = find_face(opened(tmp_path / "reel.mp4"))
    assert face.x == pytest.approx(135, abs=10)
    assert face.right - face.left < 2


def test_words_stand_below_her_mouth_and_beside_the_reel(wide, take, tmp_path):
    said = Alignment(2020, (), (Word("Hello", 100, 900), Word("there.", 900, 1900)))
    bare = tmp_path / "bare"
    bare.mkdir()
    assembled(wide, take, said, OPTIONS, bare)
    worded = ReelOptions(**{**vars(OPTIONS), "captions": "clean", "label": "AI"})
    assembled(wide, take, said, worded, tmp_path)
    difference = np.abs(
        frames(tmp_path / "reel.mp4")[20].astype(int) - frames(bare / "reel.mp4")[20]
    )
    rows = np.flatnonzero(difference.max(axis=(1, 2)) > 90)
    lips = find_face(opened(bare / "reel.mp4")).lips
    assert rows.min() < 100  # the label
    words = rows[rows > 100]
    assert len(words) > 8
    assert words.min() > lips
    assert "Hello there." in (tmp_path / "reel.srt").read_text()
    assert (tmp_path / "reel.vtt").read_text().startswith("WEBVTT")


def test_the_cover_is_an_early_frame_with_its_words(wide, take, tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    assembled(wide, take, NOTHING, OPTIONS, plain)
    with_hook = ReelOptions(**{**vars(OPTIONS), "cover_text": "Look"})
    assembled(wide, take, NOTHING, with_hook, tmp_path)
    without, covered = (
        frames(folder / "cover.jpg")[0].astype(int) for folder in (plain, tmp_path)
    )
    reel = frames(plain / "reel.mp4").astype(int)
    assert min(np.abs(without - frame).mean() for frame in reel) < 4
    assert (np.abs(covered - without).max(axis=2) > 60).sum() > 300


def test_a_film_without_a_face_is_told_of_and_kept(take, tmp_path):
    path = tmp_path / "film.mp4"
    picture = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=2"]
    run_ffmpeg([*picture, "-pix_fmt", "yuv420p", f"file:{path}"])
    warnings = []
    made = assembled(opened(path), take, NOTHING, OPTIONS, tmp_path, on_warning=warnings.append)
    assert warnings == [NO_FACE]
    assert (made.face, made.lag_ms) == (None, 0)
    assert len(frames(tmp_path / "reel.mp4")) == 61


def test_a_film_of_another_length_is_refused_before_anything_is_written(wide, tmp_path):
    long = tmp_path / "long.wav"
    write_wav(long, np.zeros(3 * RATE, np.float32), RATE)
    with pytest.raises(BadResult, match=r"The film lasts 2\.0 seconds instead of 3\.0"):
        assembled(wide, long, NOTHING, OPTIONS, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]


def test_assembling_can_be_stopped(wide, take, tmp_path):
    asked = iter([False] * 30 + [True] * 99)
    with pytest.raises(Cancelled):
        assembled(wide, take, NOTHING, OPTIONS, tmp_path, should_stop=lambda: next(asked))
    assert not (tmp_path / "reel.mp4").exists()


def yuv(hopper, filters):
    raw = ["-frames:v", "1", "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:1"]
    data = run_ffmpeg(["-i", f"file:{hopper}", "-vf", f"scale=360:422,{filters}", *raw])
    return np.frombuffer(data, np.uint8).reshape(422 * 3 // 2, 360)


def test_the_sharp_frame_is_chosen(hopper):
    blurred, sharp = yuv(hopper, "gblur=sigma=4"), yuv(hopper, "null")
    assert best_of([blurred, blurred, sharp, blurred]) == 2


def test_a_frame_with_a_face_is_preferred_to_a_sharper_one_without(hopper):
    noise = "noise=alls=90:allf=t,drawbox=color=gray@0.9:t=fill,noise=alls=60"
    assert best_of([yuv(hopper, noise), yuv(hopper, "null")]) == 1


@pytest.mark.parametrize(("n", "last"), [(1, 0), (5, 4), (3000, 119)])
def test_candidates_are_early_frames_of_the_film(n, last):
    found = candidates(n, 30)
    assert found[-1] <= last
    assert len(found) <= 9
