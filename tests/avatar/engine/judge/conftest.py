"""Small videos of one portrait whose every movement is known, with a sound that is known, too."""

import subprocess
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from avatar.engine.face import analyse
from avatar.engine.face.puppet import Puppet
from avatar.engine.media.encode import Encoder
from avatar.engine.media.ffmpeg import ffmpeg_exe
from avatar.engine.media.sound import write_wav
from avatar.engine.types import Performance

SIZE = 270, 480
RATE = 16_000


@pytest.fixture(scope="session")
def puppet(hopper) -> Puppet:
    photo = np.array(Image.open(hopper).convert("RGB"))
    return Puppet(photo, analyse(photo), *SIZE, device="cpu")


@pytest.fixture(scope="session")
def film(puppet, tmp_path_factory):
    """`film("name", n_frames, jaw=…)` draws and encodes; fps 25, a voice that follows the jaw."""
    folder = tmp_path_factory.mktemp("films")

    def make(name, n_frames, *, fps=25, delay_ms=0, **curves):
        path = folder / f"{name}.mp4"
        rows = {
            name: np.broadcast_to(np.asarray(values, np.float32), (n_frames,))
            for name, values in curves.items()
        }
        loud = rows.get("jaw", np.full(n_frames, 0.5))
        write_wav(folder / "voice.wav", voice(loud, fps, delay_ms), RATE)
        with Encoder(path, *SIZE, Fraction(fps), audio=folder / "voice.wav") as encoder:
            for frame in puppet.frames(Performance(fps, n_frames, rows)):
                encoder.write(frame)
        return path

    return make


def voice(loud, fps, delay_ms):
    """A buzz as loud as the jaw is open, (n_samples,)."""
    t = np.arange(round(len(loud) / fps * RATE)) / RATE
    level = np.interp((t - delay_ms / 1000) * fps - 0.5, np.arange(len(loud)), loud)
    buzz = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 20))
    return (0.2 * level * buzz).astype(np.float32)


def syllables(n_frames, seed=0, later=0):
    """A jaw that opens and shuts four times a second, never twice as far, (n_frames,).

    later: how many frames after the others of its seed.
    """
    t = (np.arange(n_frames) - later) / 25
    heights = np.random.default_rng(seed).uniform(0.35, 1.0, 1000)
    far = heights[np.floor(np.maximum(t, 0) * 3.1).astype(int)]
    return np.where(t > 0, far * np.sin(np.pi * 3.1 * t) ** 2, 0).astype(np.float32)


def ffmpeg(*arguments):
    command = [ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)
