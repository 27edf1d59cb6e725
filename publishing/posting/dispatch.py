"""How one post gets from its hour to the audience, and never twice.

    scheduled -> dispatching -> preparing -> processing -> ready -> committing -> published

Each step writes what it is about to do, commits that to the database, acts, and writes what came
of it, all of it only while its lease is held. A post is prepared ahead of its hour and waits for
it in `ready`. A commit is never repeated on a guess: when no answer came, or a worker died in it,
the platform is asked what became of it; what cannot be told is `unconfirmed` and for a person to
decide. `aftermath` says what becomes of a post whose step failed, `aftercare` what is still done
for one that is live.
"""

import datetime as dt
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from publishing import clients
from publishing.models import BEGUN, OVER, UNDER_WAY, Account, Attempt, Post
from publishing.platforms import errors
from publishing.platforms.base import (
    SAID,
    Absent,
    Accepted,
    Begun,
    Delivered,
    Failed,
    Handle,
    Published,
    Unclear,
)
from publishing.posting import admission, aftercare, media_links
from publishing.posting.aftermath import (
    MAX_COMMITS,
    PAUSES,
    after,
    backoff,
    code,
    detail,
    patience,
    sentence,
)
from publishing.posting.hold import LEASE_S, Hold, LeaseLost
from publishing.posting.permission import Stop, why_not
from studio.lib.encrypted import is_unreadable
from studio.lib.leases import NOBODYS

log = logging.getLogger(__name__)

MAX_LOOKS = 5  # without an answer
LOOK_FOR = dt.timedelta(minutes=45)  # how long a platform may work on what it took
RECONNECTING = dt.timedelta(days=1)  # then a person is asked once more
LONGEST_ID, LONGEST_LINK = 300, 1000  # what the columns hold; that it is live counts in any case
WORTH_WAITING = dt.timedelta(seconds=2)  # for the hour, instead of coming back

State, Phase = Post.State, Attempt.Phase
# A step has been got through.
AFRESH: dict[str, Any] = {"tries": 0, "retry_at": None, "reason": ""}
DUE_STATES = (State.SCHEDULED, State.WAITING, *UNDER_WAY, State.PUBLISHED)


def publish(pk: int) -> None:
    """Bring the post as far as it will go now; nothing when it is not due or somebody has it."""
    if not Post.objects.due().filter(pk=pk).exists():
        return
    # Asked again of the row alone: a condition that needs another table is not looked at anew
    # when two workers claim at once.
    rested = Post.objects.filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now()))
    owner = rested.claim(pk, states=DUE_STATES, seconds=LEASE_S)
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
        _drop_begun(pk)
        if Post.objects.filter(pk=pk, state__in=OVER).exists():
            media_links.revoke(run.post)


def discard(pk: int) -> None:
    """Take back what was prepared for a cancelled post."""
    post = Post.objects.with_story().filter(pk=pk, state=State.CANCELLED).first()
    if post is None:
        return
    _take_back(post)
    Post.objects.filter(pk=pk, state=State.CANCELLED).update(handle={})
    media_links.revoke(post)


def _drop_begun(pk: int) -> None:
    """Take back the half of an upload whose post has failed; a retry begins a new one."""
    post = Post.objects.with_story().filter(pk=pk, state=State.FAILED).first()
    if post and post.begun:
        _take_back(post)
        Post.objects.filter(pk=pk, state=State.FAILED, lease_owner="").update(handle={})


def _take_back(post: Post) -> None:
    """Best effort: what is not committed is shown to nobody, and runs out by itself."""
    try:
        left = post.begun or post.handle
        clients.ask(post.account, lambda client: client.discard(post.key, left))
    except Exception:
        log.exception("What was prepared for post %s could not be taken back.", post.pk)


