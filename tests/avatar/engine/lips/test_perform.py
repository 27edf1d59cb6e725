"""From phones and sound to movement."""

from dataclasses import replace

import numpy as np
import pytest

from avatar.engine.lips import CURVES, mouth, perform
from avatar.engine.lips.life import life_curves
from avatar.engine.types import Alignment, Phone, Word

RATE = 16_000


def spoken(*sounds, before_ms=400, after_ms=600):
    """An alignment of (phone, ms) and a tone that is there exactly while one speaks."""
    phones, at = [], before_ms
    for phone, length_ms in sounds:
        if phone:
            phones.append(Phone(phone, at, at + length_ms, stress=2 if phone in "aiu" else 0))
        at += length_ms
    duration_ms = at + after_ms
    t = np.arange(RATE * duration_ms // 1000) / RATE
    waveform = np.zeros(len(t), np.float32)
    for phone in phones:
        heard = slice(phone.start_ms * RATE // 1000, phone.end_ms * RATE // 1000)
        waveform[heard] = 0.3 * np.sin(2 * np.pi * 140 * t[heard])
    words = (Word("word", before_ms, at),)
    return Alignment(duration_ms, tuple(phones), words), waveform


def frames(performance, start_ms, end_ms):
    middles = (np.arange(performance.n_frames) + 0.5) / performance.fps * 1000
    return (middles >= start_ms) & (middles < end_ms)


SENTENCE = [("h", 60), ("a", 140), ("m", 70), ("i", 130), ("f", 80), ("u", 150), ("b", 60)]


@pytest.mark.parametrize("fps", [24, 25, 29.97, 30, 50, 60])
def test_every_curve_covers_the_whole_sound_and_stays_in_its_range(fps):
    alignment, waveform = spoken(*SENTENCE)
    performance = perform(alignment, waveform, RATE, fps=fps)
    assert performance.n_frames == int(np.ceil(alignment.duration_ms / 1000 * fps - 1e-6))
    assert performance.curves.keys() == CURVES.keys()
    for name, curve in performance.curves.items():
        low, high, _ = CURVES[name]
        assert curve.shape == (performance.n_frames,)
        assert curve.dtype == np.float32
        assert curve.min() >= low
        assert curve.max() <= high


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
@pytest.mark.parametrize("closure", ["p", "b", "m"])
def test_lips_meet_in_at_least_one_frame_of_every_closure(fps, closure):
    for shift_ms in range(0, 40, 7):  # wherever the frames happen to fall
        alignment, waveform = spoken(
            ("a", 120), (closure, 40), ("a", 120), before_ms=400 + shift_ms
        )
        performance = perform(alignment, waveform, RATE, fps=fps)
        p = alignment.phones[1]
        during = frames(performance, p.start_ms - 60, p.end_ms + 20)
        opening = performance.curves["jaw"] + performance.curves["lower"]
        assert opening[during].min() < 0.1 * opening.max()


def test_the_mouth_is_shut_in_pauses_and_after_the_last_word():
    alignment, waveform = spoken(("a", 200), ("", 600), ("a", 200))
    waveform += np.random.default_rng(0).normal(0, 0.003, len(waveform)).astype(np.float32)
    performance = perform(alignment, waveform, RATE, fps=30)
    first, second = alignment.phones
    for start_ms, end_ms in [
        (0, first.start_ms - 150),
        (first.end_ms + 150, second.start_ms - 150),
        (second.end_ms + 150, alignment.duration_ms),
    ]:
        quiet = frames(performance, start_ms, end_ms)
        assert quiet.any()
        assert performance.curves["jaw"][quiet].max() == 0


def test_the_closure_of_a_stop_behind_the_lips_does_not_close_them():
    alignment, waveform = spoken(("a", 200), ("", 150), ("a", 200))
    performance = perform(alignment, waveform, RATE, fps=60)
    jaw = performance.curves["jaw"]
    first, second = alignment.phones
    between = frames(performance, first.end_ms, second.start_ms)
    assert jaw[between].min() > 0.2 * jaw.max()


@pytest.mark.parametrize(
    ("within", "after", "pressed"), [(0.05, 0.6, True), (0.6, 0.6, False), (0.05, 0.05, False)]
)
def test_a_guessed_closure_counts_where_it_sounds_like_one(monkeypatch, within, after, pressed):
    """Where the sound denies it, or only fades out, the lips do not even press."""
    alignment, waveform = spoken(("a", 200), ("m", 100), ("a", 200))
    closed = alignment.phones[1]

    def heard(waveform, rate, n_ticks):
        at_ms = 5 * np.arange(n_ticks)
        jaw = np.where(
            at_ms < closed.start_ms, 0.6, np.where(at_ms < closed.end_ms, within, after)
        )
        return dict.fromkeys(mouth.OPENINGS, jaw.astype(np.float32))

    monkeypatch.setattr(mouth, "openings_heard", heard)
    curves = perform(replace(alignment, words=()), waveform, RATE, fps=60).curves
    press = curves["press"][round((closed.start_ms + closed.end_ms) / 2000 * 60)]
    assert (press > 0.8) if pressed else (curves["press"].max() == 0)


def test_lips_round_at_the_end_of_a_diphthong_only():
    alignment, waveform = spoken(("aʊ", 300))
    performance = perform(alignment, waveform, RATE, fps=60)
    (phone,) = alignment.phones
    early = frames(performance, phone.start_ms, phone.start_ms + 150)
    late = frames(performance, phone.end_ms - 60, phone.end_ms)
    assert performance.curves["jaw"][early].max() > 2 * performance.curves["jaw"][late].min()
    assert performance.curves["pucker"][late].max() > 2 * performance.curves["pucker"][early].min()


def test_the_hum_behind_closed_lips_does_not_open_them_but_a_clear_vowel_does():
    """What comes through open lips is above 500 Hz."""
    alignment, waveform = spoken(("a", 200), ("s", 60), ("a", 200))
    t = np.arange(len(waveform)) / RATE
    clear = alignment.phones[2]
    heard = (t >= clear.start_ms / 1000) & (t < clear.end_ms / 1000)
    waveform[heard] = 0.3 * np.sin(2 * np.pi * 1200 * t[heard])
    performance = perform(alignment, waveform, RATE, fps=60)
    dull, bright = (
        performance.curves["jaw"][frames(performance, p.start_ms, p.end_ms)].max()
        for p in (alignment.phones[0], clear)
    )
    assert bright > 1.2 * dull


def test_the_shape_is_there_before_its_sound():
    alignment, waveform = spoken(("a", 300))
    performance = perform(alignment, waveform, RATE, fps=60)
    (vowel,) = alignment.phones
    jaw = performance.curves["jaw"]
    at_ms = (np.arange(performance.n_frames) + 0.5) / 60 * 1000
    assert np.interp(vowel.start_ms - 40, at_ms, jaw) > 0
    assert np.interp(vowel.start_ms, at_ms, jaw) > 0.25 * jaw.max()


def test_a_louder_vowel_opens_further():
    alignment, waveform = spoken(("a", 200), ("s", 100), ("a", 200))
    soft = alignment.phones[2]
    samples = slice(RATE * soft.start_ms // 1000, RATE * soft.end_ms // 1000)
    waveform[samples] *= 0.15
    curves = perform(alignment, waveform, RATE, fps=60).curves
    half = len(curves["jaw"]) // 2
    assert curves["jaw"][:half].max() > 1.2 * curves["jaw"][half:].max()


def test_rounding_shows_in_the_rounded_vowel_only():
    alignment, waveform = spoken(("i", 200), ("u", 200))
    performance = perform(alignment, waveform, RATE, fps=60)
    i, u = (frames(performance, p.start_ms, p.end_ms - 60) for p in alignment.phones)
    assert performance.curves["pucker"][u].max() > 0.6
    assert performance.curves["wide"][i].max() > 2 * performance.curves["wide"][u].min()


@pytest.mark.parametrize(
    ("knob", "parts"),
    [
        (
            "motion",
            ["head_yaw", "head_pitch", "head_roll", "head_x", "head_y", "gaze_x", "breath"],
        ),
        ("blink", ["blink_left", "blink_right"]),
        ("expression", ["brow", "smile"]),
    ],
)
def test_a_knob_at_zero_stills_its_part_and_leaves_the_others_as_they_were(knob, parts):
    alignment, waveform = spoken(*SENTENCE * 6)
    usual = perform(alignment, waveform, RATE, fps=30, seed=3).curves
    still = perform(alignment, waveform, RATE, fps=30, seed=3, **{knob: 0.0}).curves
    for name in CURVES:
        if name in parts:
            assert not still[name].any(), name
            assert usual[name].any(), name
        elif name not in {"gaze_y"}:
            np.testing.assert_array_equal(still[name], usual[name], err_msg=name)


@pytest.mark.parametrize("seed", range(8))
def test_blinks_come_irregularly_eight_to_twenty_five_a_minute(seed):
    alignment, waveform = spoken(*[("a", 200), ("s", 100), ("", 300)] * 150)
    knobs = {"motion": 1.0, "blink": 1.0, "expression": 1.0}
    n_frames = 30 * alignment.duration_ms // 1000
    life = life_curves(alignment, waveform, RATE, fps=30, n_frames=n_frames, seed=seed, **knobs)
    curve = life["blink_left"]
    starts = np.flatnonzero((curve[1:] > 0.5) & (curve[:-1] <= 0.5)) / 30
    a_minute = len(starts) / (alignment.duration_ms / 60_000)
    assert 8 <= a_minute <= 25
    assert np.std(np.diff(starts)) > 0.4
    assert curve.max() == 1


@pytest.mark.parametrize("seed", range(20))
def test_a_clip_of_three_seconds_has_a_blink(seed):
    alignment, waveform = spoken(("a", 2100))
    assert perform(alignment, waveform, RATE, fps=30, seed=seed).curves["blink_left"].max() > 0.9


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("seconds", [4, 10, 20])
def test_short_clips_blink_at_no_other_rate(seconds, seed):
    silence = np.zeros(seconds * RATE, np.float32)
    nothing = Alignment(1000 * seconds, (), ())
    curve = perform(nothing, silence, RATE, fps=30, seed=seed).curves["blink_left"]
    blinks = np.count_nonzero(np.diff((curve > 0.5).astype(int)) == 1)
    assert max(1, 8 * seconds // 60) <= blinks <= 25 * seconds / 60


def test_the_same_seed_performs_the_same_and_another_does_not():
    alignment, waveform = spoken(*SENTENCE * 4)
    one, same, other = (
        perform(alignment, waveform, RATE, fps=30, seed=seed).curves for seed in (1, 1, 2)
    )
    for name in CURVES:
        np.testing.assert_array_equal(one[name], same[name])
    assert not np.array_equal(one["head_yaw"], other["head_yaw"])
    np.testing.assert_array_equal(one["jaw"], other["jaw"])  # chance never touches the words


@pytest.mark.parametrize("rate", [0.5, 2.0])
def test_the_blink_knob_says_how_often_and_every_blink_closes(rate):
    alignment, waveform = spoken(*SENTENCE * 60)
    curve, usual = (
        perform(alignment, waveform, RATE, fps=30, blink=blink, seed=4).curves["blink_left"]
        for blink in (rate, 1.0)
    )
    shut = [np.count_nonzero(np.diff((c > 0.95).astype(int)) == 1) for c in (curve, usual)]
    assert (shut[0] > shut[1]) == (rate > 1)
    assert shut[0] == np.count_nonzero(np.diff((curve > 0.1).astype(int)) == 1) > 0


def test_an_excited_voice_moves_the_head_further():
    """The same sounds twice as fast, over the same time."""
    calm, excited = SENTENCE * 8, [(phone, length // 2) for phone, length in SENTENCE * 16]
    spread = []
    for sounds in (calm, excited):
        alignment, waveform = spoken(*sounds)
        yaws = [
            perform(alignment, waveform, RATE, fps=25, seed=seed).curves["head_yaw"].std()
            for seed in range(12)
        ]
        spread.append(np.mean(yaws))
    assert spread[1] > 1.15 * spread[0]


@pytest.mark.parametrize("seed", range(4))
def test_the_head_moves_as_far_as_recorded_speakers_and_no_further(seed):
    """Spread of yaw in degrees: 0.4 in word lists read aloud, 5.2 in the liveliest of nine."""
    alignment, waveform = spoken(*SENTENCE * 14)
    curves = perform(alignment, waveform, RATE, fps=25, seed=seed).curves
    assert 0.8 < curves["head_yaw"].std() < 6
    assert 0.4 < curves["head_roll"].std() < 4
    assert np.abs(np.diff(curves["head_yaw"])).max() * 25 < 60  # degrees a second


@pytest.mark.parametrize("fps", [25, 29.97, 60])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_loop_goes_on_behind_its_last_frame_as_it_began(fps, seed):
    """Even where the sound ends in the middle of a vowel."""
    alignment, waveform = spoken(*SENTENCE * 5, ("a", 400), after_ms=0)
    curves = perform(alignment, waveform, RATE, fps=fps, seed=seed, loop=True).curves
    for name, curve in curves.items():
        steps = np.abs(np.diff(curve))
        assert abs(curve[0] - curve[-1]) <= steps.max() + 1e-6, name
        assert (
            abs((curve[0] - curve[-1]) - (curve[1] - curve[0]))
            <= np.abs(np.diff(curve, n=2)).max() + 1e-3
        ), name


def test_silence_can_loop_and_is_alive():
    silence = np.zeros(6 * RATE, np.float32)
    curves = perform(Alignment(6000, (), ()), silence, RATE, fps=30, loop=True, seed=2).curves
    assert curves["blink_left"].max() == 1
    for name in ("head_yaw", "gaze_x", "breath"):
        assert np.ptp(curves[name]) > 0.03, name
    assert not any(curves[name].any() for name in ("jaw", "pucker", "tongue"))


def test_the_first_frame_is_the_photos_own_pose():
    alignment, waveform = spoken(*SENTENCE)
    curves = perform(alignment, waveform, RATE, fps=30).curves
    assert abs(curves["head_yaw"][0]) < 0.1
    assert curves["blink_left"][0] == 0
    assert curves["jaw"][0] == 0


def test_silence_without_a_single_phone_is_a_resting_face():
    curves = perform(Alignment(2000, (), ()), np.zeros(2 * RATE, np.float32), RATE, fps=25).curves
    assert not curves["jaw"].any()
    assert not curves["press"].any()
