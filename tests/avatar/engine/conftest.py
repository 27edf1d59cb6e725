"""One portrait, analysed once for all tests that do not look at how."""

from pathlib import Path

import pytest

from avatar.engine.face import analyse
from avatar.engine.order import load_photo


@pytest.fixture(scope="session")
def hopper_face(hopper, tmp_path_factory) -> Path:
    """Her face as `--face` reads it."""
    path = tmp_path_factory.mktemp("faces") / "hopper.npz"
    analyse(load_photo(hopper)).save(path)
    return path
