"""Error codes as tables: what each of a platform's codes means, and what the creator reads."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from publishing.platforms.errors import (
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Transient,
)
from publishing.platforms.http import Reply, retry_after


@dataclass(frozen=True)
class Verdict:
    """What one code means."""

    kind: type[PlatformError]
    message: str
    pause: dt.timedelta | None = None  # of a RateLimited, where the answer does not say how long


Table = Mapping[Any, Verdict]  # code -> what it means
T = TypeVar("T")


def raised(verdict: Verdict, reply: Reply, *, until: dt.datetime | None = None) -> PlatformError:
    """The exception for an answer with that verdict. What is only transient leaves a commit open.

    until: when the platform takes calls again, where its answer says so.
    """
    kind = verdict.kind
    if kind is Transient and reply.is_commit:
        kind = OutcomeUnknown
    if issubclass(kind, RateLimited):
        if until is None and verdict.pause is not None:
            until = dt.datetime.now(dt.UTC) + verdict.pause
        return kind(verdict.message, until=until or retry_after(reply), reply=reply.text)
    return kind(verdict.message, reply=reply.text)


def steadily(send: Callable[[], T], tries: int = 3) -> T:
    """Do what may be done twice, up to `tries` times while no answer comes.

    For one part of an upload: a dropped connection does not cost all the parts before it.
    """
    for _ in range(tries - 1):
        try:
            return send()
        except RateLimited:
            raise
        except Transient:
            continue
    return send()
