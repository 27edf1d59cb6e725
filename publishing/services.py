"""What can be done with posts and accounts. Errors are `CannotPost`, words for the creator."""

import datetime as dt
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from avatar.models import Reel
from creators.models import Creator
from publishing import clients
from publishing.accounts import connecting
from publishing.models import STOPPABLE, Account, Attempt, Post
from publishing.platforms import platform
from publishing.posting import captions, media_links
from publishing.posting.aftermath import PAUSES
from publishing.posting.hours import good_hour
from publishing.posting.permission import why_not
from studio.lib.jobs import enqueue
from studio.lib.leases import NOBODYS
from studio.lib.owned import User

State = Post.State
AFRESH: dict[str, Any] = {
    **{"reason": "", "retry_at": None, "tries": 0, "rounds": 0},
    "outdated": True,  # what was prepared
}
LONGEST = {"title": 200, "caption": 5000, "first_comment": 2000}  # characters that are stored
WORDS = (*LONGEST, "options")


SAID_THERE = (
    "Another reel of this script is in the queue or has gone out there. Approve this one only if"
    " it is to go out as well."
)


class CannotPost(Exception):
    """Not possible as asked; the message says why and what was kept."""


def folder_path(creator: Creator) -> Path:
    """Where the folder platform puts this creator's posts."""
    return Path(settings.POSTED_DIR) / creator.handle


def connect_folder(creator: Creator) -> Account:
    """Connect the creator's folder, or connect it again. Posts that waited for it go on."""
    account, fresh = Account.objects.get_or_create(
        creator=creator,
        platform="folder",
        external_id=str(folder_path(creator)),
        defaults={"name": "Folder"},
    )
    if not fresh and account.state != Account.State.CONNECTED:
        account.state = Account.State.CONNECTED
        account.save(update_fields=["state"])
        connecting.resume(account)
    return account


def queue_post(
    reel: Reel,
    account: Account,
    *,
    user: User | None,
    caption: str | None = None,
    due_at: dt.datetime | None = None,
    draft: bool = False,
    how: str = "",
    **beside: Any,
) -> Post:
    """Put a reel in the queue of an account: approved by `user`, or a draft that waits for
    approval.

    caption: None for the suggested one. beside: any of title, first_comment, options.
    how: where it was approved, when not on its page.

    Without `due_at` (UTC) it goes out at the next good hour. Nothing is kept when CannotPost is
    raised.
    """
    if reel.creator != account.creator:
        raise CannotPost("A reel goes out on its own creator's accounts only.")
    if account.state != Account.State.CONNECTED:
        raise CannotPost(account.why_not)
    if reel.state != Reel.State.READY:
        raise CannotPost(f"This reel is not finished: {reel.get_state_display()}.")
    post = Post(reel=reel, account=account, approved_how=how)
    _set_hour(post, due_at)
    _write(post, captions.suggest(reel, account) if caption is None else caption, **beside)
    if user is not None and not draft:
        _sign(post, user)
        post.state = State.SCHEDULED
        if stop := why_not(post):
            raise CannotPost(f"{stop.reason} Nothing was queued.")
    try:
        with transaction.atomic():
            post.save()
    except IntegrityError as e:
        raise CannotPost(f"This reel is already in the queue for {account.name}.") from e
    _wake(post)
    return post


def post_everywhere(reel: Reel) -> list[Post]:
    """One post for every connected account that has none of this reel yet.

    Signed by whoever approved the script; a draft when the creator wants to see finished reels
    first, when another reel of the same script goes or went there (one approval is one post), or
    when something stands against it, which the draft then says.
    """
    creator = reel.creator
    made: list[Post | None] = []
    decision = reel.script.decisions.select_related("decided_by").first()
    for account in creator.accounts.connected().exclude(posts__reel=reel):
        if _said_there(reel, account):
            made.append(_draft_with_reason(reel, account, SAID_THERE))
            continue
        try:
            user = decision.decided_by if decision else None
            made.append(queue_post(reel, account, user=user, draft=creator.review_reels))
        except CannotPost as e:
            made.append(_draft_with_reason(reel, account, str(e)))
    return [post for post in made if post is not None]


def _said_there(reel: Reel, account: Account) -> bool:
    """Whether another reel of the same script goes or went to this account."""
    same = account.posts.filter(reel__take__script=reel.script).exclude(reel=reel)
    return same.exclude(state__in=(State.CANCELLED, State.FAILED)).exists()


