"""Whole reels with the real default engine, small and short, decoded again."""

import errno
import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PIL import Image

from avatar.engine import drawing, performance, pipeline
from avatar.engine.cover import best_frame
from avatar.engine.errors import Cancelled, InputError, ResourceError
from avatar.engine.lips import CURVES
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.probe import probe
from avatar.engine.media.sound import loudness_lufs
from avatar.engine.options import ReelOptions
from avatar.engine.order import load_photo
from avatar.engine.performance import load_performance, save_performance
from avatar.engine.pipeline import make_reel
from avatar.engine.types import Performance

TEXT = "Hello there. My name is Grace."
SMALL = ReelOptions(width=180, height=320, fps=25, label="synthetic demo")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reels")


@pytest.fixture(scope="module")
def progress():
    return []


@pytest.fixture(scope="module")
def reel(folder, hopper, progress):
    """One reel that most tests look at; its stages stay in folder/cache."""
    return make_reel(
        hopper,
        folder / "reel.mp4",
        text=TEXT,
        options=SMALL,
        cache_dir=folder / "cache",
        on_progress=lambda stage, fraction: progress.append((stage, fraction)),
    )


def stages_done(monkeypatch):
    """Names of the stages that are really worked on from now on."""
    done = []
    original = pipeline.Cache.fetch

    def fetch(cache, stage, inputs, make):
        def noted(folder):
            done.append(stage)
            make(folder)

        return original(cache, stage, inputs, noted)

    monkeypatch.setattr(pipeline.Cache, "fetch", fetch)
    return done


def test_video_lasts_as_long_as_the_sound(reel):
    sound, rate = soundfile.read(reel.take)
    found = probe(reel.video)
    assert (found.width, found.height, found.fps) == (180, 320, 25)
    assert reel.n_frames == -(-len(sound) * 25 // rate)
    raw = run_ffmpeg(["-i", str(reel.video), "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"])
    assert len(raw) == reel.n_frames * 180 * 320
    heard = run_ffmpeg(["-i", str(reel.video), "-f", "f32le", "-ac", "1", "pipe:1"])
    assert len(heard) / 4 / 48_000 == pytest.approx(len(sound) / rate, abs=0.025)


def test_sound_in_the_video_is_the_take_where_it_belongs(reel):
    """Cross-correlation of what is decoded with what was spoken peaks at zero."""
    take, rate = soundfile.read(reel.take)
    resample = ["-ac", "1", "-ar", str(rate), "-f", "f32le", "pipe:1"]
    heard = np.frombuffer(run_ffmpeg(["-i", str(reel.video), *resample]), np.float32)
    size = 2 ** int(np.ceil(np.log2(len(take) + len(heard))))
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(take, size))
    lag = int(np.argmax(np.fft.irfft(spectrum)))
    lag -= size if lag > size // 2 else 0
    assert abs(lag) / rate < 0.002


def test_loudness_is_what_the_platforms_play(reel):
    assert loudness_lufs(*soundfile.read(reel.take, dtype="float32")) == pytest.approx(-14, abs=1)


def test_the_mouth_moves_while_there_is_speech(reel):
    raw = run_ffmpeg(["-i", str(reel.video), "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"])
    frames = np.frombuffer(raw, np.uint8).reshape(-1, 320, 180).astype(float)
    face = frames[:, 60:180, 50:130]
    assert np.abs(np.diff(face, axis=0)).max(axis=(1, 2)).mean() > 5


def test_punch_in_shows_the_face_larger_after_the_first_sentence(folder, hopper, hopper_face):
    text = "This is how it all began today. And this is how it went on then."
    options = replace(SMALL, captions="none", label="", punch_in=True, motion=0)
    reel = make_reel(hopper, folder / "nearer.mp4", text=text, options=options, face=hopper_face)
    raw = run_ffmpeg(["-i", str(reel.video), "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"])
    frames = np.frombuffer(raw, np.uint8).reshape(-1, 320, 180)[:, :60].astype(int)
    change = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2))
    cut = int(np.argmax(change)) + 1
    began = next(w for w in reel.alignment.words if w.word == "today.").end_ms
    assert began <= 40 * cut <= next(w.start_ms for w in reel.alignment.words if w.word == "And")
    assert change[cut - 1] > 5
    assert np.delete(change, cut - 1).max() < 0.4 * change[cut - 1]  # a key frame is a step, too


