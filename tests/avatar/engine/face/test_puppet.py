import inspect as python_inspect
import tracemalloc
from itertools import pairwise

import cv2
import numpy as np
import pytest

from avatar.engine.errors import InputError
from avatar.engine.face import mesh
from avatar.engine.face.detect import find_faces
from avatar.engine.face.framing import frame_photo
from avatar.engine.face.puppet import Puppet
from avatar.engine.face.report import lip_gap
from avatar.engine.face.yuv import planes_from_rgb
from avatar.engine.lips import perform
from avatar.engine.lips.curves import CURVES
from avatar.engine.types import Alignment
from tests.avatar.engine.face.conftest import HEIGHT, WIDTH, performance


def luma(puppet, **curves) -> np.ndarray:
    frame = next(puppet.frames(performance(**curves)))
    return frame[:HEIGHT].astype(int)


def measured(puppet, **curves) -> np.ndarray:
    """Landmarks of the drawn face, found anew."""
    found = find_faces(puppet.picture(**curves))
    assert len(found) == 1
    return found[0].landmarks


def eye_aspect(points: np.ndarray, upper, lower) -> float:
    height = np.linalg.norm(points[list(upper[2:-2]), :2] - points[list(lower[2:-2]), :2], axis=1)
    return float(height.mean() / np.linalg.norm(points[upper[0], :2] - points[upper[-1], :2]))


@pytest.fixture(scope="module")
def still(photo, face) -> np.ndarray:
    """The framed photo as a frame."""
    canvas = frame_photo(photo, face, WIDTH, HEIGHT).canvas
    return np.concatenate([plane.ravel() for plane in planes_from_rgb(canvas)]).reshape(-1, WIDTH)


