import cv2
import numpy as np
import pytest

from avatar.engine.face import inspect, mesh
from avatar.engine.face.detect import Found, find_faces
from avatar.engine.face.report import head_angles, judge


@pytest.fixture(scope="module")
def found(photo):
    return find_faces(photo)


def turned(found: Found, yaw_degrees: float) -> Found:
    """The same face seen after turning the head about its middle."""
    yaw = np.radians(yaw_degrees)
    middle = found.landmarks.mean(0)
    x, y, z = (found.landmarks - middle).T
    points = np.stack([np.cos(yaw) * x - np.sin(yaw) * z, y, np.sin(yaw) * x + np.cos(yaw) * z], 1)
    return Found(found.score, (points + middle).astype(np.float32))


def test_a_frontal_portrait_is_usable(photo):
    report = inspect(photo)
    assert report.usable
    assert report.face_index == 0
    assert 170 < report.width_px < 205
    assert abs(report.yaw) < 5
    assert not report.mouth_open
    assert not report.mouth_covered
    box = report.faces[0]
    assert box["width_px"] == report.width_px
    assert 150 < box["x"] < 200
    assert any("188 px wide" in warning for warning in report.warnings)


def test_a_small_face_is_refused_with_the_size_found(photo):
    report = inspect(cv2.resize(photo, (205, 240), interpolation=cv2.INTER_AREA))
    width = round(report.width_px)
    assert 60 < width < 90
    assert report.problems == [f"The face is {width} px wide; 256 or more is needed."]
    assert not report.to_json()["usable"]


def test_a_small_face_in_a_wide_photo_is_found(photo):
    small = cv2.resize(photo, (320, 375), interpolation=cv2.INTER_AREA)
    wide = np.full((2000, 3600, 3), 140, np.uint8)
    wide[1500:1875, 3100:3420] = small
    report = inspect(wide)
    assert len(report.faces) == 1
    assert 3150 < report.faces[0]["x"] < 3300
    assert report.usable


@pytest.mark.parametrize("kind", ["blank", "noise", "tiny", "thin"])
def test_without_a_face_there_is_one_problem_and_no_more(kind):
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)
    image = {
        "blank": np.full((400, 300, 3), 200, np.uint8),
        "noise": noise,
        "tiny": noise[:2, :2],
        "thin": np.full((3, 900, 3), 90, np.uint8),
    }[kind]
    report = inspect(np.ascontiguousarray(image))
    assert report.problems == ["No face was found in this photo."]
    assert report.faces == []


def test_of_two_faces_one_must_be_chosen(photo):
    pair = np.concatenate([photo, photo[:, ::-1]], axis=1)
    report = inspect(pair)
    assert report.problems == ["There are 2 faces in this photo; choose whose it is."]
    assert report.faces[0]["x"] < 512 < report.faces[1]["x"]
    assert inspect(pair, face_index=1).usable
    assert inspect(pair, face_index=1).face_index == 1
    missing = inspect(pair, face_index=2)
    assert missing.problems == ["This photo has 2 faces; there is no face number 3."]


def test_a_profile_is_refused(photo, found):
    report = judge(photo, [turned(found[0], 50)], None)
    assert any("turned 5" in problem for problem in report.problems)
    warned = judge(photo, [turned(found[0], 28)], None)
    assert not any("turned" in problem for problem in warned.problems)
    assert any("turned" in warning for warning in warned.warnings)


@pytest.mark.parametrize("degrees", [-30, -10, 0, 10, 30])
def test_yaw_is_measured_to_the_right_of_the_picture(found, degrees):
    before = head_angles(found[0].landmarks)[0]
    after = head_angles(turned(found[0], degrees).landmarks)[0]
    assert after - before == pytest.approx(degrees, abs=0.5)
    nose = found[0].landmarks[mesh.NOSE_TIP, 0]
    moved = turned(found[0], degrees).landmarks[mesh.NOSE_TIP, 0]
    assert np.sign(round(moved - nose)) == np.sign(degrees)


def test_roll_is_clockwise(photo):
    rotate = cv2.getRotationMatrix2D((256, 300), -20, 1)  # OpenCV turns the other way
    tilted = cv2.warpAffine(photo, rotate, (512, 600), borderMode=cv2.BORDER_REPLICATE)
    assert inspect(tilted).roll - inspect(photo).roll == pytest.approx(20, abs=3)


def test_a_masked_mouth_is_refused(photo, found):
    masked = photo.copy()
    outline = (234, 93, 132, 58, 172, 136, 150, 176, 152, 400, 379, 365, 397, 288, 361, 454, 5)
    points = np.round(found[0].landmarks[list(outline), :2]).astype(np.int32)
    cv2.fillPoly(masked, [points], (120, 180, 220))
    assert judge(masked, found, None).problems == [
        "The mouth is covered; use a photo in which it can be seen."
    ]


def test_a_face_cut_by_the_edge_is_refused(photo):
    report = inspect(np.ascontiguousarray(photo[:, 265:]))
    assert not report.usable


def test_blur_and_uneven_light_are_warned_of(photo):
    sharp = inspect(photo)
    soft = inspect(cv2.GaussianBlur(photo, (0, 0), 5))
    assert soft.sharpness < 0.5 * sharp.sharpness
    assert any("not sharp" in warning for warning in soft.warnings)
    shadow = np.clip(np.linspace(-0.6, 1.8, 512), 0.1, 1)[None, :, None]
    lit = inspect(np.clip(photo * shadow, 0, 255).astype(np.uint8))
    assert lit.evenness < sharp.evenness
    assert any("darker" in warning for warning in lit.warnings)