def test_another_background_leaves_what_is_said_and_moved(reel, folder, hopper, monkeypatch):
    """The person is cut out once; another colour needs nothing but drawing."""
    options = replace(SMALL, captions="none", label="", background="#00a000")
    make_reel(hopper, folder / "green.mp4", text=TEXT, options=options, cache_dir=folder / "cache")
    done = stages_done(monkeypatch)
    path = folder / "wall.png"
    Image.new("RGB", (400, 300), (0, 160, 0)).save(path)
    picture = replace(options, background=str(path))
    made = make_reel(
        hopper, folder / "wall.mp4", text=TEXT, options=picture, cache_dir=folder / "cache"
    )
    assert done == ["reel"]
    raw = run_ffmpeg(["-i", str(made.video), "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"])
    frames = np.frombuffer(raw, np.uint8).reshape(-1, 320, 180, 3).astype(int)
    corner = frames[:, :20, :20]
    assert np.abs(corner - (0, 160, 0)).max() < 20
    assert np.abs(np.diff(frames, axis=0)).max() > 60


def test_an_idle_loop_ends_where_it_begins_and_says_nothing(folder, hopper):
    idle = replace(SMALL, loop=True, label="")
    made = make_reel(
        hopper, folder / "idle.mp4", idle_s=4, options=idle, cache_dir=folder / "cache"
    )
    assert made.n_frames == 100
    assert made.alignment.words == ()
    assert made.srt.read_text() == ""
    heard = run_ffmpeg(["-i", str(made.video), "-f", "f32le", "-ac", "1", "pipe:1"])
    assert np.abs(np.frombuffer(heard, np.float32)).max() < 1e-3
    assert max(made.cues["curves"]["blink_left"]) == 1
    raw = run_ffmpeg(["-i", str(made.video), "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"])
    frames = np.frombuffer(raw, np.uint8).reshape(-1, 320, 180).astype(int)
    face = frames[:, 60:200, 40:140]
    steps = np.abs(np.diff(face, axis=0)).mean(axis=(1, 2))
    assert np.abs(face[-1] - face[0]).mean() <= steps.max() + 0.5  # the first is a key frame


def test_captions_and_label_are_in_the_picture(reel, folder, hopper):
    """Against the same reel without them, only the safe zone differs."""
    bare = make_reel(
        hopper,
        folder / "bare.mp4",
        text=TEXT,
        options=replace(SMALL, captions="none", label=""),
        cache_dir=folder / "cache",
    )
    with_text, without = (
        np.frombuffer(
            run_ffmpeg(["-i", str(v), "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"]), np.uint8
        ).reshape(-1, 320, 180)
        for v in (reel.video, bare.video)
    )
    change = np.abs(with_text.astype(int) - without).max(axis=0) > 60
    rows, columns = np.flatnonzero(change.any(axis=1)), np.flatnonzero(change.any(axis=0))
    assert rows.min() < 0.22 * 320
    assert 0.6 * 320 < rows.max() < 0.76 * 320
    assert columns.min() >= 0.1 * 180
    assert columns.max() <= 0.83 * 180


def test_cover_is_a_still_of_the_reel_with_its_label(reel):
    with Image.open(reel.cover) as cover:
        assert (cover.format, cover.size) == ("JPEG", (180, 320))
        still = np.asarray(cover.convert("L"), dtype=float)
    raw = run_ffmpeg(["-i", str(reel.video), "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"])
    frames = np.frombuffer(raw, np.uint8).reshape(-1, 320, 180).astype(float)
    away_from_captions = np.r_[0:160, 220:320]
    difference = np.abs(frames - still)[:, away_from_captions].mean(axis=(1, 2))
    assert difference.min() < 6