def approve_post(post: Post, user: User, *, seen_sha256: str | None = None) -> Post:
    """Release a draft as it is now. When its hour has passed meanwhile it gets the next good one.

    seen_sha256: `content_hash` of what the person was shown; something else is not approved.
    """
    if post.state != State.DRAFT:
        raise CannotPost(f"This post is {post.get_state_display()}; there is nothing to approve.")
    if seen_sha256 and seen_sha256 != post.content_hash:
        raise CannotPost("The caption changed while you were reading; look at it once more.")
    _sign(post, user)
    if stop := why_not(post):
        raise CannotPost(f"{stop.reason} It stays a draft.")
    if post.due_at < timezone.now():
        _set_hour(post)
    _change(
        post,
        (State.DRAFT,),
        state=State.SCHEDULED,
        approved_by_id=post.approved_by_id,
        approved_at=post.approved_at,
        content_sha256=post.content_sha256,
        due_at=post.due_at,
        due_reason=post.due_reason,
        **AFRESH,
    )
    _wake(post)
    return post


def edit_words(post: Post, user: User, caption: str, **beside: Any) -> Post:
    """Other words beside the reel. Whoever changes them has seen them, so they stay approved.

    beside: any of title, first_comment, options; what is left out stays as it is.

    A draft stays a draft; a post that was refused because of its words is still to be tried again.
    """
    _write(post, caption, **beside)
    changes: dict[str, Any] = {name: getattr(post, name) for name in WORDS} | AFRESH
    if post.state != State.DRAFT:
        _sign(post, user)
        changes |= {
            "approved_by_id": post.approved_by_id,
            "approved_at": post.approved_at,
            "content_sha256": post.content_sha256,
        }
    if post.state == State.FAILED:
        changes["reason"] = post.reason
    elif post.state != State.DRAFT:
        changes["state"] = State.SCHEDULED
    _change(post, (*STOPPABLE, State.FAILED), **NOBODYS, **changes)
    _wake(post)
    return post


def cancel(post: Post, reason: str = "You cancelled it.") -> Post:
    """Stop a post that has not gone out."""
    handle = post.handle
    _change(
        post,
        (*STOPPABLE, State.FAILED),
        state=State.CANCELLED,
        reason=reason[:300],
        retry_at=None,
        **NOBODYS,
    )
    if handle:
        enqueue("publishing.tasks.discard", post.pk, cluster="publish")
    return post


def reschedule(post: Post, due_at: dt.datetime | None = None) -> Post:
    """Another time (UTC), or the next good hour. What was prepared for the old time is prepared
    again.
    """
    _set_hour(post, due_at)
    draft = post.state in (State.DRAFT, State.APPROVED)
    _change(
        post,
        STOPPABLE,
        state=post.state if draft else State.SCHEDULED,
        due_at=post.due_at,
        due_reason=post.due_reason,
        **NOBODYS,
        **AFRESH,
    )
    _wake(post)
    return post


def retry(post: Post) -> Post:
    """Try a failed or waiting post again now. Safe: it is refused when the post may be live."""
    commits = post.attempts.filter(phase=Attempt.Phase.COMMIT, proved_absent=False)
    if commits.exclude(outcome__in=PAUSES).exists():  # after a pause it is looked for first
        raise CannotPost("It may already be live. Look at the account before it is sent again.")
    _change(
        post,
        (State.FAILED, State.WAITING),
        state=State.SCHEDULED,
        due_at=min(post.due_at, timezone.now()),
        **NOBODYS,
        **AFRESH,
    )
    enqueue("publishing.tasks.publish", post.pk, cluster="publish")
    return post


def settle(post: Post, live: bool, permalink: str = "") -> Post:
    """A person looked at the account and decides about an unconfirmed post.

    Live: it is published, with the link they found. Not live: it is sent again.
    """
    commits = post.attempts.filter(phase=Attempt.Phase.COMMIT)
    if live:
        last = commits.order_by("started_at").last()
        with transaction.atomic():
            _change(
                post,
                (State.UNCONFIRMED,),
                state=State.PUBLISHED,
                permalink=permalink.strip()[:1000],
                # When it was sent, not when somebody looked: its counts are read by its age.
                published_at=last.started_at if last else timezone.now(),
                **AFRESH | {"retry_at": timezone.now()},  # which post it is, is asked now
            )
            _looked(post, Attempt.SEEN)
        _wake(post)
        return post
    with transaction.atomic():
        # Nothing is taken back: if they are wrong, it is live.
        fresh = AFRESH | {"handle": {}, "due_at": timezone.now()}
        _change(post, (State.UNCONFIRMED,), state=State.SCHEDULED, **fresh)
        commits.update(proved_absent=True)
        _looked(post, Attempt.NOT_SEEN)
    enqueue("publishing.tasks.publish", post.pk, cluster="publish")
    return post


