"""One portrait analysed once, and a small puppet made of it."""

import numpy as np
import pytest
from PIL import Image

from avatar.engine.face import analyse
from avatar.engine.face.puppet import Puppet
from avatar.engine.types import Performance

WIDTH, HEIGHT = 360, 640


@pytest.fixture(scope="session")
def photo(hopper) -> np.ndarray:
    return np.array(Image.open(hopper).convert("RGB"))


@pytest.fixture(scope="session")
def face(photo):
    return analyse(photo)


@pytest.fixture(scope="session")
def puppet(photo, face) -> Puppet:
    return Puppet(photo, face, WIDTH, HEIGHT, device="cpu")


def performance(n_frames: int = 1, **curves) -> Performance:
    """Curves by name: numbers, or one number a frame."""
    rows = {
        name: np.broadcast_to(np.asarray(values, np.float32), (n_frames,)).copy()
        for name, values in curves.items()
    }
    return Performance(fps=25, n_frames=n_frames, curves=rows)
