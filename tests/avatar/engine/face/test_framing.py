import dataclasses

import cv2
import numpy as np
import pytest

from avatar.engine.errors import InputError
from avatar.engine.face import mesh
from avatar.engine.face.framing import Window, _carried_on, _cut, choose_window, frame_photo


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
    assert 0.30 < eyes / height <= 0.50 + 1e-3
    hat = (25 - 300) * framed.scale + (300 - 195) * framed.scale + eyes
    assert hat > 0


@pytest.mark.parametrize(("width", "height"), [(360, 640), (640, 360)])
def test_nearer_is_larger_with_the_eyes_where_they_were(photo, face, width, height):
    wide = frame_photo(photo, face, width, height)
    near = frame_photo(photo, face, width, height, nearer=1.25)
    eyes = list(mesh.OUTER_EYE_CORNERS)
    assert near.scale == pytest.approx(1.25 * wide.scale)
    np.testing.assert_allclose(
        near.landmarks[eyes, :2].mean(0), wide.landmarks[eyes, :2].mean(0), atol=0.01
    )


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


def headshot(face, image, rows: int):
    """The photo cut off below `rows`, and the face as it is known there."""
    mask_rows = round(rows * face.person.shape[0] / face.photo_height)
    cut = dataclasses.replace(face, photo_height=rows, person=face.person[:mask_rows])
    return np.ascontiguousarray(image[:rows]), cut


@pytest.mark.parametrize(("width", "height"), [(360, 640), (540, 540), (640, 360)])
@pytest.mark.parametrize("rows", [360, 420, 500])
def test_where_the_photo_cuts_the_person_the_frame_ends(photo, face, rows, width, height):
    image, cut = headshot(face, photo, rows)
    window = choose_window(cut, width, height)
    assert window.y + window.height <= rows + 1e-3
    framed = frame_photo(image, cut, width, height)
    assert np.ptp(framed.landmarks[list(mesh.OVAL), 0]) <= 0.661 * width
    foot = cv2.resize(image, None, fx=framed.scale, fy=framed.scale)[-8:].mean((0, 1))
    if window.width <= face.photo_width and window.y + window.height > rows - 1e-3:
        assert np.abs(framed.canvas[-8:].mean((0, 1)) - foot).max() < 40


def test_a_side_that_cuts_the_person_is_the_side_of_the_frame(photo, face):
    person = np.zeros_like(face.person)
    person[:, : person.shape[1] * 2 // 3] = 255
    window = choose_window(dataclasses.replace(face, person=person), 640, 360)
    assert window.x >= -1e-3
    assert window.x + window.width > face.photo_width


def test_background_is_carried_on_without_the_person_and_without_streaks():
    """Noise with somebody red in it goes on as noise, not as lines, and nobody comes again."""
    rng = np.random.default_rng(3)
    seen = np.clip(rng.normal((90, 120, 160), 6, (300, 200, 3)), 0, 255).astype(np.uint8)
    person = np.zeros((300, 200), np.uint8)
    person[40:, 60:140] = 255
    seen[person > 0] = (220, 20, 20)
    wide = _carried_on(seen, person, (200, 0, 0, 0))
    assert wide.shape == (500, 200, 3)
    np.testing.assert_array_equal(wide[200:], seen)
    margin = wide[:190].astype(float)
    assert np.abs(margin.mean((0, 1)) - (90, 120, 160)).max() < 12
    assert margin[..., 0].max() < 150
    across, down = margin.std(axis=1).mean(), margin.std(axis=0).mean()
    assert 2 < across < 9
    assert down == pytest.approx(across, rel=0.5)  # a streak varies across and not along


def test_hair_close_to_the_edge_of_the_photo_is_kept():
    """Lines at the edge are given up to be rid of frames and faults, but none with somebody."""
    photo = np.full((400, 300, 3), 90, np.uint8)
    person = np.zeros((400, 300), np.uint8)
    photo[4:, 100:200], person[4:, 100:200] = (220, 60, 60), 255
    window = Window(0, -200, 300, 600)
    canvas = _cut(photo, person, window, 300, 600)
    np.testing.assert_array_equal(canvas[204:, 100:200], photo[4:, 100:200])
    assert np.abs(canvas[:190].astype(int) - 90).max() < 12