def _looked(post: Post, outcome: str) -> None:
    """What a person found belongs to the post's story as what a worker found."""
    post.attempts.create(
        phase=Attempt.Phase.RECONCILE, outcome=outcome, finished_at=timezone.now()
    )


def stop_posts(which: Q, reason: str) -> int:
    """Cancel every post that matches and has not gone out. Returns how many."""
    doomed = Post.objects.filter(which, state__in=STOPPABLE)
    pks = list(doomed.values_list("pk", flat=True))
    stopped = Post.objects.filter(pk__in=pks, state__in=STOPPABLE).update(
        state=State.CANCELLED, reason=reason, retry_at=None, **NOBODYS
    )
    for post in Post.objects.filter(pk__in=pks, state=State.CANCELLED).exclude(handle={}):
        enqueue("publishing.tasks.discard", post.pk, cluster="publish")
    return stopped


def _set_hour(post: Post, due_at: dt.datetime | None = None) -> None:
    """The time that was asked for (UTC), else the next good hour."""
    if due_at is not None:
        post.due_at, post.due_reason = due_at, "The time you chose."
        return
    choice = good_hour(post.account, post.reel, but_not=post)
    post.due_at, post.due_reason = choice.when_utc, choice.reason


def _sign(post: Post, user: User) -> None:
    post.approved_by_id, post.approved_at = user.pk, timezone.now()
    post.content_sha256 = post.content_hash


def _write(post: Post, caption: str, **beside: Any) -> None:
    """Set the words as they will go out. Raises CannotPost when the platform would refuse them."""
    language = post.reel.script.language
    for name in ("title", "first_comment"):
        setattr(post, name, _clean(beside.get(name, getattr(post, name))))
    post.options = beside.get("options", post.options)
    post.caption = captions.disclosed(_clean(caption), post.account, language)
    for name, longest in LONGEST.items():
        words = getattr(post, name)
        if len(words) > longest:
            what = name.replace("_", " ")
            raise CannotPost(f"The {what} has {len(words)} characters; {longest} is the most.")
    if found := problems(post):
        raise CannotPost(" ".join(found))


def _clean(words: str) -> str:
    """Line ends as one character, and none that no caption may hold."""
    words = words.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return words.strip()


def problems(post: Post) -> list[str]:
    """Why the platform would refuse this post, a sentence each."""
    kind = platform(post.account.platform)
    found = kind.problems(
        clients.facts_of(post.reel), clients.text_of(post), clients.options_of(post)
    )
    if post.first_comment and not kind.capabilities.first_comment:
        found.append(f"{kind.label} takes no first comment from here; leave it empty.")
    if kind.capabilities.needs_public_url and not media_links.can_fetch(post.account.platform):
        found.append(media_links.NO_ADDRESS.format(platform=kind.label))
    return found


def _wake(post: Post) -> None:
    """Tell a worker at once of a post that is to be taken up now."""
    if Post.objects.due().filter(pk=post.pk).exists():
        enqueue("publishing.tasks.publish", post.pk, cluster="publish")


def _draft_with_reason(reel: Reel, account: Account, reason: str) -> Post | None:
    choice = good_hour(account, reel)
    try:
        with transaction.atomic():
            return Post.objects.create(
                reel=reel,
                account=account,
                caption=captions.suggest(reel, account)[:5000],
                due_at=choice.when_utc,
                due_reason=choice.reason,
                reason=reason[:300],
            )
    except IntegrityError:  # another worker was quicker
        return None


def _change(post: Post, states: tuple[State, ...], **changes: Any) -> None:
    """Write the changes if the post is still in one of `states`; its row decides, not our copy of
    it.
    """
    changed = Post.objects.filter(pk=post.pk, state__in=states).update(**changes)
    post.refresh_from_db()
    if not changed:
        raise CannotPost(f"Too late: the post is {post.get_state_display()}. Nothing was changed.")
