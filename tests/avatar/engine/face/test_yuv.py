import numpy as np
import pytest

from avatar.engine.face.yuv import planes_from_rgb, rgb_from_frame


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [
        ((255, 255, 255), (235, 128, 128)),
        ((0, 0, 0), (16, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),  # BT.709 colour bars
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
    ],
)
def test_primaries_have_the_values_of_bt709(rgb, yuv):
    planes = planes_from_rgb(np.full((4, 6, 3), rgb, np.uint8))
    assert [plane.shape for plane in planes] == [(4, 6), (2, 3), (2, 3)]
    assert tuple(int(plane[0, 0]) for plane in planes) == yuv


def test_a_smooth_picture_survives_the_way_there_and_back():
    x, y = np.meshgrid(np.arange(64), np.arange(48))
    picture = np.stack([4 * x, 5 * y, 255 - 2 * x - 2 * y], axis=-1).astype(np.uint8)
    frame = np.concatenate([plane.ravel() for plane in planes_from_rgb(picture)])
    back = rgb_from_frame(frame.reshape(72, 64))
    assert np.abs(back.astype(int) - picture).max() <= 8
