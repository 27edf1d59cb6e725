"""The judge on videos that were drawn for it, so that the truth is known."""

import json
import weakref

import numpy as np
import pytest

from avatar.engine.judge import judge, seen
from avatar.engine.judge.__main__ import main
from avatar.engine.judge.likeness import Likeness
from tests.avatar.engine.judge.conftest import ffmpeg, syllables

BLINK = np.array([0.5, 1.0, 1.0, 0.8, 0.3], np.float32)


def blinking(n_frames, *firsts):
    lids = np.zeros(n_frames, np.float32)
    for first in firsts:
        lids[first : first + len(BLINK)] = BLINK
    return lids


@pytest.fixture(scope="session")
def talk(film):
    """Three seconds with two blinks."""
    lids = blinking(75, 20, 50)
    return film("talk", 75, jaw=syllables(75), blink_left=lids, blink_right=lids)


@pytest.fixture(scope="session")
def found(talk, hopper):
    return judge(talk, against=talk, photo=hopper)


def test_a_video_is_like_itself(found):
    assert found["sync"]["r"] > 0.999
    assert found["sync"]["lag_frames"] == 0
    assert found["video"]["frames"] == found["sync"]["frames"] == 75
    assert found["video"]["frames_without_face"] == 0
    assert found["opening"]["p5"] < 0.01 < 0.08 < found["opening"]["p95"]


def test_a_mouth_three_frames_late_lags_three_frames(film, talk):
    late = film("late", 75, jaw=syllables(75, later=3))
    sync = judge(late, against=talk)["sync"]
    assert sync["lag_frames"] == 3
    assert sync["lag_ms"] == 120
    assert sync["best_r"] > 0.9 > sync["r"] + 0.2


def test_another_frame_rate_is_no_lag(film, talk):
    """The same jaw drawn fifty times a second."""
    twice = np.interp((np.arange(150) + 0.5) / 2 - 0.5, np.arange(75), syllables(75))
    sync = judge(film("twice", 150, fps=50, jaw=twice), against=talk)["sync"]
    assert (sync["lag_frames"], sync["frames"]) == (0, 75)
    assert sync["r"] > 0.95


def test_blinks_are_counted_where_they_are(found):
    blinks = found["blinks"]
    assert (blinks["n"], blinks["both_lids"], blinks["per_minute"]) == (2, 1.0, 40.0)
    assert blinks["at_s"] == pytest.approx([0.84, 2.04], abs=0.05)
    assert blinks["closed_to"] < 0.45


def test_a_lid_alone_is_not_both(film):
    blinks = judge(film("wink", 40, jaw=syllables(40), blink_left=blinking(40, 15)))["blinks"]
    assert (blinks["n"], blinks["both_lids"], blinks["closed_to"]) == (1, 0.0, None)


def test_a_frozen_video_does_nothing(film, talk):
    frozen = judge(film("frozen", 40), against=talk)
    assert frozen["blinks"]["n"] == 0
    assert frozen["sync"] is None
    assert frozen["offset"]["sound"] is None
    assert frozen["opening"]["p95"] < 0.01
    assert frozen["flicker"]["median"] < 0.05


def test_rest_is_like_the_photo_and_a_turned_head_is_not(film, found, hopper):
    """At rest what is left is what encoding does."""
    assert found["identity"]["against"] == "photo"
    turned = judge(film("turned", 12, head_yaw=4), photo=hopper)["identity"]
    still = judge(film("still", 12), photo=hopper)["identity"]
    assert still["psnr_db"] > 34
    assert still["psnr_db"] > turned["psnr_db"] + 6
    assert turned["moved_px"] > 2 > still["moved_px"]


def test_without_a_photo_the_first_frame_is_what_counts(talk):
    identity = judge(talk)["identity"]
    assert identity["against"] == "first frame"
    assert identity["at_s"] > 0.4


def test_sound_that_comes_later_moves_the_offset_by_as_much(film):
    jaw = syllables(100)
    on_time, late = (
        judge(film(f"delay{ms}", 100, jaw=jaw, delay_ms=ms))["offset"]["sound"] for ms in (0, 100)
    )
    assert on_time["ms"] - late["ms"] == pytest.approx(100, abs=12)
    assert on_time["ms"] == pytest.approx(0, abs=25)
    assert on_time["drift_ms_per_minute"] is None  # too short to tell


