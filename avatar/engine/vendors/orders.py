"""From an order to a file on this machine, paid for once.

An order is written down before it is sent. A render that was killed, or that handed its place
back while the vendor works, comes again with the same order and goes on where it stands: an order
that was placed is asked after, one that may have left is looked for, and where nobody can tell, a
person decides.
"""

import hashlib
import json
import logging
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from avatar.engine.cache import file_sha256
from avatar.engine.errors import (
    BadResult,
    Busy,
    Cancelled,
    EngineError,
    InputError,
    JobFailed,
    KeyRefused,
    OutcomeUnknown,
    Pending,
    Refused,
    Unpaid,
    VendorError,
)
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import Entry, FileJournal, Journal, Paid, State
from studio.lib.engines import Engine

log = logging.getLogger(__name__)

JUST_SENT_S = 240  # longer than any call: a younger order may be another worker's, under way
ACCOUNT_S = 300.0  # until an account that is not in order is asked again
KEYED_S = 23 * 3600  # HeyGen forgets keys after a day
LONGEST_S = 3 * 3600  # after that a job that is said to be running is given up

Handle = dict[str, Any]
NOT_THERE: Handle = {}
QUOTED = "quoted_usd"  # in a handle: what the vendor said it would take
TEXT = "text"  # in a handle: what is said
GIVEN_UP = "{label} has been at it for {hours} hours; it was given up and counts as paid."


@dataclass(frozen=True)
class Context:
    """What a render lends to an engine that is asked over the network.

    patience_s: how long it waits for a job itself; then Pending, and somebody asks again later.
    publish: gives the file of an order (by its key) an address from which its vendor can fetch it;
        None: nobody here can.
    """

    access: Access
    journal: Journal
    patience_s: float = LONGEST_S
    on_progress: Callable[[float], None] = lambda fraction: None
    on_warning: Callable[[str], None] = lambda sentence: None  # what will look worse than it could
    on_news: Callable[[str], None] = lambda sentence: None  # what is ordered, and what it costs
    should_stop: Callable[[], bool] = lambda: False
    publish: Callable[[str, Path], str] | None = None


def home_journal(most_usd: float | None = None, *, again: bool = False) -> FileJournal:
    """In a folder of this user's, so that the same command never pays twice. See FileJournal."""
    state = os.environ.get("XDG_STATE_HOME", "").strip() or Path.home() / ".local" / "state"
    return FileJournal(Path(state) / "understudy" / "orders", most_usd, again=again)


@dataclass(frozen=True)
class Sent:
    """What left this machine.

    key: of this one attempt. Sent again under the same key it is carried out once, where the
        vendor can do that; a new attempt after a failure has a new one, or it would be answered
        with the old failure.
    prepared: what `JobClient.prepare` returned. The same key with another body is a conflict, and
        files that are brought to the vendor a second time have other names.
    webhook_url: where the vendor may tell that the job is over; empty: nowhere. It ends, and
        whoever knows it may tell: no log has it.
    usd: what the vendor said it would take.
    """

    key: str
    prepared: Any
    since_s: float = 0.0
    webhook_url: str = field(default="", repr=False)
    usd: float | None = None

    def as_handle(self) -> Handle:
        return {
            "key": self.key,
            "prepared": self.prepared,
            "webhook_url": self.webhook_url,
            QUOTED: self.usd,
        }


