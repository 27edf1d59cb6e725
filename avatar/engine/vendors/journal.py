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
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from avatar.engine.errors import OverBudget


class State(StrEnum):
    RESERVED = "reserved"  # the budget allows it; nothing has left
    SENDING = "sending"
    PLACED = "placed"  # the vendor has given it a name
    DONE = "done"
    FAILED = "failed"  # the vendor tried
    ABSENT = "absent"  # certain that nothing was made or charged


OVER = (State.FAILED, State.ABSENT)


@dataclass(frozen=True)
class Paid:
    """One thing that costs money.

    key: hash of everything that goes in; the same thing has the same key.
    what: film, speech, clone, words or sound.
    usd: what the table says it will cost. account: whose slots it takes.
    about: what was asked for, without secrets, for the record.
    """

    key: str
    engine: str
    what: str
    usd: float
    account: str = ""
    at_once: int = 0  # 0: any number
    about: Mapping[str, Any] = field(default_factory=dict)


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

    def sending(self, key: str, handle: dict[str, Any] | None = None) -> None:
        """It leaves now. handle: what it takes to send exactly the same again, or to find it."""
        ...

    def placed(self, key: str, handle: dict[str, Any]) -> None: ...

    def absent(self, key: str, why: str) -> None: ...

    def failed(self, key: str, why: str, *, usd: float = 0.0) -> None:
        """usd: what it cost all the same."""
        ...

    def done(
        self, key: str, result: Path | None, *, usd: float, facts: Mapping[str, Any]
    ) -> Path | None:
        """Keep the result. Returns where; the file that was given may be moved."""
        ...

    def lost(self, key: str, why: str) -> None:
        """What was made and paid for is gone at the vendor: it can only be ordered anew."""
        ...


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

    def begin(self, paid: Paid) -> Entry:
        with self._locked(paid.key) as row:
            if row and not self._is_over(row):
                return self._entry(paid.key, row)
            spent_usd = sum(self._reserved_usd.values())
            if self.most_usd is not None and spent_usd + paid.usd > self.most_usd:
                raise OverBudget(
                    f"This would cost about {paid.usd:.2f} USD, and {self.most_usd:.2f} USD are"
                    " allowed. Nothing was ordered."
                )
            self._reserved_usd[paid.key] = paid.usd
            self._write(paid.key, {**asdict(paid), "about": dict(paid.about)}, State.RESERVED)
        return Entry(State.RESERVED)

    def sending(self, key: str, handle: dict[str, Any] | None = None) -> None:
        self._change(key, State.SENDING, handle=handle or {})

    def placed(self, key: str, handle: dict[str, Any]) -> None:
        self._change(key, State.PLACED, handle=handle)

    def absent(self, key: str, why: str) -> None:
        self._change(key, State.ABSENT, why=why)

    def failed(self, key: str, why: str, *, usd: float = 0.0) -> None:
        self._change(key, State.FAILED, why=why, usd=usd)

    def done(
        self, key: str, result: Path | None, *, usd: float, facts: Mapping[str, Any]
    ) -> Path | None:
        kept = None
        if result is not None:
            kept = self._home(key) / f"result{result.suffix}"
            shutil.move(result, kept)
        self._change(key, State.DONE, result=kept and kept.name, usd=usd, facts=dict(facts))
        return kept

    def bill(self) -> list[str]:
        """A line for each order that this process paid, and their sum."""
        lines = [f"{one['engine']} ({one['what']}): {one['usd']:.4f} USD" for one in self.bought]
        total = sum(one["usd"] for one in self.bought)
        return [*lines, f"{total:.4f} USD in all"] if len(lines) > 1 else lines

    def lost(self, key: str, why: str) -> None:
        self._change(key, State.FAILED, why=why)

    def _is_over(self, row: dict[str, Any]) -> bool:
        return row["state"] in OVER or (self.again and row["state"] == State.SENDING)

    def _change(self, key: str, state: State, **changes: Any) -> None:
        with self._locked(key) as row:
            self._write(key, {**row, **changes}, state)
        if state in (*OVER, State.DONE):
            self._reserved_usd[key] = float(changes.get("usd", 0.0))
        if state == State.DONE:
            self.bought.append({**row, **changes})

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
