"""manage.py tick [--drain] [--every SECONDS]"""

import signal
import time
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from publishing.tick import Pulse, Report, drain, tick
from studio.lib.stopping import Stop

WAIT_S = 300
PULSE_S = 2.0


class Command(BaseCommand):
    help = "Start everything that is due; the heartbeat of the installation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--drain",
            action="store_true",
            help="do it all in this process and return; for cron, without clusters",
        )
        parser.add_argument(
            "--wait",
            type=float,
            default=WAIT_S,
            metavar="SECONDS",
            help="how long --drain waits in all for what goes on by itself, such as a video that a"
            f" platform is still processing; {WAIT_S} if not given, 0 for not at all",
        )
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="again and again, until stopped"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        work = partial(drain, max(options["wait"], 0)) if options["drain"] else tick
        if options["every"] is None:
            report = work()
            self.stdout.write(str(report))
            if report.errors:
                raise SystemExit(1)
            return
        stop = Stop()
        before = {name: signal.signal(name, stop.set) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._run(work, max(options["every"], 1.0), stop, with_pulse=not options["drain"])
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def _run(self, work: Any, every_s: float, stop: Stop, *, with_pulse: bool) -> None:
        """A round every `every_s`, and in between a pulse for posts whose second has come."""
        if not with_pulse or every_s <= PULSE_S:
            for _ in beats(every_s, stop):
                self._once(work)
            return
        pulse, last = Pulse(), -every_s
        for _ in beats(PULSE_S, stop):
            full = time.monotonic() // every_s
            self._once(work if full != last else pulse.beat)
            last = full

    def _once(self, work: Any) -> None:
        """One round; whatever goes wrong in it, there is a next one."""
        close_old_connections()
        try:
            report: Report = work()
        except Exception as e:
            self.stderr.write(f"{type(e).__name__}: {e}")
        else:
            if report.jobs or report.errors:
                self.stdout.write(str(report))
                self.stdout.flush()
        finally:
            close_old_connections()


def beats(every_s: float, stop: Stop) -> Any:
    """Now, and every `every_s` from then on without drift; beats missed while asleep are not made
    up for.

    The monotonic clock is counted, so that setting the computer's clock changes nothing.
    """
    start = time.monotonic()
    while not stop.is_set():
        yield None
        past = (time.monotonic() - start) % every_s
        stop.wait(every_s - past)