def test_noise_beside_the_head_is_flicker(talk, found, tmp_path):
    noisy = tmp_path / "noisy.mp4"
    ffmpeg("-i", talk, "-vf", "noise=alls=12:allf=t", "-crf", 16, "-c:a", "copy", noisy)
    assert judge(noisy)["flicker"]["median"] > found["flicker"]["median"] + 1


def cues(path, phones, *, frames=75, fps=25.0):
    said = [{"phone": p, "start_ms": start, "end_ms": end} for p, start, end in phones]
    path.write_text(json.dumps({"fps": fps, "frames": frames, "phones": said}))
    return path


def test_closures_and_silence_are_those_of_the_cues(film, tmp_path):
    """Lips together at one m, apart at the other; and one pause in which they gape."""
    jaw = np.full(75, 0.8, np.float32)
    jaw[8:14] = jaw[30:45] = jaw[68:] = 0
    said = [("a", 0, 360), ("m", 360, 520), ("a", 520, 1240), ("a", 1760, 2200), ("m", 2200, 2280)]
    said += [("a", 2280, 2400)]
    found = judge(film("mama", 75, jaw=jaw), cues=cues(tmp_path / "cues.json", said))
    assert (found["closures"]["n"], found["closures"]["rate"]) == (2, 0.5)
    assert found["closures"]["open_at_ms"] == [2240]
    assert found["quiet"]["source"] == "cues"
    assert found["quiet"]["frames"] == 8 + 13  # of a pause and of the end, without their edges
    assert found["quiet"]["rate"] == pytest.approx((8 + 7) / 21, abs=1e-4)
    assert found["quiet"]["open_at_ms"][0] == 2500


def test_frames_are_let_go(puppet, talk, monkeypatch):
    """However long a video is: the one before, the one most at rest, the first and this one."""
    picture = puppet.picture()
    handed_over, most = [], 0

    def many(path, fps):
        nonlocal most
        for _ in range(30):
            frame = picture.copy()
            handed_over.append(weakref.ref(frame))
            most = max(most, sum(one() is not None for one in handed_over))
            yield frame

    monkeypatch.setattr(seen, "read_frames", many)
    assert seen.watch(talk, Likeness(None)).n_frames == 30
    assert most <= 5


def refused(capfd, *arguments):
    code = None
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as ended:
        code = ended.code
    said = capfd.readouterr()
    assert code == 2
    assert said.out == ""
    assert len(said.err.splitlines()) == 1, said.err
    return said.err


def test_what_cannot_be_judged_gets_one_sentence(capfd, tmp_path, talk, hopper):
    silent, sound, faceless = (tmp_path / name for name in ("mute.mp4", "voice.wav", "test.mp4"))
    ffmpeg("-i", talk, "-an", "-c", "copy", silent)
    ffmpeg("-i", talk, "-vn", sound)
    tone = ("-f", "lavfi", "-i", "sine=d=1")
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=128x96:d=1", *tone, "-pix_fmt", "yuv420p", faceless)
    text = tmp_path / "reel.mp4"
    text.write_text("hello")
    other = cues(tmp_path / "cues.json", [("a", 0, 100)], frames=200)
    assert "There is no video nothing.mp4" in refused(capfd, "nothing.mp4")
    assert "mute.mp4 has no sound" in refused(capfd, silent)
    assert "voice.wav has no picture" in refused(capfd, sound)
    assert "reel.mp4 holds neither picture nor sound" in refused(capfd, text)
    assert "no face in 25 of its 25" in refused(capfd, faceless)
    assert "is of another reel" in refused(capfd, talk, "--cues", other)
    assert "holds no cues" in refused(capfd, talk, "--cues", text)
    assert "There is no video" in refused(capfd, talk, "--against", "nothing.mp4")
    assert "is a picture, not a video" in refused(capfd, talk, "--against", hopper)
    assert "no photo" in refused(capfd, talk, "--photo", "nothing.jpg")


def test_the_command_prints_json(capfd, talk):
    assert main([str(talk)]) == 0
    assert json.loads(capfd.readouterr().out)["video"]["file"] == "talk.mp4"
