"""How one post gets from its hour to the audience, and never twice.

    scheduled -> dispatching -> preparing -> processing -> ready -> committing -> published

Each step writes what it is about to do, commits that to the database, acts, and writes what came
of it, all of it only while its lease is held. A commit is never repeated on a guess: when no
answer came, or a worker died in it, the platform is asked what became of it; what cannot be told
is `unconfirmed` and for a person to decide.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from publishing import clients, media_links
from publishing.hours import CADENCE, good_hour
from publishing.models import OVER, UNDER_WAY, Attempt, Post
from publishing.peak_times import Choice
from publishing.permission import Stop, why_not
from publishing.platforms import errors
from publishing.platforms.base import (
    Absent,
    Accepted,
    Delivered,
    Failed,
    Handle,
    Platform,
    Published,
    Unclear,
)
from studio.lib.leases import NOBODYS

log = logging.getLogger(__name__)
T = TypeVar("T")

LEASE_S = (
    330  # above the publish cluster's time-out: a worker that still lives still holds its post
)
MAX_TRIES = 8  # of one step; with the waits below, some three hours
MAX_CHECKS = 90  # every 20 s at the quickest: half an hour and more
MAX_COMMITS = 3  # each after proof that the one before came to nothing
MAX_LOOKS = 5  # without an answer
LOOK_FOR = dt.timedelta(minutes=45)  # how long a platform may work on what it took
LATE = dt.timedelta(hours=1)

State, Phase = Post.State, Attempt.Phase
# A step has been got through.
AFRESH: dict[str, Any] = {"tries": 0, "retry_at": None, "reason": ""}
DUE_STATES = (State.SCHEDULED, State.WAITING, *UNDER_WAY)


class LeaseLost(Exception):
    """Somebody cancelled the post, or another worker has it now. Whatever we know is stale."""


def publish(pk: int) -> None:
    """Bring the post as far as it will go now; nothing when it is not due or somebody has it."""
    owner = Post.objects.due().claim(pk, states=DUE_STATES, seconds=LEASE_S)
    if owner is None:
        return
    run = _Run(pk, owner)
    try:
        while run.holds:
            run.step()
    except LeaseLost:
        log.info("Post %s was taken out of the hands of %s.", pk, owner)
    if run.post.handle or run.has_prepared:
        discard(pk)
    if Post.objects.filter(pk=pk, state__in=OVER).exists():
        media_links.revoke(run.post)


def discard(pk: int) -> None:
    """Take back what was prepared for a cancelled post."""
    post = Post.objects.with_story().get(pk=pk)
    if post.state != State.CANCELLED:
        return
    try:
        clients.client(post.account).discard(post.key, post.handle)
    except Exception:
        # Best effort: what is not committed is shown to nobody, and runs out by itself.
        log.exception("What was prepared for post %s could not be taken back.", pk)
    Post.objects.filter(pk=pk, state=State.CANCELLED).update(handle={})


def backoff(tries: int) -> dt.timedelta:
    """How long to wait after so many fruitless tries: half a minute, doubling, at most an hour."""
    return dt.timedelta(seconds=min(30 * 2 ** max(tries - 1, 0), 3600))


@dataclass
class _Run:
    """One worker's work on one post while it holds the lease."""

    pk: int
    owner: str
    holds: bool = True
    has_prepared: bool = False

    def __post_init__(self) -> None:
        self.post = self._load()

    def step(self) -> None:
        match self.post.state:
            case State.SCHEDULED | State.WAITING | State.DISPATCHING:
                self._admit()
            case State.PREPARING:
                self._prepare()
            case State.PROCESSING:
                self._check()
            case State.READY:
                self._commit()
            case State.COMMITTING:
                self._reconcile()
            case _:
                raise LeaseLost

    # The steps.

    def _admit(self) -> None:
        self._move(state=State.DISPATCHING)
        if stop := why_not(self.post):
            self._stop(stop)
        elif choice := _better_later(self.post):
            self._release(state=State.SCHEDULED, due_at=choice.when_utc, due_reason=choice.reason)
        elif until := _day_is_full(self.post):
            most = self._platform.limits.posts_a_day
            self._release(
                state=State.WAITING,
                retry_at=until,
                reason=f"{self._platform.label} takes {most} posts a day.",
            )
        else:
            if self.post.outdated:
                self._take_back()
            self._move(state=State.PROCESSING if self.post.handle else State.PREPARING)

    def _take_back(self) -> None:
        """What was prepared before something changed is not what is to go out."""
        if self.post.handle:
            try:
                self._platform.discard(self.post.key, self.post.handle)
            except Exception:
                log.exception("What was prepared for post %s could not be taken back.", self.pk)
        self._move(handle={}, outdated=False)

    def _prepare(self) -> None:
        attempt = self._begin(Phase.PREPARE)
        self.has_prepared = True
        try:
            with clients.media_of(self.post) as media:
                handle = self._ask(
                    lambda client: client.prepare(self.post.key, media, clients.text_of(self.post))
                )
        except Exception as error:
            self._refused(attempt, error)
        else:
            self._end(attempt, "ok", handle=handle, state=State.PROCESSING, **AFRESH)

    def _check(self) -> None:
        attempt = self._begin(Phase.CHECK)
        try:
            handle = self._ask(lambda client: client.check(self.post.handle))
        except Exception as error:
            self._refused(attempt, error)
        else:
            self._end(attempt, "ok", handle=handle, state=State.READY, **AFRESH)

    def _commit(self) -> None:
        """The one step that the audience sees."""
        try:
            attempt = self._intend_to_commit()
        except IntegrityError:
            # A commit is on record whose outcome nobody knows. Look, do not send.
            self._move(state=State.COMMITTING)
            return
        if attempt is None:
            return
        try:
            with self._handle_to_commit() as handle:
                result = self._ask(lambda client: client.commit(self.post.key, handle))
        except errors.PlatformError as error:
            if error.proves_absent:
                self._refused(attempt, error)
            else:
                self._end(attempt, error.code, detail=_detail(error))  # and look, in the next step
        except Exception as error:
            log.exception("The commit of post %s ended without an answer.", self.pk)
            self._end(attempt, errors.OutcomeUnknown.code, detail=_detail(error))
        else:
            if isinstance(result, Accepted):
                self._end(attempt, "accepted", tries=0)  # and look, in the next step
            else:
                self._published(attempt, result)

    @contextmanager
    def _handle_to_commit(self) -> Iterator[Handle]:
        if not self._platform.capabilities.commit_sends_video:
            yield self.post.handle
            return
        with clients.media_of(self.post) as media:
            yield self.post.handle | {"video": str(media.video)}

    def _intend_to_commit(self) -> Attempt | None:
        """Ask for permission a last time and put the intent on record, in one transaction.

        None when permission is gone. Raises IntegrityError when another commit may have been sent.
        """
        with transaction.atomic():
            Post.objects.select_for_update().get(pk=self.pk)
            self.post = self._load()
            if stop := why_not(self.post):
                self._stop(stop)
                return None
            self._move(state=State.COMMITTING)
            return Attempt.objects.create(post_id=self.pk, phase=Phase.COMMIT, worker=self.owner)

    def _reconcile(self) -> None:
        commit = self._commits.order_by("started_at").last()
        # None: the platform called it a duplicate before anything was committed.
        since = commit.started_at if commit else self.post.created_at
        attempt = self._begin(Phase.RECONCILE)
        try:
            finding = self._ask(
                lambda client: client.reconcile(self.post.key, self.post.handle, since)
            )
        except errors.NotReady as error:
            self._too_early(attempt, error, since)
            return
        except Exception as error:
            self._look_again(attempt, error)
            return
        match finding:
            case Published() | Delivered():
                self._published(attempt, finding)
            case Failed(why_failed):
                self._came_to_nothing(attempt, why_failed)
            case Absent() if self._platform.capabilities.commit_retry_allowed:
                self._proved_absent(attempt)
            case Absent():
                self._unconfirmed(
                    attempt,
                    "absent",
                    f"No answer came from {self._label}, and the post was not found there."
                    " Look yourself before it is sent again.",
                )
            case Unclear(why):
                self._unconfirmed(
                    attempt,
                    "unclear",
                    f"No answer came from {self._label}, so it may already be live. {why}",
                )

    # What came of them.

    def _published(self, attempt: Attempt, result: Published | Delivered) -> None:
        live: dict[str, Any] = AFRESH | {
            "external_id": result.external_id,
            "published_at": timezone.now(),
        }
        if isinstance(result, Published):
            live["state"] = State.PUBLISHED
            live["permalink"] = result.permalink or self._permalink(result.external_id)
        else:
            live["state"] = State.DELIVERED
            live["reason"] = f"Open {self._label} and finish it there."
        try:
            self._end(attempt, "ok", release=True, **live)
        except LeaseLost:  # that it is live is true, whoever holds the row
            Post.objects.filter(pk=self.pk).exclude(
                state__in=(State.PUBLISHED, State.DELIVERED)
            ).update(**NOBODYS, **live)

    def _permalink(self, external_id: str) -> str:
        """A live post without a link is still live."""
        try:
            return self._ask(lambda client: client.permalink(external_id))
        except Exception:
            log.exception("No link to post %s could be had.", self.pk)
            return ""

    def _proved_absent(self, attempt: Attempt) -> None:
        """Nothing came of the commit, and this platform never makes two posts of one handle."""
        tries = self.post.tries + 1
        with transaction.atomic():
            self._commits.update(proved_absent=True)
            if tries >= MAX_COMMITS:
                self._end(
                    attempt,
                    "absent",
                    release=True,
                    state=State.FAILED,
                    reason=f"{self._label} did not take it {tries} times. Nothing is live.",
                )
            else:
                state = State.READY if self.post.handle else State.PREPARING
                self._end(attempt, "absent", state=state, tries=tries)

    def _came_to_nothing(self, attempt: Attempt, error: errors.PlatformError) -> None:
        """The platform took it and gave up on it: as if it had refused the commit."""
        with transaction.atomic():
            self._commits.update(proved_absent=True)
            if self._commits.count() >= MAX_COMMITS and not isinstance(error, errors.RateLimited):
                error = errors.Rejected(f"{error} That was the last try by itself.")
            self._refused(attempt, error)

    def _too_early(self, attempt: Attempt, error: errors.NotReady, since: dt.datetime) -> None:
        """The platform answers, but cannot tell yet."""
        if timezone.now() - since > LOOK_FOR:
            self._unconfirmed(attempt, error.code, f"{error} It may still go live.")
            return
        self._end(
            attempt,
            error.code,
            release=True,
            detail=_detail(error),
            retry_at=timezone.now() + dt.timedelta(seconds=error.retry_after_s),
            reason=_sentence(error),
        )

    def _look_again(self, attempt: Attempt, error: Exception) -> None:
        """The look itself failed; nothing is known yet."""
        tries = self.post.tries + 1
        code = _code(error)
        if tries >= MAX_LOOKS:
            self._unconfirmed(
                attempt, code, f"{self._label} gives no answer, so it may already be live."
            )
            return
        self._end(
            attempt,
            code,
            release=True,
            detail=_detail(error),
            tries=tries,
            retry_at=timezone.now() + backoff(tries),
            reason=f"No answer came from {self._label}; it is asked again what became of this.",
        )

    def _unconfirmed(self, attempt: Attempt, outcome: str, reason: str) -> None:
        self._end(
            attempt,
            outcome,
            release=True,
            state=State.UNCONFIRMED,
            reason=reason.strip()[:300],
            retry_at=None,
        )

    def _refused(self, attempt: Attempt, error: Exception) -> None:
        """A step failed and nothing is live: wait, prepare anew, give up, or ask the creator."""
        attempt.proved_absent = attempt.phase == Phase.COMMIT
        tries, detail = self.post.tries + 1, _detail(error)
        changes: dict[str, Any]
        if isinstance(error, errors.Duplicate):  # look, in the next step
            changes = {"state": State.COMMITTING, "tries": tries, "reason": ""}
            self._end(attempt, error.code, detail=detail, **changes)
            return
        if not isinstance(error, errors.PlatformError):
            log.error("Post %s: %s failed.", self.pk, attempt.phase, exc_info=error)
        changes = {"tries": tries, "reason": _sentence(error), **self._after(error, tries)}
        self._end(attempt, _code(error), release=True, detail=detail, **changes)

    def _after(self, error: Exception, tries: int) -> dict[str, Any]:
        """What becomes of the post after so many fruitless tries of a step, this one included."""
        now = timezone.now()
        match error:
            case errors.NotReady() if tries < MAX_CHECKS:
                return {
                    "state": State.PROCESSING,
                    "retry_at": now + dt.timedelta(seconds=error.retry_after_s),
                    "reason": f"{self._label} is still processing the video.",
                }
            case errors.NotReady():
                return {
                    "state": State.FAILED,
                    "reason": f"{self._label} has been processing the video for too long."
                    " Nothing is live.",
                }
            case errors.RateLimited():
                return {"state": State.WAITING, "retry_at": error.until or now + backoff(tries)}
            case errors.AuthExpired():
                return {"state": State.WAITING, "retry_at": None}
            case errors.AccountBlocked() | errors.Rejected():
                return {"state": State.FAILED}
            case _ if tries >= MAX_TRIES:
                why = f"{_sentence(error)} That was try {tries}, the last by itself."
                return {"state": State.FAILED, "reason": why}
            case errors.HandleExpired():
                retry_at = now + backoff(tries)
                return {"state": State.PREPARING, "handle": {}, "retry_at": retry_at}
        return {"state": State.WAITING, "retry_at": now + backoff(tries)}

    def _stop(self, stop: Stop) -> None:
        log.info("Post %s does not go out: %s", self.pk, stop.reason)
        self._release(state=stop.state, reason=stop.reason, retry_at=None)

    # The row.

    def _ask(self, call: Callable[[Platform], T]) -> T:
        return clients.ask(self.post.account, call)

    @property
    def _platform(self) -> Platform:
        return clients.client(self.post.account)

    @property
    def _commits(self) -> QuerySet[Attempt]:
        return Attempt.objects.filter(post_id=self.pk, phase=Phase.COMMIT)

    @property
    def _label(self) -> str:
        return self.post.account.name

    def _load(self) -> Post:
        return Post.objects.with_story().get(pk=self.pk)

    def _begin(self, phase: Attempt.Phase) -> Attempt:
        """Put on record what is about to be done, and take a full lease for it."""
        with transaction.atomic():
            self._move()
            return Attempt.objects.create(post_id=self.pk, phase=phase, worker=self.owner)

    def _end(
        self,
        attempt: Attempt,
        outcome: str,
        *,
        release: bool = False,
        detail: str = "",
        **changes: Any,
    ) -> None:
        """Put on record what came of it, together with the post's new state.

        The attempt keeps its outcome also when the lease is lost; the post then belongs to
        somebody else.
        """
        attempt.outcome, attempt.detail, attempt.finished_at = outcome, detail, timezone.now()
        fields = ["outcome", "detail", "finished_at"]
        if attempt.proved_absent:  # only ever set: a look may have set it meanwhile
            fields.append("proved_absent")
        attempt.save(update_fields=fields)
        (self._release if release else self._move)(**changes)

    def _move(self, **changes: Any) -> None:
        if not Post.objects.keep(self.pk, self.owner, seconds=LEASE_S, **changes):
            raise LeaseLost
        self.post = self._load()

    def _release(self, **changes: Any) -> None:
        self.holds = False
        if not Post.objects.release(self.pk, self.owner, **changes):
            raise LeaseLost


