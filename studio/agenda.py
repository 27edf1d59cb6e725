"""What awaits one person today, gathered over all apps in a fixed number of queries."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from avatar.models import Reel
from creators.models import Creator, Portrait, User
from publishing.health import status
from publishing.models import Account, Post
from scripts_gen.models import Decision, Note, Script, Slot
from studio.lib import words

SHOWN = 4  # of each kind; the page behind shows the rest
DAYS_AHEAD = 7
# A post in one of these goes no further until somebody decides; worst first.
NEEDS_A_PERSON = (Post.State.UNCONFIRMED, Post.State.FAILED, Post.State.WAITING, Post.State.DRAFT)
ON_ITS_WAY = (
    *(Post.State.APPROVED, Post.State.SCHEDULED, Post.State.DISPATCHING, Post.State.PREPARING),
    *(Post.State.PROCESSING, Post.State.READY, Post.State.COMMITTING),
)


@dataclass(frozen=True)
class Matter:
    """One thing that waits for the person, and where to settle it."""

    text: str
    why: str
    action: str
    href: str
    kind: str = "light"  # of components/badge.html


@dataclass(frozen=True)
class Step:
    """One step from an empty installation to the first reel."""

    text: str
    why: str
    action: str
    href: str
    done: bool = False


@dataclass(frozen=True)
class Standing:
    """A creator, and what stands ready for them."""

    creator: Creator
    newest_photo: Portrait | None
    has_photo: bool  # one that passed its check
    has_consent: bool  # to that very photo, and to the voice that would be used
    has_account: bool


@dataclass(frozen=True)
class Day:
    """One day of a creator's coming week, in the creator's own calendar."""

    date: dt.date
    state: str  # a key of WORDS

    WORDS: ClassVar[dict[str, str]] = {
        "empty": "nothing planned",
        "planned": "planned, not written yet",
        "waiting": "a script waits for you",
        "approved": "script approved",
    }

    @property
    def words(self) -> str:
        return self.WORDS[self.state]


@dataclass(frozen=True)
class Week:
    """The coming days of one creator."""

    creator: Creator
    days: list[Day]


@dataclass
class Agenda:
    """Everything Today shows."""

    creators: list[Creator]
    n_scripts: int = 0
    matters: list[Matter] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    making: list[Reel] = field(default_factory=list)
    coming: list[Post] = field(default_factory=list)
    weeks: list[Week] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)  # why no work is done

    @property
    def n_empty(self) -> int:
        return sum(day.state == "empty" for week in self.weeks for day in week.days)

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
        clauses = [clause for clause in (self._needs_you(), self._next_out()) if clause]
        if not clauses:
            return [("Nothing", " waits for you.")]
        first, *rest = clauses
        head = [(words.sentence(first[0]), first[1] + (";" if rest else "."))]
        return head + [(f" {lit}", f"{after}.") for lit, after in rest]

    def _needs_you(self) -> tuple[str, str] | None:
        others = len(self.matters) - (1 if self.n_scripts else 0)
        if self.n_scripts and others:
            both = (
                f"{words.count(self.n_scripts, 'script')} and {words.count(others, 'other thing')}"
            )
            return both, " wait for you"
        if self.n_scripts:
            verb = "waits" if self.n_scripts == 1 else "wait"
            return words.count(self.n_scripts, "script"), f" {verb} for you"
        if others:
            return words.count(others, "thing"), f" {'needs' if others == 1 else 'need'} you"
        return None

    def _next_out(self) -> tuple[str, str] | None:
        if self.coming:
            post = self.coming[0]
            zone = post.account.creator.zone
            return "the next reel", f" goes out {words.when(post.due_at, zone)}"
        if self.making:
            verb = "is" if len(self.making) == 1 else "are"
            return words.count(len(self.making), "reel"), f" {verb} being made"
        return None


def agenda(user: User) -> Agenda:
    """What awaits `user`, across all their creators."""
    standings = _standings(user)
    creators = [standing.creator for standing in standings]
    waiting = Script.objects.for_user(user).awaiting()
    n_scripts = waiting.count()
    today = Agenda(creators, n_scripts=n_scripts)
    if not _has_approved(user):
        today.steps = _steps(user, standings[0] if standings else None, n_scripts)
    today.making = making(user)
    today.coming = list(_coming(user)[:SHOWN])
    ready = {standing.creator.pk for standing in standings if standing.has_consent}
    today.weeks = [
        week
        for week in _weeks(user, creators)
        if week.creator.pk in ready or any(day.state != "empty" for day in week.days)
    ]
    today.matters = [*_posts(user), *_accounts(user), *_failed_reels(user)]
    if today.making or today.coming:
        today.troubles = status()["problems"]
    if not today.steps:  # they lead to the same places
        today.matters += _scripts(waiting, n_scripts)
        today.matters += [matter for standing in standings for matter in _unready(standing)]
    return today


def making(user: User) -> list[Reel]:
    """Reels on their way, the one being worked on first."""
    reels = Reel.objects.for_user(user).unfinished().with_story()
    return list(reels.order_by("-state", "created_at", "pk")[:SHOWN])


def _standings(user: User) -> list[Standing]:
    """Every creator of the user with what they have, the first one first."""
    mine = Creator.objects.for_user(user)
    ready = mine.with_readiness().filter(agreed=True)  # type: ignore[misc]  # annotated there
    agreed = set(ready.values_list("pk", flat=True))
    creators = mine.order_by("created_at", "pk").prefetch_related("portraits", "accounts")
    return [_standing(creator, creator.pk in agreed) for creator in creators]


def _standing(creator: Creator, has_consent: bool) -> Standing:
    photos = list(creator.portraits.all())  # newest first
    gone = Account.State.DISCONNECTED
    return Standing(
        creator,
        newest_photo=photos[0] if photos else None,
        has_photo=any(photo.state == Portrait.State.READY for photo in photos),
        has_consent=has_consent,
        has_account=any(account.state != gone for account in creator.accounts.all()),
    )


def _has_approved(user: User) -> bool:
    """Whether this person ever approved a script; then they know the way."""
    return Decision.objects.filter(
        script__slot__creator__owner_id=user.pk, verdict=Decision.Verdict.APPROVED
    ).exists()


def _steps(user: User, first: Standing | None, n_scripts: int) -> list[Step]:
    """The way to the first reel, for the first creator."""
    has_notes = Note.objects.for_user(user).exists()
    has_slots = Slot.objects.for_user(user).exists()
    read = f"Read {words.count(n_scripts, 'script')}" if n_scripts else "Read the scripts"
    return [
        Step(
            "Say who is on stage",
            "A name, a language, a time zone.",
            "Create the creator",
            reverse("creator-create"),
            done=first is not None,
        ),
        _photo_step(first),
        Step(
            "Agree to it, or have it agreed",
            "No consent, no reel. It can be taken back at any time.",
            "Record the consent",
            _room(first, "agreement"),
            done=bool(first and first.has_consent),
        ),
        Step(
            "Choose where reels go",
            "A folder on this machine is enough to begin with.",
            "Choose a place",
            reverse("account-list"),
            done=bool(first and first.has_account),
        ),
        Step(
            "Write down what you know",
            "Notes and sources: scripts are made of nothing else.",
            "Write a note",
            reverse("note-create"),
            done=has_notes,
        ),
        Step(
            "Plan the week",
            "Days and times of day; scripts are written for them.",
            "Plan a week",
            reverse("slot-list"),
            done=has_slots,
        ),
        Step(
            "Approve a script",
            "Then it is spoken, performed and queued without you.",
            read,
            reverse("script-list"),
            done=False,
        ),
    ]


def _room(standing: Standing | None, part: str) -> str:
    """The part of a creator's page; before there is a creator, where one is made."""
    if standing is None:
        return reverse("creator-create")
    return reverse("creator-detail", args=[standing.creator.pk]) + f"#{part}"


