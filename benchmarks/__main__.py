"""What prints the numbers we quote.

    python -m benchmarks [--only speed,memory,…] [--peers] [--photo me.jpg] [720x1280@25 …]

speed    whole reel over encode alone, frames a second of each stage, cold start
memory   peak of a reel of half a minute and of five minutes
gpu      drawing alone on a GPU; whether CPU and GPU draw the same
lips     against real speakers of the same sound, beside the peers (needs the media folder)
phones   how far off phone boundaries are
targets  closures, silence, offset at four frame rates, identity, on rendered video
long     drift and blinks over five minutes
peers    a generator of the size of Wav2Lip's on this machine

All of it takes half an hour on two quiet cores.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from avatar.engine.command import quiet_libraries
from benchmarks.command import HOPPER

MEDIA = "UNDERSTUDY_MEDIA"
HOLDS = "a folder with talking/ (clips of real speakers) and speech/ (recordings)"
Part = Callable[[argparse.Namespace], None]


def _speed(given: argparse.Namespace) -> None:
    from benchmarks.reel import SIZES, cold_start, speed

    cold_start(given.photo)
    speed(given.photo, given.seconds, tuple(given.sizes) or SIZES)


def _memory(given: argparse.Namespace) -> None:
    from benchmarks.memory import memory

    memory(given.photo)


def _lips(given: argparse.Namespace) -> None:
    from benchmarks.lips import lips

    lips(given.photo, given.media)


def _phones(given: argparse.Namespace) -> None:
    from benchmarks.phones import phones

    phones(given.media)


def _targets(given: argparse.Namespace) -> None:
    from benchmarks.targets import targets

    targets(given.photo, given.media)


def _long(given: argparse.Namespace) -> None:
    from benchmarks.targets import long

    long(given.photo)


def _gpu(given: argparse.Namespace) -> None:
    from benchmarks.gpu import gpu

    gpu(given.photo)


def _peers(given: argparse.Namespace) -> None:
    from benchmarks.peers import peers

    peers()


# Each loads its own libraries, so that nothing of another part is in the way of the clock.
PARTS: dict[str, Part] = {
    "speed": _speed,
    "memory": _memory,
    "gpu": _gpu,
    "lips": _lips,
    "phones": _phones,
    "targets": _targets,
    "long": _long,
    "peers": _peers,
}
ASKED_FOR = ("peers",)  # what others need, not we


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    usual = tuple(part for part in PARTS if part not in ASKED_FOR)
    add = parser.add_argument
    add("sizes", nargs="*", metavar="WIDTHxHEIGHT@FPS", help="of the speed part")
    add("--only", type=_parts, default=usual, help=f"some of {','.join(PARTS)}")
    add("--peers", action="store_true", help="a generator of the size of Wav2Lip's, too")
    add("--photo", type=Path, default=HOPPER)
    add("--seconds", type=float, default=30, help="length of a reel of the speed part, roughly")
    add("--media", type=Path, default=os.environ.get(MEDIA, "media"), help=f"or {MEDIA}: {HOLDS}")
    given = parser.parse_args()
    given.media = Path(given.media)
    parts = dict.fromkeys((*given.only, *(ASKED_FOR if given.peers else ())))
    with quiet_libraries():
        for part in parts:
            PARTS[part](given)


def _parts(names: str) -> tuple[str, ...]:
    chosen = tuple(names.split(","))
    unknown = set(chosen) - set(PARTS)
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(PARTS)}")
    return chosen


if __name__ == "__main__":
    main()
