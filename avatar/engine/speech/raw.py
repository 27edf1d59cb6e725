"""What a vendor gave for one piece of text, as it is kept: paid for, and not touched since."""

import base64
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from avatar.engine.errors import BadResult, InputError
from avatar.engine.media.probe import probe
from avatar.engine.media.sound import read_sound
from avatar.engine.speech.times import Fragment
from avatar.engine.types import Waveform

# Nobody says so many letters in a second: what is shorter has been cut off.
MOST_CHARS_A_S = 45.0
SLACK_S = 0.6  # between the end of the last letter and the end of the sound


@dataclass(frozen=True)
class Raw:
    """One piece as it was bought.

    format: the suffix of its file. times: of letters or words of the text, if the vendor gives
    any. facts: request id and the like.
    """

    audio: bytes = field(repr=False)
    format: str
    text: str
    times: Sequence[Fragment] = ()
    usd: float | None = None  # as far as the vendor says
    facts: Mapping[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        kept = {**asdict(self), "audio": base64.b64encode(self.audio).decode()}
        path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Raw":
        kept = json.loads(path.read_text(encoding="utf-8"))
        times = tuple((str(text), float(a), float(b)) for text, a, b in kept.pop("times"))
        return cls(**{**kept, "audio": base64.b64decode(kept["audio"]), "times": times})


def decoded(raw: Raw, label: str) -> tuple[Waveform, int]:
    """Its sound. Raises BadResult for one that cannot be the text: silent, cut off, no sound."""
    if not raw.audio:
        raise BadResult(f"{label} gave no sound.")
    if not _is_whole(raw.audio):
        raise BadResult(f"What {label} spoke has been cut off: its file ends too early.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"voice.{raw.format}"
        path.write_bytes(raw.audio)
        try:
            sound, rate = read_sound(path)
            announced_s = probe(path).duration_ms / 1000  # an MP3 file's head says it
        except InputError as e:
            raise BadResult(f"What {label} spoke cannot be used: {e}") from e
    seconds = len(sound) / rate
    ends_s = max((end for _, _, end in raw.times), default=0.0)
    if max(ends_s, announced_s) > seconds + SLACK_S or len(raw.text) > MOST_CHARS_A_S * seconds:
        raise BadResult(
            f"What {label} spoke has been cut off: {seconds:.1f} seconds came for"
            f" {len(raw.text)} characters."
        )
    return sound, rate


def _is_whole(audio: bytes) -> bool:
    """Whether a WAV file holds as much as its head announces. Servers that write while they
    speak announce 2 GB or more.
    """
    if audio[:4] != b"RIFF":
        return True
    announced = int.from_bytes(audio[4:8], "little") + 8
    return announced > 0x7FFFFFFF or len(audio) >= announced


def fragments(
    texts: Sequence[Any], starts: Sequence[Any], ends: Sequence[Any]
) -> tuple[Fragment, ...]:
    """Three arrays of a vendor as one; nothing when they do not belong together."""
    try:
        found = tuple(
            (str(text), float(start), float(end))
            for text, start, end in zip(texts, starts, ends, strict=True)
        )
    except (TypeError, ValueError):
        return ()
    return found