def _photo_step(standing: Standing | None) -> Step:
    photo = standing.newest_photo if standing else None
    href = _room(standing, "photo")
    if standing is None or photo is None:
        why = "The face to the camera, even light, nothing over the mouth."
        return Step("Add one photo", why, "Add a photo", href)
    why, action = {
        Portrait.State.CHECKING: ("It is being looked at; a few seconds.", "See the photo"),
        Portrait.State.CHOOSE: ("Several faces are in it: say which one.", "Choose the face"),
        Portrait.State.READY: ("It is ready to perform.", "See the photo"),
        Portrait.State.REFUSED: ("That photo cannot be used; see why.", "See what is wrong"),
    }[Portrait.State(photo.state)]
    done = standing.has_photo
    return Step("Add one photo", why, action, href, done=done)


def _scripts(waiting: QuerySet[Script, Any], n_scripts: int) -> Iterator[Matter]:
    script = waiting.select_related("slot__creator").first()
    if script is None:
        return
    others = f"And {words.count(n_scripts - 1, 'more', 'more')}." if n_scripts > 1 else ""
    action = f"Read {words.count(n_scripts, 'script')}" if n_scripts > 1 else "Read the script"
    yield Matter(f"“{script.hook}”", others, action, reverse("script-list"))


def _posts(user: User) -> Iterator[Matter]:
    """Posts that go no further without a person, the worst first."""
    posts = list(
        Post.objects.for_user(user)
        .filter(state__in=NEEDS_A_PERSON)
        .select_related("reel__take__script", "account__creator")
        .order_by("due_at", "pk")[: 4 * SHOWN]
    )
    posts.sort(key=lambda post: NEEDS_A_PERSON.index(Post.State(post.state)))
    for post in posts[:SHOWN]:
        text, kind, action = {
            Post.State.UNCONFIRMED: ("A post may already be live", "bad", "Look and say"),
            Post.State.FAILED: ("A post did not go out", "bad", "See why"),
            Post.State.WAITING: ("A post is waiting", "warn", "See why"),
            Post.State.DRAFT: ("A reel wants your eye before it goes out", "light", "Watch it"),
        }[Post.State(post.state)]
        hook = f"“{post.reel.script.hook}” to {post.account.name}."
        why = f"{hook} {post.reason}".strip()
        yield Matter(text, why, action, reverse("post-detail", args=[post.pk]), kind=kind)
    if len(posts) > SHOWN:
        more = words.count(len(posts) - SHOWN, "more post", "more posts")
        yield Matter(
            f"{words.sentence(more)} in the queue", "", "Open the queue", reverse("post-list")
        )


