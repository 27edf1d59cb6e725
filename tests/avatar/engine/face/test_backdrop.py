"""A person before another background: who is cut out, what moves, and what does not."""

import cv2
import numpy as np
import pytest

from avatar.engine.face.backdrop import Background, shown_part
from avatar.engine.face.framing import choose_window
from avatar.engine.face.matte import LONGEST_SIDE_PX, Matte, _choose, cut_out, without_spill
from avatar.engine.face.puppet import Puppet
from avatar.engine.face.yuv import rgb_from_frame
from tests.avatar.engine.face.conftest import HEIGHT, WIDTH, performance

GREEN = (20, 200, 60)


@pytest.fixture(scope="module")
def matte(photo, face) -> Matte:
    return cut_out(photo, face, shown_part(face, choose_window(face, WIDTH, HEIGHT)))


def before(photo, face, matte, fill, **options) -> Puppet:
    background = Background(matte, fill)
    options = {"device": "cpu", **options}
    return Puppet(photo, face, WIDTH, HEIGHT, background=background, **options)


@pytest.fixture(scope="module")
def green(photo, face, matte) -> Puppet:
    return before(photo, face, matte, GREEN)


def test_the_face_is_cut_out_and_the_corners_are_not(photo, face, matte):
    x0, y0, x1, y1 = matte.box
    rows, columns = matte.alpha.shape
    assert max(rows, columns) <= LONGEST_SIDE_PX
    points = face.landmarks[:, :2] - (x0, y0)
    at = np.rint(points * (columns / (x1 - x0), rows / (y1 - y0))).astype(int)
    assert matte.alpha[at[:, 1], at[:, 0]].min() == 255
    assert matte.alpha[:20, :20].max() == 0
    assert 0.005 < ((matte.alpha > 10) & (matte.alpha < 245)).mean() < 0.2


def test_the_photos_own_background_stands_still_behind_a_turning_head(photo, face, matte, puppet):
    still = Puppet(
        photo, face, WIDTH, HEIGHT, "cpu", background=Background(matte, None, still=True)
    )
    turned = {"head_roll": 1.6, "head_yaw": -5.0}
    alpha = still.rig.behind.alpha
    kept, rest = puppet.picture().astype(int), still.picture().astype(int)
    away = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((31, 31), np.uint8)) == 0
    assert np.abs(kept - rest)[away].max() <= 1
    assert np.abs(kept - rest)[alpha == 255].mean() < 1
    beside = away & (np.abs(puppet.picture(**turned).astype(int) - kept).max(axis=2) > 8)
    assert beside.any()  # there a kept background bends
    assert np.abs(still.picture(**turned).astype(int) - rest)[away].max() == 0


def test_a_matte_is_kept_as_it_is(matte, tmp_path):
    matte.save(tmp_path / "matte.npz")
    again = Matte.load(tmp_path / "matte.npz")
    assert again.box == matte.box
    np.testing.assert_array_equal(again.alpha, matte.alpha)


def test_what_the_segmentation_doubts_is_whole_or_gone(face):
    """Somebody holds up a red thing of which the segmentation saw half, before a grey wall."""
    part = np.full((400, 300, 3), 120, np.uint8)
    person = np.zeros((400, 300), np.float32)
    part[100:, 100:200], person[100:, 100:200] = (190, 60, 50), 1
    part[150:230, 200:230], person[150:230, 200:230] = (200, 40, 40), 0.4
    person[150:230, 70:100] = 0.4  # and a part of the wall
    part += np.random.default_rng(1).integers(0, 40, part.shape, np.uint8)
    points = (face.landmarks[:, :2] - face.landmarks[:, :2].mean(0)) * 0.25 + (150, 160)
    known = np.where(person == 1, 1, np.where(person == 0, 0, 0.5)).astype(np.float32)
    trust = np.full_like(known, 1e-3)
    _choose(part, points, person, known, trust)
    assert person[160:220, 203:227].min() > 0.9
    assert person[160:220, 73:97].max() < 0.1
    assert known[160:220, 203:227].max() == 0.5  # the colours still say how much


