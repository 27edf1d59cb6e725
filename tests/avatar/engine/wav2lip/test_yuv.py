import numpy as np
import pytest

from avatar.engine.face.yuv import planes_from_rgb
from avatar.engine.wav2lip.yuv import frame_from_rgb, put

rng = np.random.default_rng(0)
RGB = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)


def test_frames_are_what_the_slow_way_makes_of_them():
    frame = frame_from_rgb(RGB)
    y, u, v = planes_from_rgb(RGB)
    wanted = np.concatenate([y.ravel(), u.ravel(), v.ravel()]).reshape(72, 64)
    assert np.abs(frame.astype(int) - wanted).max() <= 1


@pytest.mark.parametrize(("x", "y", "width", "height"), [(0, 0, 64, 48), (10, 6, 20, 30)])
def test_a_part_is_put_where_it_belongs(x, y, width, height):
    changed = RGB.copy()
    changed[y : y + height, x : x + width] = 200
    frame = frame_from_rgb(RGB)
    put(frame, changed[y : y + height, x : x + width], x, y)
    np.testing.assert_array_equal(frame, frame_from_rgb(changed))
