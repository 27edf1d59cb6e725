"""The next good hour for one account, with what else it posts taken into account."""

import datetime as dt

from django.db.models import Q
from django.utils import timezone

from publishing.models import Account, Post
from publishing.peak_times import Cadence, Choice, next_slot
from scripts_gen.models import Slot

HEAD_START = dt.timedelta(minutes=5)  # nobody is told a time that is over when they read it
CADENCE = Cadence()


def good_hour(
    account: Account,
    *,
    seed: str,
    slot: Slot | None = None,
    after: dt.datetime | None = None,
    but_not: Post | None = None,
) -> Choice:
    """When the next post of `account` should go out; in `slot`'s part of the day while that lies
    ahead.

    seed: what moves the minute, the same for the same post. but_not: the post that is being moved.
    """
    after = after or timezone.now() + HEAD_START
    recent = after - dt.timedelta(days=2)
    others = Post.objects.filter(
        Q(due_at__gt=recent) | Q(published_at__gt=recent), account=account
    )
    others = others.exclude(state__in=(Post.State.CANCELLED, Post.State.FAILED))
    if but_not is not None:
        others = others.exclude(pk=but_not.pk)
    taken = [out or due for due, out in others.values_list("due_at", "published_at")]
    return next_slot(
        account.platform,
        account.creator.zone,
        after,
        taken,
        day=slot.date if slot else None,
        part=slot.part if slot else None,
        cadence=CADENCE,
        seed=seed,
    )
