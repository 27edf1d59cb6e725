import numpy as np
import pytest

from avatar.engine.face.fields import FIELDS, face_fields
from avatar.engine.face.framing import frame_photo
from avatar.engine.face.geometry import mouth_frame


@pytest.fixture(scope="module")
def framed(photo, face):
    return frame_photo(photo, face, 540, 960)


@pytest.fixture(scope="module")
def mouth(framed):
    return mouth_frame(framed.canvas, framed.landmarks)


@pytest.fixture(scope="module")
def fields(framed, mouth):
    return face_fields(mouth, framed.landmarks, glasses=False)


def test_the_line_between_closed_lips_is_found_where_it_is_dark(framed, mouth):
    """A flat face with one dark stroke a little below where the mesh has the lips."""
    canvas = np.full_like(framed.canvas, 180)
    points = mouth.canvas(mouth.xs, mouth.upper_edge * 0 + 0.02)
    for x, y in np.round(points).astype(int):
        canvas[y - 1 : y + 2, x - 1 : x + 2] = 40
    found = mouth_frame(canvas, framed.landmarks)
    inner = slice(20, -20)
    assert not found.parted
    error_px = np.abs(found.upper_edge[inner] - 0.02) * found.scale_px
    assert error_px.mean() < 1.5


def test_beyond_the_corners_both_layers_are_the_same(fields, mouth):
    rows, columns = fields.upper.shape[1:3]
    x = fields.origin[0] + fields.step * np.arange(columns)
    y = fields.origin[1] + fields.step * np.arange(rows)
    at = np.stack(np.meshgrid(x, y), axis=-1).astype(np.float32)
    outside = np.abs(mouth.across(mouth.local(at)[0])) > 1.0
    # The contours are a little apart in height from their own extension: a tenth of a pixel.
    difference = np.abs(fields.upper - fields.lower).max(-1)[:, outside]
    assert difference.max() < 0.1
    assert np.abs(fields.upper - fields.lower).max() > 10


def test_nothing_moves_at_the_edge_of_the_grid(fields):
    for layer in (fields.upper, fields.lower):
        edge = np.concatenate([layer[:, 0], layer[:, -1], layer[:, :, 0], layer[:, :, -1]], axis=1)
        assert np.abs(edge).max() == 0


def test_a_closed_mouth_needs_nothing_to_be_at_rest(fields):
    rest = FIELDS.index("rest")
    assert fields.jaw_rest == 0
    assert np.abs(fields.upper[rest]).max() == 0
    assert np.abs(fields.lower[rest]).max() == 0


def test_no_field_folds_the_face(fields):
    """Alone and at its most, no field lets one grid point overtake the next."""
    for layer in (fields.upper, fields.lower):
        for k, name in enumerate(FIELDS):
            down = np.diff(layer[k, ..., 1], axis=0)
            right = np.diff(layer[k, ..., 0], axis=1)
            assert down.min() > -0.9 * fields.step, name
            assert right.min() > -0.9 * fields.step, name
