"""Every voice, performer and listener in a reel made from the dashboard, against the double:
`python -m benchmarks.engines`.

A fresh installation, its real processes and the double run in a folder of their own. Somebody
signs up over HTTP, uploads photo, voice and video, agrees, and asks for a reel with every engine
by the form that the page shows. Of each reel is looked at: whom the page names, the film, what the
double charged, and what the page says it cost.
"""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from avatar.engine.registry import ENGINES
from avatar.engine.vendors.access import Access
from benchmarks.engines import faults, stand_ins, studio
from benchmarks.engines.browser import NotOnThePage
from benchmarks.engines.faults import SUBJECTS
from benchmarks.engines.making import Desk, check_story
from benchmarks.engines.person import FEW_WORDS, WORDS, TookTooLong
from benchmarks.engines.plan import plans
from benchmarks.engines.table import LONGEST_NAME, print_table


def main() -> None:
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and everything with it
    with tempfile.TemporaryDirectory() as made:
        folder = given.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if not _run(given, folder):
            sys.exit("NOT as it should be.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.engines", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these engines")
    parser.add_argument(
        "--faults",
        nargs="*",
        metavar="KIND",
        help=f"instead: every fault of the double, for {'; '.join(one.kind for one in SUBJECTS)}",
    )
    parser.add_argument("--keep", type=Path, help="a new folder to leave everything in")
    given = parser.parse_args()
    if unknown := [name for name in given.only if name not in ENGINES]:
        parser.error(f"There is no engine {', '.join(unknown)}.")
    if unknown := set(given.faults or ()) - {one.kind for one in SUBJECTS}:
        parser.error(f"There is no kind {', '.join(unknown)}.")
    return given


def _run(given: argparse.Namespace, folder: Path) -> bool:
    begun = time.monotonic()
    wanted = [ENGINES[name] for name in given.only] or list(ENGINES.values())
    environ = stand_ins.written_into(folder / "stand-ins")
    with studio.opened(folder, environ) as house:
        access = Access(house.environ)
        written = _written(house, given)
        if given.faults is not None:
            return faults.run(house, given.faults)
        desk = Desk(house, plans(wanted, access))
        print(f"{time.monotonic() - begun:.0f} s: moved in; {len(desk.waiting)} reels to make")
        made = desk.work()
        check_story(made, house.story())
        fine = print_table(made, access, {"28": written})
        for problem in (*house.paid_twice(), *house.sandbox.crashes):
            print(f"  ! {problem}")
            fine = False
    print(f"{time.monotonic() - begun:.0f} s in all")
    return fine


def _written(house: studio.Studio, given: argparse.Namespace) -> list[str]:
    """Somebody's script, written and translated by a language model. Lines of the table."""
    person = house.person
    begun, before = time.monotonic(), house.paid()["openai"]
    who = person.have_written()
    lines = [_line("openai (writer)", house, before, begun, "openai writer" in who)]
    person.reword_and_approve(WORDS if given.faults is None else FEW_WORDS)
    if not given.only and given.faults is None:
        begun, before = time.monotonic(), house.paid()["openai"]
        try:
            person.translate("de")
        except (NotOnThePage, TookTooLong) as e:
            print(f"  ! {e}")
            return []
        lines.append(_line("translate:openai", house, before, begun, True))
    return lines


def _line(name: str, house: studio.Studio, before: int, begun: float, fine: bool) -> str:
    orders = house.paid()["openai"] - before
    state = "written" if fine else "WRONG"
    seconds = time.monotonic() - begun
    return f"{name:{LONGEST_NAME}} {state:9} {orders:6} {'not known':>12} {seconds:8.0f}"


if __name__ == "__main__":
    main()
