"""What the page of results and a post's own page show, in the words and marks of a template."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import QuerySet

from creators.models import Creator
from publishing.clients import platform_label
from publishing.models import Account, Insight, Post
from publishing.peak_times import AWAKE, DAYS, Lift, Standing, Surface, sources
from publishing.peak_times.slots import per_cent
from publishing.results import charts, outcomes
from publishing.results.outcomes import Result
from scripts_gen import learning
from scripts_gen.models import Lesson
from studio.lib import words

SHOWN = 40  # posts in a chart
BEST = 3
# Heat 0 to 6: from how much above an average waking hour on.
STEPS = (-0.20, -0.10, -0.03, 0.03, 0.10, 0.20)
LEGEND = ("20 % worse", "", "", "average", "", "", "20 % better")
SUBJECTS = {
    Lesson.Subject.PILLAR: "Subjects",
    Lesson.Subject.HOOK: "Openings",
    Lesson.Subject.LENGTH: "Lengths",
    Lesson.Subject.PART: "Parts of the day",
}
COUNTS = ("views", "reach", "likes", "comments", "shares", "saves")


@dataclass(frozen=True)
class Cell:
    """One hour of the week. is_sure: its 80 % interval does not hold zero."""

    heat: int
    percent: str
    title: str
    is_sure: bool


def context(creator: Creator, chosen: str) -> dict[str, Any]:
    """The page of one creator. chosen: the pk of an account, as the address says it."""
    accounts = list(creator.accounts.exclude(platform="folder"))
    found = outcomes.results_of(creator)
    account = _account(accounts, found, chosen)
    if account is None:
        return {}
    own = [result for result in found if result.account_pk == account.pk]
    surface = outcomes.surface_of(account, found)
    return {
        "accounts": [(one, platform_label(one.platform)) for one in accounts],
        "account": account,
        "label": platform_label(account.platform),
        "usual": round(median(result.count for result in own[-20:])) if own else None,
        "standing": words.sentence(str(surface.standing)),
        "standing_kind": "good" if surface.standing.basis == "learned" else "quiet",
        "standing_words": standing_words(surface.standing, account.platform),
        "week": week(surface),
        "days": DAYS,
        "legend": list(enumerate(LEGEND)),
        "best": best_hours(surface),
        "sources": _sources(account.platform),
        "charts": _charts(account),
        "lessons": _lessons(creator),
        "learned_from": creator.lessons.filter(subject=Lesson.Subject.ALL).first(),
    }


def _account(accounts: Sequence[Account], found: Sequence[Result], chosen: str) -> Account | None:
    """The one that was asked for, else the one with the most results."""
    by_pk = {str(account.pk): account for account in accounts}
    if chosen in by_pk:
        return by_pk[chosen]
    counted = [result.account_pk for result in found]
    return max(accounts, key=lambda account: counted.count(account.pk), default=None)


def standing_words(standing: Standing, platform: str) -> str:
    """How far the week can be believed, for the creator."""
    n = standing.n
    if standing.basis == "prior only":
        have = (
            words.count(n, "post has a result", "posts have a result") + " so far. " if n else ""
        )
        studies = "what public studies found" if _sources(platform) else "when people are awake"
        return (
            f"{words.sentence(have)}Your own posts count from the fifth result on."
            f" Until then this is {studies}."
        )
    if standing.basis == "learned":
        return f"Learned from {n} of your own posts, with public studies as a start."
    if standing.basis == "no reliable pattern":
        return (
            f"{n} of your own posts show no reliable pattern by hour. Post when it suits you;"
            " what you see is mostly chance and public studies."
        )
    elsewhere = f" here and {standing.n_elsewhere} elsewhere" if standing.n_elsewhere else ""
    return (
        f"{n} of your own posts{elsewhere} have moved this a little. Differences between hours are"
        " small beside those between reels, so it takes months to be sure."
    )


def week(surface: Surface) -> list[tuple[int, bool, list[Cell]]]:
    """(hour, whether people are awake, its seven cells), from 0 to 23 h."""
    bands = surface.lifts()
    rows = []
    for hour in range(24):
        cells = []
        for weekday, name in enumerate(DAYS):
            lift = Lift(*(float(band[weekday * 24 + hour]) for band in bands))
            cells.append(
                Cell(
                    heat=sum(lift.mean >= step for step in STEPS),
                    percent=per_cent(lift.mean).removesuffix(" %"),
                    title=f"{name} {hour}:00, {in_words(lift)}",
                    is_sure=lift.low > 0 or lift.high < 0,
                )
            )
        rows.append((hour, hour in AWAKE, cells))
    return rows


def in_words(lift: Lift) -> str:
    return (
        f"{per_cent(lift.mean)}, with 80 % certainty between {per_cent(lift.low)}"
        f" and {per_cent(lift.high)}"
    )


def best_hours(surface: Surface) -> list[tuple[str, str]]:
    """(when, how much) of the best waking hours; no two of them side by side."""
    order = surface.mean.argsort()[::-1]
    chosen: list[int] = []
    for cell in (int(cell) for cell in order if cell % 24 in AWAKE):
        if all(abs(cell - other) > 2 for other in chosen):
            chosen.append(cell)
        if len(chosen) == BEST:
            break
    return [
        (
            f"{DAYS[cell // 24]} between {cell % 24} and {cell % 24 + 1}",
            in_words(surface.lift(cell)),
        )
        for cell in chosen
    ]


def _sources(platform: str) -> list[str]:
    named = (sources(platform, weekday, hour) for weekday in range(7) for hour in range(24))
    return sorted({source for some in named for source in some})


def _charts(account: Account) -> list[dict[str, Any]]:
    """Views, likes and followers, as far as there are any."""
    of_a_day = Insight.objects.of_a_day().filter(post__account=account)
    found = []
    for name in ("views", "likes"):
        values = _latest(of_a_day.order_by("-post__published_at", "-pk"), name, SHOWN)
        if values:
            drawn = charts.bars(values)
            found.append(
                {
                    "name": f"{words.sentence(name)} in the first 24 hours",
                    "bars": drawn,
                    "says": f"The last {words.count(len(values), 'post')}, oldest first:"
                    f" {values[0]} to {values[-1]}; the middle is {drawn.middle}.",
                }
            )
    readings = Insight.objects.taken().filter(post__account=account).order_by("-taken_at", "-pk")
    followers = _latest(readings, "followers", 4 * SHOWN)
    if len(followers) > 1:
        found.append(
            {
                "name": "Followers",
                "line": charts.line(followers),
                "says": f"From {followers[0]} to {followers[-1]}."
                if followers[0] != followers[-1]
                else f"{followers[0]}, as at the first reading.",
            }
        )
    return found


def _latest(rows: QuerySet[Insight], name: str, n: int) -> list[int]:
    """The last n numbers that were told, oldest first. rows: newest first."""
    told = rows.exclude(**{name: None}).values_list(name, flat=True)[:n]
    return [count for count in told if count is not None][::-1]


def _lessons(creator: Creator) -> list[tuple[str, list[dict[str, Any]]]]:
    """(subject, lessons), each lesson with its numbers and its marks."""
    told = learning.told(creator)
    found = []
    for subject, title in SUBJECTS.items():
        rows = [
            {
                "lesson": lesson,
                "span": charts.span(lesson.low, lesson.change, lesson.high),
                "change": per_cent(lesson.change),
                "between": f"{per_cent(lesson.low)} and {per_cent(lesson.high)}",
            }
            for lesson in told
            if lesson.subject == subject
        ]
        if rows:
            found.append((title, rows))
    return found


def counts_of(post: Post) -> dict[str, Any] | None:
    """The table on a post's own page: a row an age; None while there is nothing to show."""
    readings = [row for row in post.insights.all() if row.state == Insight.State.TAKEN]
    columns = [name for name in COUNTS if any(getattr(row, name) is not None for row in readings)]
    if not columns:
        return None
    return {
        "columns": columns,
        "rows": [
            {
                "age": _age(row),
                "late": row.is_late,
                "counts": [getattr(row, name) for name in columns],
            }
            for row in readings
        ],
    }


def _age(row: Insight) -> str:
    """How old the post really was."""
    if row.is_late and row.taken_at and row.post.published_at:
        hours = (row.taken_at - row.post.published_at).total_seconds() / 3600
    else:
        hours = row.age_h
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
