"""One clock for every process of a run: it can stand on another day and go faster.

It is a small file of three numbers: a real moment, the moment it stands for, and how many seconds
pass in one. All processes read it again when it changes.
"""

import copyreg
import datetime as datetime_module
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NAME = "BENCH_CLOCK"
LOOK_S = 0.2  # how old a reading of the file may be
Real = datetime_module.datetime
real_time = time.time


class Clock:
    """The clock in that file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._looked = -1e9
        self._says = (0.0, 0.0, 1.0)

    def time(self) -> float:
        """Seconds since 1970."""
        real = real_time()
        if real - self._looked > LOOK_S:
            self._says = tuple(json.loads(self.path.read_text()))
            self._looked = real
        began, stands_for, rate = self._says
        return stands_for + (real - began) * rate

    @property
    def rate(self) -> float:
        self.time()
        return self._says[2]

    def set(self, *, stands_for: float | None = None, rate: float) -> None:
        """Go at that rate from now on; from another moment when one is given."""
        now = self.time() if stands_for is None else stands_for
        spare = self.path.with_suffix(".new")
        spare.write_text(json.dumps([real_time(), now, rate]))
        os.replace(spare, self.path)
        self._looked = -1e9


class _Kind(type):
    def __instancecheck__(cls, one: object) -> bool:
        return isinstance(one, Real)

    def __subclasscheck__(cls, one: type) -> bool:
        return issubclass(one, Real)


def _taken_apart(one: Real) -> tuple[Callable[..., Real], tuple[object, ...]]:
    day, clock = (one.year, one.month, one.day), (one.hour, one.minute, one.second)
    return _put_together, (*day, *clock, one.microsecond, one.tzinfo)


def _put_together(*parts: Any) -> Real:
    return Real(*parts)


def install() -> None:
    """Let this process live by the clock that the environment names. Before anything of Django is
    imported.
    """
    clock = Clock(Path(os.environ[NAME]))

    class Moved(Real, metaclass=_Kind):
        @classmethod
        def now(cls, tz: datetime_module.tzinfo | None = None) -> Real:
            return Real.fromtimestamp(clock.time(), tz)

        @classmethod
        def utcnow(cls) -> Real:
            return Real.fromtimestamp(clock.time(), datetime_module.UTC).replace(tzinfo=None)

    copyreg.pickle(Real, _taken_apart)  # its own way asks for a class of its own name
    time.time = clock.time
    datetime_module.datetime = Moved  # type: ignore[misc]
    from django.utils import timezone

    timezone.now = lambda: Real.fromtimestamp(clock.time(), datetime_module.UTC)
