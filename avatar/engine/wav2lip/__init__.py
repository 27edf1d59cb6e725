"""Wav2Lip: a mouth drawn for every frame of a photo or of footage, by the creator's own weights.

Our own implementation of the published network. The published weights are for research and other
non-commercial use only: none are shipped or downloaded, the creator names a file of their own.
Importing this package loads neither torch nor MediaPipe.
"""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.engine.errors import InputError, ModelUnavailable
from avatar.engine.wav2lip.options import Wav2LipOptions, check

if TYPE_CHECKING:
    from avatar.engine.wav2lip.film import Film

__all__ = ["CHECKPOINT", "Wav2LipOptions", "find_checkpoint", "lipsync"]

CHECKPOINT = "WAV2LIP_CHECKPOINT"  # the environment variable that names the file

# Threads of torch that wait for each other spin on cores that the encoder needs: on a busy machine
# of two cores a frame then costs four times as much. To be said before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def find_checkpoint() -> Path:
    """The file that the environment names. Raises ModelUnavailable when it names none."""
    named = os.environ.get(CHECKPOINT, "").strip()
    if not named:
        raise ModelUnavailable(
            "Wav2Lip needs weights of your own, wav2lip.pth or wav2lip_gan.pth: name the file in"
            f" {CHECKPOINT}."
        )
    path = Path(named).expanduser()
    if not path.is_file():
        raise ModelUnavailable(f"There is no file {path}, which {CHECKPOINT} names.")
    return path


def lipsync(
    source: Path,
    audio: Path,
    out: Path,
    *,
    checkpoint: Path | None = None,
    fps: float | Fraction | None = None,
    options: Wav2LipOptions | None = None,
    on_progress: Callable[[str, float], None] = lambda stage, share: None,
    on_warning: Callable[[str], None] = lambda sentence: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> "Film":
    """Make OUT.mp4: the source at its own size, saying the sound, as long as the sound.

    source: a photo, or footage at least as long as the sound; of shorter footage the last picture
        is held.
    checkpoint: the weights; None: what WAV2LIP_CHECKPOINT names.
    fps: None is 25 for a photo, the footage's own (60 at most) otherwise.
    on_progress: gets "analyse" or "perform", and how much of the whole is done, 0 to 1.
    on_warning: gets a sentence for what will look worse than it could, before frames are drawn.
    should_stop: asked at every picture while looking for the face, and at every batch of frames.

    Raises InputError (source, sound, options), ModelUnavailable (weights, packages, GPU),
    ResourceError, EncodeError, or Cancelled; then what stood at OUT before has not changed.
    """
    options = options or Wav2LipOptions()
    check(options)
    if not out.parent.is_dir():
        raise InputError(f"There is no folder {out.parent} to write {out.name} to.")
    if out.is_dir():
        raise InputError(f"{out} is a folder; a name for the video is needed.")
    weights = find_checkpoint() if checkpoint is None else checkpoint
    try:
        from avatar.engine.wav2lip.film import Callbacks, make_film
        from avatar.engine.wav2lip.source import open_source
        from avatar.engine.wav2lip.synthesis import load_mouths
    except ImportError as e:
        raise ModelUnavailable(f"Wav2Lip needs the package {e.name}.") from e
    from avatar.engine.pipeline import system_errors_explained

    with system_errors_explained():
        opened = open_source(source, fps)
        mouths = load_mouths(weights, options.device)
        callbacks = Callbacks(on_progress, on_warning, should_stop)
        return make_film(opened, audio, out, mouths, options, callbacks)
