"""Small files to give to vendors."""

from pathlib import Path

import pytest
from PIL import Image

from studio.sandbox.vendors import media
from tests.sounds import humming


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    """A film of 1.2 s that gets lighter, 96x160, with a tone."""
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    media.run_ffmpeg(
        "-f", "lavfi", "-i", "color=black:s=96x160:r=25:d=1.2,geq=lum='N*7':cb=128:cr=128",
        "-f", "lavfi", "-i", "sine=300:d=1.2", "-shortest", *media.QUICK, str(path),
    )  # fmt: skip
    return path


@pytest.fixture(scope="session")
def voice(tmp_path_factory):
    """Makes a WAV of so many seconds."""
    folder = tmp_path_factory.mktemp("voices")

    def make(seconds: float) -> Path:
        path = folder / f"voice{seconds:g}.wav"
        if not path.exists():
            humming(path, seconds)
        return path

    return make


@pytest.fixture(scope="session")
def photo(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "photo.jpg"
    Image.new("RGB", (120, 160), (200, 80, 40)).save(path)
    return path


@pytest.fixture
def at_once(sandbox):
    """Every job is over when it is looked at."""
    for vendor in (
        "sync",
        "wavespeed",
        "fal",
        "replicate",
        "hedra",
        "heygen",
        "kling",
        "pixverse",
    ):
        sandbox.set_rule(f"{vendor}.job_s", 0)
    return sandbox
