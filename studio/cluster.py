"""One queue cluster that stops when it is asked to: `python -m studio.cluster NAME`.

django-q2's workers must not get the signal that its sentinel gets, or they are started again while
the sentinel waits for them to end; process managers and terminals signal whole groups. So the
cluster runs in a group of its own and only its first process is told to stop. What is still busy a
few seconds later is killed: rows under a lease are taken up again where they were.

A cluster that ends without being asked, because one of its processes was killed, leaves workers
behind that nobody leads, and that keep a process manager from noticing. They are ended and it
starts again.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

PATIENCE_S = 3.5  # honcho kills after 5
NOTICE_S = 0.2
SHORT_LIFE_S = 10
# So many short lives in a row: wrong settings, no database. Fewer happen to a good one, whose
# processes are killed while it starts.
MAX_SHORT_LIVES = 5


def main(name: str) -> int:
    command = [sys.executable, "-m", "studio.qcluster", name]
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: asked.set())
    short_lives = 0
    while True:
        started = time.monotonic()
        code = run(command, asked)
        if asked.is_set():
            return 0
        short_lives = short_lives + 1 if time.monotonic() - started < SHORT_LIFE_S else 0
        if short_lives == MAX_SHORT_LIVES:
            return code or 1
        sys.stderr.write(f"The {name} cluster ended by itself ({code}); it is started again.\n")


def run(command: list[str], asked: threading.Event) -> int:
    """Run one cluster until it ends or is asked to. Nothing of it is left. Its exit code."""
    cluster = subprocess.Popen(command, start_new_session=True)
    try:
        while not asked.is_set():
            with suppress(subprocess.TimeoutExpired):
                return cluster.wait(NOTICE_S)
        cluster.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            return cluster.wait(PATIENCE_S)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(cluster.pid, signal.SIGKILL)
    return cluster.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
