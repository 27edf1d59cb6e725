from dataclasses import replace

import numpy as np
import pytest

from avatar.engine.face.cpu_picture import Picture, dim
from avatar.engine.face.geometry import MouthFrame
from avatar.engine.face.interior import _Own, _palette

TOOTH, DARK = 210.0, 20.0
DRAWN = 90.0


@pytest.fixture(scope="module")
def mouth() -> MouthFrame:
    """Level and open by 0.13 S, S being 300 pixels; teeth end half way down."""
    xs = np.linspace(-0.25, 0.25, 161, dtype=np.float32)
    return MouthFrame(
        origin=np.array([120, 90], np.float32),
        right=np.array([1, 0], np.float32),
        down=np.array([0, 1], np.float32),
        scale_px=300.0,
        left_corner=-0.25,
        right_corner=0.25,
        xs=xs,
        upper_edge=np.full(161, -0.05, np.float32),
        lower_edge=np.full(161, 0.08, np.float32),
        parted=True,
        nose=-0.3,
        lip_top=-0.12,
        lip_bottom=0.2,
        chin=0.5,
    )


@pytest.fixture(scope="module")
def own(mouth) -> _Own:
    """Teeth 24 pixels wide with dark gaps of 4 between them; dark beside, red lips about."""
    pixels = np.stack(np.meshgrid(np.arange(240.0), np.arange(180.0)), axis=-1)
    x, y = mouth.local(pixels.astype(np.float32))
    photo = np.full((180, 240, 3), (170, 90, 90), np.float32)
    photo[(y > -0.05) & (y < 0.08)] = DARK
    tooth = (y > -0.05) & (y < 0.015) & (np.abs(x) < 0.16) & (pixels[..., 0] % 24 >= 4)
    photo[tooth] = TOOTH
    return _Own(photo, mouth, x.astype(np.float32), y.astype(np.float32))


@pytest.fixture(scope="module")
def upper(own):
    plain = np.full((*own.x.shape, 3), DRAWN, np.float32)
    return own.upper(plain, np.ones_like(own.x))


def test_own_teeth_end_where_the_photo_shows_it(own):
    middle = np.abs(own.x) < 0.12
    assert np.abs(own.cut[middle] - 0.015).max() < 0.02


def test_under_the_lip_no_gap_becomes_a_dark_bar(own, upper):
    rgb, alpha = upper
    seen = (own.y > -0.095) & (own.y < -0.085) & (np.abs(own.x) < 0.13)
    assert alpha[seen].min() > 0.2
    assert rgb[seen].min() > 0.35 * TOOTH
    in_sight = (own.y > -0.03) & (own.y < 0.0) & (np.abs(own.x) < 0.13)
    assert rgb[in_sight].min() < 0.2 * TOOTH  # where the photo shows them they stay


def test_beside_the_teeth_in_the_photo_there_are_drawn_ones(own, upper):
    rgb, alpha = upper
    beside = (np.abs(own.x) > 0.20) & (np.abs(own.x) < 0.22) & (np.abs(own.y + 0.03) < 0.01)
    assert np.abs(rgb[beside] - DRAWN).max() < 8
    assert alpha[beside].min() > 0.9


def test_what_gets_no_light_in_the_mouth_is_dark_flesh_and_never_grey(puppet):
    shade = puppet.rig.mouth.interior.shade
    picture = Picture(np.full((4, 4), 180, np.float32), np.full((2, 2, 2), 128, np.float32))
    dim(picture, np.zeros((4, 4), np.float32), shade)
    np.testing.assert_allclose(picture.y, shade[0], atol=1e-3)
    np.testing.assert_allclose(picture.uv, np.broadcast_to(shade[1:], (2, 2, 2)), atol=1e-3)
    assert shade[0] < 50
    assert shade[2] > 130  # V: red


@pytest.mark.parametrize("light", [(1, 1, 1), (1, 0.7, 0.4), (0.7, 0.9, 1)])
def test_teeth_are_white_in_the_photos_light_even_where_the_eyes_are_red(face, light):
    lit = np.array(light, np.float32)
    red_eyes = replace(
        face,
        eye_white=np.float32([190, 140, 130]) * lit,
        skin=np.float32([210, 158, 130]) * lit,
        lips=np.float32([200, 110, 100]) * lit,
    )
    tooth = _palette(red_eyes).tooth
    luma = np.float32([0.2126, 0.7152, 0.0722])
    assert luma @ tooth <= luma @ red_eyes.eye_white + 0.01
    redness = (tooth / lit)[0] / (tooth / lit)[1]
    assert 1.0 < redness < 190 / 140 - 0.03
