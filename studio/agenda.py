"""What awaits one person today, gathered over all apps in a fixed number of queries."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone

from avatar.models import Charge, Reel
from publishing.accounts import notices
from publishing.health import status
from publishing.models import HELD, ON_ITS_WAY, Notice, Post
from scripts_gen.models import Script
from studio.first_steps import Standing, Step, face_step, first_steps, room, standings
from studio.lib import words
from studio.lib.owned import User
from studio.week_ahead import Week, weeks_ahead

SHOWN = 4  # of each kind; the page behind shows the rest


@dataclass(frozen=True)
class Matter:
    """One thing that waits for the person, and where to settle it. Some stand for several."""

    text: str
    why: str
    action: str
    href: str
    kind: str = "light"  # of components/badge.html
    stands_for: int = 1


@dataclass
class Agenda:
    """Everything Today shows."""

    n_creators: int
    n_scripts: int  # waiting to be read
    steps: list[Step] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)
    making: list[Reel] = field(default_factory=list)
    coming: list[Post] = field(default_factory=list)
    weeks: list[Week] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)  # why no work is done

    @property
    def n_empty(self) -> int:
        return sum(week.n_empty for week in self.weeks)

    @property
    def next_step(self) -> Step | None:
        return next((step for step in self.steps if not step.done), None)

    @property
    def headline(self) -> list[tuple[str, str]]:
        """What awaits the person in one sentence: (what the light falls on, what follows it)."""
        if self.next_step:
            left = sum(not step.done for step in self.steps)
            verb = "leads" if left == 1 else "lead"
            return [(words.sentence(words.count(left, "step")), f" {verb} to your first reel.")]
        clauses = [clause for clause in (self._needs_you(), self._goes_on()) if clause]
        if not clauses:
            return [("Nothing", " waits for you.")]
        first, *rest = clauses
        head = [(words.sentence(first[0]), first[1] + (";" if rest else "."))]
        return head + [(f" {lit}", f"{after}.") for lit, after in rest]

    def _needs_you(self) -> tuple[str, str] | None:
        others = sum(matter.stands_for for matter in self.matters) - self.n_scripts
        scripts = words.count(self.n_scripts, "script")
        if self.n_scripts and others:
            return f"{scripts} and {words.count(others, 'other thing')}", " wait for you"
        if self.n_scripts:
            return scripts, f" {'waits' if self.n_scripts == 1 else 'wait'} for you"
        if others:
            return words.count(others, "thing"), f" {'needs' if others == 1 else 'need'} you"
        return None

    def _goes_on(self) -> tuple[str, str] | None:
        if self.coming:
            post = self.coming[0]
            if post.due_at <= timezone.now():
                return "a reel", " is going out now"
            zone = post.account.creator.zone
            return "the next reel", f" goes out {words.when(post.due_at, zone)}"
        if self.making:
            n = words.number(len(self.making)) if len(self.making) < SHOWN else "several"
            noun, verb = ("reel", "is") if n == "one" else ("reels", "are")
            return f"{n} {noun}", f" {verb} being made"
        return None


def agenda(user: User) -> Agenda:
    """What awaits `user`, across all their creators."""
    mine = standings(user)
    waiting = Script.objects.for_user(user).awaiting()
    today = Agenda(n_creators=len(mine), n_scripts=waiting.count())
    today.steps = first_steps(user, mine[0] if mine else None, today.n_scripts)
    today.making = making(user)
    today.coming = list(_coming(user)[:SHOWN])
    today.weeks = _weeks(user, mine)
    if today.making or today.coming:
        today.troubles = status()["problems"]
    today.matters = [*_posts(user), *_accounts(user), *_orders(user), *_failed_reels(user)]
    if not today.steps:  # they lead to the same places
        today.matters += _scripts(waiting, today.n_scripts)
        today.matters += [matter for standing in mine for matter in _unready(standing)]
    return today


def making(user: User) -> list[Reel]:
    """Reels on their way, the one being worked on first."""
    reels = Reel.objects.for_user(user).unfinished().with_story()
    return list(reels.order_by("-state", "created_at", "pk")[:SHOWN])


def _coming(user: User) -> QuerySet[Post, Any]:
    """Posts on their way out, the next first."""
    return Post.objects.for_user(user).filter(state__in=ON_ITS_WAY).with_story()


def _weeks(user: User, mine: list[Standing]) -> list[Week]:
    """Of everybody who could perform, or has something planned all the same."""
    ready = {standing.creator.pk for standing in mine if standing.has_consent}
    return [
        week
        for week in weeks_ahead(user, [standing.creator for standing in mine])
        if week.creator.pk in ready or week.n_empty < len(week.days)
    ]


def _scripts(waiting: QuerySet[Script, Any], n_scripts: int) -> Iterator[Matter]:
    script = waiting.first()
    if script is None:
        return
    others = f"And {words.count(n_scripts - 1, 'more', 'more')}." if n_scripts > 1 else ""
    action = f"Read {words.count(n_scripts, 'script')}" if n_scripts > 1 else "Read the script"
    href = reverse("script-list")
    yield Matter(f"“{script.hook}”", others, action, href, stands_for=n_scripts)


def _posts(user: User) -> Iterator[Matter]:
    """Posts that go no further without a person, the worst first."""
    worst = Case(*(When(state=state, then=Value(n)) for n, state in enumerate(HELD)))
    posts = Post.objects.for_user(user).filter(state__in=HELD)
    for post in posts.with_story().order_by(worst, "due_at", "pk")[:SHOWN]:
        text, kind, action = {
            Post.State.UNCONFIRMED: ("A post may already be live", "bad", "Look and say"),
            Post.State.FAILED: ("A post did not go out", "bad", "See why"),
            Post.State.WAITING: ("A post is held up", "warn", "See why"),
            Post.State.DRAFT: ("A reel wants your eye before it goes out", "light", "Watch it"),
        }[Post.State(post.state)]
        why = f"“{post.reel.script.hook}” to {post.account.name}. {post.reason}".strip()
        yield Matter(text, why, action, reverse("post-detail", args=[post.pk]), kind)
    rest = posts.count() - SHOWN
    if rest > 0:
        text = words.sentence(words.count(rest, "more post")) + " in the queue"
        why, href = "They need you as well.", reverse("post-list")
        yield Matter(text, why, "Open the queue", href, "warn", stands_for=rest)


def _accounts(user: User) -> Iterator[Matter]:
    """Accounts that somebody has to look after. Posts that may be live are told by themselves."""
    for account, kind, why in notices.current(user):
        href = reverse("account-detail", args=[account.pk])
        if kind == Notice.Kind.RECONNECT:
            yield Matter(f"Reconnect {account.name}", why, "Reconnect", href, "bad")
        elif kind == Notice.Kind.BLOCKED:
            yield Matter(f"{account.name} is restricted", why, "See why", href, "bad")
        elif kind == Notice.Kind.RUNS_OUT:
            text = f"The permission of {account.name} runs out"
            yield Matter(text, why, "Renew it", href, "warn")


def _orders(user: User) -> Iterator[Matter]:
    """Orders that left without an answer: only a person can tell whether they were made."""
    orders = Charge.objects.for_user(user).to_decide()
    for charge in orders.select_related("creator")[:SHOWN]:
        price = words.usd(charge.cost_usd) if charge.cost_usd is not None else "a price not known"
        why = (
            f"{charge.label} for {charge.creator.name}, {price}: it was sent, and no answer came."
        )
        href = reverse("charge-detail", args=[charge.pk])
        yield Matter("An order may have been paid", why, "Look and say", href, "bad")
    rest = orders.count() - SHOWN
    if rest > 0:
        text = words.sentence(words.count(rest, "more order")) + " without an answer"
        href = reverse("engine-list") + "#decide"
        yield Matter(text, "They wait for you as well.", "See them", href, "bad", stands_for=rest)


def _failed_reels(user: User) -> Iterator[Matter]:
    """Those whose order somebody has to decide about are told with it."""
    failed = Reel.objects.for_user(user).filter(
        state=Reel.State.FAILED, take__script__state=Script.State.APPROVED
    )
    failed = failed.exclude(pk__in=Charge.objects.unknown().exclude(reel=None).values("reel"))
    for reel in failed.with_story()[:SHOWN]:
        why = f"“{reel.script.hook}” {reel.error}".strip()
        href = reverse("reel-detail", args=[reel.pk])
        yield Matter("A reel could not be made", why, "See why", href, "bad")


def _unready(standing: Standing) -> Iterator[Matter]:
    """The first thing a creator lacks before a reel can be made and posted."""
    name = standing.creator.name
    if not standing.has_face:
        step = face_step(standing)
        text = f"{name} has no photo and no video to perform with"
        yield Matter(text, step.why, step.action, step.href, "warn")
    elif not standing.has_consent:
        text, why = f"{name} has not agreed yet", "Until then no reel is made."
        yield Matter(text, why, "Record the consent", room(standing, "agreement"), "warn")
    elif not standing.has_account:
        text, why = f"{name} has no place to post to", "A folder on this machine is enough."
        yield Matter(text, why, "Choose a place", reverse("account-list"), "warn")
