"""Drawing alone on a GPU, frames left there, and whether both ways draw the same."""

import time
from pathlib import Path

import numpy as np

from avatar.engine.face import Face, analyse
from avatar.engine.face.motion import motion
from avatar.engine.face.puppet import Puppet
from avatar.engine.lips.curves import CURVES
from avatar.engine.order import load_photo
from avatar.engine.types import Image, Performance

SIZES = (1080, 1920), (720, 1280)
FRAMES, ROUNDS = 256, 4
COMPARED = 32


def gpu(photo: Path) -> None:
    """Print frames a second by size and the largest difference between CPU and GPU."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "torch-cpu"
    image = load_photo(photo)
    face = analyse(image)
    if device == "cuda":
        print(f"drawing on {torch.cuda.get_device_name()}, frames left on the device:")
        for width, height in SIZES:
            print(f"  {width}x{height}: {_fps(image, face, width, height):7.0f} fps")
    else:
        print("no NVIDIA GPU here; its way of drawing, on the processor:")
    for width, height in SIZES[-1:] if device == "torch-cpu" else SIZES:
        differences = _differences(image, face, width, height, device)
        print(
            f"  against the processor's at {width}x{height}, {COMPARED} frames:"
            f" at most {differences.max()} of 255, {(differences > 0).mean():.3%} differ at all,"
            f" {(differences > 2).sum()} values by more than 2"
        )
    print()


def lively(n_frames: int, seed: int = 0) -> Performance:
    """Everything moves at once, as far as in lively speech."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_frames) / 30
    curves = {}
    for name, (low, high, _) in CURVES.items():
        wave = np.sin(2 * np.pi * (rng.uniform(0.3, 3) * t + rng.uniform()))
        middle, half = (low + high) / 2, (high - low) / 2
        curves[name] = (middle + 0.6 * half * wave).astype(np.float32)
    return Performance(fps=30, n_frames=n_frames, curves=curves)


def _fps(image: Image, face: Face, width: int, height: int) -> float:
    import torch

    puppet = Puppet(image, face, width, height, device="cuda")
    rows = motion(puppet.rig, lively(FRAMES), 0, FRAMES)
    best = 0.0
    for _ in range(ROUNDS):  # the first one warms up
        started = time.perf_counter()
        drawn = sum(len(batch) for batch in puppet.renderer.batches(rows))  # type: ignore[attr-defined]
        torch.cuda.synchronize()
        best = max(best, drawn / (time.perf_counter() - started))
    return best


def _differences(image: Image, face: Face, width: int, height: int, device: str) -> np.ndarray:
    """(COMPARED, values) |CPU - GPU| of whole frames."""
    ways = (Puppet(image, face, width, height, device=way) for way in ("cpu", device))
    one, other = (list(way.frames(lively(COMPARED))) for way in ways)
    pairs = zip(one, other, strict=True)
    return np.stack([np.abs(a.astype(np.int16) - b).ravel() for a, b in pairs])
