import numpy as np
import pytest
from scipy.interpolate import LinearNDInterpolator

from avatar.engine.face import mesh
from avatar.engine.face.framing import frame_photo
from avatar.engine.face.head import _between, head_fields


@pytest.mark.parametrize("yaw", [0, 17, -28])
def test_depth_between_the_points_of_the_mesh_is_linear(photo, face, yaw):
    """Turned away, the far cheek's triangles are slivers, whose planes are steep."""
    framed = frame_photo(photo, face, 540, 960)
    points = framed.landmarks[: mesh.N_POINTS - 10].astype(np.float64)
    middle, angle = points.mean(0), np.radians(yaw)
    x, y, z = (points - middle).T
    turned = np.stack(
        [np.cos(angle) * x - np.sin(angle) * z, y, np.sin(angle) * x + np.cos(angle) * z], 1
    )
    points = (turned + middle).astype(np.float32)
    at = head_fields(framed).at
    found = _between(points, at)
    expected = LinearNDInterpolator(points[:, :2], points[:, 2])(at)
    both = np.isfinite(found) & np.isfinite(expected)
    assert both.sum() > 0.9 * np.isfinite(expected).sum()
    scale = np.linalg.norm(points[33] - points[263])
    error = np.abs(found - expected)[both] / scale
    assert np.quantile(error, 0.95) < 0.12
    assert error.max() < 0.7
    assert points[:, 2].min() <= np.nanmin(found)
    assert np.nanmax(found) <= points[:, 2].max()


def test_a_turning_head_moves_its_features_and_not_its_outline(photo, face):
    """Else the background beside it would be dragged along."""
    framed = frame_photo(photo, face, 540, 960)
    fields = head_fields(framed)
    eyes = framed.landmarks[list(mesh.OUTER_EYE_CORNERS), :2]
    scale = np.linalg.norm(eyes[1] - eyes[0])
    turned = np.abs(fields.basis[3])  # how far a point goes sideways with the yaw
    x, y = np.moveaxis(fields.at, -1, 0)
    forehead = framed.landmarks[mesh.FOREHEAD_TOP, :2]
    brow = turned[np.hypot(x - eyes[:, 0].mean(), y - forehead[1]) < 0.1 * scale].mean()
    crown = turned[np.hypot(x - forehead[0], y - forehead[1] + 0.75 * scale) < 0.1 * scale].mean()
    assert crown < 0.1 * brow