class _Run(Hold):
    """The steps of one worker while it holds the post."""

    has_prepared = False

    def step(self) -> None:
        if is_unreadable(self.post.handle) and self.post.state in (State.PROCESSING, State.READY):
            # Its key is lost. Nothing is live yet, so it is prepared anew.
            self.move(handle={}, state=State.PREPARING)
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
            case State.PUBLISHED:
                aftercare.care(self)
            case _:
                raise LeaseLost

    # The steps.

    def _admit(self) -> None:
        if self._paused.exists():
            # Before anything is prepared anew: what was sent is known by its own handle.
            self.move(state=State.COMMITTING, tries=0)
            return
        self.move(state=State.DISPATCHING)
        if stop := why_not(self.post):
            self._stop(stop)
        elif choice := admission.better_later(self.post):
            self.release(state=State.SCHEDULED, due_at=choice.when_utc, due_reason=choice.reason)
        elif not self._must_wait():
            if self.post.outdated:
                if self.post.handle:
                    _take_back(self.post)
                self.move(handle={}, outdated=False)
            self.move(state=State.PROCESSING if self.post.is_prepared else State.PREPARING)

    def _must_wait(self) -> bool:
        """Whether the account has had its share for now; the post then waits."""
        wait = admission.not_before(self.post)
        if wait is None:
            return False
        until, why = wait
        self.release(state=State.WAITING, retry_at=until, reason=why)
        return True

    def _prepare(self) -> None:
        attempt = self.begin(Phase.PREPARE)
        self.has_prepared = True
        try:
            with clients.media_of(self.post) as media:
                text = clients.text_of(self.post)
                handle = self.ask(
                    lambda client: client.prepare(self.post.key, media, text, self._begun())
                )
        except LeaseLost:  # noticed while it saved how far it got
            raise
        except Exception as error:
            self._refused(attempt, error)
        else:
            said = " ".join(filter(None, (media.cover_problem, handle.pop(SAID, ""))))
            changes = AFRESH | {"handle": handle, "state": State.PROCESSING}
            self.end(attempt, "ok", detail=said, **changes)

    def _begun(self) -> Begun:
        """A large upload outlives its worker: the next one goes on with what was saved."""
        return Begun(self.post.begun, lambda handle: self.move(handle={BEGUN: handle}))

    def _check(self) -> None:
        attempt = self.begin(Phase.CHECK)
        try:
            handle = self.ask(lambda client: client.check(self.post.handle))
        except Exception as error:
            self._refused(attempt, error)
        else:
            self.end(attempt, "ok", handle=handle, state=State.READY, **AFRESH)

    def _commit(self) -> None:
        """The one step that the audience sees."""
        if self._is_early():
            return
        try:
            attempt = self._intend_to_commit()
        except IntegrityError:
            # A commit is on record whose outcome nobody knows. Look, do not send.
            self.move(state=State.COMMITTING)
            return
        if attempt is None:
            return
        try:
            with self._handle_to_commit() as handle:
                result = self.ask(lambda client: client.commit(self.post.key, handle))
        except errors.Duplicate as error:
            self._duplicate(attempt, error)
        except errors.PlatformError as error:
            if error.proves_absent:
                self._refused(attempt, error)
            else:
                self.end(attempt, error.code, detail=detail(error))  # and look, in the next step
        except Exception as error:
            log.exception("The commit of post %s ended without an answer.", self.pk)
            self.end(attempt, errors.OutcomeUnknown.code, detail=detail(error))
        else:
            if isinstance(result, Accepted):
                self.end(attempt, "accepted", tries=0)  # and look, in the next step
            else:
                self._published(attempt, result)

    @contextmanager
    def _handle_to_commit(self) -> Iterator[Handle]:
        if not self.platform.capabilities.commit_sends_video:
            yield self.post.handle
            return
        with clients.media_of(self.post) as media:
            yield self.post.handle | {"video": str(media.video)}

    def _is_early(self) -> bool:
        """Prepared ahead of its hour: the last moments are waited for here, more in the row."""
        ahead = self.post.due_at - timezone.now()
        if ahead > WORTH_WAITING:
            self.release(state=State.READY, retry_at=self.post.due_at)
            return True
        if ahead > dt.timedelta():
            time.sleep(ahead.total_seconds())
        return False

    def _intend_to_commit(self) -> Attempt | None:
        """Ask for permission a last time and put the intent on record, in one transaction.

        None when permission is gone, or when the account has had its share: its row is held, so
        that two posts of one account cannot both be the last that fits. Raises IntegrityError when
        another commit may have been sent.
        """
        with transaction.atomic():
            Account.objects.select_for_update().get(pk=self.post.account_id)
            Post.objects.select_for_update().get(pk=self.pk)
            self.post = self.load()
            if stop := why_not(self.post):
                self._stop(stop)
                return None
            if self._must_wait():
                return None
            self.move(state=State.COMMITTING)
            return Attempt.objects.create(post_id=self.pk, phase=Phase.COMMIT, worker=self.owner)

    def _reconcile(self) -> None:
        commit = self._commits.order_by("started_at").last()
        # None: the platform called it a duplicate before anything was committed.
        since = commit.started_at if commit else self.post.created_at
        attempt = self.begin(Phase.RECONCILE)
        try:
            finding = self.ask(
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
            case Absent() if self._paused.exists():
                self._paused_for_nothing(attempt)
            case Absent() if self.platform.capabilities.commit_retry_allowed:
                self._proved_absent(attempt)
            case Absent():
                self._unconfirmed(
                    attempt,
                    "absent",
                    f"{NO_ANSWER} {self.label}, and the post was not found there.",
                )
            case Unclear(why):
                came = "Only a pause was asked for by" if self._paused.exists() else NO_ANSWER
                self._unconfirmed(
                    attempt,
                    "unclear",
                    f"{came} {self.label}, so it may already be live. {why}",
                )

    # What came of them.

    def _published(self, attempt: Attempt, result: Published | Delivered) -> None:
        live: dict[str, Any] = AFRESH | {
            "external_id": result.external_id[:LONGEST_ID],
            "published_at": timezone.now(),
        }
        if isinstance(result, Published):
            # Its link and comment are due now, by this worker or by the next.
            live |= {"state": State.PUBLISHED, "retry_at": timezone.now()}
            live["permalink"] = result.permalink[:LONGEST_LINK]
        else:
            live["state"] = State.DELIVERED
            live["reason"] = f"Open {self.label} and finish it there."
        try:
            self.end(attempt, "ok", release=isinstance(result, Delivered), **live)
        except LeaseLost:  # that it is live is true, whoever holds the row
            Post.objects.filter(pk=self.pk).exclude(
                state__in=(State.PUBLISHED, State.DELIVERED)
            ).update(**NOBODYS, **live)

    def _duplicate(self, attempt: Attempt, error: errors.Duplicate) -> None:
        """The platform has it already: from this post's own commit, or from another post."""
        there = error.external_id
        others = Post.objects.filter(account=self.post.account_id, external_id=there)
        if there and others.exclude(pk=self.pk).exists():
            attempt.proved_absent = True
            self._refused(
                attempt,
                errors.Rejected(
                    f"{self.label} has the same words in an earlier post and takes them once only."
                    " Change the caption.",
                    reply=error.reply,
                ),
            )
        elif there and self._commits.exclude(pk=attempt.pk).filter(outcome__in=OPEN).exists():
            self._published(attempt, Published(there))
        else:
            self.end(attempt, error.code, detail=detail(error))  # and look, in the next step

    def _proved_absent(self, attempt: Attempt) -> None:
        """Nothing came of the commit, and this platform never makes two posts of one handle."""
        rounds = self.post.rounds + 1
        with transaction.atomic():
            self._commits.update(proved_absent=True)
            if rounds >= MAX_COMMITS:
                self.end(
                    attempt,
                    "absent",
                    release=True,
                    state=State.FAILED,
                    reason=f"{self.label} did not take it {rounds} times. Nothing is live.",
                )
            else:
                state = State.READY if self.post.is_prepared else State.PREPARING
                self.end(attempt, "absent", state=state, tries=0, rounds=rounds, reason="")

    def _paused_for_nothing(self, attempt: Attempt) -> None:
        """As the platform said when it asked for the pause: nothing is live. The post takes its
        turn anew, as it is to be by now.
        """
        with transaction.atomic():
            self._commits.update(proved_absent=True)
            self.end(attempt, "absent", state=State.SCHEDULED, tries=0, reason="")

    def _came_to_nothing(self, attempt: Attempt, error: errors.PlatformError) -> None:
        """The platform took it and gave up on it: as if it had refused the commit."""
        with transaction.atomic():
            self._commits.update(proved_absent=True)
            if self._commits.count() >= MAX_COMMITS and not isinstance(error, errors.RateLimited):
                error = errors.Rejected(f"{error} That was the last try by itself.")
            self._refused(attempt, error)

    def _too_early(self, attempt: Attempt, error: errors.NotReady, since: dt.datetime) -> None:
        """The platform answers, but cannot tell yet."""
        now = timezone.now()
        if now - since > LOOK_FOR:
            self._unconfirmed(attempt, error.code, f"{error} It may still go live.")
            return
        looks = self.post.attempts.filter(phase=Phase.RECONCILE, started_at__gte=since).count()
        self.end(
            attempt,
            error.code,
            release=True,
            detail=detail(error),
            tries=0,  # it answers: only looks without an answer in a row are fruitless
            retry_at=now + patience(error, looks),
            reason=sentence(error),
        )

    def _look_again(self, attempt: Attempt, error: Exception) -> None:
        """The look itself failed; nothing is known yet."""
        tries = self.post.tries + 1
        if tries >= MAX_LOOKS:
            self._unconfirmed(
                attempt, code(error), f"{self.label} gives no answer, so it may already be live."
            )
            return
        until = timezone.now() + backoff(tries)
        why = f"{NO_ANSWER} {self.label}; it is asked again what became of this."
        if isinstance(error, errors.RateLimited) and error.until:
            until = error.until
        elif isinstance(error, errors.AuthExpired):
            until = timezone.now() + RECONNECTING
            why = (
                f"{NO_ANSWER} {self.label}, and its permission ended. Connect it again,"
                " and it is asked what became of this."
            )
        self.end(
            attempt,
            code(error),
            release=True,
            detail=detail(error),
            tries=tries,
            retry_at=until,
            reason=why,
        )

    def _unconfirmed(self, attempt: Attempt, outcome: str, reason: str) -> None:
        self.end(
            attempt,
            outcome,
            release=True,
            state=State.UNCONFIRMED,
            reason=reason.strip()[:300],
            retry_at=None,
        )

    def _refused(self, attempt: Attempt, error: Exception) -> None:
        """A step failed and nothing is live."""
        if isinstance(error, errors.Duplicate):  # look, in the next step
            tries = self.post.tries + 1
            self.end(
                attempt,
                error.code,
                detail=detail(error),
                state=State.COMMITTING,
                tries=tries,
                reason="",
            )
            return
        if not isinstance(error, errors.PlatformError):
            log.error("Post %s: %s failed.", self.pk, attempt.phase, exc_info=error)
        is_open = isinstance(error, errors.RateLimited) and error.look_first
        attempt.proved_absent = attempt.phase == Phase.COMMIT and not is_open
        changes = after(error, self.post, attempt.phase)
        self.end(attempt, code(error), release=True, detail=detail(error), **changes)

    def _stop(self, stop: Stop) -> None:
        log.info("Post %s does not go out: %s", self.pk, stop.reason)
        self.release(state=stop.state, reason=stop.reason, retry_at=None)

    @property
    def _commits(self) -> QuerySet[Attempt]:
        return Attempt.objects.filter(post_id=self.pk, phase=Phase.COMMIT)

    @property
    def _paused(self) -> QuerySet[Attempt]:
        """The commit that was answered with a pause, while it is to be looked for."""
        return self._commits.filter(proved_absent=False, outcome__in=PAUSES)


NO_ANSWER = "No answer came from"
# Outcomes of a commit that leave open whether it was taken.
OPEN = ("", errors.OutcomeUnknown.code, errors.Transient.code, "error", "accepted")
