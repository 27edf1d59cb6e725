"""Incidents with accounts: told once, on the pages and by e-mail, and closed when mended."""

import datetime as dt
import logging
from collections.abc import Iterable
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from publishing.accounts import tokens
from publishing.models import ON_ITS_WAY, Account, Notice, Post
from studio.lib import words
from studio.lib.owned import User

log = logging.getLogger(__name__)

Kind, State = Notice.Kind, Account.State
STUBBORN = 5  # renewals without success, over some ten minutes


def watched() -> QuerySet[Account]:
    """The accounts with what `incidents` reads, in one query."""
    coming = Q(posts__state__in=ON_ITS_WAY)
    waiting = Q(posts__state=Post.State.WAITING)
    return Account.objects.select_related("creator__owner").annotate(
        n_held=Count("posts", filter=coming | waiting),
        n_unconfirmed=Count("posts", filter=Q(posts__state=Post.State.UNCONFIRMED)),
        last_due_at=Max("posts__due_at", filter=coming),
    )


def incidents(account: Account, now: dt.datetime | None = None) -> dict[Notice.Kind, str]:
    """What is wrong with an account of `watched()`, in sentences; empty when nothing is."""
    now, found = now or timezone.now(), dict[Notice.Kind, str]()
    held = _held(account.n_held)  # type: ignore[attr-defined]
    if account.is_locked_out and account.state != State.DISCONNECTED:
        found[Kind.RECONNECT] = f"{tokens.LOCKED} {held}"
    elif account.state == State.RECONNECT:
        found[Kind.RECONNECT] = f"{account.last_error or 'Its permission has ended.'} {held}"
    elif account.state == State.BLOCKED:
        found[Kind.BLOCKED] = f"{account.last_error or 'The platform restricts it.'} {held}"
    elif account.state == State.CONNECTED and (text := _runs_out(account, now)):
        found[Kind.RUNS_OUT] = text
    n = account.n_unconfirmed  # type: ignore[attr-defined]
    if n:
        found[Kind.UNCONFIRMED] = (
            f"{words.sentence(words.count(n, 'post'))} may already be live there."
            " Look at the account and say what you found."
        )
    return {kind: text.strip()[:500] for kind, text in found.items()}


def current(user: User) -> list[tuple[Account, Notice.Kind, str]]:
    """What is wrong with somebody's accounts now."""
    accounts = watched().for_user(user)  # type: ignore[attr-defined]
    return [
        (account, kind, text) for account in accounts for kind, text in incidents(account).items()
    ]


def due() -> list[int]:
    """Accounts whose notices a worker should open, close or mail."""
    open_kinds: dict[int, set[str]] = {}
    unmailed: set[int] = set()
    for notice in Notice.objects.open().select_related("account__creator__owner"):
        open_kinds.setdefault(notice.account_id, set()).add(notice.kind)
        if _is_to_be_mailed(notice):
            unmailed.add(notice.account_id)
    return [
        account.pk
        for account in watched()
        if set(incidents(account)) != open_kinds.get(account.pk, set()) or account.pk in unmailed
    ]


def review(account_pk: int) -> None:
    """Open, close and mail the notices of one account."""
    account = watched().filter(pk=account_pk).first()
    if account is None:
        return
    found = incidents(account)
    gone = Notice.objects.open().filter(account=account).exclude(kind__in=found)
    gone.update(closed_at=timezone.now())
    for kind, text in found.items():
        try:
            with transaction.atomic():
                Notice.objects.get_or_create(
                    account=account, kind=kind, closed_at=None, defaults={"text": text}
                )
        except IntegrityError:  # another worker was quicker
            continue
    mail(Notice.objects.open().filter(account=account).select_related("account__creator__owner"))


def mail(notices: Iterable[Notice]) -> None:
    """E-mail what has not been mailed, once each."""
    for notice in notices:
        if not _is_to_be_mailed(notice):
            continue
        same = Notice.objects.filter(pk=notice.pk)
        if not same.filter(mailed_at=None).update(mailed_at=timezone.now()):
            continue
        try:
            send_mail(
                subject(notice),
                body(notice),
                None,
                [notice.account.creator.owner.email],
            )
        except (SMTPException, OSError) as e:
            log.warning("Notice %s could not be mailed: %s", notice.pk, e)
            same.update(mailed_at=None)


def subject(notice: Notice) -> str:
    said = " ".join(notice.account.name.split())  # one line: names come from outside
    return {
        Kind.RECONNECT: f"{said} must be connected again",
        Kind.BLOCKED: f"{said} is restricted by the platform",
        Kind.RUNS_OUT: f"The permission of {said} runs out",
        Kind.UNCONFIRMED: f"A post to {said} may already be live",
    }[Kind(notice.kind)]


def body(notice: Notice) -> str:
    where = settings.PUBLIC_URL + reverse("account-detail", args=[notice.account_id])
    place = where if settings.PUBLIC_URL else "Open the studio and choose “Where it goes”."
    return (
        f"{notice.text}\n\n{place}\n\nYou get this once; the studio shows it until it is mended."
    )


def _is_to_be_mailed(notice: Notice) -> bool:
    if not settings.EMAIL_URL or notice.mailed_at or not notice.account.creator.owner.email:
        return False
    return timezone.now() - notice.opened_at < dt.timedelta(days=2)


def _held(n_posts: int) -> str:
    if not n_posts:
        return "Nothing can be posted there until then."
    verb = "is" if n_posts == 1 else "are"
    return words.sentence(f"{words.count(n_posts, 'post')} {verb} held back until then.")


def _runs_out(account: Account, now: dt.datetime) -> str:
    """What is missed when the creator does nothing; empty when nothing is."""
    rules = tokens.rules_of(account)
    if rules is None:
        return ""
    ends_at = account.expires_at
    if tokens.renews_itself(account):
        if account.renewal_tries >= STUBBORN and ends_at and ends_at < now:
            return f"{account.last_error} It is tried again by itself; until then posts wait."
        ends_at = None if rules.rotates else account.refresh_expires_at
    if ends_at is None:
        return ""
    zone = account.creator.zone
    due_at: dt.datetime | None = account.last_due_at  # type: ignore[attr-defined]
    ends = f"The permission of {account.name} ends {words.when(ends_at, zone, now)}"
    if due_at and due_at > ends_at:
        return (
            f"{ends}, and a post is planned for {words.when(due_at, zone, now)}."
            " Connect it again before then, or it will wait."
        )
    if ends_at - now < rules.warn_before:
        return f"{ends}. Connect it again before then."
    return ""
