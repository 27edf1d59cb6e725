"""One worker's hold on one post: the lease, and what is written while it lasts.

The lease is short and kept fresh while a platform takes its time: a worker that died is found
within two minutes, and one that uploads for a quarter of an hour keeps its post.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, transaction
from django.utils import timezone

from publishing import clients
from publishing.models import Attempt, Post
from publishing.platforms.base import Platform

log = logging.getLogger(__name__)
T = TypeVar("T")

LEASE_S = 120
BEAT_S = 30


class LeaseLost(Exception):
    """Somebody cancelled the post, or another worker has it now. Whatever we know is stale."""


@dataclass
class Hold:
    """Every write names the owner; one that finds another there raises LeaseLost."""

    pk: int
    owner: str
    holds: bool = True

    def __post_init__(self) -> None:
        self.post = self.load()

    def load(self) -> Post:
        return Post.objects.with_story().get(pk=self.pk)

    @property
    def label(self) -> str:
        return self.post.account.name

    @property
    def platform(self) -> type[Platform]:
        return type(clients.client(self.post.account))

    def ask(self, call: Callable[[Platform], T], *, aside: bool = False) -> T:
        """Call the platform, and keep the lease meanwhile. aside: see `clients.ask`."""
        with self._kept():
            return clients.ask(self.post.account, call, aside=aside)

    def begin(self, phase: Attempt.Phase) -> Attempt:
        """Put on record what is about to be done, and take a full lease for it."""
        with transaction.atomic():
            self.move()
            return Attempt.objects.create(post_id=self.pk, phase=phase, worker=self.owner)

    def end(
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
        note(attempt, outcome, detail)
        (self.release if release else self.move)(**changes)

    def move(self, **changes: Any) -> None:
        if not Post.objects.keep(self.pk, self.owner, seconds=LEASE_S, **changes):
            raise LeaseLost
        self.post = self.load()

    def release(self, **changes: Any) -> None:
        self.holds = False
        if not Post.objects.release(self.pk, self.owner, **changes):
            raise LeaseLost

    @contextmanager
    def _kept(self) -> Iterator[None]:
        done = threading.Event()
        beat = threading.Thread(target=self._beat, args=(done,), daemon=True)
        beat.start()
        try:
            yield
        finally:
            done.set()

    def _beat(self, done: threading.Event) -> None:
        try:
            while not done.wait(BEAT_S):
                if not Post.objects.keep(self.pk, self.owner, seconds=LEASE_S):
                    return
        except Exception:
            log.exception("The lease on post %s could not be kept.", self.pk)
        finally:
            connection.close()  # this thread's own


def note(attempt: Attempt, outcome: str, detail: str = "") -> None:
    """Put on record what came of an attempt."""
    attempt.outcome, attempt.detail, attempt.finished_at = outcome, detail, timezone.now()
    fields = ["outcome", "detail", "finished_at"]
    if attempt.proved_absent:  # only ever set: a look may have set it meanwhile
        fields.append("proved_absent")
    attempt.save(update_fields=fields)
