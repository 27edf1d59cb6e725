"""Connecting accounts, and letting go of them. Errors are `CannotConnect`, for the creator."""

import logging
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from creators.models import Creator
from publishing import clients
from publishing.accounts import tokens
from publishing.models import STOPPABLE, Account, Post
from publishing.platforms import PLATFORMS
from publishing.platforms.access import Grant
from publishing.platforms.base import Profile
from publishing.platforms.errors import AuthExpired, Transient
from studio.lib.jobs import enqueue

log = logging.getLogger(__name__)

State = Account.State
LONGEST_ID = 200
# What reading an answer ends in whose parts are not what they should be: a list for a name.
ODD_ANSWER = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
FORGOTTEN: dict[str, Any] = {
    "access_token": "",
    "refresh_token": "",
    "expires_at": None,
    "refresh_expires_at": None,
    "renewal_sent_at": None,
}


class CannotConnect(Exception):
    """Not possible as asked; the message says why."""


def connect(creator: Creator, platform: str, grant: Grant, **fields: Any) -> Account:
    """Keep an account that somebody allowed us to act for: a new one, or the same one again.

    Posts that waited for it go on. fields: further columns (`options`).
    """
    if platform not in PLATFORMS:
        raise CannotConnect(f"There is no platform “{platform}”.")
    profile = grant.profile
    if not 0 < len(profile.external_id) <= LONGEST_ID:
        raise CannotConnect("The platform did not say whose account it is.")
    try:
        with transaction.atomic():
            account, _ = Account.objects.select_for_update().get_or_create(
                creator=creator,
                platform=platform,
                external_id=profile.external_id,
                defaults={"name": place(platform, profile)},
            )
            changes = {**tokens.stored(grant.tokens, account), **_known(profile), **fields}
            if grant.app:
                changes |= {"app_id": grant.app.id, "app_secret": grant.app.secret}
            Account.objects.filter(pk=account.pk).update(state=State.CONNECTED, **changes)
            resume(account)
    except IntegrityError as e:  # two browsers at once; the other one was quicker
        raise CannotConnect("This account is being connected already.") from e
    account.refresh_from_db()
    return account


def place(platform: str, profile: Profile) -> str:
    """What the pages call an account: "YouTube (Alice)"."""
    who, label = profile.name or profile.username, clients.platform_label(platform)
    return f"{label} ({who})"[:120] if who else label


def resume(account: Account) -> None:
    """Let go on what waited for the account."""
    held = Post.objects.filter(
        Q(state=Post.State.WAITING, retry_at=None) | Q(state=Post.State.COMMITTING),
        account=account,
    )
    pks = list(held.values_list("pk", flat=True))
    held.update(retry_at=timezone.now())
    for pk in pks:
        enqueue("publishing.tasks.publish", pk, cluster="publish")


def disconnect(account: Account) -> int:
    """Nothing goes there until it is connected again. Returns how many posts wait for that.

    A worker gives the access back to the platform and forgets the tokens.
    """
    Account.objects.filter(pk=account.pk).update(state=State.DISCONNECTED, last_error="")
    account.refresh_from_db(fields=["state", "last_error"])
    if account.access_token or account.is_locked_out:
        enqueue("publishing.tasks.forget", account.pk)
    return account.posts.filter(state__in=STOPPABLE).count()


def forget(pk: int) -> None:
    """Give back the access to a disconnected account, as far as its platform lets us, and wipe its
    tokens.
    """
    account = Account.objects.filter(pk=pk, state=State.DISCONNECTED).first()
    if account is None:
        return
    if account.access_token and not _is_shared(account):
        try:
            tokens.access_of(account).revoke(tokens.tokens_of(account))
        except Exception as e:
            # Best effort: what we no longer have we can no longer use.
            log.warning(
                "The access to account %s could not be given back: %s", pk, type(e).__name__
            )
    Account.objects.filter(
        pk=pk, state=State.DISCONNECTED, token_version=account.token_version
    ).update(token_version=account.token_version + 1, **FORGOTTEN)


def erase(account: Account) -> None:
    """Keep nothing of whose account it was; its posts stay as our own record of what we did."""
    anonymous = f"erased-{account.pk}"
    Account.objects.filter(pk=account.pk).update(
        state=State.DISCONNECTED,
        external_id=anonymous,
        name=f"{clients.platform_label(account.platform)} (erased)",
        username="",
        scopes=[],
        last_error="",
        token_version=account.token_version + 1,
        **FORGOTTEN,
    )


def forgettable() -> list[int]:
    """Disconnected accounts whose tokens are still here."""
    gone = Account.objects.filter(state=State.DISCONNECTED).exclude(access_token="")
    return list(gone.values_list("pk", flat=True))


def check(account: Account) -> Profile:
    """Ask the platform whose account it is. Reads only; the row says afterwards what came of it.

    Raises PlatformError. An account that had to be reconnected and works again is connected.
    """
    try:
        profile = clients.ask(account, lambda client: client.whoami())
    except ODD_ANSWER as e:
        label = clients.platform_label(account.platform)
        log.warning("An odd answer for account %s: %s", account.pk, type(e).__name__)
        raise Transient(f"{label} gave an answer that is not understood.") from e
    if profile.external_id and profile.external_id != account.external_id:
        who = profile.username or profile.external_id
        wrong = AuthExpired(
            f"The permission is for another account ({who}). Connect {account.name} again."
        )
        account.refresh_from_db()
        tokens.note_trouble(account, wrong)
        raise wrong
    if known := _known(profile):
        Account.objects.filter(pk=account.pk).update(**known)
    mended = Account.objects.filter(pk=account.pk, state__in=(State.RECONNECT, State.BLOCKED))
    if mended.update(state=State.CONNECTED):
        resume(account)
    return profile


def _known(profile: Profile) -> dict[str, str]:
    """What the platform says of the account; nothing where it says nothing."""
    found = {
        "username": profile.username.lstrip("@")[:120],
        "server": profile.server[:200],
    }
    return {name: words for name, words in found.items() if words}


def _is_shared(account: Account) -> bool:
    """Whether another connected account stands on the same permission, which would end with it."""
    others = Account.objects.filter(
        platform=account.platform, external_id=account.external_id, state=State.CONNECTED
    )
    return others.exclude(pk=account.pk).exists()
