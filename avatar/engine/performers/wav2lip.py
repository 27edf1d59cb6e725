"""Our own Wav2Lip as a performer, with weights that the creator brings."""

from pathlib import Path

from avatar.engine.performers.base import Take
from avatar.engine.vendors.orders import Context
from avatar.engine.wav2lip import CHECKPOINT, Wav2LipOptions, find_checkpoint, lipsync
from studio.lib.engines import Engine

PADS = ("pad_top", "pad_bottom", "pad_left", "pad_right")


class Wav2LipPerformer:
    """Satisfies performers.base.Performer."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def perform(self, take: Take, context: Context, folder: Path) -> Path:
        """A film of the source's own size. Progress counts as a whole, looking for faces too."""
        named = context.access.environ.get(CHECKPOINT, "").strip()
        out = folder / "wav2lip.mp4"
        lipsync(
            take.source,
            take.audio,
            out,
            checkpoint=Path(named).expanduser() if named else find_checkpoint(),
            options=_options(take),
            on_progress=lambda stage, share: context.on_progress(share),
            on_warning=context.on_warning,
            should_stop=context.should_stop,
        )
        return out


def _options(take: Take) -> Wav2LipOptions:
    chosen = dict(take.options)
    top, bottom, left, right = (round(chosen.pop(name)) for name in PADS)
    return Wav2LipOptions(pads=(top, bottom, left, right), device=take.device, **chosen)
