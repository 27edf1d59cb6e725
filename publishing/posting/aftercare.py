"""What is still to be done for a post that is live: its link, its first comment, and of one that
only a person saw, which post it is.

None of it can turn a live post into one that failed. A link is asked for until it is there; a
comment is seen by people, so it is sent once, and again only when it is certain that nothing came
of it.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import timezone

from publishing.models import Attempt, Post
from publishing.platforms import errors, platform
from publishing.platforms.base import Published
from publishing.posting.aftermath import backoff, code, detail, sentence
from publishing.posting.hold import Hold, note

Phase = Attempt.Phase

MAX_ROUNDS = 24  # 5 s, 10 s, ... an hour: most of a day
MAX_COMMENTS = 5
FIRST_WAIT_S = 5
MAX_LOOKS = 5
REFUSED = (errors.Rejected.code, errors.Unsupported.code, errors.AuthExpired.code)

TOLD = ("ok", "unclear", *REFUSED)  # asking again would say the same


def is_wanted(post: Post) -> bool:
    """Whether anything is left to be done for this live post."""
    if not post.external_id:
        return wants_id(post)
    return not post.permalink or wants_comment(post)


def wants_id(post: Post) -> bool:
    """Whether the platform may still say which post it is that somebody saw there. Its counts
    are read by that.
    """
    seen = post.attempts.filter(outcome=Attempt.SEEN).last()
    if post.external_id or not post.is_prepared or seen is None:
        return False
    looks = post.attempts.filter(phase=Phase.RECONCILE, pk__gt=seen.pk)
    return not looks.filter(outcome__in=TOLD).exists() and looks.count() < MAX_LOOKS


def wants_comment(post: Post) -> bool:
    if not post.first_comment or post.comment_id or not post.external_id:
        return False
    if not platform(post.account.platform).capabilities.first_comment:
        return False
    tried = post.attempts.filter(phase=Phase.COMMENT)
    may_be_there = tried.filter(proved_absent=False) | tried.filter(outcome__in=REFUSED)
    return not may_be_there.exists() and tried.count() < MAX_COMMENTS


def care(hold: Hold) -> None:
    """Once: the comment, then the link; and when to come back for what is still missing."""
    tries = hold.post.tries + 1
    if wants_id(hold.post):
        _identify(hold)
    if wants_comment(hold.post):
        _comment(hold)
    if not hold.post.permalink and hold.post.external_id:
        _link(hold)
    again: dt.datetime | None = None
    if is_wanted(hold.post) and tries < MAX_ROUNDS:
        again = timezone.now() + backoff(tries, FIRST_WAIT_S)
    hold.release(retry_at=again, tries=tries if again else 0)


def _identify(hold: Hold) -> None:
    post = hold.post
    commit = post.attempts.filter(phase=Phase.COMMIT).last()
    since = commit.started_at if commit else post.created_at
    attempt = hold.begin(Phase.RECONCILE)
    try:
        finding = hold.ask(
            lambda client: client.reconcile(post.key, post.handle, since), aside=True
        )
    except Exception as error:
        hold.end(attempt, code(error), detail=detail(error))
        return
    if not isinstance(finding, Published) or _is_anothers(post, finding.external_id):
        hold.end(attempt, "unclear")
        return
    link = post.permalink or finding.permalink
    hold.end(attempt, "ok", external_id=finding.external_id[:300], permalink=link[:1000])


def _is_anothers(post: Post, external_id: str) -> bool:
    others = Post.objects.filter(account=post.account_id, external_id=external_id)
    return others.exclude(pk=post.pk).exists()


def _link(hold: Hold) -> None:
    attempt = hold.begin(Phase.PERMALINK)
    try:
        link = hold.ask(lambda client: client.permalink(hold.post.external_id), aside=True)
    except Exception as error:
        hold.end(attempt, code(error), detail=detail(error))
        return
    hold.end(attempt, "ok" if link else errors.NotReady.code, permalink=link[:1000])


def _comment(hold: Hold) -> None:
    try:
        with transaction.atomic():
            hold.move()
            attempt = Attempt.objects.create(
                post_id=hold.pk, phase=Phase.COMMENT, worker=hold.owner
            )
    except IntegrityError:  # one is on record whose outcome nobody knows
        return
    post = hold.post
    try:
        comment_id = hold.ask(
            lambda client: client.comment(post.external_id, post.first_comment), aside=True
        )
    except Exception as error:
        attempt.proved_absent = isinstance(error, errors.PlatformError) and error.proves_absent
        why = sentence(error)
        if isinstance(error, errors.Duplicate):  # sent once only: the words stand elsewhere
            why = "Its first comment was refused: the same words are on the account already."
        elif not attempt.proved_absent:
            why = "Whether its first comment is there is not known; look there."
        hold.end(attempt, code(error), detail=detail(error), reason=f"It is live. {why}"[:300])
        return
    note(attempt, "ok")
    hold.move(comment_id=comment_id[:300], reason="")
