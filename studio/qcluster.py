"""One django-q2 cluster that ends when one of its processes died; `studio.cluster` runs it.

A process that is killed while it waits at a queue takes the lock of that queue along. django-q2
puts a new process in its place, which would wait for that lock for ever, as all others would. One
that ends by an error has usually met code that was replaced under it; those put in its place hold
the same half of the old code, and the cluster would live on without a single worker.
"""

import ctypes
import os
import signal
import sys
from typing import Any

import django
from django.core.management import call_command

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(name: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    if name != "default":
        os.environ["Q_CLUSTER_NAME"] = name  # django-q2 reads its settings by it, at import
    django.setup()
    _end_with_the_parent()
    _end_with_the_dead()
    call_command("qcluster")


def _end_with_the_parent() -> None:
    """Stop as if asked to when `studio.cluster` is killed, which can then tell nobody anything."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_with_the_dead() -> None:
    from django_q import cluster  # reads the settings

    class Sentinel(cluster.Sentinel):  # type: ignore[misc]  # it has no types
        def reincarnate(self, process: Any) -> None:
            if process.exitcode:  # a signal or an error; None while it lives, 0 after its share
                os._exit(1)
            super().reincarnate(process)

    cluster.Sentinel = Sentinel


if __name__ == "__main__":
    main(sys.argv[1])