def test_edges_lose_the_colour_of_the_old_background():
    """A red disc with a soft edge on blue: red is found again where both are mixed."""
    y, x = np.mgrid[:120, :120]
    alpha = np.clip((40 - np.hypot(x - 60, y - 60)) / 12 + 0.5, 0, 1).astype(np.float32)
    red, blue = np.array((200, 30, 30)), np.array((30, 40, 210))
    mixed = np.rint(alpha[..., None] * red + (1 - alpha[..., None]) * blue).astype(np.uint8)
    found = without_spill(mixed, alpha, scale_px=60)
    edge = (alpha > 0.3) & (alpha < 0.9)
    before = np.abs(mixed[edge].astype(int) - red).mean()
    after = np.abs(found[edge].astype(int) - red).mean()
    assert after < 0.4 * before
    np.testing.assert_array_equal(found[alpha == 1], mixed[alpha == 1])


def test_a_colour_is_seen_where_nobody_is_and_the_face_is_the_photos(photo, face, green):
    picture = green.picture()
    np.testing.assert_allclose(picture[:30, :30].reshape(-1, 3), [GREEN] * 900, atol=4)
    kept = Puppet(photo, face, WIDTH, HEIGHT, device="cpu").picture()
    x, y = np.rint(green.rig.eyes[0].origin).astype(int)
    cheek = slice(y + 40, y + 60), slice(x, x + 30)
    np.testing.assert_allclose(picture[cheek], kept[cheek], atol=2)


def test_the_background_stays_still_while_the_head_turns(green):
    turning = list(green.frames(performance(3, head_yaw=[0, 9, -9], head_roll=[0, -6, 6])))
    pictures = [rgb_from_frame(frame).astype(int) for frame in turning]
    assert np.abs(pictures[1] - pictures[2]).max() > 60
    never = np.ones((HEIGHT, WIDTH), bool)
    for picture in pictures:
        never &= np.abs(picture - GREEN).max(axis=-1) <= 4
    assert never.mean() > 0.2
    beside = green.rig.behind.alpha == 0
    moved = np.abs(pictures[1] - pictures[0]).max(axis=-1) > 12
    assert moved[beside].any()  # hair that comes to where there was none
    assert (moved & beside).mean() < 0.05


def test_cpu_and_torch_put_the_person_before_it_alike(photo, face, matte, green):
    curves = {"jaw": [0, 0.7], "head_yaw": [0, 8], "blink_left": [0, 0.6], "gaze_x": [0, 0.5]}
    frames = [
        np.stack(list(puppet.frames(performance(2, **curves))))
        for puppet in (green, before(photo, face, matte, GREEN, device="torch-cpu"))
    ]
    assert np.abs(frames[0].astype(int) - frames[1]).max() <= 2


def test_a_blurred_background_has_its_light_and_none_of_the_person(photo, face, matte):
    blurred = before(photo, face, matte, None)
    plate = blurred.rig.behind.y.astype(float)
    alpha = blurred.rig.behind.alpha
    kept = Puppet(photo, face, WIDTH, HEIGHT, device="cpu").rig.y.astype(float)
    free = alpha == 0
    assert np.abs(plate[free].mean() - kept[free].mean()) < 12
    assert np.abs(np.diff(plate, axis=1)).mean() < np.abs(np.diff(kept, axis=1)).mean()
    assert plate[alpha > 250].std() < 0.6 * kept[alpha > 250].std()


@pytest.mark.parametrize("shape", [(40, 400, 3), (400, 40, 3)])
def test_a_picture_fills_the_frame_and_is_nearer_in_a_near_shot(photo, face, matte, shape):
    ramp = np.zeros(shape, np.uint8)
    ramp[..., 1] = np.linspace(40, 210, shape[1])[None, :]
    ramp[..., 0] = np.linspace(40, 210, shape[0])[:, None]
    wide = before(photo, face, matte, ramp).rig.behind.y.astype(float)
    near = before(photo, face, matte, ramp, nearer=1.25).rig.behind.y.astype(float)
    assert wide.shape == near.shape == (HEIGHT, WIDTH)
    assert np.ptp(near) == pytest.approx(np.ptp(wide) / 1.25, rel=0.12)
