"""What the pages say about posts: why one is not out, what is next, whether all is on time."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from publishing.models import OVER, UNDER_WAY, Account, Attempt, Post
from studio.lib import words

State, Phase = Post.State, Attempt.Phase

ATTENTION = (State.UNCONFIRMED, State.FAILED)
LATE = dt.timedelta(minutes=5)
READING_S = 3600  # how long a page may stay open

KINDS = {  # of components/badge.html
    State.DRAFT: "light",
    State.SCHEDULED: "quiet",
    State.PUBLISHED: "good",
    State.DELIVERED: "good",
    State.FAILED: "bad",
    State.WAITING: "warn",
    State.UNCONFIRMED: "bad",
    State.CANCELLED: "quiet",
}

# What each step is called when it went well, and when it did not.
DONE = {
    Phase.PREPARE: "The files were brought there",
    Phase.CHECK: "They are ready there",
    Phase.COMMIT: "Sent out",
    Phase.RECONCILE: "It was looked for, and it is live",
    Phase.PERMALINK: "Its link is there",
    Phase.COMMENT: "Its first comment is there",
}
TRIED = {
    Phase.PREPARE: "Bringing the files there",
    Phase.CHECK: "Asking whether they are ready",
    Phase.COMMIT: "Sending it out",
    Phase.RECONCILE: "Looking whether it is live",
    Phase.PERMALINK: "Asking for its link",
    Phase.COMMENT: "Writing its first comment",
}
OUTCOMES = {
    "": "under way, or cut off",
    "transient": "no use this time",
    "not_sent": "nothing left this machine",
    "refresh": "the permission had to be renewed",
    "rate_limited": "the platform asks to slow down",
    "quota_exhausted": "the day's allowance is used up",
    "reauth": "the permission has ended",
    "account_blocked": "the platform restricts the account",
    "invalid_content": "refused as it is",
    "unsupported": "the platform does not take this",
    "not_ready": "still being processed",
    "expired_handle": "what was there has expired",
    "duplicate": "the platform says it has it already",
    "unknown_outcome": "no answer came",
    "accepted": "taken, and being processed",
    "absent": "it is not there",
    "unclear": "it cannot be told",
    "error": "an error in this installation",
}


LOOKED = {
    Attempt.SEEN: "Somebody looked there: it is live",
    Attempt.NOT_SEEN: "Somebody looked there: it is not live, and may be sent again",
}
UNANSWERED = ("", "transient", "not_sent", "unknown_outcome", "error")


@dataclass
class Entry:
    """One line of a post's story. kind: done, now, wrong or nothing."""

    text: str
    at: dt.datetime | None = None
    kind: str = "done"
    detail: str = ""
    times: int = 1
    heard: bool = True  # the detail is the platform's own words, not this machine's


def badge(post: Post) -> tuple[str, str]:
    """(kind, words) of its badge."""
    state = State(post.state)
    return KINDS.get(state, "light"), words.sentence(state.label)


def data(post: Post) -> dict[str, Any]:
    """One post as data: what `manage.py post_status --json` prints, and an API will answer.

    {"id", "state", "external_id", "permalink", "attempts": [{"phase", "outcome", "started_at",
    "finished_at", "detail"}]} and more beside it. Times are ISO 8601 in UTC, None: not yet; an
    empty outcome: under way, or cut off.
    """
    attempts = post.attempts.values("phase", "outcome", "started_at", "finished_at", "detail")
    return {
        "id": post.pk,
        "state": post.state,
        "reason": post.reason,
        "next_step": next_step(post),
        "account": post.account_id,
        "platform": post.account.platform,
        "reel": post.reel_id,
        "title": post.title,
        "caption": post.caption,
        "due_at": _iso(post.due_at),
        "published_at": _iso(post.published_at),
        "retry_at": _iso(post.retry_at),
        "external_id": post.external_id,
        "permalink": post.permalink,
        "first_comment": post.first_comment,
        "comment_id": post.comment_id,
        "attempts": [
            attempt | {name: _iso(attempt[name]) for name in ("started_at", "finished_at")}
            for attempt in attempts
        ],
    }


def told(post: Post) -> str:
    """The same in lines for a terminal; times by the creator's clock."""
    zone = post.creator.zone
    lines = [f"Post {post.pk} to {post.account.name}: {State(post.state).label}."]
    for entry in timeline(post, list(post.attempts.all())):
        at = entry.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if entry.at else " " * 19
        times = f" ({entry.times} times)" if entry.times > 1 else ""
        lines.append(f"  {at}  {entry.text}{times}")
        if entry.detail:
            lines.append(f"  {'':19}    {entry.detail}")
    if post.permalink:
        lines.append(f"  {'':19}  {post.permalink}")
    # A platform's words are not ours: nothing in them may move a cursor or ring a bell.
    told = "\n".join(lines)
    return "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in told)


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds") if moment else None


def timeline(post: Post, attempts: Sequence[Attempt]) -> list[Entry]:
    """All that happened to a post, oldest first, and what comes next."""
    story = [Entry("Put in the queue", post.created_at)]
    if post.state != State.DRAFT and post.approved_by and post.approved_at:
        how = f", {post.approved_how}" if post.approved_how else ""
        who = post.approved_by.get_username()
        story.append(Entry(f"Approved by {who}{how}", post.approved_at))
    previous: Attempt | None = None
    for attempt in attempts:
        if previous and (previous.phase, previous.outcome) == (attempt.phase, attempt.outcome):
            story[-1].times += 1
            story[-1].at = attempt.started_at
        else:
            story.append(_entry(attempt))
        previous = attempt
    if post.state == State.DELIVERED and previous and previous.phase == Phase.RECONCILE:
        story[-1].text = "It was looked for, and it is in the inbox"
    if post.state != State.PUBLISHED:
        kind = "wrong" if post.state in ATTENTION else "now"
        story.append(Entry(next_step(post), kind="done" if post.state in OVER else kind))
    return story


