"""A process that is asked to stop by a signal, and waits in between."""

import time
from typing import Any

SLICE_S = 0.25


class Stop:
    """Like threading.Event, and may be set in a signal handler: an Event takes a lock there that
    its own `wait` may be holding in the same thread, and then neither ever ends.
    """

    def __init__(self) -> None:
        self._asked = False

    def set(self, *_: Any) -> None:
        """Also as a signal's handler."""
        self._asked = True

    def is_set(self) -> bool:
        return self._asked

    def wait(self, seconds: float) -> None:
        """At most so long, and hardly at all once it is set.

        In slices: a signal that comes just before a sleep begins does not cut it short.
        """
        until = time.monotonic() + seconds
        while not self._asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_S))