def test_cover_text_stands_on_the_cover_alone(reel, folder, hopper):
    made = make_reel(
        hopper,
        folder / "hook.mp4",
        text=TEXT,
        options=replace(SMALL, cover_text="Three things nobody tells you about salt"),
        cache_dir=folder / "cache",
    )
    assert made.video.read_bytes() == reel.video.read_bytes()
    with Image.open(made.cover) as hook, Image.open(reel.cover) as plain:
        change = np.abs(np.asarray(hook, int) - np.asarray(plain, int)).max(axis=2) > 60
    rows, columns = np.flatnonzero(change.any(axis=1)), np.flatnonzero(change.any(axis=0))
    assert change.mean() > 0.01
    assert rows.min() > 0.57 * 320  # below the face
    assert rows.max() < 0.875 * 320  # inside the middle 3:4, which is what profile grids show
    assert columns.min() > 0.08 * 180
    assert columns.max() < 0.92 * 180


def test_subtitles_say_the_text(reel):
    srt = reel.srt.read_text(encoding="utf-8")
    said = " ".join(line for line in srt.splitlines() if line and "-->" not in line)
    assert [w for w in said.split() if not w.isdigit()] == TEXT.split()
    assert reel.vtt.read_text(encoding="utf-8").startswith("WEBVTT\n")


def test_cues_have_every_phone_word_and_curve(reel):
    cues = json.loads(json.dumps(reel.cues))
    assert set(cues) == {
        "fps", "frames", "phones", "words", "unplaced", "unwritten", "curves"
    }  # fmt: skip
    assert cues["unplaced"] == cues["unwritten"] == []
    assert (cues["fps"], cues["frames"]) == (25, reel.n_frames)
    assert [w["word"] for w in cues["words"]] == TEXT.split()
    assert all(set(p) == {"phone", "start_ms", "end_ms"} for p in cues["phones"])
    assert set(cues["curves"]) == set(CURVES)
    assert all(len(curve) == reel.n_frames for curve in cues["curves"].values())


def test_timings_are_complete_and_add_up(reel):
    timings = reel.timings
    assert set(timings) == {"frames", "video_seconds", "stages", "peak_rss_mb"}
    stages = timings["stages"]
    assert set(stages) == {"speak", "align", "analyse", "render", "encode", "total"}
    assert sum(stages.values()) - stages["total"] <= stages["total"] + 0.01
    assert timings["frames"] == reel.n_frames
    assert timings["video_seconds"] == pytest.approx(reel.n_frames / 25, abs=0.001)
    assert 50 < timings["peak_rss_mb"] < 4000  # of all that this process has ever done


def test_progress_only_goes_forward_through_every_stage(reel, progress):
    assert list(dict.fromkeys(stage for stage, _ in progress)) == [
        "analyse",
        "speak",
        "align",
        "perform",
        "assemble",
    ]
    fractions = [fraction for _, fraction in progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_doing_it_again_does_nothing_and_gives_the_same(reel, folder, hopper, monkeypatch):
    done = stages_done(monkeypatch)
    again = make_reel(
        hopper, folder / "again.mp4", text=TEXT, options=SMALL, cache_dir=folder / "cache"
    )
    assert done == []
    assert again.video.read_bytes() == reel.video.read_bytes()
    assert again.cues == reel.cues


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        ({"captions": "pop"}, ["reel"]),
        ({"blink": 0.0}, ["performance", "reel"]),
        ({"fps": 12.5}, ["performance", "reel"]),
        ({"language": "de"}, ["take", "performance", "reel"]),
    ],
)
def test_only_what_an_option_changes_is_done_again(
    reel, folder, hopper, monkeypatch, change, stages
):
    done = stages_done(monkeypatch)
    monkeypatch.setattr(drawing.Drawing, "_draw", write_nothing)
    make_reel(
        hopper,
        folder / "other.mp4",
        text=TEXT,
        options=replace(SMALL, **change),
        cache_dir=folder / "cache",
    )
    assert done == stages