@dataclass(frozen=True)
class Look:
    """How a job stands. url: of what it made, when it is done; usd: if the vendor says so."""

    is_done: bool = False
    url: str = ""
    progress: float = 0.0
    usd: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class JobClient(Protocol):
    """A vendor that takes jobs and works on them for minutes."""

    keyed: bool  # the same order under the same key is carried out once
    poll_s: float

    def prepare(self, engine: Engine, inputs: Mapping[str, Any]) -> Any:
        """Bring files to the vendor; costs nothing. inputs: by logical name, files as Paths.

        Returns what `submit` takes, as JSON of a few kilobytes: it is kept on record. Raises
        InputError and VendorError.
        """
        ...

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        """Order it. Raises OutcomeUnknown when it may have been taken."""
        ...

    def look(self, engine: Engine, handle: Handle) -> Look:
        """Raises JobFailed, Refused and the like when it is over without a result."""
        ...

    def estimate(self, engine: Engine, prepared: Any) -> float | None:
        """What the vendor says it would take, in US dollars; None where it does not say. Asking
        costs nothing.
        """
        ...

    def find(self, engine: Engine, sent: Sent) -> Handle | None:
        """The order among the vendor's latest jobs. NOT_THERE: certain that it is not one of
        them; None: cannot be told.
        """
        ...

    def fetch(self, engine: Engine, look: Look, target: Path) -> Path: ...


