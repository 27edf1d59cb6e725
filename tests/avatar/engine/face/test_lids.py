import cv2
import numpy as np
import pytest

from avatar.engine.face.lids import LidLines, _membrane, lashes, paint_lid

LENGTH = 120.0
SKIN = (200, 160, 140)


@pytest.fixture(scope="module")
def lines() -> LidLines:
    """An eye 120 pixels long, level, in the middle of its patch, under a brow."""
    x, y = np.meshgrid(np.arange(180.0) - 90, np.arange(150.0) - 75)
    half = 30 * np.clip(1 - (2 * x / LENGTH) ** 2, 0, 1)
    return LidLines(x, y, -half, half, half + 6 * (half > 0), np.full_like(x, -58.0), LENGTH)


@pytest.fixture(scope="module")
def eye(lines) -> np.ndarray:
    """White ball, dark iris, lashes standing up from the lid, a thick brow, on plain skin."""
    picture = np.full((150, 180, 3), SKIN, np.uint8)
    picture[(lines.y > lines.top) & (lines.y < lines.bottom)] = (240, 240, 240)
    cv2.circle(picture, (90, 75), 24, (50, 40, 30), -1)
    for x in range(50, 131, 8):
        top = int(75 + lines.top[0, x])
        cv2.line(picture, (x, top), (x, top - 9), (20, 15, 15), 2)
    cv2.rectangle(picture, (20, 0), (160, 12), (40, 30, 30), -1)
    return picture


@pytest.fixture(scope="module")
def covered(lines) -> np.ndarray:
    return (lines.y > lines.top - 2) & (lines.y < lines.shut) & (np.abs(lines.x) < LENGTH / 2)


def test_a_shut_lid_is_skin_without_a_trace_of_eye_or_lashes(eye, lines, covered):
    shut = paint_lid(eye, lines, covered, glasses=False)
    lid = shut[40:108, 45:135]
    assert np.abs(lid.mean((0, 1)) - SKIN).max() < 20
    assert np.abs(lid - lid.mean((0, 1))).max() < 60
    assert np.abs(eye[40:108, 45:135].astype(float) - SKIN).max() > 100


def test_the_brow_and_the_skin_around_stay(eye, lines, covered):
    shut = paint_lid(eye, lines, covered, glasses=False)
    np.testing.assert_allclose(shut[:10], eye[:10], atol=1)
    np.testing.assert_allclose(shut[-12:], eye[-12:], atol=1)


def test_what_is_dark_and_thin_stays_where_it_may_be_the_frame_of_glasses(eye, lines, covered):
    rim = eye.copy()
    cv2.line(rim, (0, 38), (179, 38), (30, 20, 20), 3)
    kept = paint_lid(rim, lines, covered, glasses=True)
    gone = paint_lid(rim, lines, covered, glasses=False)
    assert kept[37:40, 80:100].mean() < 60
    assert gone[37:40, 80:100].mean() > kept[37:40, 80:100].mean() + 40


def test_a_dark_ring_around_the_eye_does_not_make_the_lid_dark(eye, lines, covered):
    lined = eye.copy()
    ring = (lines.x / 72) ** 2 + (lines.y / 44) ** 2 < 1
    lined[ring & ~covered] = (60, 40, 35)
    shut = paint_lid(lined, lines, covered, glasses=False)
    assert shut[75, 90].mean() > 0.6 * np.mean(SKIN)


def test_lashes_hang_from_where_the_lids_meet_and_lean_outward(lines):
    drawn = lashes(lines, 1.0, 10.0, 1.5)
    below = np.nonzero(drawn > 0.2)
    assert (lines.y[below] > lines.shut[below] - 2).all()
    assert (lines.y[below] < lines.shut[below] + 12).all()
    other_eye = lashes(lines, -1.0, 10.0, 1.5)
    middle = [
        (np.where(seen > 0.2, lines.x, 0).sum() / (seen > 0.2).sum())
        for seen in (drawn, other_eye)
    ]
    assert middle[0] > 1 > -1 > middle[1]


def test_a_hole_in_a_gradient_is_filled_with_the_gradient():
    x, y = np.meshgrid(np.arange(30.0), np.arange(24.0))
    gradient = np.stack([2 * x + y, 100 - x, 3 * y], axis=-1).astype(np.float32)
    hole = (x - 14) ** 2 + (y - 11) ** 2 < 64
    broken = gradient.copy()
    broken[hole] = 0
    np.testing.assert_allclose(_membrane(broken, hole), gradient, atol=0.05)
