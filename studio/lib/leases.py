"""Taking a row for one worker, so that a task delivered twice is done once.

A worker *claims* a row by a conditional UPDATE that names the state it expects, keeps the lease
fresh while it works, and writes the outcome only while it still holds the lease. A worker that was
killed leaves a lease that runs out; `expired()` is what a sweep looks for.

A lease that reaches further than any lease can was written while the clock was wrong: it is not
believed. Its worker, if it lives, puts it right the next time it keeps it.
"""

import os
import secrets
import socket
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

from django.db import models
from django.utils import timezone

from studio.lib.owned import OwnedQuerySet

M = TypeVar("M", bound="Leased")

LONGEST = timedelta(minutes=10)


def run_out(field: str, now: datetime) -> models.Q:
    """The leases, with their end in `field`, that hold no more."""
    return models.Q(**{f"{field}__lt": now}) | models.Q(**{f"{field}__gt": now + LONGEST})


def lease_end(now: datetime, seconds: int) -> datetime:
    """When a lease that is taken now ends."""
    length = timedelta(seconds=seconds)
    if length > LONGEST:
        raise ValueError(f"No lease is longer than {LONGEST}.")
    return now + length


NOBODYS: dict[str, Any] = {"lease_owner": "", "lease_until": None}  # to take it from its worker


def new_owner() -> str:
    """A name for one piece of work by one worker, unique among all hosts."""
    return f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}"


class LeasedQuerySet(OwnedQuerySet[M]):
    def claim(
        self, pk: int, *, states: tuple[str, ...], seconds: int, **changes: Any
    ) -> str | None:
        """Take the row if it is in one of `states` and nobody holds it.

        `changes` are written together with the lease (usually `state=...`).
        Returns the lease's owner name, or None when another worker was quicker.
        """
        owner, now = new_owner(), timezone.now()
        taken = (
            self.free(now)
            .filter(pk=pk, state__in=states)
            .update(lease_owner=owner, lease_until=lease_end(now, seconds), **changes)
        )
        return owner if taken else None

    def keep(self, pk: int, owner: str, *, seconds: int, **changes: Any) -> bool:
        """Extend a lease that is still held, writing `changes` with it. False when it was lost."""
        until = lease_end(timezone.now(), seconds)
        return bool(self.filter(pk=pk, lease_owner=owner).update(lease_until=until, **changes))

    def release(self, pk: int, owner: str, **changes: Any) -> bool:
        """Give the row back with its outcome. False when the lease was lost meanwhile."""
        held = self.filter(pk=pk, lease_owner=owner)
        return bool(held.update(**NOBODYS, **changes))

    def expired(self, now: datetime | None = None) -> Self:
        """Rows whose worker has not been heard of since its lease ran out."""
        return self.exclude(lease_owner="").filter(run_out("lease_until", now or timezone.now()))

    def free(self, now: datetime | None = None) -> Self:
        """Rows that a worker could claim now."""
        lapsed = run_out("lease_until", now or timezone.now())
        return self.filter(models.Q(lease_owner="") | lapsed)


class Leased(models.Model):
    """A row that one worker at a time may hold. Subclasses have a `state` field."""

    lease_owner = models.CharField(max_length=80, blank=True, default="", editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
