"""The journal of a render that knows no database: it asks its parent, a line for a line.

The child writes {"journal": verb, ...} to stdout and waits for one line on stdin: {"entry"},
{"kept"}, {"url"}, or {"error": class, "message", "retry_after_s"}. A question has neither
"result" nor "error" in it: those are the child's last words.
"""

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from avatar.engine import errors
from avatar.engine.errors import EngineError, ResourceError
from avatar.engine.vendors.journal import Entry, Journal, Paid, State

Message = dict[str, Any]


class Desk(Journal, Protocol):
    """What the parent answers with: a journal that also lends files to vendors."""

    def publish(self, key: str, file: Path) -> str: ...


class PipeJournal:
    """The child's end; satisfies Desk.

    tell: writes one message. answers: what the parent said, as it came. May be used by several
    threads: one question at a time is open.
    """

    def __init__(
        self, tell: Callable[[Message], None], answers: "queue.SimpleQueue[Message]"
    ) -> None:
        self._tell, self._answers, self._one_at_a_time = tell, answers, threading.Lock()

    def begin(self, paid: Paid) -> Entry:
        entry = self._ask("begin", paid={**asdict(paid), "about": dict(paid.about)})["entry"]
        result = entry["result"] and Path(entry["result"])
        return Entry(**{**entry, "state": State(entry["state"]), "result": result})

    def estimated(self, key: str, usd: float, rest_usd: float = 0.0) -> None:
        self._ask("estimated", key=key, usd=usd, rest_usd=rest_usd)

    def sending(self, key: str, handle: dict[str, Any] | None = None) -> None:
        self._ask("sending", key=key, handle=handle)

    def placed(self, key: str, handle: dict[str, Any]) -> None:
        self._ask("placed", key=key, handle=handle)

    def absent(self, key: str, why: str) -> None:
        self._ask("absent", key=key, why=why)

    def failed(self, key: str, why: str, *, usd: float | None = 0.0) -> None:
        self._ask("failed", key=key, why=why, usd=usd)

    def done(
        self, key: str, result: Path | None, *, usd: float | None, facts: Mapping[str, Any]
    ) -> Path | None:
        given = None if result is None else str(result)
        kept = self._ask("done", key=key, file=given, usd=usd, facts=dict(facts))["kept"]
        return kept and Path(kept)

    def lost(self, key: str, why: str) -> None:
        self._ask("lost", key=key, why=why)

    def publish(self, key: str, file: Path) -> str:
        """An address under which the vendor of that order can fetch the file."""
        return str(self._ask("publish", key=key, file=str(file))["url"])

    def _ask(self, verb: str, **about: Any) -> Message:
        with self._one_at_a_time:
            self._tell({"journal": verb, **about})
            answer = self._answers.get()
        if "error" in answer:
            raise _error(answer)
        return answer


def answer(journal: Desk, message: Message) -> Message:
    """The parent's end: what to write to the child's stdin."""
    try:
        return _carried_out(journal, message)
    except EngineError as e:
        wait = getattr(e, "retry_after_s", None)
        return {"error": type(e).__name__, "message": str(e), "retry_after_s": wait}
    except OSError as e:
        why = f"What was made could not be stored: {e.strerror or e}."
        return {"error": "ResourceError", "message": why, "retry_after_s": None}


def _carried_out(journal: Desk, message: Message) -> Message:
    about = dict(message)
    match about.pop("journal"):
        case "begin":
            entry = journal.begin(Paid(**about["paid"]))
            result = None if entry.result is None else str(entry.result)
            return {"entry": {**asdict(entry), "result": result}}
        case "estimated":
            journal.estimated(about["key"], about["usd"], about["rest_usd"])
        case "sending":
            journal.sending(about["key"], about["handle"])
        case "placed":
            journal.placed(about["key"], about["handle"])
        case "absent":
            journal.absent(about["key"], about["why"])
        case "failed":
            journal.failed(about["key"], about["why"], usd=about["usd"])
        case "done":
            given = None if about["file"] is None else Path(about["file"])
            kept = journal.done(about["key"], given, usd=about["usd"], facts=about["facts"])
            return {"kept": None if kept is None else str(kept)}
        case "lost":
            journal.lost(about["key"], about["why"])
        case "publish":
            return {"url": journal.publish(about["key"], Path(about["file"]))}
        case verb:
            raise ResourceError(f"There is no way to {verb} an order.")
    return {}


def _error(answer: Message) -> EngineError:
    kind: type[EngineError] = getattr(errors, answer["error"], ResourceError)
    if issubclass(kind, errors.Busy | errors.Pending):
        return kind(answer["message"], retry_after_s=answer["retry_after_s"])
    return kind(answer["message"])
