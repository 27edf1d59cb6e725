"""Making one reel: claim the row, run the engine in a child process, keep what it made.

Every write names the lease, so a worker that lost it (frozen, cut off) changes nothing any more.
A reel whose worker died is handed out again and goes on at the last stage that was finished.
"""

import logging
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from avatar import credits, hooks, process, services, source_links, wire, workshop
from avatar.job import FileGone, job_of
from avatar.ledger import Ledger
from avatar.models import Reel, Take
from avatar.signals import reel_ready
from studio.lib import disk
from studio.lib.files import file_sha256, store_file

log = logging.getLogger(__name__)

LEASE_S = 60
LIMIT_S = 50 * 60  # below the queue's own time-out
MAX_ATTEMPTS = 3
WAIT_S = 300  # after a full disk
ASK_AGAIN_S = (5, 600)  # an engine over the network that works or is busy
USUAL_WAIT_S = 30
LONGEST_WAIT = timedelta(hours=24)

LATER = ("Busy", "Unreachable", "Pending")  # of avatar.engine.errors

GIVEN_UP = "Making this reel stopped unexpectedly {n} times. Your script is kept; try again later."
TOO_SLOW = "Making this reel took longer than {minutes} minutes and was stopped."
FAULT = "Something in the program went wrong. Your script is kept; the log has the details."
WAITED_LONG = "{problem} It was asked for {hours} hours; you can try again."


class Cancelled(Exception):  # somebody asked to stop
    pass


class LeaseLost(Exception):  # another worker has the row now, or it is gone
    pass


class TryLater(Exception):
    """The machine lacks something now; the message is a sentence."""


class Waiting(Exception):
    """An engine over the network works on it, or is busy; the message is a sentence."""

    def __init__(self, message: str, retry_after_s: float | None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Failed(Exception):
    """It will not work this way; the message is a sentence for the creator."""


class Hold:
    """A worker's hold on one reel. Every write goes through it."""

    def __init__(self, pk: int, owner: str) -> None:
        self.pk, self.owner = pk, owner

    def keep(self, **changes: Any) -> None:
        """Stay the holder. Raises Cancelled or LeaseLost."""
        wanted = Reel.objects.filter(cancel_requested=False)
        if not wanted.keep(self.pk, self.owner, seconds=LEASE_S, **changes):
            mine = Reel.objects.filter(pk=self.pk, lease_owner=self.owner)
            raise Cancelled if mine.exists() else LeaseLost

    def finish(self, **outcome: Any) -> None:
        """Give the row back with its outcome. Raises Cancelled or LeaseLost when it may not."""
        wanted = Reel.objects.filter(cancel_requested=False)
        usual = {"retry_at": None, "waits_since": None}
        if not wanted.release(self.pk, self.owner, **{**usual, **outcome}):
            self.keep()  # says why not

    def give_up(self) -> None:
        """Give a cancelled row back; who cancelled it has written why."""
        Reel.objects.release(self.pk, self.owner, state=Reel.State.CANCELLED)


def claim(pk: int) -> Hold | None:
    """Take a reel that waits, or whose worker has not been heard of. None when nobody should."""
    due = Reel.objects.filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now()))
    owner = due.claim(
        pk,
        states=(Reel.State.QUEUED, Reel.State.RENDERING),
        seconds=LEASE_S,
        state=Reel.State.RENDERING,
        attempts=F("attempts") + 1,
    )
    return Hold(pk, owner) if owner else None


def make(hold: Hold) -> None:
    """Make the claimed reel and write how it went."""
    reel = Reel.objects.with_story().get(pk=hold.pk)
    try:
        _make(reel, hold)
    except Cancelled:
        hold.give_up()
    except LeaseLost:
        log.info("Reel %s is another worker's now.", hold.pk)
    else:
        return
    if not reel.creator.consents.live().exists():  # revoked while this worker wrote there
        workshop.clear(reel.creator.pk)


def _make(reel: Reel, hold: Hold) -> None:
    began = timezone.now()
    try:
        _stop_unless_allowed(reel, hold)
        if reel.attempts > MAX_ATTEMPTS:
            raise Failed(GIVEN_UP.format(n=MAX_ATTEMPTS))
        with workshop.bench(reel.creator.pk) as bench:
            made = _run(reel, hold, bench)
            _stop_unless_allowed(reel, hold)
            _keep_files(reel, hold, made)
    except process.ChildDied as e:
        log.warning("Reel %s, attempt %s: the render %s", reel.pk, reel.attempts, e)
        if reel.attempts >= MAX_ATTEMPTS:
            hold.finish(state=Reel.State.FAILED, error=GIVEN_UP.format(n=MAX_ATTEMPTS))
        else:
            hold.finish(state=Reel.State.QUEUED)
            services.wake(reel.pk)
    except TryLater as e:
        _wait(reel, hold, str(e))
    except Waiting as e:
        _come_back(reel, hold, e)
        hooks.missed(reel.pk, began)
    except (Failed, FileGone) as e:
        hold.finish(state=Reel.State.FAILED, error=str(e))
    except OSError as e:
        if not disk.is_full(e):
            raise
        _wait(reel, hold, "The disk is full.")
    finally:
        source_links.withdraw(source_links.over())
        workshop.prune()


def _stop_unless_allowed(reel: Reel, hold: Hold) -> None:
    """Approval and consent hold now, or the reel is cancelled with the reason."""
    hold.keep(error="")  # what an earlier attempt said
    if problem := services.why_stop(reel):
        services.cancel(reel, reason=problem)
        raise Cancelled


