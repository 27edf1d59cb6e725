"""What was ordered and paid for. It is written before anything is sent, so that a render that was
killed knows afterwards what it may have bought.

    reserved -> sending -> placed -> done
        |          |          +---> failed
        |          +---> absent (proved: nothing was made)
        +---> absent

An order found in `sending` went out and nobody knows what became of it.
"""

import fcntl
import json
import math
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from avatar.engine.errors import Busy, OverBudget


class State(StrEnum):
    RESERVED = "reserved"  # the budget allows it; nothing has left
    SENDING = "sending"
    PLACED = "placed"  # the vendor has given it a name
    DONE = "done"
    FAILED = "failed"  # the vendor tried
    ABSENT = "absent"  # certain that nothing was made or charged


NOTHING = "Nothing was ordered."
OVER = (State.FAILED, State.ABSENT)

ANOTHER_S = 5  # until a place may be free
ELSEWHERE = "The same order is sent by another command; it is asked after soon."
UNDER_WAY = "it is under way; the same command goes on with it."
UNKNOWN = (
    "nobody knows whether it arrived. The same command looks for it and does not order it again;"
    " --order-again does."
)


@dataclass(frozen=True)
class Paid:
    """One thing that costs money.

    key: hash of everything that goes in; the same thing has the same key.
    what: film, speech, clone, words or sound.
    usd: what the table says it will cost; None where it does not say.
    rest_usd: of the parts that come after it, without which it is of no use.
    account: whose slots it takes.
    about: what was asked for, without secrets, for the record.
    """

    key: str
    engine: str
    what: str
    usd: float | None
    account: str = ""
    at_once: int = 0  # 0: any number
    about: Mapping[str, Any] = field(default_factory=dict)
    rest_usd: float = 0.0

    @property
    def whole_usd(self) -> float | None:
        """What the budget must have room for."""
        return None if self.usd is None else self.usd + self.rest_usd


@dataclass(frozen=True)
class Entry:
    """What is on record of an order."""

    state: State
    # In `sending` what was sent, later the vendor's names for it.
    handle: dict[str, Any] = field(default_factory=dict)
    result: Path | None = None  # what was made, on this machine
    since_s: float = 0.0  # how long it has been in this state
    # Where its vendor may tell that it is over, of one in `reserved`; empty: nowhere.
    webhook_url: str = field(default="", repr=False)


class Journal(Protocol):
    """Every verb is on disk when it returns."""

    def begin(self, paid: Paid) -> Entry:
        """Reserve it, or find what is on record: never `failed` or `absent`, those begin anew.

        Raises OverBudget, and Busy when the account has no free slot.
        """
        ...

    def estimated(self, key: str, usd: float, rest_usd: float = 0.0) -> None:
        """The vendor's own word for what a reserved order will cost, instead of the table's.

        rest_usd: of the parts after it, at that price. Raises OverBudget when all of it is more
        than is left; the order is `absent` then.
        """
        ...

    def sending(self, key: str, handle: dict[str, Any] | None = None) -> None:
        """It leaves now. handle: what it takes to send exactly the same again, or to find it."""
        ...

    def placed(self, key: str, handle: dict[str, Any]) -> None: ...

    def absent(self, key: str, why: str) -> None: ...

    def failed(self, key: str, why: str, *, usd: float | None = 0.0) -> None:
        """usd: what it cost all the same; None: nobody knows."""
        ...

    def done(
        self, key: str, result: Path | None, *, usd: float | None, facts: Mapping[str, Any]
    ) -> Path | None:
        """Keep the result. Returns where; the file that was given may be moved."""
        ...

    def lost(self, key: str, why: str) -> None:
        """What was made and paid for is gone at the vendor: it can only be ordered anew."""
        ...


def check_price(usd: float | None, left_usd: float, of_what: str) -> None:
    """Raises OverBudget for what costs more than is left, or nobody knows how much where nothing
    is. of_what: "of the 5.00 USD that are allowed".
    """
    if usd is None and left_usd <= 0:
        raise OverBudget(f"What this costs is not known, and nothing is left {of_what}. {NOTHING}")
    if usd is not None and usd > max(0.0, left_usd):
        raise OverBudget(
            f"This would cost about {usd:.2f} USD; {of_what}, {max(0.0, left_usd):.2f} are left."
            f" {NOTHING}"
        )


def dearer(
    usd: float, shown_usd: float | None, left_usd: float, of_what: str, rest_usd: float
) -> str:
    """Why an order is not placed that its vendor takes more for than the table says."""
    shown = "no price" if shown_usd is None else f"about {shown_usd:.2f} USD"
    parts = f" and {rest_usd:.2f} USD for the parts after it" if rest_usd else ""
    return (
        f"The vendor would take {usd:.2f} USD for this{parts}, where {shown} was shown; {of_what},"
        f" {max(0.0, left_usd):.2f} are left. {NOTHING}"
    )


def _told(usd: float | None) -> str:
    return "an unknown price" if usd is None else f"{usd:.4f} USD"


