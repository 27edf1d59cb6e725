"""Fitted footage is decoded again, and every frame told by its brightness."""

from fractions import Fraction

import numpy as np
import pytest

from avatar.engine.errors import Cancelled, InputError
from avatar.engine.footage import fitted, look
from avatar.engine.footage.modes import fit
from avatar.engine.footage.reading import Blocks, fitting_size
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.probe import probe
from avatar.engine.options import SYNC_MODES
from tests.avatar.engine.footage.clips import BLACK, STEP, levels, numbered, numbers

N = 40
FULL_RANGE = "-c:v libx264 -colorspace bt709 -color_range pc"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return look(numbered(tmp_path_factory.mktemp("clip") / "clip.mp4", N))


@pytest.mark.parametrize("mode", SYNC_MODES)
@pytest.mark.parametrize("audio_ms", [1000, 4321])
def test_the_file_shows_the_frames_of_the_plan(clip, tmp_path, mode, audio_ms):
    made = fitted(clip, audio_ms, mode, tmp_path / "out.mp4")
    plan = fit(N, audio_ms, mode, Fraction(25))
    assert numbers(made.path) == plan.shown.tolist()
    assert (made.n_frames, made.sound_ms) == (plan.n_frames, plan.sound_ms)
    about = probe(made.path)
    assert (about.video_codec, about.pixel_format) == ("h264", "yuv420p")
    assert (about.fps, about.has_audio) == (25, False)
    assert about.duration_ms == pytest.approx(40 * plan.n_frames, abs=1)