def paid_key(engine: Engine, inputs: Mapping[str, Any], account: str = "") -> str:
    """The same for the same order: files count by what is in them."""
    described = {
        name: file_sha256(value) if isinstance(value, Path) else value
        for name, value in inputs.items()
    }
    text = json.dumps([engine.name, account, described], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def ordered(
    context: Context,
    client: JobClient,
    engine: Engine,
    paid: Paid,
    inputs: Mapping[str, Any],
    *,
    check: Callable[[Path], None],
    suffix: str = ".mp4",
) -> Path:
    """What the vendor makes of the inputs, from the journal if it is there already.

    check: raises BadResult for a file of no use; the order has failed then, and is charged.
    """
    entry = context.journal.begin(paid)
    _tell_known(context, paid, entry)
    if entry.state == State.DONE and entry.result is not None:
        return entry.result
    if entry.state == State.RESERVED:
        handle = _place(context, client, engine, paid, inputs, entry.webhook_url)
    elif entry.state == State.SENDING:
        handle = _settle(context, client, engine, paid, entry)
    else:
        handle = entry.handle
    look = _wait(context, client, engine, paid, handle)
    usd = taken_usd(look, handle, paid.usd)
    with tempfile.TemporaryDirectory() as folder:
        try:
            file = client.fetch(engine, look, Path(folder) / f"result{suffix}")
            check(file)
        except BadResult as e:
            context.journal.failed(paid.key, str(e), usd=usd)
            raise
        kept = context.journal.done(paid.key, file, usd=usd, facts=facts_of(handle, look))
    assert kept is not None
    return kept


def taken_usd(look: Look, handle: Handle, expected_usd: float | None) -> float | None:
    """What the vendor says that it took; else what it said before, or what was expected."""
    said = (look.usd, handle.get(QUOTED), expected_usd)
    return next((usd for usd in said if usd is not None), None)


def vain_usd(problem: VendorError, handle: Handle, expected_usd: float | None) -> float | None:
    """What an order took of which nothing came: nothing where the vendor says that it failed. What
    it says is done has been charged, whatever is missing.
    """
    is_done = isinstance(problem, BadResult)
    return taken_usd(Look(), handle, expected_usd) if is_done else 0.0


def facts_of(handle: Handle, look: Look) -> dict[str, Any]:
    """Of an order that is done, for the record; what was said the script has."""
    return {k: v for k, v in {**handle, **look.facts}.items() if k != TEXT}


def bought(context: Context, paid: Paid, send: Callable[[Path], dict[str, Any]]) -> Path:
    """What is answered at once: a voice, a transcript.

    send: orders it and writes the answer into the path; returns facts for the record, `usd` among
    them where the vendor says what it took. It raises BadResult for an answer of no use: the order
    has failed then, and is charged.
    """
    entry = context.journal.begin(paid)
    _tell_known(context, paid, entry)
    if entry.state == State.DONE and entry.result is not None:
        return entry.result
    if entry.state == State.SENDING:
        raise _unsettled(paid, entry)
    if context.should_stop():
        raise Cancelled("Stopped.")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.json"
        _tell_price(context, paid, paid.usd)
        context.journal.sending(paid.key)
        try:
            facts = _recorded(context, paid, lambda: send(file))
        except BadResult as e:
            context.journal.failed(paid.key, str(e), usd=paid.usd)
            raise
        usd = facts.pop("usd", paid.usd)
        kept = context.journal.done(paid.key, file, usd=usd, facts=facts)
    assert kept is not None
    return kept


def _tell_known(context: Context, paid: Paid, entry: Entry) -> None:
    what = f"{paid.what} by {paid.engine}"
    if entry.state == State.PLACED:
        context.on_news(f"{what} was ordered before; it is asked after.")
    elif entry.state == State.DONE:
        context.on_news(f"{what} was bought before and is not paid again.")


def _tell_price(context: Context, paid: Paid, usd: float | None) -> None:
    """Before it leaves."""
    price = "an unknown price" if usd is None else f"about {usd:.4f} USD"
    context.on_news(f"{paid.what} by {paid.engine} is ordered for {price}.")


def _place(
    context: Context,
    client: JobClient,
    engine: Engine,
    paid: Paid,
    inputs: Mapping[str, Any],
    webhook_url: str,
) -> Handle:
    """Bring the files there, and order."""
    try:
        prepared = client.prepare(engine, _fetchable(context, engine, paid, inputs))
    except EngineError as e:  # nothing was ordered yet
        context.journal.absent(paid.key, str(e))
        raise
    if context.should_stop():
        context.journal.absent(paid.key, "Stopped before it was ordered.")
        raise Cancelled("Stopped.")
    usd = _estimate(client, engine, prepared)
    if usd is not None:
        dearer = usd / paid.usd if paid.usd else 1.0
        context.journal.estimated(paid.key, usd, paid.rest_usd * dearer)
    key = f"{paid.key[:40]}-{uuid.uuid4().hex[:12]}"
    sent = Sent(key, prepared, webhook_url=webhook_url, usd=usd)
    _tell_price(context, paid, paid.usd if usd is None else usd)
    context.journal.sending(paid.key, sent.as_handle())
    return _send(context, client, engine, paid, sent, _recorded)


def _fetchable(
    context: Context, engine: Engine, paid: Paid, inputs: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The inputs; footage that the vendor fetches itself has an address, where one can be had."""
    if not engine.public_url or inputs.get("video_url") or context.publish is None:
        return inputs
    return {**inputs, "video_url": context.publish(paid.key, inputs["video"])}


def _estimate(client: JobClient, engine: Engine, prepared: Any) -> float | None:
    """None, too, where it cannot say now: what is wrong it says when it is ordered from."""
    try:
        return client.estimate(engine, prepared)
    except VendorError as e:
        log.warning("%s: asking for its price came to nothing. %s", engine.name, e)
        return None


def _send(
    context: Context,
    client: JobClient,
    engine: Engine,
    paid: Paid,
    sent: Sent,
    act: Callable[[Context, Paid, Callable[[], Handle]], Handle],
) -> Handle:
    """act: how it is carried out, `_recorded` or `_repeated`."""
    try:
        handle = act(context, paid, lambda: client.submit(engine, sent))
    except OutcomeUnknown as e:
        if client.keyed:  # the same order may be sent again: it is carried out once
            words = f"{engine.label} did not answer to an order; the same one is sent again soon."
            raise Busy(words, retry_after_s=30, reply=e.reply) from e
        raise
    handle = {"placed_at": time.time(), QUOTED: sent.usd, **handle}
    context.journal.placed(paid.key, handle)
    return handle


def _recorded(context: Context, paid: Paid, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do what costs money; when it is certain that nothing was made, write that down."""
    try:
        return act()
    except InputError as e:  # found here, before anything left
        context.journal.absent(paid.key, str(e))
        raise
    except VendorError as e:
        if e.proves_absent:
            context.journal.absent(paid.key, str(e))
        raise


def _repeated(context: Context, paid: Paid, act: Callable[[], Handle]) -> Handle:
    """Send again under the same key. Only a refusal of what is ordered says that the first one was
    not taken either; a pause, a key or an empty account says nothing about it.
    """
    try:
        return act()
    except (KeyRefused, Unpaid) as e:
        raise _once_in_order(e) from e
    except Refused as e:
        context.journal.absent(paid.key, str(e))
        raise


def _once_in_order(problem: VendorError) -> Pending:
    """It must not be ordered elsewhere meanwhile."""
    words = f"{problem} What was ordered there is fetched once that is in order."
    return Pending(words, retry_after_s=ACCOUNT_S, reply=problem.reply)


def _settle(
    context: Context, client: JobClient, engine: Engine, paid: Paid, entry: Entry
) -> Handle:
    """An order that went out, and nobody knows what became of it."""
    known = entry.handle
    sent = Sent(
        str(known.get("key", "")),
        known.get("prepared"),
        entry.since_s,
        str(known.get("webhook_url", "")),
        known.get(QUOTED),
    )
    if client.keyed and sent.key and sent.since_s < KEYED_S:
        return _send(context, client, engine, paid, sent, _repeated)
    found = _found(client, engine, sent) if sent.since_s >= JUST_SENT_S else None
    if found is None:
        raise _unsettled(paid, entry)
    if found == NOT_THERE:
        why = f"{engine.label} never got this order; it is placed anew."
        context.journal.absent(paid.key, why)
        raise Busy(why, retry_after_s=1)
    handle = {"placed_at": time.time() - sent.since_s, QUOTED: sent.usd, **found}
    context.journal.placed(paid.key, handle)
    return handle


def _found(client: JobClient, engine: Engine, sent: Sent) -> Handle | None:
    """A list that cannot be had settles nothing, and lets no other engine be asked."""
    try:
        return client.find(engine, sent)
    except Busy:
        raise
    except VendorError as e:
        log.warning("%s: looking for an order came to nothing. %s", engine.name, e)
        return None


def _unsettled(paid: Paid, entry: Entry) -> VendorError:
    if entry.since_s < JUST_SENT_S:
        wait = JUST_SENT_S - entry.since_s
        return Busy("This is being ordered already; it is asked after soon.", retry_after_s=wait)
    about = "a price not known here" if paid.usd is None else f"about {paid.usd:.2f} USD"
    return OutcomeUnknown(
        f"An order to {paid.engine} of {about} went out and no answer came. It is not sent again"
        " by itself: look whether it was charged, then decide."
    )


def _wait(context: Context, client: JobClient, engine: Engine, paid: Paid, handle: Handle) -> Look:
    """Ask after the job until it is done, or until patience ends. Raises Pending then."""
    until = time.monotonic() + context.patience_s
    while True:
        is_overdue = time.time() - float(handle.get("placed_at", time.time())) > LONGEST_S
        try:
            look = client.look(engine, handle)
        except VendorError as e:
            if isinstance(e, KeyRefused | Unpaid) and not is_overdue:
                raise _once_in_order(e) from e  # it says nothing about the job, which goes on
            if not isinstance(e, Busy | Pending):
                usd = vain_usd(e, handle, paid.usd)
                context.journal.failed(paid.key, str(e), usd=usd)
                raise
            look, pause_s = Look(), e.retry_after_s or client.poll_s
        else:
            pause_s = client.poll_s
        if look.is_done:
            return look
        if is_overdue:
            why = GIVEN_UP.format(label=engine.label, hours=LONGEST_S // 3600)
            usd = taken_usd(look, handle, paid.usd)
            context.journal.failed(paid.key, why, usd=usd)
            raise JobFailed(why)
        context.on_progress(look.progress)
        if time.monotonic() + pause_s > until:
            raise Pending(f"{engine.label} is working on it.", retry_after_s=pause_s)
        pause(context, pause_s)


def pause(context: Context, seconds: float) -> None:
    """Wait, and listen whether somebody wants to stop. The job stays on record."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if context.should_stop():
            raise Cancelled("Stopped.")
        time.sleep(min(left, 0.5))
