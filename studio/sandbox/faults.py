"""Failures on order: which calls, how often, and how."""

import random
import re
import threading
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args, get_type_hints

# close_before   hang up before anything is done
# close_midway   hang up with half of the body read; what a platform keeps of it, it keeps
# close_after    do it, then hang up without an answer
# close_late     hang up, and do it `seconds` later all the same (small bodies)
# status         refuse with `status` before anything is done; 429 carries Retry-After
# status_after   do it, then answer with `status`
# malformed      do it, then answer with half of the JSON; of a file, the connection ends halfway
# html           do it, then answer 200 with a web page
# slow           do it, then answer drop by drop over `seconds`
# latency        wait `seconds`, then do it
# revoke_token   the caller's token is revoked first
# stuck          what is made here never finishes processing (routes that create only)
# fail_late      ... fails at the end of processing, after a commit where one is early
Kind = Literal[
    "close_before", "close_midway", "close_after", "close_late", "status", "status_after",
    "malformed", "html", "slow", "latency", "revoke_token", "stuck", "fail_late",
]  # fmt: skip
FATES = ("stuck", "fail_late")


@dataclass
class Fault:
    """One order. Empty conditions match everything."""

    kind: Kind
    platform: str = ""
    method: str = ""
    path: str = ""  # a regex found anywhere in the path without the prefix
    commit: bool | None = None  # only calls that can(not) show something
    skip: int = 0  # so many matching calls pass first
    times: int | None = 1  # None: without end
    probability: float = 1.0  # of the matching calls, drawn with `seed`
    seed: int = 0
    status: int = 500
    seconds: float = 1.0
    id: int = 0
    hits: int = 0
    seen: int = 0
    _random: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"There is no fault {self.kind!r}; there are {get_args(Kind)}.")
        re.compile(self.path)
        self._random = random.Random(self.seed)

    def fits(self, platform: str, method: str, path: str, *, commit: bool, creates: bool) -> bool:
        return (
            (not self.platform or self.platform == platform)
            and (not self.method or self.method == method)
            and (self.commit is None or self.commit == commit)
            and (self.kind not in FATES or creates)
            and re.search(self.path, path) is not None
        )

    def strikes(self) -> bool:
        """Whether it hits this matching call."""
        self.seen += 1
        if self.seen <= self.skip or (self.times is not None and self.hits >= self.times):
            return False
        if self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def shown(self) -> dict[str, Any]:
        return {k: v for k, v in asdict(self).items() if not k.startswith("_")}


FIELDS = {
    k: v for k, v in get_type_hints(Fault).items() if k not in ("id", "hits", "seen", "_random")
}


class Faults:
    """All orders that stand. The first that strikes a call is the only one that does."""

    def __init__(self) -> None:
        self._all: list[Fault] = []
        self._lock = threading.Lock()
        self._last = 0

    def add(self, **wanted: Any) -> Fault:
        """Raises ValueError for what is no fault."""
        strange = set(wanted) - set(FIELDS)
        if strange:
            raise ValueError(f"A fault has no {', '.join(sorted(strange))}.")
        try:
            fault = Fault(**wanted)
        except (TypeError, re.error) as e:
            raise ValueError(f"This is no fault: {e}") from e
        with self._lock:
            self._last += 1
            fault.id = self._last
            self._all.append(fault)
        return fault

    def remove(self, id: int) -> None:
        with self._lock:
            self._all = [one for one in self._all if one.id != id]

    def clear(self) -> None:
        with self._lock:
            self._all.clear()

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return [one.shown() for one in self._all]

    def draw(
        self, platform: str, method: str, path: str, *, commit: bool, creates: bool
    ) -> Fault | None:
        """The fault that strikes this call; counts as used."""
        with self._lock:
            for one in self._all:
                if one.fits(platform, method, path, commit=commit, creates=creates) and (
                    one.strikes()
                ):
                    return one
        return None
