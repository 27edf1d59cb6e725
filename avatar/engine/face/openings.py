"""How far lips and lids are open, told from the landmarks of a mesh."""

import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh

INNER_LIPS = 13, 14
# Corner, upper lid twice, corner, lower lid twice (Soukupová & Čech 2016).
EYES = (362, 385, 387, 263, 373, 380), (33, 160, 158, 133, 153, 144)  # the person's left, right


def lip_opening(landmarks: NDArray[np.float32]) -> float:
    """Distance of the inner lips in the middle of the mouth over that of the outer eye corners."""
    upper, lower = landmarks[list(INNER_LIPS)]
    left, right = landmarks[list(mesh.OUTER_EYE_CORNERS)]
    return float(np.linalg.norm(upper - lower) / np.linalg.norm(left - right))


def lid_openings(landmarks: NDArray[np.float32]) -> tuple[float, float]:
    """Eye aspect ratio of the person's left and right eye."""
    left, right = (_aspect(landmarks[list(eye)]) for eye in EYES)
    return left, right


def _aspect(eye: NDArray[np.float32]) -> float:
    corner, above, above2, corner2, below2, below = eye
    heights = np.linalg.norm(above - below) + np.linalg.norm(above2 - below2)
    return float(heights / (2 * np.linalg.norm(corner - corner2)))