def _better_later(post: Post) -> Choice | None:
    """A new hour for a post that comes late while another has just gone out.

    A machine that was off for a week, or whose clock jumped, must not pour out all it missed at
    once.
    """
    now = timezone.now()
    if now - post.due_at < LATE:
        return None
    just_out = Post.objects.filter(
        account=post.account_id, published_at__gt=now - CADENCE.min_gap
    ).exclude(pk=post.pk)
    if not just_out.exists():
        return None
    choice = good_hour(post.account, post.reel, but_not=post)
    return replace(choice, reason=f"It came late, right after another post. {choice.reason}")


def _day_is_full(post: Post) -> dt.datetime | None:
    """When the platform takes another post; None when it does now."""
    limit = clients.client(post.account).limits.posts_a_day
    if limit is None:
        return None
    day = dt.timedelta(days=1)
    recent = Post.objects.filter(
        account=post.account_id, published_at__gt=timezone.now() - day
    ).order_by("-published_at")
    times = list(recent.values_list("published_at", flat=True)[:limit])
    return times[-1] + day if len(times) == limit and times[-1] else None


def _code(error: Exception) -> str:
    """What kind of failure, for the record of the attempt."""
    return error.code if isinstance(error, errors.PlatformError) else "error"


def _sentence(error: Exception) -> str:
    """What happened, for the creator."""
    if isinstance(error, errors.PlatformError):
        return str(error)[:220]
    return "Something went wrong in this installation; its log says what."


def _detail(error: Exception) -> str:
    """What happened, for whoever looks closer."""
    if isinstance(error, errors.PlatformError):
        return error.reply or str(error)[: errors.REPLY_CHARS]
    return errors.redact(f"{type(error).__name__}: {error}")