def _wait(reel: Reel, hold: Hold, problem: str) -> None:
    """Something ran out: make room, try again in a while, or give up after three times."""
    workshop.prune(max_bytes=0)
    if reel.attempts >= MAX_ATTEMPTS:
        hold.finish(state=Reel.State.FAILED, error=f"{problem} Make room, then try again.")
        return
    hold.finish(
        state=Reel.State.QUEUED,
        error=f"{problem} This reel is tried again in a few minutes.",
        retry_at=timezone.now() + timedelta(seconds=WAIT_S * reel.attempts),
    )


def _come_back(reel: Reel, hold: Hold, waiting: Waiting) -> None:
    """Give the worker to others and ask again later. That is no attempt: nothing went wrong."""
    now = timezone.now()
    since = reel.waits_since or now
    if now - since > LONGEST_WAIT:
        hours = round(LONGEST_WAIT.total_seconds() / 3600)
        problem = WAITED_LONG.format(problem=waiting, hours=hours)
        hold.finish(state=Reel.State.FAILED, error=problem)
        return
    shortest, longest = ASK_AGAIN_S
    seconds = min(max(waiting.retry_after_s or USUAL_WAIT_S, shortest), longest)
    hold.finish(
        state=Reel.State.QUEUED,
        error=str(waiting),
        retry_at=now + timedelta(seconds=seconds),
        waits_since=since,
        attempts=F("attempts") - 1,
    )


def _run(reel: Reel, hold: Hold, bench: Path) -> dict[str, Any]:
    """Run the engine and follow it. Returns the paths of what it made and what it says of it."""
    with ExitStack() as stack:
        job = job_of(reel, bench, stack)
        log_file = bench / "log.txt"
        ledger = Ledger(reel.creator, reel.pk, stack)
        stack.callback(ledger.give_up)  # once the child is gone
        child = stack.enter_context(process.child(job, log_file, limit_s=LIMIT_S))
        try:
            return _Follower(child, hold, ledger).result()
        except process.TooSlow as e:
            raise Failed(TOO_SLOW.format(minutes=LIMIT_S // 60)) from e


class _Follower:
    """Listens to a child to its end, and keeps the reel meanwhile."""

    def __init__(self, child: process.Child, hold: Hold, ledger: Ledger) -> None:
        self.child, self.hold, self.ledger = child, hold, ledger
        self.changes: dict[str, Any] = {}
        self.in_the_air: set[str] = set()  # orders that left and are not answered yet

    def result(self) -> dict[str, Any]:
        for message in self.child:
            if message is None:
                self._look_around()
            elif "journal" in message:
                self._order(message)
            elif "stage" in message:
                self.changes = {"stage": message["stage"], "progress": message["fraction"]}
            elif "error" in message:
                _refuse(message, self.hold.pk)
            else:
                return dict(message["result"])
        raise AssertionError("A child ends with an answer or an exception.")

    def _look_around(self) -> None:
        """Stay the holder. Who cancels while an order is in the air waits until it is known what
        became of it: killed now, it would be paid for and unheard of.
        """
        if not self.in_the_air:
            self.hold.keep(**self.changes)
            return
        with suppress(Cancelled, LeaseLost):
            self.hold.keep(**self.changes)

    def _order(self, message: process.Message) -> None:
        """What has happened is written down in any case; nothing new is begun without the reel."""
        verb = message["journal"]
        if verb in ("begin", "publish", "sending"):
            self._look_around()
        answer = wire.answer(self.ledger, message)
        if verb == "sending" and "error" not in answer:
            self.in_the_air.add(message["key"])
        elif verb != "begin":
            self.in_the_air.discard(message["key"])
        self.child.tell(answer)


def _refuse(answer: process.Message, pk: int) -> None:
    kind, sentence = answer["error"], answer["message"]
    if kind in LATER:
        log.info("Reel %s: %s: %s", pk, kind, sentence)
        raise Waiting(sentence, answer.get("retry_after_s"))
    log.warning("Reel %s: %s: %s %s", pk, kind, sentence, answer["detail"])
    if kind == "ResourceError":
        raise TryLater(sentence)
    raise Failed(FAULT if kind == "Fault" else sentence)


def _keep_files(reel: Reel, hold: Hold, made: dict[str, Any]) -> None:
    """Put the files away, then say so in one transaction; else delete them again."""
    take = reel.take
    fields: dict[str, FieldFile] = {name: getattr(reel, name) for name in services.FILES}
    if speaks := not take.audio:  # the first reel of a take brings its voice-over
        fields["take"] = take.audio
    stored: list[FieldFile] = []
    try:
        for name, field in fields.items():
            hold.keep()
            store_file(field, Path(made[name]))
            stored.append(field)
        with transaction.atomic():
            hold.finish(state=Reel.State.READY, error="", stage="", **_facts(reel, made))
            if speaks:
                _keep_take(take, made)
            transaction.on_commit(partial(reel_ready.send_robust, sender=Reel, reel_id=reel.pk))
    except BaseException:
        for field in stored:
            field.storage.delete(str(field.name))
        raise


def _keep_take(take: Take, made: dict[str, Any]) -> None:
    alignment = made["alignment"]
    silent = Take.objects.filter(pk=take.pk, audio="")
    if not silent.update(
        audio=take.audio.name,
        alignment=alignment,
        duration_ms=alignment["duration_ms"],
        made=credits.voice(take, made),
    ):  # another reel of this take was quicker
        take.audio.storage.delete(str(take.audio.name))


def _facts(reel: Reel, made: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: getattr(reel, name).name for name in services.FILES},
        "progress": 1.0,
        "sha256": file_sha256(Path(made["video"])),
        "width": reel.options["width"],
        "height": reel.options["height"],
        "fps": made["fps"],
        "duration_ms": made["duration_ms"],
        "timings": made["timings"],
        "made": credits.performer(reel, made),
        "ready_at": timezone.now(),
    }
