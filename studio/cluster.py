"""One queue cluster that stops when it is asked to: `python -m studio.cluster NAME`.

django-q2's workers must not get the signal that its sentinel gets, or they are started again while
the sentinel waits for them to end; process managers and terminals signal whole groups. So the
cluster runs in a group of its own and only its first process is told to stop. What is still busy a
few seconds later is killed: rows under a lease are taken up again where they were.
"""

import os
import signal
import subprocess
import sys
from types import FrameType

PATIENCE_S = 3.5  # honcho kills after 5


def main(name: str) -> int:
    command = [sys.executable, "manage.py", "qcluster"]
    if name != "default":
        command += ["-n", name]
    cluster = subprocess.Popen(command, start_new_session=True)
    asked = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        cluster.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while True:
        try:
            code = cluster.wait(PATIENCE_S if asked else 1)
            return 0 if asked else code
        except subprocess.TimeoutExpired:
            if asked:
                os.killpg(cluster.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