def _accounts(user: User) -> Iterator[Matter]:
    """Accounts that take nothing until somebody signs in there again."""
    lost = (Account.State.RECONNECT, Account.State.BLOCKED)
    held = Q(posts__state__in=(*ON_ITS_WAY, Post.State.WAITING))
    accounts = Account.objects.for_user(user).filter(state__in=lost)
    counted = accounts.annotate(n_posts=Count("posts", filter=held))
    for name, n_posts in counted.values_list("name", "n_posts"):
        verb = "is" if n_posts == 1 else "are"
        waiting = words.sentence(f"{words.count(n_posts, 'post')} {verb} held back until then.")
        yield Matter(
            f"Reconnect {name}",
            waiting if n_posts else "Nothing can be posted there until then.",
            "Reconnect",
            reverse("account-list"),
            kind="bad",
        )


def _failed_reels(user: User) -> Iterator[Matter]:
    failed = Reel.objects.for_user(user).filter(
        state=Reel.State.FAILED, take__script__state=Script.State.APPROVED
    )
    for reel in failed.with_story()[:SHOWN]:
        yield Matter(
            "A reel could not be made",
            f"“{reel.script.hook}” {reel.error}".strip(),
            "See why",
            reverse("reel-detail", args=[reel.pk]),
            kind="bad",
        )


def _unready(standing: Standing) -> Iterator[Matter]:
    """The first thing a creator lacks before a reel can be made and posted."""
    name = standing.creator.name
    if not standing.has_photo:
        step = _photo_step(standing)
        text = f"{name} has no photo to perform with"
        yield Matter(text, step.why, step.action, step.href, kind="warn")
    elif not standing.has_consent:
        text, why = f"{name} has not agreed yet", "Until then no reel is made."
        action = "Record the consent"
        yield Matter(text, why, action, _room(standing, "agreement"), kind="warn")
    elif not standing.has_account:
        text, why = f"{name} has no place to post to", "A folder on this machine is enough."
        yield Matter(text, why, "Choose a place", reverse("account-list"), kind="warn")


def _coming(user: User) -> QuerySet[Post, Any]:
    """Posts on their way out, the next first."""
    posts = Post.objects.for_user(user).filter(state__in=ON_ITS_WAY)
    return posts.select_related("reel__take__script", "account__creator").order_by("due_at", "pk")


def _weeks(user: User, creators: list[Creator]) -> Iterator[Week]:
    """The next seven days of every creator; a day is as far as its furthest script."""
    latest = Script.objects.filter(slot=OuterRef("pk")).exclude(state=Script.State.SUPERSEDED)
    now = timezone.now()
    # One query for all zones: two days wider than the week, cut to each creator's own days below.
    first = now.date() - dt.timedelta(days=1)
    slots = (
        Slot.objects.for_user(user)
        .filter(date__range=(first, first + dt.timedelta(days=DAYS_AHEAD + 1)))
        .annotate(script_state=Subquery(latest.order_by("-version").values("state")[:1]))
    )
    rank = ["empty", "planned", "waiting", "approved"]
    of = {Script.State.PROPOSED: "waiting", Script.State.APPROVED: "approved"}
    states: dict[tuple[int, dt.date], str] = {}
    for creator_id, date, script_state in slots.values_list("creator_id", "date", "script_state"):
        key = (creator_id, date)
        reached = of.get(script_state, "planned")
        states[key] = max(states.get(key, "empty"), reached, key=rank.index)
    for creator in creators:
        start = now.astimezone(creator.zone).date()
        days = [start + dt.timedelta(days=n) for n in range(DAYS_AHEAD)]
        yield Week(creator, [Day(date, states.get((creator.pk, date), "empty")) for date in days])