def _entry(attempt: Attempt) -> Entry:
    phase = Phase(attempt.phase)
    if attempt.outcome == "ok":  # with what had to be left out
        left_out = f". {attempt.detail}" if attempt.detail else ""
        return Entry(DONE[phase] + left_out, attempt.finished_at)
    if attempt.outcome in LOOKED:
        return Entry(LOOKED[attempt.outcome], attempt.finished_at)
    words_for = OUTCOMES.get(attempt.outcome, attempt.outcome)
    if phase == Phase.RECONCILE and attempt.outcome == "not_ready":
        words_for = "it cannot be told yet"
    return Entry(
        f"{TRIED[phase]}: {words_for}",
        attempt.started_at,
        "done" if attempt.outcome in ("not_ready", "accepted", "absent", "") else "wrong",
        attempt.detail,
        heard=attempt.outcome not in UNANSWERED,
    )


def next_step(post: Post) -> str:
    """One sentence: why it is not out, and what happens next and when."""
    zone, state = post.creator.zone, State(post.state)
    if state == State.DRAFT:
        return post.reason or "It goes out after you have approved it."
    if state == State.CANCELLED:
        return f"It does not go out. {post.reason}".strip()
    if state in (State.FAILED, State.UNCONFIRMED):
        return post.reason or "It did not go out."
    if state == State.PUBLISHED:
        return post.reason or "It is live."
    if state == State.DELIVERED:
        return post.reason
    if state == State.WAITING or (post.reason and post.retry_at):
        ahead = f" Next try {words.when(post.retry_at, zone)}." if post.retry_at else ""
        return f"{post.reason}{ahead}".strip()
    if state in UNDER_WAY and is_waiting_for_its_hour(post):
        return f"It is prepared there and goes out {words.when(post.due_at, zone)}."
    if state in UNDER_WAY and not is_late(post):
        return "It is on its way out now."
    if post.account.state != Account.State.CONNECTED:
        return post.account.why_not
    if is_late(post):
        return "Its hour has come; it goes out within a minute or two of a worker being there."
    return f"It goes out {words.when(post.due_at, zone)}."


def is_waiting_for_its_hour(post: Post) -> bool:
    """Nothing is to be done for it until then."""
    now = timezone.now()
    return post.state == State.READY and post.due_at > now


def is_moving(post: Post) -> bool:
    """A worker has it or is about to: what the page says is over in seconds."""
    if post.retry_at is not None and post.retry_at > timezone.now():
        return False
    soon = post.state == State.SCHEDULED and post.due_at <= timezone.now() and not is_late(post)
    return soon or post.state in UNDER_WAY


def wakes_in(post: Post) -> int | None:
    """In how many seconds its page should look again; None: not while somebody reads it."""
    if post.state not in (State.SCHEDULED, State.READY, State.WAITING):
        return None
    moment = post.due_at if post.state == State.SCHEDULED else post.retry_at
    if moment is None:
        return None
    ahead = (moment - timezone.now()).total_seconds()
    return int(ahead) + 2 if 0 < ahead < READING_S else None


def is_late(post: Post) -> bool:
    """Its hour is well past and it has not even been taken up."""
    waits = post.state in (State.SCHEDULED, State.READY) and not post.lease_owner
    return waits and post.due_at < timezone.now() - LATE


def headline(posts: Iterable[Post], n_coming: int, *, all_works: bool) -> str:
    """The queue in one sentence. `posts`: those that have not gone out."""
    held = list(posts)
    unconfirmed = sum(post.state == State.UNCONFIRMED for post in held)
    failed = sum(post.state == State.FAILED for post in held)
    waiting = sum(post.state == State.WAITING for post in held)
    drafts = sum(post.state == State.DRAFT for post in held)
    late = sum(is_late(post) for post in held)
    found = [
        (unconfirmed, "post may already be live", "posts may already be live"),
        (failed, "post did not go out", "posts did not go out"),
        (waiting, "post is held up", "posts are held up"),
        (late, "post is late", "posts are late"),
        (drafts, "post waits for you", "posts wait for you"),
    ]
    said = [words.count(n, one, many) for n, one, many in found if n]
    if said:  # the two worst; the list below has them all
        return f"{words.sentence(' and '.join(said[:2]))}."
    if not n_coming:
        return "Nothing is in the queue."
    return "Everything is on time." if all_works else "Nothing goes out at the moment."


@dataclass
class Day:
    """The posts of one day in the creator's own zone."""

    title: str
    posts: list[Post]


def by_day(posts: Iterable[Post]) -> list[Day]:
    """Posts in order, under the day each goes out, in its own creator's zone."""
    days: list[Day] = []
    last: dt.date | None = None
    for post in sorted(posts, key=lambda post: (_local(post).date(), post.due_at, post.pk)):
        date = _local(post).date()
        if date != last:
            days.append(Day(words.sentence(_day_name(post.due_at, post.creator.zone)), []))
        days[-1].posts.append(post)
        last = date
    return days


def _local(post: Post) -> dt.datetime:
    return post.due_at.astimezone(post.creator.zone)


def _day_name(moment: dt.datetime, zone: ZoneInfo) -> str:
    return words.day(moment, zone).removeprefix("on ")