def write_nothing(drawing, folder, story, scene):
    for name in ("reel.mp4", "cover.jpg"):
        (folder / name).write_bytes(b"")


def test_stopping_leaves_the_finished_stages_and_nothing_else(folder, hopper, monkeypatch):
    out, asked = folder / "stopped.mp4", []

    def should_stop():
        asked.append(1)
        return len(asked) > 12  # some frames into the drawing

    other = replace(SMALL, seed=7)
    with pytest.raises(Cancelled):
        make_reel(
            hopper,
            out,
            text=TEXT,
            options=other,
            cache_dir=folder / "stopped",
            should_stop=should_stop,
        )
    kept = sorted(path.name.split("-")[0] for path in (folder / "stopped").iterdir())
    assert kept == ["face", "performance", "take"]
    assert not list(folder.glob("*stopped.*"))

    done = stages_done(monkeypatch)
    make_reel(hopper, out, text=TEXT, options=other, cache_dir=folder / "stopped")
    assert done == ["reel"]
    assert probe(out).has_video


def test_a_failure_leaves_yesterdays_reel(folder, hopper, monkeypatch):
    out = folder / "kept.mp4"
    out.write_bytes(b"the reel of yesterday")

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(performance, "save_performance", full)
    with pytest.raises(ResourceError, match="disk is full"):
        make_reel(hopper, out, text="Hello.", options=SMALL)
    assert out.read_bytes() == b"the reel of yesterday"
    assert not list(folder.glob(".*"))


