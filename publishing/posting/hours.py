"""The next good hour for one account, with what else it posts taken into account."""

import datetime as dt

from django.db.models import Q
from django.utils import timezone

from avatar.models import Reel
from publishing.models import Account, Post
from publishing.peak_times import Cadence, Choice, next_slot
from publishing.results.outcomes import surface_of

HEAD_START = dt.timedelta(minutes=5)  # nobody is told a time that is over when they read it
CADENCE = Cadence()


def good_hour(account: Account, reel: Reel, *, but_not: Post | None = None) -> Choice:
    """When `reel` should go out on `account`; in its slot's part of the day while that lies ahead.

    but_not: the post that is being moved, whose present hour does not count as taken.
    """
    after = timezone.now() + HEAD_START
    recent = after - dt.timedelta(days=2)
    others = Post.objects.filter(
        Q(due_at__gt=recent) | Q(published_at__gt=recent), account=account
    )
    others = others.exclude(state__in=(Post.State.CANCELLED, Post.State.FAILED))
    if but_not is not None:
        others = others.exclude(pk=but_not.pk)
    taken = [out or due for due, out in others.values_list("due_at", "published_at")]
    slot = reel.script.slot
    return next_slot(
        account.platform,
        account.creator.zone,
        after,
        taken,
        day=slot.date if slot.part else None,  # without one, nobody planned it
        part=slot.part or None,
        cadence=CADENCE,
        surface=surface_of(account),
        seed=f"{account.pk}:{reel.pk}",  # the hour that is suggested is the hour that is taken
    )
