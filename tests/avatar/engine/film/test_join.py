"""Films whose frames are numbered by their brightness are joined and read again."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from avatar.engine.errors import BadResult, Cancelled
from avatar.engine.film.join import dissolved, joined
from avatar.engine.footage import Span
from avatar.engine.footage.look import opened
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.probe import probe
from avatar.engine.media.sound import write_wav
from tests.avatar.engine.film.test_lag import words as syllables
from tests.avatar.engine.footage.clips import levels, numbered, numbers

FPS = Fraction(25)
RATE = 16_000
COPIED = ["-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "pcm_s16le", "-f", "matroska"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return numbered(tmp_path_factory.mktemp("films") / "whole.mp4", 50)


def part(whole, path, first, last, args=()):
    """Frames first to last of the whole, as a vendor might send them."""
    picture = f"trim=start_frame={first}:end_frame={last},setpts=PTS-STARTPTS"
    codec = ["-c:v", "libx264", "-crf", "4", "-colorspace", "bt709"]
    run_ffmpeg(["-i", f"file:{whole}", "-vf", picture, "-an", *codec, *args, f"file:{path}"])
    return opened(path)


def test_pieces_are_the_whole_again_to_the_frame(whole, tmp_path):
    films = [part(whole, tmp_path / f"{a}.mp4", a, b) for a, b in ((0, 17), (17, 31), (31, 50))]
    spans = [Span(0, 17), Span(17, 31), Span(31, 50)]
    shares = []
    n = joined(films, spans, FPS, tmp_path / "out.mp4", on_progress=shares.append)
    assert n == 50
    assert numbers(tmp_path / "out.mp4") == list(range(50))  # steps of 4, as within: no dissolve
    assert (shares, shares[-1]) == (sorted(shares), 1)


def test_a_few_frames_missing_or_too_many_are_mended_at_the_end(whole, tmp_path):
    films = [part(whole, tmp_path / "a.mp4", 0, 20), part(whole, tmp_path / "b.mp4", 20, 43)]
    joined(films, [Span(0, 24), Span(24, 44)], FPS, tmp_path / "out.mp4")
    assert numbers(tmp_path / "out.mp4") == [*range(20), 19, 19, 19, 19, *range(20, 40)]


def test_a_film_of_quite_another_length_is_refused_by_its_number(whole, tmp_path):
    films = [part(whole, tmp_path / "a.mp4", 0, 25), part(whole, tmp_path / "b.mp4", 25, 40)]
    with pytest.raises(BadResult, match=r"Part 2 of 2 lasts 0\.6 seconds instead of 1\.0\."):
        joined(films, [Span(0, 25), Span(25, 50)], FPS, tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_other_rates_and_sizes_are_brought_to_the_first(whole, tmp_path):
    smaller = ["-vf", "trim=start_frame=25:end_frame=50,setpts=PTS-STARTPTS,scale=128:72,setsar=1"]
    other = tmp_path / "b.mp4"
    codec = ["-c:v", "libx264", "-crf", "4", "-r", "50", "-colorspace", "bt709"]
    run_ffmpeg(["-i", f"file:{whole}", *smaller, "-an", *codec, f"file:{other}"])
    films = [part(whole, tmp_path / "a.mp4", 0, 25), opened(other)]
    out = tmp_path / "out.mp4"
    joined(films, [Span(0, 25), Span(25, 50)], FPS, out)
    about = probe(out)
    assert (about.width, about.height, about.fps) == (256, 256, 25)
    assert numbers(out) == list(range(50))


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(30000, 1001)])
def test_many_pieces_do_not_drift(whole, tmp_path, fps):
    edges = [round(k * 19 * fps / 25) for k in range(9)]
    spans = [Span(a, b) for a, b in itertools.pairwise(edges)]
    film = part(whole, tmp_path / "a.mp4", 0, 19)
    out = tmp_path / "out.mp4"
    assert joined([film] * 8, spans, fps, out) == edges[-1]
    assert len(levels(out)) == edges[-1]


@pytest.mark.parametrize(
    ("late_ms", "shown"), [(80, [*range(2, 50), 49, 49]), (-80, [0, 0, *range(48)])]
)
def test_a_film_that_is_late_against_its_sound_is_moved_back(whole, tmp_path, late_ms, shown):
    sent, back = tmp_path / "sent.wav", tmp_path / "back.wav"
    said = syllables(4, seconds=2)
    n = round(abs(late_ms) * RATE / 1000)
    moved = np.pad(said, (n, 0))[: len(said)] if late_ms > 0 else np.pad(said[n:], (0, n))
    write_wav(sent, said, RATE)
    write_wav(back, moved, RATE)
    film = tmp_path / "film.mp4"
    run_ffmpeg(["-i", f"file:{whole}", "-i", f"file:{back}", *COPIED, f"file:{film}"])
    joined([opened(film)], [Span(0, 50)], FPS, tmp_path / "out.mp4", sounds=[sent])
    assert numbers(tmp_path / "out.mp4") == shown


def grey(level, wobble=0.0):
    frame = np.full((96, 64), 128, np.uint8)
    frame[:64] = level + wobble
    return frame


def test_a_jump_is_dissolved_over_four_frames():
    parts = [[grey(60)] * 6, [grey(160)] * 6]
    shown = [int(frame[0, 0]) for frame in dissolved([iter(part) for part in parts])]
    assert shown == [60, 60, 60, 60, 80, 100, 120, 140, 160, 160, 160, 160]


def test_where_the_picture_moves_as_much_anyway_nothing_is_mixed():
    parts = [[grey(60 + 9 * k) for k in range(6)], [grey(118 + 9 * k) for k in range(6)]]
    shown = [int(frame[0, 0]) for frame in dissolved([iter(part) for part in parts])]
    assert shown == [60 + 9 * k for k in range(6)] + [118 + 9 * k for k in range(6)]


@pytest.mark.parametrize("lengths", [(1, 1, 1), (2, 2), (3, 1, 4), (0, 5), (5, 0, 5)])
def test_short_parts_lose_no_frame(lengths):
    parts = [iter([grey(50 + 90 * (k % 2))] * n) for k, n in enumerate(lengths)]
    assert len(list(dissolved(parts))) == sum(lengths)


def test_joining_can_be_stopped(whole, tmp_path):
    film = part(whole, tmp_path / "a.mp4", 0, 50)
    with pytest.raises(Cancelled):
        joined([film], [Span(0, 50)], FPS, tmp_path / "out.mp4", should_stop=lambda: True)
    assert not (tmp_path / "out.mp4").exists()
