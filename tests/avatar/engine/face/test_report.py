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
    assert len(report.problems) == 1
    assert report.problems[0].startswith("No face was found in this photo; use one")
    assert report.faces == []


def test_of_two_faces_one_must_be_chosen(photo):
    pair = np.concatenate([photo, photo[:, ::-1]], axis=1)
    report = inspect(pair)
    left, right = (round(face["width_px"]) for face in report.faces)
    assert report.problems == [
        "There are 2 faces in this photo; choose whose it is. Face index from the left: "
        f"0 is {left} px wide, 1 is {right} px wide."
    ]
    assert report.faces[0]["x"] < 512 < report.faces[1]["x"]
    assert inspect(pair, face_index=1).usable
    assert inspect(pair, face_index=1).face_index == 1
    missing = inspect(pair, face_index=2)
    assert missing.problems == [
        "This photo has 2 faces; there is none with index 2, counted from 0 at the left."
    ]


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


def covered(photo: np.ndarray, found: Found, what: str) -> np.ndarray:
    """The photo with something before the mouth."""
    picture = photo.astype(np.float32)
    points = np.round(found.landmarks[:, :2]).astype(np.int32)
    x, y = points[[13, 14]].mean(0).astype(int)
    rng = np.random.default_rng(0)
    inside = np.zeros(photo.shape[:2], np.uint8)
    if what in ("mask", "pleated mask", "mask like skin"):
        edge = (234, 93, 132, 58, 172, 136, 150, 176, 152, 400, 379, 365, 397, 288, 361, 454, 5)
        cv2.fillPoly(inside, [points[list(edge)]], 1)
        colour = (210, 160, 130) if what == "mask like skin" else (120, 180, 220)
        pleats = 12 * np.sign(np.sin(np.arange(len(photo)) / 5))[:, None, None]
        painted = np.array(colour) + pleats * (what == "pleated mask")
    elif what == "beard":
        edge = (205, 187, 147, 58, 172, 136, 150, 176, 152, 400, 379, 365, 397, 288, 376, 411, 425)
        cv2.fillPoly(inside, [points[[*edge, 2]]], 1)
        painted = np.array((60, 50, 45)) + rng.normal(0, 14, photo.shape)
    elif what == "scarf":
        inside[y - 25 : y + 140] = 1
        painted = np.array((120, 30, 40))
    else:  # microphone
        cv2.circle(inside, (int(x), int(y) + 4), 22, 1, -1)
        cv2.rectangle(inside, (int(x) - 8, int(y) + 20), (int(x) + 8, int(y) + 200), 1, -1)
        painted = np.array((42, 40, 40))
    painted = np.broadcast_to(painted, photo.shape)
    picture[inside > 0] = painted[inside > 0]
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "what", ["mask", "pleated mask", "mask like skin", "beard", "scarf", "microphone"]
)
def test_a_mouth_behind_something_is_refused(photo, found, what):
    report = judge(covered(photo, found[0], what), found, None)
    assert report.problems == ["The mouth is covered; use a photo in which it can be seen."]


@pytest.mark.parametrize("change", ["grey", "pale", "dark", "lipstick"])
def test_a_mouth_in_full_view_is_not_taken_for_covered(photo, found, change):
    lips = np.zeros(photo.shape[:2], np.uint8)
    outline = found[0].landmarks[[*mesh.OUTER_UPPER, *mesh.OUTER_LOWER[::-1]], :2]
    cv2.fillPoly(lips, [np.round(outline).astype(np.int32)], 1)
    grey = np.repeat(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
    changed = {
        "grey": grey,
        "pale": (128 + 0.4 * (photo.astype(float) - 128)).astype(np.uint8),
        "dark": (0.35 * photo).astype(np.uint8),
        "lipstick": np.where(lips[..., None] > 0, photo // 2 + np.uint8([70, 0, 10]), photo),
    }[change]
    assert not judge(changed, found, None).mouth_covered


@pytest.mark.parametrize("glass", [0.0, 0.25])
def test_eyes_behind_dark_glasses_are_warned_of(photo, found, glass):
    dark = np.zeros(photo.shape[:2], np.uint8)
    for eye in mesh.EYES:
        x, y = found[0].landmarks[[*eye[0], *eye[1]], :2].mean(0).astype(int)
        cv2.ellipse(dark, (int(x), int(y)), (38, 28), 0, 0, 360, 1, -1)
    shaded = np.where(dark[..., None] > 0, glass * photo + 12, photo).astype(np.uint8)
    report = judge(shaded, found, None)
    assert report.usable
    assert report.eyes_covered
    assert any("eyes cannot be seen" in warning for warning in report.warnings)
    assert not inspect(photo).eyes_covered


def test_shut_eyes_are_warned_of(photo, found):
    points = found[0].landmarks.copy()
    for upper, lower in mesh.EYES:
        points[list(upper[1:-1])] = points[list(lower[1:-1])] - (0, 1, 0)
    report = judge(photo, [Found(1.0, points)], None)
    assert any("eyes are shut" in warning for warning in report.warnings)


@pytest.mark.parametrize(("quarters", "lies"), [(2, "is upside down"), (1, "lies on its side")])
def test_a_photo_that_is_not_upright_says_so(photo, quarters, lies):
    turned_photo = np.ascontiguousarray(np.rot90(photo, quarters))
    assert inspect(turned_photo).problems == [f"The photo {lies}; turn it upright."]


@pytest.mark.parametrize(("degrees", "refused"), [(35, False), (55, True)])
def test_a_tilted_head_is_warned_of_and_a_very_tilted_one_refused(photo, found, degrees, refused):
    roll = np.radians(degrees)
    x, y, z = found[0].landmarks.T
    points = np.stack(
        [np.cos(roll) * x - np.sin(roll) * y, np.sin(roll) * x + np.cos(roll) * y, z]
    )
    picture = np.pad(photo, ((0, 400), (600, 600), (0, 0)))
    report = judge(
        picture, [Found(1.0, (points.T + np.float32([600, 0, 0])).astype(np.float32))], None
    )
    said = report.problems if refused else report.warnings
    assert any("tilted" in sentence for sentence in said)


def test_black_and_blurred_faces_are_refused_for_what_they_are(photo, found):
    black = judge((photo * 0.04).astype(np.uint8), found, None)
    assert black.problems == ["The face is too dark to make out; take the photo in more light."]
    blurred = judge(cv2.GaussianBlur(photo, (0, 0), 10), found, None)
    assert blurred.problems == ["The face is too blurred to make out; use a sharp photo."]


def test_a_head_cut_by_the_edge_is_warned_of(photo, found):
    _, y, _, height = found[0].box
    report = inspect(np.ascontiguousarray(photo[int(y + 0.22 * height) :]))
    assert report.usable
    assert any("cuts the head off" in warning for warning in report.warnings)
    assert not any("cuts the head off" in warning for warning in inspect(photo).warnings)


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
