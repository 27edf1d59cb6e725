import dataclasses

import cv2
import numpy as np
import pytest

from avatar.engine.errors import InputError
from avatar.engine.face import mesh
from avatar.engine.face.framing import frame_photo


@pytest.mark.parametrize(
    ("width", "height"), [(360, 640), (540, 540), (640, 360), (432, 540), (64, 4096)]
)
def test_every_shape_is_filled_and_the_face_not_stretched(photo, face, width, height):
    framed = frame_photo(photo, face, width, height)
    assert framed.canvas.shape == (height, width, 3)
    assert framed.canvas.dtype == np.uint8
    assert framed.person.shape == (height, width)
    assert (framed.canvas.reshape(-1, 3).max(0) > 100).all()
    before = np.ptp(face.landmarks[:, :2], axis=0)
    after = np.ptp(framed.landmarks[:, :2], axis=0)
    assert after[0] / after[1] == pytest.approx(before[0] / before[1], rel=1e-3)


@pytest.mark.parametrize(("width", "height"), [(360, 640), (540, 540), (640, 360)])
def test_eyes_are_above_the_middle_with_room_over_the_hat(photo, face, width, height):
    framed = frame_photo(photo, face, width, height)
    eyes = framed.landmarks[list(mesh.OUTER_EYE_CORNERS), 1].mean()
    assert 0.30 < eyes / height < 0.50
    hat = (25 - 300) * framed.scale + (300 - 195) * framed.scale + eyes
    assert hat > 0


def test_what_the_landmarks_say_is_where_the_picture_is(photo, face):
    framed = frame_photo(photo, face, 360, 640)
    for point in (33, 263, 61, 291, 1):
        x, y = face.landmarks[point, :2]
        here = cv2.getRectSubPix(photo, (9, 9), (float(x), float(y))).mean((0, 1))
        at = framed.landmarks[point, :2]
        there = cv2.getRectSubPix(
            framed.canvas, (round(9 * framed.scale),) * 2, (float(at[0]), float(at[1]))
        ).mean((0, 1))
        np.testing.assert_allclose(here, there, atol=14)


def test_a_photo_that_fits_is_not_touched(photo, face):
    """540x960 with the face at a third of the width is what it was."""
    tall = np.full((960, 540, 3), (70, 110, 190), np.uint8)
    tall[200:800, 14:526] = photo
    points = face.landmarks + np.array([14, 200, 0], np.float32)
    person = np.zeros((320, 180), np.uint8)
    moved = dataclasses.replace(
        face, landmarks=points, person=person, photo_width=540, photo_height=960
    )
    framed = frame_photo(tall, moved, 540, 960)
    np.testing.assert_array_equal(framed.canvas, tall)
    np.testing.assert_allclose(framed.landmarks, points, atol=1e-3)


@pytest.mark.parametrize(("width", "height"), [(361, 640), (360, 641), (1, 1)])
def test_odd_sizes_are_refused(photo, face, width, height):
    with pytest.raises(InputError, match="is odd"):
        frame_photo(photo, face, width, height)


@pytest.mark.parametrize(("width", "height"), [(0, 640), (-2, 640), (20, 640), (360, 99_998)])
def test_sizes_out_of_range_are_refused(photo, face, width, height):
    with pytest.raises(InputError, match="out of range"):
        frame_photo(photo, face, width, height)


def test_the_face_of_another_photo_is_refused(photo, face):
    with pytest.raises(InputError, match="another photo"):
        frame_photo(photo[:-2], face, 360, 640)
