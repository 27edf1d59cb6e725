"""What became of posts: their counts at 1, 24, 72 and 168 hours, as far as the platforms tell.

Reading is harmless, so a lost answer is simply asked for again until the next age comes. Nothing
here touches a post's state. Who was asleep while an age passed takes the latest one only: the same
counts under three names would tell nothing.
"""

import datetime as dt
import logging
from dataclasses import asdict

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from publishing.accounts.connecting import ODD_ANSWER
from publishing.clients import ask
from publishing.models import Account, Insight, Post
from publishing.platforms import PLATFORMS, platform
from publishing.platforms.errors import AuthExpired, PlatformError, RateLimited, Rejected

log = logging.getLogger(__name__)

HOUR = dt.timedelta(hours=1)
# Each age is asked for until the next one comes; the last, while anybody may still care.
AGES = {1: 24 * HOUR, 24: 72 * HOUR, 72: 168 * HOUR, 168: 30 * 24 * HOUR}
A_TRY = dt.timedelta(minutes=10)  # after which another worker may ask: this one died
FIRST_WAIT, LONGEST_WAIT = dt.timedelta(minutes=2), 2 * HOUR
RECONNECTED = 6 * HOUR  # nothing is to be had before the creator connects the account again


def due() -> list[int]:
    """Posts whose counts should be read now, the freshest age first."""
    now = timezone.now()
    telling = [name for name in PLATFORMS if platform(name).capabilities.insights]
    posts = Post.objects.filter(
        state=Post.State.PUBLISHED,
        account__state=Account.State.CONNECTED,
        account__platform__in=telling,
    ).exclude(external_id="")
    found: list[int] = []
    for age_h, end in AGES.items():
        done = Insight.objects.filter(post=OuterRef("pk"), age_h=age_h).exclude(_open(now))
        ripe = posts.filter(
            ~Exists(done), published_at__lte=now - age_h * HOUR, published_at__gt=now - end
        )
        found += ripe.order_by("-published_at", "pk").values_list("pk", flat=True)
    return found


def collect(post_pk: int) -> None:
    """Read the counts of a post for the age it has reached. Safe to call twice."""
    post = Post.objects.with_story().filter(pk=post_pk, state=Post.State.PUBLISHED).first()
    age_h = _age(post) if post else None
    if post is None or age_h is None:
        return
    row, _ = Insight.objects.get_or_create(post=post, age_h=age_h)
    now = timezone.now()
    mine = Insight.objects.filter(_open(now), pk=row.pk, tries=row.tries)
    if not mine.update(tries=row.tries + 1, try_after=now + A_TRY):
        return  # taken already, or another worker is at it
    rows = Insight.objects.filter(pk=row.pk, state=Insight.State.ASKED)
    try:
        counts = ask(post.account, lambda client: client.insights(post.external_id))
    except Rejected as e:  # Unsupported as well: asking again would say the same
        rows.update(state=Insight.State.REFUSED, problem=str(e)[:300])
    except PlatformError as e:
        log.info("The counts of post %s after %s h: %s", post_pk, age_h, e)
        rows.update(try_after=timezone.now() + _wait(e, row.tries), problem=str(e)[:300])
    except ODD_ANSWER as e:
        log.warning("Odd counts of post %s: %s", post_pk, type(e).__name__)
        rows.update(try_after=timezone.now() + LONGEST_WAIT, problem="They are not understood.")
    else:
        rows.update(
            **asdict(counts), state=Insight.State.TAKEN, taken_at=timezone.now(), problem=""
        )


def _open(now: dt.datetime) -> Q:
    """Readings that may be tried now."""
    return Q(state=Insight.State.ASKED) & (Q(try_after=None) | Q(try_after__lte=now))


def _age(post: Post) -> int | None:
    """The age whose counts are to be read now."""
    if post.published_at is None:
        return None
    old = timezone.now() - post.published_at
    return next((age_h for age_h, end in AGES.items() if age_h * HOUR <= old < end), None)


def _wait(error: PlatformError, tries: int) -> dt.timedelta:
    if isinstance(error, AuthExpired):
        return RECONNECTED
    if isinstance(error, RateLimited) and error.until:
        return max(error.until - timezone.now(), FIRST_WAIT)
    return min(FIRST_WAIT * (1 << min(tries, 10)), LONGEST_WAIT)