class FileJournal:
    """A journal in a folder, one folder an order.

    most_usd: of all orders of this process. again: a person says that orders without an answer
    came to nothing, and may be sent once more.
    """

    def __init__(
        self, folder: Path, most_usd: float | None = None, *, again: bool = False
    ) -> None:
        self.folder, self.most_usd, self.again = folder, most_usd, again
        self._reserved_usd: dict[str, float] = {}  # by this process, order by order
        self.bought: list[dict[str, Any]] = []  # by this process
        self.in_vain: list[dict[str, Any]] = []  # paid all the same
        self._open: dict[str, dict[str, Any]] = {}  # sent, and not over when last looked at

    def begin(self, paid: Paid) -> Entry:
        with self._locked(paid.key) as row:
            if row and not self._is_over(row):
                entry = self._entry(paid.key, row)
                if entry.state != State.RESERVED:
                    self._note(paid.key, row)
                    return entry
            self._check_place(paid)
            self._reserved_usd.pop(paid.key, None)
            if self.most_usd is not None:
                left_usd = self.most_usd - self._spent_usd()
                check_price(paid.whole_usd, left_usd, self._allowed)
            self._reserved_usd[paid.key] = paid.usd or 0.0
            self._write(paid.key, {**asdict(paid), "about": dict(paid.about)}, State.RESERVED)
        return Entry(State.RESERVED)

    def estimated(self, key: str, usd: float, rest_usd: float = 0.0) -> None:
        shown = self._reserved_usd.pop(key, 0.0)
        left = math.inf if self.most_usd is None else self.most_usd - self._spent_usd()
        if usd + rest_usd > left:
            why = dearer(usd, shown, left, self._allowed, rest_usd)
            self.absent(key, why)
            raise OverBudget(why)
        self._reserved_usd[key] = usd
        self._change(key, State.RESERVED, of=(State.RESERVED,), usd=usd)

    def sending(self, key: str, handle: dict[str, Any] | None = None) -> None:
        if not self._change(key, State.SENDING, of=(State.RESERVED,), handle=handle or {}):
            raise Busy(ELSEWHERE, retry_after_s=ANOTHER_S)

    def placed(self, key: str, handle: dict[str, Any]) -> None:
        self._change(key, State.PLACED, handle=handle)

    def absent(self, key: str, why: str) -> None:
        """Not of what the same command has sent meanwhile, started a second time."""
        sent = (State.SENDING,) if key in self._open else ()
        self._change(key, State.ABSENT, of=(State.RESERVED, *sent), why=why)

    def failed(self, key: str, why: str, *, usd: float | None = 0.0) -> None:
        self._change(key, State.FAILED, why=why, usd=usd)

    def done(
        self, key: str, result: Path | None, *, usd: float | None, facts: Mapping[str, Any]
    ) -> Path | None:
        kept = None
        if result is not None:
            kept = self._home(key) / f"result{result.suffix}"
            shutil.move(result, kept)
        self._change(key, State.DONE, result=kept and kept.name, usd=usd, facts=dict(facts))
        return kept

    def bill(self) -> list[str]:
        """A line for each order that this process paid, their sum, and what is still under way."""
        lines = [f"paid {_in_words(one)}." for one in self.bought if one["usd"] != 0]
        lines += [f"paid {_in_words(one)}; it cannot be used." for one in self.in_vain]
        if len(lines) > 1:
            total = sum(one["usd"] or 0.0 for one in (*self.bought, *self.in_vain))
            lines.append(f"paid {total:.4f} USD in all.")
        for row in self._open.values():
            is_placed = row["state"] == State.PLACED
            lines.append(f"{_in_words(row)}: {UNDER_WAY if is_placed else UNKNOWN}")
        return lines

    def _check_place(self, paid: Paid) -> None:
        """Raises Busy when the account has as many under way as it may."""
        taken = sum(row.get("account") == paid.account for row in self._open.values())
        if paid.at_once and taken >= paid.at_once:
            raise Busy(
                f"The account takes {paid.at_once} at a time; the next one is ordered when one is"
                " done.",
                retry_after_s=ANOTHER_S,
            )

    def _note(self, key: str, row: Mapping[str, Any]) -> None:
        """What is under way, for the bill and for the account's places."""
        if row["state"] in (State.SENDING, State.PLACED):
            self._open[key] = dict(row)
        else:
            self._open.pop(key, None)

    def lost(self, key: str, why: str) -> None:
        self._change(key, State.FAILED, why=why)

    def _spent_usd(self) -> float:
        return sum(self._reserved_usd.values())

    @property
    def _allowed(self) -> str:
        return f"of the {self.most_usd:.2f} USD that are allowed"

    def _is_over(self, row: dict[str, Any]) -> bool:
        return row["state"] in OVER or (self.again and row["state"] == State.SENDING)

    def _change(
        self, key: str, state: State, *, of: tuple[State, ...] = (), **changes: Any
    ) -> bool:
        """of: what it is changed from; empty: anything. False when it is something else."""
        with self._locked(key) as row:
            if of and row["state"] not in of:
                return False
            self._write(key, {**row, **changes}, state)
        now = {**row, **changes, "state": state}
        self._note(key, now)
        if state in (*OVER, State.DONE):
            self._reserved_usd[key] = float(changes.get("usd") or 0.0)
        if state == State.DONE:
            self.bought.append(now)
        elif state == State.FAILED and now["usd"]:
            self.in_vain.append(now)
        return True

    @contextmanager
    def _locked(self, key: str) -> Iterator[dict[str, Any]]:
        """What is on record, while nobody else changes it."""
        home = self._home(key)
        home.mkdir(parents=True, exist_ok=True)
        with (home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            file = home / "order.json"
            yield json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def _write(self, key: str, row: Mapping[str, Any], state: State) -> None:
        from avatar.engine.cache import place_text

        text = json.dumps({**row, "state": state, "at": time.time()}, ensure_ascii=False, indent=1)
        place_text(text, self._home(key) / "order.json")

    def _entry(self, key: str, row: dict[str, Any]) -> Entry:
        result = self._home(key) / row["result"] if row.get("result") else None
        if result is not None and not result.exists():
            result = None
        age_s = max(0.0, time.time() - row["at"])
        return Entry(State(row["state"]), row.get("handle", {}), result, age_s)

    def _home(self, key: str) -> Path:
        return self.folder / key[:32]


def _in_words(row: Mapping[str, Any]) -> str:
    return f"{_told(row['usd'])} for {row['what']} by {row['engine']}"
