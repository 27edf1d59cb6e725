"""What an account's posts reached, and what follows from it for the next ones. Reads only, but for
`teach`.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import F, Max

from creators.models import Creator
from publishing.models import Account, Insight
from publishing.peak_times import PARTS, History, Surface, learn, rewards, weights
from scripts_gen import services as scripts
from scripts_gen.lessons import Outcome
from scripts_gen.models import Lesson

Row = dict[str, Any]

LATEST = 300  # of a creator's posts; what is older says little about today's audience


@dataclass(frozen=True)
class Result:
    """The first 24 hours of one post. count: views, or the next best that its platform tells."""

    post_pk: int
    account_pk: int
    platform: str
    script_pk: int
    duration_ms: int
    local: dt.datetime  # when it went out, by the creator's clock
    count: int
    gain: float = 0.0  # above the account's usual, in logs

    @property
    def cell(self) -> int:
        """Its hour of the week, Monday 0 h = 0."""
        return self.local.weekday() * 24 + self.local.hour

    @property
    def part(self) -> str:
        """The part of the day, or "" in the night."""
        return next((p for p, (a, end) in PARTS.items() if a <= self.local.hour < end), "")


def results_of(creator: Creator) -> list[Result]:
    """The comparable results of a creator, oldest first, each with its gain."""
    rows = (
        Insight.objects.of_a_day()
        .filter(post__account__creator=creator)
        .order_by("-post__published_at", "-pk")
        .values(
            *("views", "reach", "likes", "comments", "shares", "post"),
            account=F("post__account"),
            platform=F("post__account__platform"),
            script=F("post__reel__take__script"),
            duration_ms=F("post__reel__duration_ms"),
            out=F("post__published_at"),
        )[:LATEST]
    )
    by_account: dict[int, list[Row]] = defaultdict(list)
    for row in reversed(rows):
        by_account[row["account"]].append(row)
    found: list[Result] = []
    for account_pk, some in by_account.items():
        told = _told(some)
        gains = rewards(np.array([count for _, count in told], dtype=float))
        found += [
            Result(
                post_pk=row["post"],
                account_pk=account_pk,
                platform=row["platform"],
                script_pk=row["script"],
                duration_ms=row["duration_ms"],
                local=row["out"].astimezone(creator.zone),
                count=count,
                gain=float(gain),
            )
            for (row, count), gain in zip(told, gains, strict=True)
        ]
    return sorted(found, key=lambda result: result.local)


def _told(rows: Sequence[Row]) -> list[tuple[Row, int]]:
    """Each row with one number, of one kind for all: views, else reach, else reactions."""
    for fields in (("views",), ("reach",), ("likes", "comments", "shares")):
        told = []
        for row in rows:
            counts = [row[field] for field in fields if row[field] is not None]
            if counts:
                told.append((row, sum(counts)))
        if 2 * len(told) >= len(rows):
            return told
    return []


def surface_of(account: Account, results: Iterable[Result] | None = None) -> Surface:
    """What the account's own results, and those of its creator elsewhere, say about its hours."""
    by_account = defaultdict(list)
    for result in results_of(account.creator) if results is None else results:
        by_account[result.account_pk].append(result)
    own = _history(account.platform, by_account.pop(account.pk, []))
    return learn(own, [_history(some[0].platform, some) for some in by_account.values()])


def _history(platform: str, results: Sequence[Result]) -> History:
    return History(
        prior=weights(platform),
        cells=np.array([result.cell for result in results], dtype=np.int64),
        counts=np.array([result.count for result in results], dtype=float),
    )


def teach(creator_pk: int) -> None:
    """Hand what worked to those who plan and write. Safe to call twice."""
    creator = Creator.objects.filter(pk=creator_pk).first()
    if creator is not None:
        outcomes = [
            Outcome(result.script_pk, result.duration_ms, result.part, result.gain)
            for result in results_of(creator)
        ]
        scripts.learn(creator, outcomes)


def to_teach() -> list[int]:
    """Creators with results that nobody has learned from yet."""
    learned_at = dict(
        Lesson.objects.filter(subject=Lesson.Subject.ALL).values_list("creator", "learned_at")
    )
    news = (
        Insight.objects.of_a_day()
        .order_by()
        .values_list("post__account__creator")
        .annotate(last=Max("taken_at"))
    )
    return sorted(
        creator
        for creator, last in news
        if creator not in learned_at or last > learned_at[creator]
    )
