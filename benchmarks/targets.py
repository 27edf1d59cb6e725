"""Closures, silence, offset, drift, blinks and identity, by the judge on rendered video."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from avatar.engine.face import analyse
from avatar.engine.face.head import MARGIN, STEP
from avatar.engine.face.puppet import Puppet
from avatar.engine.judge import judge
from avatar.engine.order import load_photo
from avatar.engine.types import Performance
from benchmarks.command import SENTENCE, spoken, workplace
from benchmarks.gpu import lively
from benchmarks.lips import CLOSURES, OPTIONS, QUIET, QUIET_WITH_EDGES, pooled, rendered

RATES = 24, 25, 30, 60
MINUTES = 5
# Recordings of the media folder whose text is known; the first three are LibriVox, public domain.
SPOKEN = {
    "LJ001-0001.wav": "Printing, in the only sense with which we are at present concerned, differs"
    " from most if not from all the arts and crafts represented in the Exhibition",
    "LJ001-0002.wav": "in being comparatively modern.",
    "LJ001-0003.wav": "For although the Chinese took impressions from wood blocks engraved in"
    " relief for centuries before the woodcutters of the Netherlands, by a similar process",
    "jfk_inaugural.flac": "And so, my fellow Americans, ask not what your country can do for you,"
    " ask what you can do for your country.",
    "arctic_slt_a0009.wav": "He turned sharply, and faced Gregson across the table.",
}
OWN = (
    ("en-us", "My best camera broke. So I bought a pump, a map, and a big blue bag. Maybe you must"
              " stop, too: put the phone away, and come back in a month. Simple. Bye!"),
    ("de", "Guten Morgen, mein Name ist Paula. Bitte probier das bis Mittwoch aus. Abends bleibt"
           " immer ein bisschen Platz für Musik."),
    ("es", "Mi papá compra un barco pequeño. Por la mañana bebemos un poco de café, y también"
           " hablamos del mapa."),
)  # fmt: skip


def targets(photo: Path, media: Path) -> None:
    """Print each row of the table of targets that a finished video can show."""
    with workplace() as name:
        folder = Path(name)
        reels = [_spoken(photo, text, language, folder) for language, text in OWN]
        reels += [
            _spoken(photo, text, "en-us", folder, media / "speech" / name)
            for name, text in SPOKEN.items()
            if (media / "speech" / name).exists()
        ]
        _print_lips(reels)
        _print_offsets(photo, folder)
        _print_identity(photo, folder)


def long(photo: Path) -> None:
    """Print drift and blinks over five minutes."""
    with workplace() as folder:
        reel, cues = rendered(photo, None, spoken(60 * MINUTES), Path(folder), OPTIONS)
        found = judge(reel, cues=cues)
    blinks, offset = found["blinks"], found["offset"]
    print(
        f"over {found['video']['seconds']:.0f} s: drift against the phones"
        f" {offset['phones']['drift_ms_per_minute']:.1f}, against the sound"
        f" {offset['sound']['drift_ms_per_minute']:.1f} ms a minute;"
        f" {blinks['per_minute']} blinks a minute, {blinks['both_lids']:.0%} with both lids,"
        f" gaps vary by {blinks['gap_variation']:.2f}, lids down to {blinks['closed_to']:.2f}\n"
    )


def _spoken(
    photo: Path, text: str, language: str, folder: Path, audio: Path | None = None
) -> dict[str, Any]:
    options = replace(OPTIONS, language=language)
    reel, cues = rendered(photo, audio, text, folder, options)
    found = judge(reel, cues=cues, photo=photo)
    found["video"]["file"] = audio.stem if audio else f"sketch voice, {language}"
    return found


def _print_lips(reels: list[dict[str, Any]]) -> None:
    print("closures (opening <= 10 % of the 95th percentile), quiet mouths (<= 5 %), blinks:")
    for found in reels:
        closures, quiet, blinks = (found[name] for name in ("closures", "quiet", "blinks"))
        print(
            f"  {found['video']['file']:22} {found['video']['seconds']:5.1f} s"
            f"   closures {_rate(closures['rate'], closures['n'])}"
            f"   quiet {_rate(quiet['rate'], quiet['frames'])}"
            f"   with edges {_rate(quiet['rate_with_edges'], quiet['frames_with_edges'])}"
            f"   {blinks['n']} blinks"
        )
    for what in (CLOSURES, QUIET, QUIET_WITH_EDGES):
        edges = ", edges included" if what is QUIET_WITH_EDGES else ""
        print(f"  all: {pooled(reels, *what)}{edges}")
    print()


def _rate(rate: float | None, n: int) -> str:
    return "    -        " if rate is None else f"{rate:6.1%} of {n:3}"


def _print_offsets(photo: Path, folder: Path) -> None:
    """The same words at every frame rate: lips late against phones, and against the sound."""
    print("lips later than the sound, ms, by the phones (by the sound):")
    for fps in RATES:
        reel, cues = rendered(photo, None, 3 * SENTENCE, folder, replace(OPTIONS, fps=fps))
        offset = judge(reel, cues=cues)["offset"]
        print(
            f"  {fps} fps, a frame is {1000 / fps:4.1f} ms:"
            f" {offset['phones']['ms']:+6.1f} ({offset['sound']['ms']:+6.1f})"
        )
    print()


def _print_identity(photo: Path, folder: Path) -> None:
    """The photo against a finished video, and before encoding: at rest, and beyond the head."""
    still = replace(OPTIONS, width=1080, height=1920, motion=0, expression=0)
    reel, cues = rendered(photo, None, SENTENCE, folder, still)
    identity = judge(reel, cues=cues, photo=photo)["identity"]
    print(
        f"rest frame of the finished video against the photo, 1080x1920, head without mouth:"
        f" {identity['psnr_db']:.1f} dB, what encoding leaves"
    )
    image = load_photo(photo)
    puppet = Puppet(image, analyse(image), 2 * OPTIONS.width, 2 * OPTIONS.height, device="cpu")
    rig = puppet.rig
    rest = next(puppet.frames(Performance(fps=25, n_frames=1, curves={})))
    beyond_mouth = np.ones((rig.height, rig.width), bool)
    x0, y0, x1, y1 = rig.mouth.box
    beyond_mouth[y0:y1, x0:x1] = False
    luma = rest[: rig.height].astype(np.float64) - rig.y
    error = float(np.mean(np.square(luma[beyond_mouth])))
    beyond_head = np.kron(~rig.head.basis.any(axis=0), np.ones((STEP, STEP), bool))
    beyond_head = ~cv2.dilate(
        (~beyond_head).astype(np.uint8), np.ones((2 * STEP + 1,) * 2)
    ).astype(bool)
    edge = MARGIN * STEP
    beyond_head = beyond_head[edge : edge + rig.height, edge : edge + rig.width]
    moved = max(
        int(np.abs(frame[: rig.height].astype(np.int16) - rig.y)[beyond_head].max())
        for frame in puppet.frames(lively(60))
    )
    psnr = f"{10 * np.log10(255**2 / error):.1f} dB" if error else "equal"
    print(
        f"before encoding, {rig.width}x{rig.height}: rest frame against the photo beyond the mouth"
        f" {psnr}; {beyond_head.mean():.0%} of the picture is beyond head and shoulders,"
        f" there frames differ from the photo by at most {moved} of 255\n"
    )
