"""What prints the numbers we quote.

    python -m benchmarks [--only speed,memory] [--seconds 30] [--photo me.jpg] [720x1280@25 …]

All parts take half an hour on two cores; --only runs some of them.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks.command import HOPPER

Part = Callable[[argparse.Namespace], None]


def _speed(given: argparse.Namespace) -> None:
    from benchmarks.reel import SIZES, cold_start, speed

    cold_start(given.photo)
    speed(given.photo, given.seconds, tuple(given.sizes) or SIZES)


PARTS: dict[str, Part] = {"speed": _speed}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("sizes", nargs="*", metavar="WIDTHxHEIGHT@FPS")
    parser.add_argument("--only", type=_parts, default=tuple(PARTS), help=", ".join(PARTS))
    parser.add_argument("--photo", type=Path, default=HOPPER)
    parser.add_argument("--seconds", type=float, default=30, help="length of a reel, roughly")
    given = parser.parse_args()
    for part in given.only:
        PARTS[part](given)


def _parts(names: str) -> tuple[str, ...]:
    chosen = tuple(names.split(","))
    unknown = set(chosen) - set(PARTS)
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(PARTS)}")
    return chosen


if __name__ == "__main__":
    main()
