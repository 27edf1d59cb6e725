from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.engine.errors import InputError
from avatar.engine.timing import frame_ms, n_frames, parse_fps

RATES = [Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60)]


@pytest.mark.parametrize(
    ("text", "fps"),
    [
        ("30", Fraction(30)),
        ("29.97", Fraction(30000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (30000 / 1001, Fraction(30000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        ("12.5", Fraction(25, 2)),
        (25.0, Fraction(25)),
    ],
)
def test_frame_rates_are_exact(text, fps):
    assert parse_fps(text) == fps


@pytest.mark.parametrize("text", ["fast", "", "0", "-25", "1/0", "nan", "inf"])
def test_what_is_no_frame_rate_is_refused(text):
    with pytest.raises(InputError, match="not a frame rate"):
        parse_fps(text)


@given(st.integers(1, 10**8), st.sampled_from([8_000, 22_050, 44_100]), st.sampled_from(RATES))
def test_frames_cover_the_sound_and_no_frame_more(n_samples, sample_rate, fps):
    count, length = n_frames(n_samples, sample_rate, fps), Fraction(n_samples, sample_rate)
    assert (count - 1) / fps < length <= count / fps


@given(st.integers(0, 10**6), st.sampled_from(RATES))
def test_a_frame_begins_within_half_a_millisecond_of_its_time(frame, fps):
    assert abs(frame_ms(frame, fps) - 1000 * frame / fps) <= Fraction(1, 2)
