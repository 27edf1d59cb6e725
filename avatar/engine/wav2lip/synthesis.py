"""The network at work: crops and sound in, mouths out. Loads torch."""

# mypy: disable-error-code="no-any-return"

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatar.engine.errors import InputError, ModelUnavailable, ResourceError
from avatar.engine.wav2lip.checkpoint import load_network
from avatar.engine.wav2lip.model import MASKED_FROM, Wav2Lip
from avatar.engine.wav2lip.options import DEVICES

Floats = NDArray[np.float32]
BATCH = {"cpu": 4, "cuda": 64}  # more is no faster on a CPU, whose caches these fill

Studied = list[Tensor]


def load_mouths(checkpoint: Path, device: str) -> "Mouths":
    """device: auto (a GPU if there is one), cpu or cuda. Raises ModelUnavailable, InputError."""
    if device not in DEVICES:
        raise InputError(f"There is no device {device!r}: choose auto, cpu or cuda.")
    has_gpu = device != "cpu" and torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        raise ModelUnavailable("No NVIDIA GPU was found; use the device cpu.")
    return Mouths(load_network(checkpoint), "cuda" if has_gpu else "cpu")


class Mouths:
    """Draws mouths. batch: how many at once suit the device."""

    def __init__(self, network: Wav2Lip, device: str = "cpu") -> None:
        self.device, self.batch = device, BATCH[device]
        self.network = network.to(device)

    def study(self, crops: NDArray[np.uint8]) -> Studied:
        """What the network is to know of some faces. crops: (n, 96, 96, 3) RGB."""
        with torch.inference_mode():
            seen = torch.from_numpy(crops[..., ::-1].copy()).to(self.device)  # BGR from here on
            face = seen.permute(0, 3, 1, 2).to(torch.float32) / 255
            masked = face.clone()
            masked[:, :, MASKED_FROM:] = 0
            return self.network.studied(torch.cat([masked, face], dim=1))

    def draw(self, mel: Floats, studied: Studied) -> Floats:
        """Those faces saying some sounds, or one face saying all of them.

        mel: (n, 80, 16) as `mel_windows` gives it. Returns (n, 96, 96, 3) RGB in [0, 255].
        Raises ResourceError when the GPU's memory does not hold so many at once.
        """
        try:
            with torch.inference_mode():
                heard = torch.from_numpy(mel)[:, None].to(self.device)
                drawn = self.network.spoken(heard, studied)
                return (255 * drawn.flip(1).permute(0, 2, 3, 1)).cpu().numpy()
        except torch.OutOfMemoryError as e:
            raise ResourceError(
                f"The GPU's memory does not hold {len(mel)} frames at once; ask for a smaller"
                " batch."
            ) from e
