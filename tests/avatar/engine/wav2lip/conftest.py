"""Weights made up from their own names, and a network that draws what it is shown."""

import math
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

HERE = Path(__file__).parent
NAMES = {
    name: tuple(int(side) for side in shape.split("x") if side)
    for name, _, shape in (
        line.partition(" ") for line in (HERE / "shapes.txt").read_text().splitlines()
    )
}


def made_up(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """What the golden output was made with: no weights need to travel."""
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(zlib.crc32(name.encode())))
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if name.endswith("running_var"):
        return 1 + 0.1 * noise.abs()
    if len(shape) == 4 and name != "output_block.1.weight":
        return 1.4 * noise / math.sqrt(math.prod(shape[1:]))
    if "conv_block" in name and name.endswith(".1.weight"):
        return 1 + 0.05 * noise
    return 0.05 * noise


@pytest.fixture(scope="session")
def weights() -> dict[str, torch.Tensor]:
    return {name: made_up(name, shape) for name, shape in NAMES.items()}


@pytest.fixture(scope="session")
def golden() -> dict[str, np.ndarray]:
    """output: of the public model for those weights; mel: of ARCTIC's slt a0009, (80, 248)."""
    with np.load(HERE / "golden.npz") as data:
        return {"output": data["output"] / 65535, "mel": data["mel"] / 8191}


@pytest.fixture(scope="session")
def checkpoint(weights, tmp_path_factory):
    """As training on several GPUs leaves it; 145 MB that do not stay."""
    path = tmp_path_factory.mktemp("wav2lip") / "wav2lip.pth"
    named = {f"module.{name}": value for name, value in weights.items()}
    torch.save({"state_dict": named, "optimizer": None, "global_step": 7}, path)
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
