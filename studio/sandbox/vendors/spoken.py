"""What jobs speak: a text in a voice, or in that of a sample, as a file."""

from pathlib import Path

from studio.sandbox.state import Sandbox, sha256_of
from studio.sandbox.vendors import media
from studio.sandbox.vendors.audio import encoded
from studio.sandbox.vendors.common import digest
from studio.sandbox.vendors.hearing import remember
from studio.sandbox.vendors.sound import say

PREVIEW = "This is how the voice sounds."  # said where a clone is made and no text was sent
SAMPLE_RATE = 44_100


def spoken(
    sandbox: Sandbox,
    text: str,
    *,
    voice: str = "",
    sample: Path | None = None,
    suffix: str = ".mp3",
    speed: float = 1.0,
) -> Path:
    """The text, read out; the doubles know it again when they hear it.

    sample: whose voice it is, in the place of a name.
    """
    who = sha256_of(sample) if sample else voice
    speech = say(text or PREVIEW, voice=who, speed=speed)
    remember(sandbox, speech)
    data = encoded(
        sandbox, speech.samples, speech.sample_rate, format=suffix[1:], rate=SAMPLE_RATE
    )
    name = digest([text, who, speed, sandbox.rule(f"{sandbox.platform}.bad_voice", "")])
    target = sandbox.folder / "made" / f"said-{name}{suffix}"
    return media.kept(target, lambda path: _write(path, data))


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def embedding(sandbox: Sandbox, sample: Path) -> Path:
    """A file that stands for the voice of a sample."""
    name = sha256_of(sample)
    target = sandbox.folder / "made" / f"voice-{name[:32]}.safetensors"
    return media.kept(target, lambda path: _write(path, name.encode()))
