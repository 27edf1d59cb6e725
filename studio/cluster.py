"""One queue cluster that stops when it is asked to: `python -m studio.cluster NAME`.

django-q2's workers must not get the signal that its sentinel gets, or they are started again while
the sentinel waits for them to end; process managers and terminals signal whole groups. So the
cluster runs in a group of its own and only its first process is told to stop. What is still busy a
few seconds later is killed: rows under a lease are taken up again where they were.

A cluster that ends without being asked, because one of its processes died, leaves workers
behind that nobody leads, and that keep a process manager from noticing. They are ended and it
starts again.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

from studio.lib.stopping import Stop

PATIENCE_S = 3.5  # honcho kills after 5
NOTICE_S = 0.2
SHORT_LIFE_S = 10
# So many in a row that ended soon and with an error: wrong settings. One that was killed, or whose
# broker is away, ends otherwise, and comes back however often that happens.
MAX_FAILURES = 5
PAUSE_S = 1


def main(name: str) -> int:
    command = [sys.executable, "-m", "studio.qcluster", name]
    asked = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, asked.set)
    failures = 0
    while True:
        started = time.monotonic()
        code = run(command, asked)
        if asked.is_set():
            return 0
        is_short = time.monotonic() - started < SHORT_LIFE_S
        failures = failures + 1 if is_short and code > 0 else 0
        if failures == MAX_FAILURES:
            return code
        sys.stderr.write(f"The {name} cluster ended by itself ({code}); it is started again.\n")
        if is_short:
            asked.wait(PAUSE_S)


def run(command: list[str], asked: Stop) -> int:
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
