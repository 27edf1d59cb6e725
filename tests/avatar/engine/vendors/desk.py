"""Where orders to one vendor are placed in tests, with one journal."""

import json
import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from avatar.engine.film import checked
from avatar.engine.vendors.access import VENDORS, Access
from avatar.engine.vendors.clients import client_of
from avatar.engine.vendors.journal import FileJournal, Paid
from avatar.engine.vendors.orders import Context, ordered, paid_key
from studio.lib.engines import Engine
from studio.sandbox.state import sha256_of
from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import orders as charged
from tests.sounds import humming


@dataclass
class Desk:
    engine: Engine
    folder: Path  # of the journal
    inputs: dict[str, Any]
    sound_ms: int
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def vendor(self) -> str:
        return self.engine.vendor

    @property
    def label(self) -> str:
        return VENDORS[self.vendor].label

    def access(self, key: str = "") -> Access:
        own = {VENDORS[self.vendor].key: key} if key else {}
        return Access({**os.environ, **self.environ, **own})

    def order(self, *, patience_s=30.0, key="", check=None, **journal) -> Path:
        access = self.access(key)
        client = client_of(self.vendor, access)
        client.poll_s = 0.05
        context = Context(access, FileJournal(self.folder, **journal), patience_s=patience_s)
        account = access.account(self.vendor)
        paid = Paid(paid_key(self.engine, self.inputs, account), self.engine.name, "film", 0.1)
        check = check or partial(looked_through, self.sound_ms)
        return ordered(context, client, self.engine, paid, self.inputs, check=check)

    def charges(self, sandbox) -> list[int]:
        """How often each order was charged, by the double's own count."""
        return [one["charged"] for one in charged(sandbox, self.vendor)]

    def kept(self) -> dict[str, Any]:
        """What is on record of the only order."""
        (file,) = self.folder.glob("*/order.json")
        return json.loads(file.read_text())


_GOOD: set[tuple[int, str]] = set()


def looked_through(sound_ms: int, film: Path) -> None:
    """What an engine's film is checked for. The doubles give the same ones again and again, and
    one look at each is six processes.
    """
    known = sound_ms, sha256_of(film)
    if known not in _GOOD:
        checked(film, expected_ms=sound_ms, moves=False)
        _GOOD.add(known)


def given(folder: Path, sound_ms: int, size="144x256", fps=25) -> dict[str, Path]:
    """A photo, a sound and footage as long as the sound."""
    names = {"image": "photo.jpg", "audio": "voice.wav", "video": "footage.mp4"}
    files = {name: folder / file for name, file in names.items()}
    Image.effect_noise((320, 480), 40).convert("RGB").save(files["image"])
    humming(files["audio"], sound_ms / 1000)
    media.run_ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=s={size}:r={fps}:d={sound_ms / 1000}",
        *media.QUICK, str(files["video"]),
    )  # fmt: skip
    return files


def inputs_of(engine: Engine, files: dict[str, Path], **chosen: Any) -> dict[str, Any]:
    """What the engine is given, as HostedPerformer gives it."""
    source = "video" if engine.takes("video") and "image" not in chosen else "image"
    chosen.pop("image", None)
    found: dict[str, Any] = {source: files[source]}
    if engine.takes("audio"):
        found["audio"] = files["audio"]
    if engine.takes("aspect_ratio"):
        found["aspect_ratio"] = "9:16"
    if "output_language" in engine.options:
        chosen = {"output_language": "Spanish", **chosen}
    return {**found, **engine.fixed, **engine.settled(chosen)}
