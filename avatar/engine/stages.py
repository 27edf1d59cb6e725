"""The stages of a reel in the making: what they are called, and how far each takes it."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from avatar.engine.errors import Cancelled

T = TypeVar("T")


class Stage(NamedTuple):
    label: str  # for people
    ends_at: float  # share of the whole: drawing is nearly all of it


STAGES = {
    "analyse": Stage("studying the photo", 0.04),
    "speak": Stage("speaking", 0.09),
    "align": Stage("finding the sounds", 0.12),
    "perform": Stage("performing", 0.98),
    "assemble": Stage("cover and subtitles", 1.0),
}


def progress(stage: str, share: float) -> float:
    """How much of the whole is done when this share of a stage is."""
    names = list(STAGES)
    before = names.index(stage) - 1
    begin = STAGES[names[before]].ends_at if before >= 0 else 0.0
    return begin + share * (STAGES[stage].ends_at - begin)


class Course:
    """How far one reel has come, what its stages took, and whether somebody wants it to stop.

    seconds: waited for each of speak, align, analyse, render and encode.
    """

    def __init__(
        self, on_progress: Callable[[str, float], None], should_stop: Callable[[], bool]
    ) -> None:
        self.on_progress, self.should_stop = on_progress, should_stop
        self.seconds: dict[str, float] = dict.fromkeys(
            ("speak", "align", "analyse", "render", "encode"), 0.0
        )

    def stage(self, stage: str, work: Callable[[], T]) -> T:
        """Do a whole stage, timed, its beginning and end reported. Raises Cancelled."""
        self.check_stop()
        self.progress(stage, 0.0)
        with self.timed(stage):
            done = work()
        self.progress(stage, 1.0)
        return done

    def progress(self, stage: str, share: float) -> None:
        self.on_progress(stage, progress(stage, share))

    def check_stop(self) -> None:
        if self.should_stop():
            raise Cancelled("Stopped as asked.")

    @contextlib.contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - started
