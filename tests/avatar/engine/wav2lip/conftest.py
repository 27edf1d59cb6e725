"""Weights made up from their own names, and a network that draws what it is shown."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.avatar.engine.wav2lip.weights import made_up_weights, write_checkpoint

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def weights() -> dict[str, torch.Tensor]:
    return made_up_weights()


@pytest.fixture(scope="session")
def golden() -> dict[str, np.ndarray]:
    """output: of the public model for those weights; mel: of ARCTIC's slt a0009, (80, 248)."""
    with np.load(HERE / "golden.npz") as data:
        return {"output": data["output"] / 65535, "mel": data["mel"] / 8191}


@pytest.fixture(scope="session")
def checkpoint(weights, tmp_path_factory):
    """As training on several GPUs leaves it; 145 MB that do not stay."""
    path = write_checkpoint(tmp_path_factory.mktemp("wav2lip") / "wav2lip.pth", weights)
    yield path
    path.unlink()


class Mirror:
    """Draws the face that it is shown."""

    batch = 3

    def __init__(self):
        self.studied = 0

    def study(self, crops):
        self.studied += len(crops)
        return crops.astype(np.float32)

    def draw(self, mel, studied):
        assert mel.shape[1:] == (80, 16)
        return np.broadcast_to(studied, (len(mel), 96, 96, 3))


class Painter(Mirror):
    """Draws one colour."""

    def draw(self, mel, studied):
        return np.full((len(mel), 96, 96, 3), (0, 0, 255), np.float32)
