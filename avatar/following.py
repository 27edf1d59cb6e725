"""Orders that no reel asks after any more: it was cancelled, it failed, or the consent is gone.

Their vendors work on them all the same, and they hold a place there. What nobody wants is
cancelled where a vendor can do that; everything else is asked after now and then until it ends.
What was made is kept: the same thing is not paid for again. Under a revoked consent it is not.
"""

import logging
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.utils import timezone

from avatar import engine_keys
from avatar.engine.errors import (
    BadResult,
    Busy,
    Cancelled,
    EngineError,
    KeyRefused,
    ModelUnavailable,
    Pending,
    ResourceError,
    Unpaid,
    VendorError,
)
from avatar.engine.performers.hosted import check_film
from avatar.engine.registry import ENGINES
from avatar.engine.speech.hosted import check_raw
from avatar.engine.speech.jobs import SpeechJob
from avatar.engine.vendors.clients import CLIENTS, client_of
from avatar.engine.vendors.jobs import JobQueue
from avatar.engine.vendors.journal import State
from avatar.engine.vendors.orders import (
    GIVEN_UP,
    LONGEST_S,
    TEXT,
    JobClient,
    Look,
    facts_of,
    taken_usd,
    vain_usd,
)
from avatar.ledger import WITHDRAWN, Ledger, known
from avatar.models import Charge, Reel
from studio.lib.engines import Engine

log = logging.getLogger(__name__)

A_ROUND = 10
WORK = timedelta(minutes=3)  # longer than a task of that cluster may take
AGAIN = timedelta(minutes=2)  # between two looks: nobody waits for it
FETCH_S = 60.0  # a task that takes longer is killed, and leaves behind what it fetched
CANCEL_ASKED = "cancel_asked"  # in a handle
STOPPED = "Cancelled at {label}: nobody waits for it any more."
NO_WAY = "It could not be asked after for {hours} hours: it may have been charged."

# They say nothing about the job: the vendor's trouble, our disk, a consent that goes just now.
SETTLES_NOTHING = (Busy, Pending, KeyRefused, Unpaid, Cancelled, ResourceError)


@dataclass(frozen=True)
class _Job:
    """Who is asked after an order. check: raises BadResult for a result of no use."""

    engine: Engine
    client: JobClient
    suffix: str
    check: Callable[[Path], None]


def orders_to_follow() -> list[int]:
    due = _due().abandoned().exclude(what="clone").order_by("look_at", "pk")
    return list(due.values_list("pk", flat=True)[:A_ROUND])


def follow(charge_pk: int) -> None:
    """Look at one such order, and settle it if it has ended. Safe to repeat."""
    if not Charge.objects.abandoned().filter(pk=charge_pk).exists():
        return
    if not _due().filter(pk=charge_pk, state=State.PLACED).update(look_at=timezone.now() + WORK):
        return  # another worker is at it
    charge = Charge.objects.select_related("creator", "reel").get(pk=charge_pk)
    try:
        _follow(charge)
    finally:
        Charge.objects.filter(pk=charge_pk).update(look_at=timezone.now() + AGAIN)


def _due() -> Any:
    return Charge.objects.filter(Q(look_at=None) | Q(look_at__lte=timezone.now()))


def _follow(charge: Charge) -> None:
    hours = LONGEST_S // 3600
    is_overdue = time.time() - float(charge.handle.get("placed_at", 0)) > LONGEST_S
    job = _job_of(charge)
    if job is None:
        if is_overdue:
            _fail(charge, NO_WAY.format(hours=hours), charge.estimated_usd)
        return
    if not _is_wanted(charge):
        _cancel(charge, job)
    try:
        _look(charge, job)
    except SETTLES_NOTHING as e:
        log.info("Charge %s is looked at again: %s", charge.pk, e)
    except VendorError as e:
        stopped = STOPPED.format(label=charge.vendor) if charge.handle.get(CANCEL_ASKED) else ""
        usd = vain_usd(e, charge.handle, _expected_usd(charge))
        _fail(charge, stopped or str(e), known(usd))
    else:
        return
    if is_overdue:
        why = GIVEN_UP.format(label=charge.label, hours=hours)
        _fail(charge, why, known(taken_usd(Look(), charge.handle, _expected_usd(charge))))


def _job_of(charge: Charge) -> _Job | None:
    """None where it cannot be asked after: the key is another one now, or the engine is gone."""
    engine = ENGINES.get(charge.engine)
    if engine is None or engine.vendor not in CLIENTS:
        return None
    access = engine_keys.access_of(charge.creator)
    try:
        if access.account(engine.vendor) != charge.account:
            return None
        client = client_of(engine.vendor, access)
    except ModelUnavailable:
        return None
    if isinstance(client, JobQueue):
        client.fetch_s = FETCH_S
    if charge.what == "film":
        expected_ms = round(1000 * float(charge.facts.get("seconds", 0)))
        return _Job(engine, client, ".mp4", partial(check_film, expected_ms=expected_ms))
    if text := charge.handle.get(TEXT):
        speech = SpeechJob(client, str(text), _expected_usd(charge))
        return _Job(engine, speech, ".json", partial(check_raw, engine.label))
    return None


def _is_wanted(charge: Charge) -> bool:
    """A reel that failed is tried again, mostly, and finds it here."""
    is_failed = charge.reel is not None and charge.reel.state == Reel.State.FAILED
    return is_failed and charge.purged_at is None


def _cancel(charge: Charge, job: _Job) -> None:
    """Once; whether it was in time, the next look says."""
    cancel = getattr(job.client, "cancel", None)
    if cancel is None or charge.handle.get(CANCEL_ASKED):
        return
    try:
        cancel(job.engine, charge.handle)
    except EngineError as e:
        log.info("Charge %s is not cancelled at its vendor: %s", charge.pk, e)
        return
    charge.handle = {**charge.handle, CANCEL_ASKED: True}
    Charge.objects.filter(pk=charge.pk, state=State.PLACED).update(handle=charge.handle)


def _look(charge: Charge, job: _Job) -> None:
    """Keep what was made. Raises Pending, and what the vendor says of one that ended otherwise."""
    look = job.client.look(job.engine, charge.handle)
    if not look.is_done:
        raise Pending(f"{charge.label} is working on it.")
    usd = taken_usd(look, charge.handle, _expected_usd(charge))
    if charge.purged_at is not None:
        _settle(charge, State.DONE, WITHDRAWN, known(usd))
        return
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(charge.creator, charge.reel_id, stack)
        try:
            file = job.client.fetch(job.engine, look, Path(folder) / f"result{job.suffix}")
            job.check(file)
        except BadResult as e:
            _fail(charge, str(e), known(usd))
            return
        ledger.done(charge.key, file, usd=usd, facts=facts_of(charge.handle, look))
    log.info("Charge %s: what it made is kept for a reel that is tried again.", charge.pk)


def _expected_usd(charge: Charge) -> float | None:
    return None if charge.estimated_usd is None else float(charge.estimated_usd)


def _fail(charge: Charge, why: str, usd: Any) -> None:
    _settle(charge, State.FAILED, why, usd)


def _settle(charge: Charge, state: State, why: str, usd: Any) -> None:
    """By its row, not by its key: of what was purged there may be a newer order."""
    placed = Charge.objects.filter(pk=charge.pk, state=State.PLACED)
    if placed.update(state=state, why=why, usd=usd, changed_at=timezone.now()):
        log.info("Charge %s is settled as %s: %s", charge.pk, state.value, why)