def test_frames_are_yuv420_and_as_many_as_asked_for(puppet):
    frames = list(puppet.frames(performance(5, jaw=0.4)))
    assert len(frames) == 5
    assert all(frame.shape == (HEIGHT * 3 // 2, WIDTH) for frame in frames)
    assert all(frame.dtype == np.uint8 for frame in frames)


def test_at_rest_the_photo_is_what_is_seen(puppet, still):
    frame = next(puppet.frames(performance()))
    error = (frame.astype(float) - still) ** 2
    assert 10 * np.log10(255**2 / max(error.mean(), 1e-9)) > 40
    x0, y0, x1, y1 = puppet.rig.mouth.box
    outside = np.ones((HEIGHT, WIDTH), bool)
    outside[y0:y1, x0:x1] = False
    np.testing.assert_array_equal(frame[:HEIGHT][outside], still[:HEIGHT][outside])


def test_with_every_knob_at_zero_silence_is_one_picture(puppet):
    silence = np.zeros(2 * 16_000, np.float32)
    still = {"motion": 0.0, "blink": 0.0, "expression": 0.0}
    performed = perform(Alignment(2000, (), ()), silence, 16_000, fps=10, **still)
    first, *others = puppet.frames(performed)
    for frame in others:
        np.testing.assert_array_equal(frame, first)


@pytest.mark.parametrize("seed", [1, 5])
def test_a_loop_is_closed_in_its_pictures(puppet, seed):
    """The step from the last frame to the first is like the steps between neighbours."""
    silence = np.zeros(4 * 16_000, np.float32)
    performed = perform(
        Alignment(4000, (), ()), silence, 16_000, fps=10, seed=seed, blink=0.0, loop=True
    )
    frames = [frame.astype(int) for frame in puppet.frames(performed)]
    steps = [np.abs(one - other).mean() for one, other in pairwise(frames)]
    assert np.abs(frames[-1] - frames[0]).mean() <= max(steps)


def test_outside_the_face_speech_changes_nothing(puppet, still):
    frames = puppet.frames(
        performance(3, jaw=[0.2, 0.9, 0.5], blink_left=1, blink_right=1, smile=1, brow=1, wide=1)
    )
    points = frame_photo_points(puppet)
    low, high = points.min(0), points.max(0)
    margin = 0.5 * puppet.rig.scale_px
    for frame in frames:
        rows = slice(0, int(low[1] - margin))
        np.testing.assert_array_equal(frame[rows], still[rows])
        beside = int(high[0] + margin)
        np.testing.assert_array_equal(frame[:HEIGHT, beside:], still[:HEIGHT, beside:])
        below = int(high[1] + 2 * margin)
        np.testing.assert_array_equal(frame[below:HEIGHT], still[below:HEIGHT])


def frame_photo_points(puppet) -> np.ndarray:
    """Roughly where the face is on the canvas: the grid of its fields, less its margins."""
    face = puppet.rig.face
    rows, columns = face.upper.shape[1:3]
    low = np.array(face.origin) + 0.45 * puppet.rig.scale_px
    size = face.step * np.array([columns, rows]) - np.array([0.9, 1.4]) * puppet.rig.scale_px
    return np.stack([low, low + size])


def test_collars_do_not_hang_on_the_jaw(puppet, still):
    chin = measured(puppet)[mesh.CHIN, 1]
    collar = int(chin + 0.62 * puppet.rig.scale_px)
    opened = next(puppet.frames(performance(jaw=1)))
    np.testing.assert_array_equal(opened[collar:HEIGHT], still[collar:HEIGHT])
    throat = slice(int(chin), int(chin + 0.3 * puppet.rig.scale_px))
    assert np.abs(opened[throat].astype(int) - still[throat]).max() > 40


def test_the_corners_of_the_frame_never_move(puppet, still):
    frames = puppet.frames(
        performance(2, head_yaw=[-15, 15], head_pitch=10, head_roll=-10, head_x=0.2, breath=1)
    )
    for frame in frames:
        for rows in (slice(0, 2), slice(HEIGHT - 2, HEIGHT)):
            np.testing.assert_array_equal(frame[rows], still[rows])
        assert np.abs(frame[:HEIGHT].astype(int) - still[:HEIGHT]).max() > 60


@pytest.mark.parametrize(("yaw", "roll"), [(15, 0), (-15, 0), (15, 15)])
def test_however_the_head_turns_no_box_is_seen_around_the_mouth(puppet, monkeypatch, yaw, roll):
    """Away from the lips, putting the mouth together changes nothing."""
    turned = {"head_yaw": yaw, "head_pitch": yaw, "head_roll": roll}
    whole = luma(puppet, **turned)
    lips = measured(puppet, **turned)[mesh.LIPS, :2]
    monkeypatch.setattr(puppet.renderer, "_paste", lambda *_: None)
    difference = (luma(puppet, **turned) - whole).astype(np.float32)
    # The mean of 25: the whole frame is looked up two by two pixels, the mouth one by one.
    changed = np.abs(cv2.blur(difference, (5, 5))) > 5
    low, high = lips.min(0) - 8, lips.max(0) + 8
    rows, columns = np.nonzero(changed)
    near = (columns > low[0]) & (columns < high[0]) & (rows > low[1]) & (rows < high[1])
    assert near.all()


def test_the_jaw_opens_the_mouth_ever_wider(puppet):
    gaps = [lip_gap(measured(puppet, jaw=jaw)) for jaw in (0, 0.25, 0.5, 0.75, 1)]
    assert gaps[0] < 0.03
    assert all(after > before + 0.02 for before, after in pairwise(gaps))
    assert gaps[-1] > 0.15


def test_pressed_lips_are_closed_whatever_the_jaw_does(puppet):
    wide_open = lip_gap(measured(puppet, jaw=1))
    for jaw in (0, 0.6):
        pressed = lip_gap(measured(puppet, press=1, jaw=jaw, upper=0.5, lower=0.5))
        assert pressed < 0.1 * wide_open


def test_teeth_over_a_tucked_lip_stay_within_the_mouth_however_narrow(puppet):
    narrow, tucked = luma(puppet, pucker=1, jaw=0.1), luma(puppet, pucker=1, jaw=0.1, tuck=1)
    corners = measured(puppet, pucker=1, jaw=0.1)[list(mesh.MOUTH_CORNERS), :2]
    changed = np.abs(cv2.blur((tucked - narrow).astype(np.float32), (3, 3))) > 12
    columns = np.flatnonzero(changed.any(0))
    assert len(columns) > 5
    assert corners[0, 0] - 3 < columns[0]
    assert columns[-1] < corners[1, 0] + 3


@pytest.mark.parametrize(("curve", "wider"), [("wide", True), ("pucker", False), ("smile", True)])
def test_the_mouth_is_wide_or_narrow_as_told(puppet, curve, wider):
    def width(points):
        corners = points[list(mesh.MOUTH_CORNERS), :2]
        return np.linalg.norm(corners[1] - corners[0])

    ratio = width(measured(puppet, **{curve: 1.0})) / width(measured(puppet))
    assert ratio > 1.03 if wider else ratio < 0.9


def test_a_smile_lifts_the_corners(puppet):
    def corners(points):
        return points[list(mesh.MOUTH_CORNERS), 1].mean() - points[mesh.NOSE_BASE, 1]

    assert corners(measured(puppet, smile=1)) < corners(measured(puppet)) - 1
    assert corners(measured(puppet, smile=-1)) > corners(measured(puppet)) + 1


def test_teeth_are_seen_and_never_lighter_than_the_eye_white(puppet, face):
    shown = luma(puppet, jaw=0.25, upper=1, lower=1)
    x0, y0, x1, y1 = puppet.rig.mouth.box
    teeth = puppet.rig.mouth.interior.teeth
    white = np.dot(face.eye_white, [0.2126, 0.7152, 0.0722]) * 219 / 255 + 16
    assert teeth.y[teeth.alpha > 200].max() <= white
    middle = slice((x0 + x1) // 2 - 8, (x0 + x1) // 2 + 8)
    dark = luma(puppet, jaw=1)[y0 + 20 : y1 + 20, middle].min()
    light = np.percentile(shown[y0 + 8 : y1 - 8, middle], 60)
    assert light > dark + 40


@pytest.mark.parametrize(
    ("curve", "upper", "lower"),
    [
        ("blink_left", mesh.LEFT_EYE_UPPER, mesh.LEFT_EYE_LOWER),
        ("blink_right", mesh.RIGHT_EYE_UPPER, mesh.RIGHT_EYE_LOWER),
    ],
)
def test_a_blink_shuts_its_own_eye(photo, face, curve, upper, lower):
    puppet = Puppet(photo, face, 720, 1280, device="cpu")
    open_eye = eye_aspect(measured(puppet), upper, lower)
    half = eye_aspect(measured(puppet, **{curve: 0.5}), upper, lower)
    shut = eye_aspect(measured(puppet, **{curve: 1.0}), upper, lower)
    assert shut < half < open_eye
    assert shut < 0.6 * open_eye
    rest, blink = puppet.picture(), puppet.picture(**{curve: 1.0})
    other = puppet.rig.eyes[1 if curve == "blink_left" else 0]
    x, y = other.origin
    rows, columns = other.lid.shape[:2]
    part = slice(y, y + rows), slice(x, x + columns)
    np.testing.assert_array_equal(rest[part], blink[part])


def test_a_shut_eye_hides_the_iris(puppet):
    """The dark disc of the iris is gone: where it was there is skin."""
    rest, shut = luma(puppet), luma(puppet, blink_left=1, blink_right=1)
    for eye in puppet.rig.eyes:
        x0, y0 = eye.origin
        rows, columns = eye.lid.shape[:2]
        r = max(2, int(eye.iris_px / 2))
        part = (
            slice(y0 + rows // 2 - r, y0 + rows // 2 + r // 2),
            slice(x0 + columns // 2 - r, x0 + columns // 2 + r),
        )
        assert shut[part].mean() > rest[part].mean() + 15


def test_a_blink_changes_nothing_but_the_eye_while_the_head_is_turned(puppet):
    """Where the turned head's eye leaves its patch there must be no trace of the patch's edge."""
    turned = {"head_yaw": -6, "head_pitch": -4, "head_roll": 5, "head_x": 0.05}
    shut = luma(puppet, **turned, blink_left=0.3, blink_right=0.3)
    changed = np.abs(luma(puppet, **turned) - shut) > 8
    assert 50 < changed.sum() < 0.02 * changed.size
    nose = measured(puppet, **turned)[mesh.NOSE_TIP, 0]
    assert not changed[:, int(nose) - 8 : int(nose) + 8].any()


def test_gaze_moves_the_dark_of_the_eye(puppet):
    def centre_of_dark(**curves):
        picture = luma(puppet, **curves)
        found = []
        for eye in puppet.rig.eyes:
            opening = (eye.lid[..., 0] > 1) & (eye.lid[..., 0] < eye.lid[..., 1] - 2)
            x0, y0 = eye.origin
            part = picture[y0 : y0 + opening.shape[0], x0 : x0 + opening.shape[1]]
            weight = np.where(opening, np.clip(60 - part, 0, None), 0)
            found.append((weight * np.arange(part.shape[1])).sum() / weight.sum())
        return np.array(found)

    left, right = centre_of_dark(gaze_x=-1), centre_of_dark(gaze_x=1)
    assert (right > left + 1.5).all()


@pytest.mark.parametrize("gaze", [{"gaze_x": 1}, {"gaze_x": -1}, {"gaze_y": -1}])
def test_lids_and_skin_stay_when_the_eyes_turn(puppet, gaze):
    rest, turned = luma(puppet), luma(puppet, **gaze)
    for eye in puppet.rig.eyes:
        below, opening = eye.lid[..., 0], eye.lid[..., 1]
        outside = (below < -2) | (below > opening + 2)
        y, x = eye.origin[1], eye.origin[0]
        part = slice(y, y + below.shape[0]), slice(x, x + below.shape[1])
        inner = cv2.erode(outside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        assert np.abs(turned[part] - rest[part])[inner].max() <= 2


@pytest.mark.parametrize(
    ("curve", "value", "axis", "sign"),
    [
        ("head_yaw", 8, 0, 1),
        ("head_pitch", 8, 1, 1),
        ("head_x", 0.1, 0, 1),
        ("head_y", 0.05, 1, 1),
        ("head_roll", 8, 0, 1),  # about the neck: the face goes to the right
    ],
)
def test_the_head_moves_the_way_the_curve_says(puppet, curve, value, axis, sign):
    nose = measured(puppet)[mesh.NOSE_TIP]
    moved = measured(puppet, **{curve: value})[mesh.NOSE_TIP]
    assert sign * (moved[axis] - nose[axis]) > 4


def test_near_parts_of_the_face_move_more_than_far_ones(puppet):
    before, after = measured(puppet), measured(puppet, head_yaw=8)
    shift = (after - before)[:, 0]
    assert shift[mesh.NOSE_TIP] > shift[mesh.RIGHT_CHEEK_EDGE] + 3


def test_brows_rise_and_breath_lifts_the_shoulders(puppet):
    points = measured(puppet)
    raised = measured(puppet, brow=1)
    brows = [*mesh.LEFT_BROW_UPPER, *mesh.RIGHT_BROW_UPPER]
    assert raised[brows, 1].mean() < points[brows, 1].mean() - 0.5
    chin = int(points[mesh.CHIN, 1])
    changed = luma(puppet, breath=1) != luma(puppet)
    assert changed[chin + 40 : chin + 120].mean() > 0.2
    assert not changed[: chin - 40].any()


def test_every_curve_changes_the_picture(puppet):
    rest = luma(puppet)
    needs = {"tongue": {"jaw": 0.6}}
    for name in CURVES:
        with_it = needs.get(name, {})
        base = luma(puppet, **with_it) if with_it else rest
        assert np.abs(luma(puppet, **with_it, **{name: CURVES[name][1]}) - base).max() > 8, name


def test_the_same_frames_come_again_and_from_any_start(puppet):
    t = np.linspace(0, 1, 12)
    show = performance(12, jaw=t, head_yaw=5 * t, blink_left=t, breath=t, gaze_x=t)
    whole = list(puppet.frames(show))
    part = list(puppet.frames(show, start=4, stop=9))
    for one, other in zip(whole[4:9], part, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_frame_does_not_show_what_was_before_it(puppet, still):
    """Turned, breathing, smiling, then at rest: the photo again, as when nothing came before."""
    moved = [0.0, 1.0, 0.4, 0.0, 0.0]
    show = performance(
        5,
        breath=moved,
        smile=moved,
        head_yaw=np.multiply(8, moved),
        head_x=np.multiply(0.2, moved),
    )
    frames = list(puppet.frames(show))
    np.testing.assert_array_equal(frames[3], frames[0])
    np.testing.assert_array_equal(frames[4], frames[0])
    x0, y0, x1, y1 = puppet.rig.mouth.box
    outside = np.ones((HEIGHT, WIDTH), bool)
    outside[y0:y1, x0:x1] = False
    np.testing.assert_array_equal(frames[3][:HEIGHT][outside], still[:HEIGHT][outside])
    alone = next(puppet.frames(show, start=2))
    np.testing.assert_array_equal(frames[2], alone)


def test_frames_are_drawn_one_by_one_and_not_kept(puppet):
    show = performance(60, jaw=np.linspace(0, 1, 60), head_yaw=3)
    frames = puppet.frames(show)
    assert python_inspect.isgenerator(frames)
    tracemalloc.start()
    try:
        for _ in zip(range(10), frames, strict=False):
            pass
        early = tracemalloc.get_traced_memory()[0]
        for _ in frames:
            pass
        assert tracemalloc.get_traced_memory()[0] < early + 200_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("show", "sentence"),
    [
        (performance(1, ears=1), "Unknown curves: ears"),
        (performance(1, jaw=np.nan), "one number for each frame"),
    ],
)
def test_wrong_curves_are_said(puppet, show, sentence):
    with pytest.raises(InputError, match=sentence):
        next(puppet.frames(show))


def test_curves_of_another_length_and_frames_that_are_not_there(puppet):
    show = performance(4, jaw=0.5)
    show.curves["jaw"] = show.curves["jaw"][:2]
    with pytest.raises(InputError, match="one number for each frame"):
        next(puppet.frames(show))
    with pytest.raises(InputError, match="cannot be drawn"):
        next(puppet.frames(performance(4), start=2, stop=9))


def test_values_beyond_a_range_are_brought_back(puppet):
    np.testing.assert_array_equal(luma(puppet, jaw=7.0), luma(puppet, jaw=1.0))


def test_odd_sizes_and_unknown_devices_are_refused(photo, face):
    with pytest.raises(InputError, match="is odd"):
        Puppet(photo, face, 361, 640)
    with pytest.raises(InputError, match="The device toaster is unknown"):
        Puppet(photo, face, 360, 640, device="toaster")


def busy(n_frames: int):
    """All curves at once, differently in each frame."""
    t = np.arange(n_frames)
    rows = {}
    for k, (name, (low, high, _)) in enumerate(CURVES.items()):
        rows[name] = low + (high - low) * (0.5 + 0.5 * np.sin(1.3 * t + 0.7 * k))
    for name in ("head_yaw", "head_pitch", "head_roll"):
        rows[name] *= 0.4
    return performance(n_frames, **rows)


def worst_difference(photo, face, device: str, size: tuple[int, int], n_frames: int) -> np.ndarray:
    cpu, other = (Puppet(photo, face, *size, device=name) for name in ("cpu", device))
    show = busy(n_frames)
    pairs = zip(cpu.frames(show), other.frames(show), strict=True)
    return np.array([np.abs(a.astype(int) - b).ravel() for a, b in pairs])


def test_torch_and_opencv_draw_the_same(photo, face):
    differences = worst_difference(photo, face, "torch-cpu", (180, 320), 4)
    # Positions are rounded to a 32nd of a pixel. Where one falls on the other side, a pixel on the
    # hardest possible edge, 219 levels, differs by 219 / 32.
    assert np.quantile(differences, 0.9999) <= 2
    assert differences.max() <= 7


@pytest.mark.cuda
def test_the_gpu_and_opencv_draw_the_same(photo, face):
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU")
    differences = worst_difference(photo, face, "cuda", (1080, 1920), 20)
    # Single pixels differ by more where a position rounds the other way.
    assert np.quantile(differences, 0.9999) <= 2
