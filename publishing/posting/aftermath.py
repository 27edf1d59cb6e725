"""What becomes of a post after a step came to nothing: wait, prepare anew, give up, ask."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from publishing.models import Attempt, Post
from publishing.platforms import errors

State, Phase = Post.State, Attempt.Phase

MAX_TRIES = 8  # of one step; with the waits below, some three hours
MAX_CHECKS = 90  # every 20 s: half an hour
MAX_COMMITS = 3  # each after proof that the one before came to nothing
FIRST_LOOK_S, LOOK_S = 2, 20  # small films are done in seconds
QUOTA = dt.timedelta(hours=6)  # when a platform does not say until when its allowance is used up


# Outcomes that are no failures: the platform says when to come again.
PAUSES = (errors.RateLimited.code, errors.QuotaExhausted.code)


def after(error: Exception, post: Post, phase: str) -> dict[str, Any]:
    """The changes to a post whose step failed with `error`; nothing of it is live.

    A step that is fruitless too often ends the post, and so does one that keeps sending it back to
    an earlier step. Being told to wait is neither.
    """
    tries, rounds, now = post.tries + 1, post.rounds, timezone.now()
    if phase == Phase.COMMIT or isinstance(error, errors.HandleExpired):
        rounds += not isinstance(error, errors.RateLimited | errors.AuthExpired)
    changes: dict[str, Any] = {"tries": tries, "rounds": rounds, "reason": sentence(error)}
    in_vain = max(_failures(post, phase, tries), rounds)
    match error:
        case errors.NotReady():
            return changes | _not_ready(error, post, tries, rounds)
        case errors.QuotaExhausted():
            wait = {"state": State.WAITING, "retry_at": error.until or now + QUOTA}
        case errors.RateLimited():
            told = _in_a_row(post, phase, tries, error.code)
            wait = {"state": State.WAITING, "retry_at": error.until or now + backoff(told)}
        case errors.AuthExpired():
            wait = {"state": State.WAITING, "retry_at": None}
        case errors.AccountBlocked() | errors.Rejected():
            wait = {"state": State.FAILED}
        case _ if in_vain >= MAX_TRIES:
            why = f"{sentence(error)} That was try {in_vain}, the last by itself."
            wait = {"state": State.FAILED, "reason": why}
        case errors.HandleExpired():
            again = now + backoff(rounds - 1) if rounds > 1 else now  # usually it is merely old
            wait = {"state": State.PREPARING, "handle": {}, "retry_at": again}
        case _:
            wait = {"state": State.WAITING, "retry_at": now + backoff(in_vain)}
    return changes | wait


def _failures(post: Post, phase: str, tries: int) -> int:
    """How many of the fruitless tries of this step failed, with the present one. A film that was
    asked after twenty times is not given up at the first error after that.
    """
    waits = (errors.NotReady, errors.RateLimited, errors.QuotaExhausted, errors.AuthExpired)
    left_out = ["", *(kind.code for kind in waits)]
    return min(tries, _since_ok(post, phase).exclude(outcome__in=left_out).count() + 1)


def _in_a_row(post: Post, phase: str, tries: int, outcome: str) -> int:
    """How many of them came to this, with the present one."""
    told = _since_ok(post, phase).filter(outcome=outcome).count() + 1
    # Before each commit stands a check, and what that comes to counts the tries anew.
    return told if phase == Phase.COMMIT else min(tries, told)


def _since_ok(post: Post, phase: str) -> QuerySet[Attempt]:
    """The attempts at a step since it last succeeded; the present one has no outcome yet."""
    made = Attempt.objects.filter(post=post, phase=phase)
    last = made.filter(outcome="ok").order_by("pk").last()
    return made.filter(pk__gt=last.pk) if last else made


def _not_ready(error: errors.NotReady, post: Post, tries: int, rounds: int) -> dict[str, Any]:
    label = post.account.name
    if tries >= MAX_CHECKS or rounds >= MAX_TRIES:
        return {
            "state": State.FAILED,
            "reason": f"{label} has been processing the video for too long. Nothing is live.",
        }
    return {
        "state": State.PROCESSING if post.is_prepared else State.PREPARING,
        "retry_at": timezone.now() + patience(error, tries),
        "reason": f"{label} is still processing the video.",
    }


def patience(error: errors.NotReady, tries: int) -> dt.timedelta:
    """When to look again: as the platform says, else after 2 s, 4 s, 8 s, 16 s, then every 20."""
    usual = min(FIRST_LOOK_S * 2 ** min(max(tries - 1, 0), 10), LOOK_S)
    return dt.timedelta(seconds=usual if error.retry_after_s is None else error.retry_after_s)


def backoff(tries: int, first_s: int = 30) -> dt.timedelta:
    """How long to wait after so many fruitless tries: half a minute, doubling, at most an hour."""
    return dt.timedelta(seconds=min(first_s * 2 ** min(max(tries - 1, 0), 20), 3600))


def code(error: Exception) -> str:
    """What kind of failure, for the record of the attempt."""
    return error.code if isinstance(error, errors.PlatformError) else "error"


def sentence(error: Exception) -> str:
    """What happened, for the creator."""
    if isinstance(error, errors.PlatformError):
        return str(error)[:220]
    return "Something went wrong in this installation; its log says what."


def detail(error: Exception) -> str:
    """What happened, for whoever looks closer."""
    if isinstance(error, errors.PlatformError):
        return error.reply or str(error)[: errors.REPLY_CHARS]
    return errors.redact(f"{type(error).__name__}: {error}")
