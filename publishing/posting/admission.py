"""What makes a post wait for the others of its account."""

import datetime as dt
from dataclasses import replace

from django.utils import timezone

from publishing.models import Attempt, Post
from publishing.peak_times import Choice
from publishing.platforms import platform
from publishing.posting.hours import CADENCE, good_hour

LATE = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
LONGEST_GAP_MIN = 7 * 24 * 60


def better_later(post: Post) -> Choice | None:
    """A new hour for a post that comes late while another has just gone out.

    A machine that was off for a week, or whose clock jumped, must not pour out all it missed at
    once. Posts that somebody planned closer than we would are not spread: `not_before` keeps the
    distance they were planned with.
    """
    if not _is_late(post) or _planned_gap(post) < CADENCE.min_gap:
        return None
    just_out = Post.objects.filter(
        account=post.account_id, published_at__gt=timezone.now() - CADENCE.min_gap
    ).exclude(pk=post.pk)
    if not just_out.exists():
        return None
    choice = good_hour(post.account, post.reel, but_not=post)
    return replace(choice, reason=f"It came late, right after another post. {choice.reason}")


def _is_late(post: Post) -> bool:
    return timezone.now() - post.due_at >= LATE


def _planned_gap(post: Post) -> dt.timedelta:
    """How near to it the account's next other post was planned, at most our own gap."""
    others = Post.objects.filter(account=post.account_id).exclude(pk=post.pk)
    others = others.exclude(state__in=(Post.State.DRAFT, Post.State.CANCELLED))
    due = others.values_list("due_at", flat=True)
    before = due.filter(due_at__lte=post.due_at).order_by("-due_at").first()
    after = due.filter(due_at__gt=post.due_at).order_by("due_at").first()
    gaps = [abs(post.due_at - other) for other in (before, after) if other is not None]
    return min([*gaps, CADENCE.min_gap])


def not_before(post: Post) -> tuple[dt.datetime, str] | None:
    """Until when the account's daily cap or the gap between two posts keeps it back, and why.

    Whatever went out or may have gone out counts, from when it was sent.
    """
    at = max(timezone.now(), post.due_at)
    kind = platform(post.account.platform)
    waits = []
    if (most := kind.limits.posts_a_day) is not None:
        sent = _sent(post, at - DAY)[:most]
        if len(sent) == most:
            waits.append((sent[-1] + DAY, f"{kind.label} takes {most} posts a day."))
    if gap := _gap(post):
        sent = _sent(post, at - gap)[:1]
        if sent:
            minutes = int(gap.total_seconds() // 60)
            why = f"{minutes} minutes are kept between two posts of {post.account.name}."
            waits.append((sent[0] + gap, why))
    return max(waits, default=None)


def _sent(post: Post, since: dt.datetime) -> list[dt.datetime]:
    """When the account's other posts were sent, the latest first."""
    commits = Attempt.objects.filter(
        post__account=post.account_id,
        phase=Attempt.Phase.COMMIT,
        proved_absent=False,
        started_at__gt=since,
    ).exclude(post=post.pk)
    return list(commits.order_by("-started_at").values_list("started_at", flat=True))


def _gap(post: Post) -> dt.timedelta:
    """The account's own minimum between two posts, and of late ones the planned distance."""
    minutes = post.account.options.get("min_gap_minutes")
    own = dt.timedelta()
    if isinstance(minutes, int) and 0 < minutes <= LONGEST_GAP_MIN:
        own = dt.timedelta(minutes=minutes)
    return max(own, _planned_gap(post) if _is_late(post) else own)
