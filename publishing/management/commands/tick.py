"""manage.py tick [--drain] [--every SECONDS]"""

import signal
import threading
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from publishing.tick import Report, drain, tick


class Command(BaseCommand):
    help = "Start everything that is due; the heartbeat of the installation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--drain",
            action="store_true",
            help="do it all in this process and return; for cron, without clusters",
        )
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="again and again, until stopped"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        work = drain if options["drain"] else tick
        if options["every"] is None:
            report = work()
            self.stdout.write(str(report))
            if report.errors:
                raise SystemExit(1)
            return
        stop = threading.Event()

        def on_signal(number: int, frame: FrameType | None) -> None:
            stop.set()

        before = {name: signal.signal(name, on_signal) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            for _ in beats(max(options["every"], 1.0), stop):
                self._once(work)
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

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


def beats(every_s: float, stop: threading.Event) -> Any:
    """Now, and every `every_s` from then on without drift; beats missed while asleep are not made
    up for.

    The monotonic clock is counted, so that setting the computer's clock changes nothing.
    """
    start = time.monotonic()
    while not stop.is_set():
        yield None
        past = (time.monotonic() - start) % every_s
        stop.wait(every_s - past)