def test_a_bounce_is_read_in_blocks(clip, tmp_path, monkeypatch):
    monkeypatch.setattr("avatar.engine.footage.reading.BLOCK_BYTES", 7 * 256 * 256 * 3 // 2)
    held = []
    read = Blocks._read
    monkeypatch.setattr(Blocks, "_read", lambda self, n: held.append(n) or read(self, n))
    made = fitted(clip, 3100, "bounce", tmp_path / "out.mp4")
    assert numbers(made.path) == fit(N, 3100, "bounce", Fraction(25)).shown.tolist()
    assert held == [0, 1, 2, 3, 4, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("mode", ["loop", "bounce"])
def test_the_same_footage_is_fitted_to_the_same_bytes(clip, tmp_path, mode):
    """What was ordered once is recognised by its content, and not paid for again."""
    first, again = (fitted(clip, 2500, mode, tmp_path / name) for name in ("a.mp4", "b.mp4"))
    assert first.path.read_bytes() == again.path.read_bytes()


def test_nothing_but_the_picture_is_kept(tmp_path):
    told = ["-metadata", "location=+52.5200+013.4050/", "-metadata", "title=At home"]
    clip = look(numbered(tmp_path / "home.mov", 50, args=told))
    assert b"+52.5200" in clip.path.read_bytes()
    made = fitted(clip, 1200, "cut_off", tmp_path / "out.mp4")
    assert numbers(made.path) == list(range(30))
    assert not probe(made.path).has_audio
    content = made.path.read_bytes()
    assert b"52.5200" not in content
    assert b"At home" not in content


def test_another_rate_keeps_its_time(clip, tmp_path):
    made = fitted(clip, 1600, "cut_off", tmp_path / "out.mp4", fps=Fraction(50))
    assert numbers(made.path) == [n // 2 for n in range(80)]


def test_a_film_that_is_too_large_is_made_smaller(tmp_path):
    path = tmp_path / "large.mp4"
    picture = "testsrc=size=960x540:rate=25:duration=1"
    run_ffmpeg(["-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", f"file:{path}"])
    made = fitted(look(path), 400, "cut_off", tmp_path / "out.mp4", largest=(480, 480))
    assert (made.width, made.height) == (480, 270)
    about = probe(made.path)
    assert (about.width, about.height) == (480, 270)


@pytest.mark.parametrize(
    ("size", "largest", "fitting"),
    [
        ((1920, 1080), None, (1920, 1080)),
        ((1080, 1920), (1920, 1080), (1080, 1920)),
        ((2160, 3840), (1920, 1080), (1080, 1920)),
        ((4096, 2160), (1920, 1080), (1920, 1012)),
        ((640, 360), (1920, 1080), (640, 360)),
    ],
)
def test_a_limit_holds_lying_and_standing(size, largest, fitting):
    assert fitting_size(*size, largest) == fitting


def test_a_turned_clip_is_upright_in_the_result(tmp_path):
    lying, turned = tmp_path / "lying.mp4", tmp_path / "turned.mp4"
    halves = "color=white:size=480x270:rate=25:duration=1,drawbox=w=240:h=270:color=black:t=fill"
    run_ffmpeg(["-f", "lavfi", "-i", halves, "-pix_fmt", "yuv420p", f"file:{lying}"])
    run_ffmpeg(["-display_rotation", "90", "-i", f"file:{lying}", "-c", "copy", f"file:{turned}"])
    made = fitted(look(turned), 500, "cut_off", tmp_path / "out.mp4")
    assert probe(made.path).rotation == 0
    first = run_ffmpeg(
        [
            "-i",
            f"file:{made.path}",
            "-frames:v",
            "1",
            "-pix_fmt",
            "gray",
            "-f",
            "rawvideo",
            "pipe:1",
        ]
    )
    upper, lower = first[270 * 100 + 135], first[270 * 400 + 135]
    assert (upper > 200, lower < 50) == (True, True)


@pytest.mark.parametrize(
    ("size", "filters", "codec"),
    [
        ("320x320", "scale=out_color_matrix=bt601,format=yuv420p", "-c:v libx264"),
        ("1280x720", "scale=out_color_matrix=bt709,format=yuv420p", "-c:v libx264"),
        ("320x320", "scale=out_color_matrix=bt709:out_range=pc,format=yuvj420p", FULL_RANGE),
        ("320x320", "format=yuvj422p", "-c:v mjpeg -q:v 2"),
        ("321x321", "format=rgb24", "-c:v ffv1"),
    ],
)
def test_colours_stay_what_they_were(tmp_path, size, filters, codec):
    path = tmp_path / "colour.mkv"
    brick = f"color=0xC84630:size={size}:rate=25:duration=1.2,format=rgb24,{filters}"
    run_ffmpeg(["-f", "lavfi", "-i", brick, *codec.split(), f"file:{path}"])
    made = fitted(look(path), 200, "cut_off", tmp_path / "out.mp4")
    exact = "scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int,format=rgb24"
    raw = run_ffmpeg(
        ["-i", f"file:{made.path}", "-frames:v", "1", "-vf", exact, "-f", "rawvideo", "pipe:1"]
    )
    seen = np.frombuffer(raw, np.uint8).reshape(-1, 3).mean(axis=0)
    assert seen == pytest.approx([0xC8, 0x46, 0x30], abs=3)


def test_interlaced_footage_is_made_whole_pictures(tmp_path):
    path = tmp_path / "camcorder.mp4"
    moving = "testsrc2=size=320x320:rate=50:duration=1.2,interlace=scan=tff"
    codec = ["-pix_fmt", "yuv420p", "-flags", "+ildct+ilme", "-x264opts", "tff=1"]
    run_ffmpeg(["-f", "lavfi", "-i", moving, *codec, f"file:{path}"])
    assert "first" in look(path).about.colour
    made = fitted(look(path), 1000, "cut_off", tmp_path / "out.mp4")
    assert _combing(made.path) < 0.5 * _combing(path)


def _combing(path):
    """How much more neighbouring rows differ than rows of the same field."""
    raw = run_ffmpeg(
        ["-i", f"file:{path}", "-vf", "format=yuv420p,extractplanes=y", "-f", "rawvideo", "pipe:1"]
    )
    rows = np.frombuffer(raw, np.uint8).reshape(-1, 320, 320)[5:20].astype(int)
    return np.abs(2 * rows[:, 1:-1] - rows[:, :-2] - rows[:, 2:]).mean()


def test_what_a_telephone_films_brighter_is_brought_to_the_screen(tmp_path):
    path = tmp_path / "hlg.mp4"
    white = "color=white:size=256x256:rate=25:duration=1,format=yuv420p10le"
    hlg = "transfer=arib-std-b67:colorprim=bt2020:colormatrix=bt2020nc:log-level=none"
    tags = ["-color_trc", "arib-std-b67", "-color_primaries", "bt2020", "-colorspace", "bt2020nc"]
    codec = ["-c:v", "libx265", "-x265-params", hlg, *tags]
    run_ffmpeg(["-f", "lavfi", "-i", white + ",lutyuv=y=721", *codec, f"file:{path}"])
    assert "arib-std-b67" in look(path).about.colour
    made = fitted(look(path), 400, "cut_off", tmp_path / "out.mp4")
    assert 210 < levels(made.path).mean() < 225  # 75 % of HLG is paper, not the brightest light


@pytest.mark.parametrize("mode", ["loop", "bounce"])
def test_stopping_leaves_nothing_behind(clip, tmp_path, mode):
    asked = iter([False] * 60 + [True] * 1000)
    with pytest.raises(Cancelled):
        fitted(clip, 4000, mode, tmp_path / "out.mp4", should_stop=lambda: next(asked))
    assert list(tmp_path.iterdir()) == []


def test_progress_goes_from_nothing_to_all(clip, tmp_path):
    shares = []
    fitted(clip, 2000, "bounce", tmp_path / "out.mp4", on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_footage_that_ends_early_is_not_held_for_seconds(clip, tmp_path):
    longer = type(clip)(**{**vars(clip), "duration_ms": 4000})
    with pytest.raises(InputError, match=r"breaks off after 1\.6 of its 4\.0 seconds"):
        fitted(longer, 4000, "loop", tmp_path / "out.mp4")


def test_the_levels_of_the_test_are_told_apart(clip):
    assert numbers(clip.path) == list(range(N))
    assert levels(clip.path)[-1] == pytest.approx(BLACK + STEP * (N - 1), abs=1)
