"""How a face is to speak with Wav2Lip. Handed in, never read from settings."""

from dataclasses import dataclass

from avatar.engine.errors import InputError

DEVICES = ("auto", "cpu", "cuda")
MOST_AT_ONCE = 256


@dataclass(frozen=True)
class Wav2LipOptions:
    """strength: how much of the new mouth is laid over the old one, 0 to 1.

    sharpen: how much of the blur of 96 px is taken back, 0 to 1.
    pads: how far the crop reaches beyond the face, in pixels: top, bottom, left, right.
    face_index: which face, from 0 at the left, where the first pictures show several; None: the
      largest.
    batch: frames that the network draws at once; None: what suits the device and the frame size.
    """

    strength: float = 1.0
    sharpen: float = 0.5
    pads: tuple[int, int, int, int] = (0, 10, 0, 0)
    face_index: int | None = None
    device: str = "auto"
    batch: int | None = None


def check(options: Wav2LipOptions) -> None:
    """Raises InputError with the sentence for the first wrong option."""
    for name in ("strength", "sharpen"):
        if not 0 <= getattr(options, name) <= 1:
            raise InputError(f"{name} goes from 0 to 1.")
    for name in ("face_index", "batch"):
        if not isinstance(getattr(options, name), int | None):
            raise InputError(f"{name} is a whole number.")
    if options.face_index is not None and options.face_index < 0:
        raise InputError("Faces are counted from 0 at the left.")
    if options.device not in DEVICES:
        raise InputError(f"There is no device {options.device!r}: choose auto, cpu or cuda.")
    if options.batch is not None and not 1 <= options.batch <= MOST_AT_ONCE:
        raise InputError(f"From 1 to {MOST_AT_ONCE} frames can be drawn at once.")
    if len(options.pads) != 4 or not all(-500 <= pad <= 500 for pad in options.pads):
        raise InputError("The pads are four numbers of pixels: top, bottom, left and right.")