def test_a_photo_that_cannot_move_is_refused_before_anything_else_is_done(tmp_path):
    """A voice may cost money: none speaks, nothing is kept."""
    wall = tmp_path / "wall.png"
    Image.linear_gradient("L").resize((400, 500)).save(wall)
    stages = []
    with pytest.raises(InputError, match="No face was found"):
        make_reel(
            wall,
            tmp_path / "reel.mp4",
            text="Hello.",
            options=SMALL,
            cache_dir=tmp_path / "cache",
            face=tmp_path / "face.npz",
            on_progress=lambda stage, fraction: stages.append(stage),
        )
    assert stages == ["analyse"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["cache", "wall.png"]


def test_recorded_sound_with_its_words(reel, folder, hopper, hopper_face):
    """The take of the first reel, handed in as a recording."""
    made = make_reel(
        hopper,
        folder / "recorded.mp4",
        text=TEXT,
        audio=reel.take,
        face=hopper_face,
        options=replace(SMALL, captions="none"),
    )
    assert made.take is None
    assert made.n_frames == pytest.approx(reel.n_frames, abs=1)
    assert [w.word for w in made.alignment.words] == TEXT.split()


def test_a_noisy_recording_is_studied_without_its_noise_and_heard_with_it(
    reel, folder, hopper, hopper_face, monkeypatch
):
    sound, rate = soundfile.read(reel.take)
    noisy = sound + 0.05 * np.random.default_rng(0).standard_normal(len(sound))
    soundfile.write(folder / "noisy.wav", noisy, rate)
    done = stages_done(monkeypatch)
    given = {"text": TEXT, "audio": folder / "noisy.wav", "cache_dir": folder / "denoised"}
    given["face"] = hopper_face
    as_it_is = make_reel(hopper, folder / "noisy.mp4", options=SMALL, **given)
    studied = make_reel(
        hopper, folder / "clean.mp4", options=replace(SMALL, denoise=True), **given
    )
    assert done.count("studied") == 1
    assert studied.take == as_it_is.take
    jaw = {
        name: np.array(made.cues["curves"]["jaw"])
        for name, made in (("wanted", reel), ("noisy", as_it_is), ("studied", studied))
    }
    n = min(map(len, jaw.values()))
    noisy_r, studied_r = (
        np.corrcoef(jaw["wanted"][:n], jaw[name][:n])[0, 1] for name in ("noisy", "studied")
    )
    assert studied_r > noisy_r


def test_recorded_sound_without_its_words_moves_the_mouth(reel, folder, hopper, hopper_face):
    made = make_reel(
        hopper, folder / "heard.mp4", audio=reel.take, options=SMALL, face=hopper_face
    )
    assert made.alignment.words == ()
    assert len(made.alignment.phones) > 3
    assert made.srt.read_text() == ""
    assert np.ptp(made.cues["curves"]["jaw"]) > 0.2


def test_trouble_with_files_is_a_sentence(folder, hopper, tmp_path):
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(ResourceError, match="cache: File exists"):
        make_reel(
            hopper, tmp_path / "reel.mp4", text="Hi.", options=SMALL, cache_dir=tmp_path / "cache"
        )


def test_face_is_written_where_asked_and_read_the_next_time(reel, folder, hopper, monkeypatch):
    kept = folder / "hopper.npz"
    cache = {"cache_dir": folder / "cache"}
    monkeypatch.setattr(drawing.Drawing, "_draw", write_nothing)
    make_reel(hopper, folder / "a.mp4", text=TEXT, options=SMALL, face=kept, **cache)
    assert kept.exists()
    monkeypatch.setattr(pipeline, "analyse", None)  # would fail if called
    make_reel(
        hopper, folder / "b.mp4", text=TEXT, options=SMALL, face=kept, cache_dir=folder / "new"
    )


def test_face_of_another_photo_is_refused(folder, hopper, tmp_path):
    half = tmp_path / "half.png"
    with Image.open(hopper) as photo:
        photo.resize((400, 468)).save(half)
    kept = tmp_path / "face.npz"
    pipeline.analyse(load_photo(hopper)).save(kept)
    with pytest.raises(InputError, match="belongs to another photo"):
        make_reel(half, tmp_path / "reel.mp4", text="Hi.", options=SMALL, face=kept)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"width": 181}, "width of 181"),
        ({"height": 0}, "height of 0"),
        ({"width": 100_000}, "width of 100000"),
        ({"fps": 0}, "not a frame rate"),
        ({"fps": 240}, "240 frames a second"),
        ({"motion": -1}, "motion goes from 0"),
        ({"expression": float("nan")}, "expression goes from 0"),
        ({"captions": "shouty"}, "choose clean, bold, pop or none"),
        ({"voice": "elvis"}, "sketch"),
        ({"device": "abacus"}, "auto, cpu or cuda"),
        ({"voice_sample": "missing.wav"}, "missing.wav"),
    ],
)
def test_wrong_options_are_said_before_any_work(tmp_path, hopper, change, sentence):
    if "voice_sample" in change:
        change = {"voice_sample": tmp_path / change["voice_sample"]}
    with pytest.raises(InputError, match=sentence):
        make_reel(hopper, tmp_path / "reel.mp4", text="Hi.", options=replace(SMALL, **change))
    assert list(tmp_path.iterdir()) == []


def test_cover_has_open_eyes_and_a_mouth_at_ease():
    n = 60
    curves = {name: np.zeros(n, np.float32) for name in CURVES}
    curves["blink_left"][:] = curves["blink_right"][:] = 1.0
    curves["jaw"][:] = 0.8
    for frame in (20, 40):
        curves["blink_left"][frame] = curves["blink_right"][frame] = 0.0
    curves["jaw"][40] = 0.1
    assert best_frame(Performance(25, n, curves)) == 40


def test_performance_survives_the_disk(tmp_path):
    curves = {name: np.linspace(0, 1, 7).astype(np.float32) for name in CURVES}
    save_performance(tmp_path / "p.npz", Performance(29.97, 7, curves))
    loaded = load_performance(tmp_path / "p.npz")
    assert (loaded.fps, loaded.n_frames) == (29.97, 7)
    assert all(np.array_equal(loaded.curves[name], curves[name]) for name in CURVES)
