"""What is still to be done for a post that is live: its link, its first comment.

None of it can turn a live post into one that failed. A link is asked for until it is there; a
comment is seen by people, so it is sent once, and again only when it is certain that nothing came
of it.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import timezone

from publishing.aftermath import backoff, code, detail, sentence
from publishing.hold import Hold, note
from publishing.models import Attempt, Post
from publishing.platforms import errors, platform

Phase = Attempt.Phase

MAX_ROUNDS = 24  # 5 s, 10 s, ... an hour: most of a day
MAX_COMMENTS = 5
FIRST_WAIT_S = 5
REFUSED = (errors.Rejected.code, errors.Unsupported.code, errors.AuthExpired.code)


def is_wanted(post: Post) -> bool:
    """Whether anything is left to be done for this live post."""
    return bool(post.external_id) and (not post.permalink or wants_comment(post))


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
    if wants_comment(hold.post):
        _comment(hold)
    if not hold.post.permalink and hold.post.external_id:
        _link(hold)
    again: dt.datetime | None = None
    if is_wanted(hold.post) and tries < MAX_ROUNDS:
        again = timezone.now() + backoff(tries, FIRST_WAIT_S)
    hold.release(retry_at=again, tries=tries if again else 0)


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
