"""The tokens of accounts: renewed ahead of time, and a refresh token spent once.

Renewing is like a commit: the intent goes on record, then the request leaves, then the answer is
stored. A lease on the account's row keeps a second worker from spending the same refresh token, on
SQLite as on PostgreSQL, without holding a transaction open while a platform takes its time. Only
the platform's word that the grant is gone makes an account one that must be reconnected.
"""

import datetime as dt
import logging
import time
from typing import Any

from django.db.models import Q
from django.utils import timezone

from publishing.models import Account
from publishing.platforms import PLATFORMS, access, apps, platform
from publishing.platforms.access import Access, Tokens
from publishing.platforms.base import TokenRules
from publishing.platforms.errors import (
    AccountBlocked,
    AuthExpired,
    NotSent,
    PlatformError,
    Transient,
    Unsupported,
)
from studio.lib.leases import lease_end, new_owner, run_out

log = logging.getLogger(__name__)

State = Account.State

LEASE_S = 330  # above the clusters' time-outs: whoever could still get an answer still holds it
PATIENCE_S = 20  # for another worker's renewal
GRACE = dt.timedelta(minutes=2)  # a token that lasts longer still carries a call
LONGEST_WAIT = dt.timedelta(hours=1)

LOCKED = (
    "Its permission was locked with a key that is not in TOKEN_KEYS any more. Put the key back and"
    " test the account, or connect it again."
)
CUT_OFF = (
    "A renewal of its permission was cut off before the answer was stored, and the platform takes"
    " the old one no more. Connect the account again."
)
NOBODY: dict[str, Any] = {"renewing_by": "", "renewing_until": None}


def rules_of(account: Account) -> TokenRules | None:
    """How its tokens live; None: it has none."""
    if account.platform not in PLATFORMS:
        return None
    return platform(account.platform).capabilities.tokens


def renews_itself(account: Account) -> bool:
    """Whether we can get newer tokens without the creator."""
    rules = rules_of(account)
    if rules is None:
        return False
    if account.refresh_token:
        return True
    return rules.refreshable and not rules.takes_refresh_token


def is_due(account: Account, now: dt.datetime | None = None) -> bool:
    """Whether its tokens are to be renewed now."""
    rules, now = rules_of(account), now or timezone.now()
    if rules is None or account.expires_at is None or not renews_itself(account):
        return False
    young = account.issued_at is not None and now - account.issued_at < rules.min_age
    return not young and account.expires_at - now < rules.refresh_before


def due() -> list[int]:
    """The accounts whose tokens a worker should renew now."""
    now, near = timezone.now(), Q(pk__in=())
    for name in PLATFORMS:
        if rules := platform(name).capabilities.tokens:
            near |= Q(platform=name, expires_at__lt=now + rules.refresh_before)
    free = Q(renewing_by="") | run_out("renewing_until", now)
    rested = Q(renewal_after=None) | Q(renewal_after__lte=now)
    accounts = Account.objects.connected().filter(near, free, rested).order_by("expires_at", "pk")
    return [account.pk for account in accounts if is_due(account, now)]


def fresh(account: Account, *, is_refused: bool = False) -> Account:
    """The account as it is now, with a token that carries the next call; renewed when it is time.

    is_refused: the platform took the token in `account` no more, whatever the clock says.

    Raises AuthExpired when only the creator can go on, NotSent when the token has ended and cannot
    be renewed just now.
    """
    row, now = _row(account.pk), timezone.now()
    if row.is_locked_out:
        _becomes(row, State.RECONNECT, LOCKED)
        raise AuthExpired(LOCKED)
    if is_refused:
        row.token_version = account.token_version  # that one, or whatever came after it
    ended = is_refused or _has_ended(row, now + GRACE)
    if is_refused or (is_due(row, now) and (ended or _is_free(row, now))):
        try:
            return refresh(row)
        except (AuthExpired, AccountBlocked):
            raise
        except PlatformError as e:
            if ended:
                raise NotSent(
                    f"The permission of {row.name} has ended and could not be renewed yet. {e}",
                    reply=e.reply,
                ) from e
    elif _has_ended(row, now) and rules_of(row) is not None:
        why = f"The permission of {row.name} ended; connect the account again."
        _becomes(row, State.RECONNECT, why)
        raise AuthExpired(why)
    return row


def refresh(account: Account) -> Account:
    """Renew the tokens now, whatever the clock says: the platform takes the present one no more.

    Returns the account with newer ones; without a call when somebody renewed them since `account`
    was read. Raises AuthExpired (the account then says that it must be reconnected), or what kept
    the platform from answering.
    """
    until, has_waited = time.monotonic() + PATIENCE_S, False
    while True:
        row = _row(account.pk)
        if row.token_version != account.token_version:
            return row
        if row.state == State.DISCONNECTED or (has_waited and row.state == State.RECONNECT):
            raise AuthExpired(row.last_error or f"{row.name} must be connected again.")
        if owner := _claim(row):
            return _renew(row, owner)
        if time.monotonic() > until:
            raise NotSent(f"The permission of {row.name} is being renewed by another worker.")
        has_waited = True
        time.sleep(0.1)


def note_success(account: Account) -> None:
    """It worked just now."""
    now = timezone.now()
    recent = account.last_used_at is not None and now - account.last_used_at < dt.timedelta(0, 60)
    if account.last_error or not recent:
        Account.objects.filter(pk=account.pk).update(last_used_at=now, last_error="")


def note_trouble(account: Account, error: PlatformError) -> None:
    """What the platform said to a call; about the permission or the account itself it counts."""
    if isinstance(error, AuthExpired):
        _becomes(account, State.RECONNECT, str(error))
    elif isinstance(error, AccountBlocked):
        _becomes(account, State.BLOCKED, str(error))


def access_of(account: Account) -> Access:
    """The way to the account's platform. Raises KeyError for one without a login."""
    kind = access(account.platform)
    if account.app_id:
        return kind(apps.App(account.app_id, account.app_secret), account.server)
    app = apps.app(kind.registration) if kind.registration else apps.App()
    return kind(app, account.server)


def tokens_of(account: Account) -> Tokens:
    return Tokens(
        access=account.access_token,
        refresh=account.refresh_token,
        expires_at=account.expires_at,
        refresh_expires_at=account.refresh_expires_at,
        scopes=tuple(account.scopes),
    )


def stored(tokens: Tokens, account: Account) -> dict[str, Any]:
    """The columns that hold these tokens, and what a renewal left behind cleared away.

    What the platform did not give again stays as it is: an empty refresh token is no refresh
    token.
    """
    return {
        **NOBODY,
        "access_token": tokens.access or account.access_token,
        "refresh_token": tokens.refresh or account.refresh_token,
        "expires_at": tokens.expires_at,
        "refresh_expires_at": tokens.refresh_expires_at or account.refresh_expires_at,
        "scopes": list(tokens.scopes) or account.scopes,
        "issued_at": timezone.now(),
        "token_version": account.token_version + 1,
        "renewal_sent_at": None,
        "renewal_tries": 0,
        "renewal_after": None,
        "last_error": "",
    }


def _claim(account: Account) -> str | None:
    """Put the intent on record and keep others from it. None: somebody else is at it."""
    owner, now = new_owner(), timezone.now()
    free = Q(renewing_by="") | run_out("renewing_until", now)
    taken = Account.objects.filter(
        free, pk=account.pk, token_version=account.token_version
    ).update(
        renewing_by=owner,
        renewing_until=lease_end(now, LEASE_S),
        renewal_sent_at=account.renewal_sent_at or now,
    )
    return owner if taken else None


def _renew(account: Account, owner: str) -> Account:
    """Ask the platform and store its answer. `account.renewal_sent_at`: of an earlier renewal
    without an answer.
    """
    try:
        newer = access_of(account).refresh(tokens_of(account))
    except AuthExpired as e:
        why = CUT_OFF if account.renewal_sent_at and _rotates(account) else str(e)
        _give_up(account, owner, State.RECONNECT, why)
        raise AuthExpired(why, reply=e.reply) from e
    except (Unsupported, KeyError) as e:
        why = f"The permission of {account.name} cannot be renewed; connect the account again."
        _give_up(account, owner, State.RECONNECT, why)
        raise AuthExpired(why) from e
    except AccountBlocked as e:
        _give_up(account, owner, State.BLOCKED, str(e))
        raise
    except PlatformError as e:
        # Without an answer nobody knows whether the refresh token is spent: that stays on record.
        open_end = isinstance(e, Transient) and not isinstance(e, NotSent)
        _rest(account, owner, str(e), open_end=open_end)
        raise
    except Exception:
        _rest(account, owner, "Something went wrong in this installation.", open_end=True)
        raise
    # Whoever has the platform's answer has the only tokens that count, lease or no lease. Other
    # tokens in the row are newer still: the creator connected the account again meanwhile.
    same = Account.objects.filter(pk=account.pk, token_version=account.token_version)
    if not same.update(**stored(newer, account)):
        log.warning("Account %s was connected again while its tokens were renewed.", account.pk)
    return _row(account.pk)


def _give_up(account: Account, owner: str, state: Account.State, why: str) -> None:
    held = Account.objects.filter(pk=account.pk, renewing_by=owner)
    held.update(renewal_sent_at=None, **NOBODY)
    _becomes(account, state, why)


def _rest(account: Account, owner: str, why: str, *, open_end: bool) -> None:
    """Try again later; the account stays connected."""
    wait = min(dt.timedelta(seconds=30 * 2 ** min(account.renewal_tries, 10)), LONGEST_WAIT)
    changes: dict[str, Any] = {} if open_end else {"renewal_sent_at": account.renewal_sent_at}
    Account.objects.filter(pk=account.pk, renewing_by=owner).update(
        renewal_tries=account.renewal_tries + 1,
        renewal_after=timezone.now() + wait,
        last_error=f"Its permission could not be renewed: {why}"[:300],
        **NOBODY,
        **changes,
    )


def _becomes(account: Account, state: Account.State, why: str) -> None:
    """Unless it was connected again since `account` was read."""
    Account.objects.filter(
        pk=account.pk, token_version=account.token_version, state=State.CONNECTED
    ).update(state=state, last_error=why[:300])


def _is_free(account: Account, now: dt.datetime) -> bool:
    """Neither renewed by somebody just now nor resting after a fruitless try."""
    rests = account.renewal_after is not None and account.renewal_after > now
    return not account.renewing_by and not rests


def _has_ended(account: Account, now: dt.datetime) -> bool:
    return account.expires_at is not None and account.expires_at <= now


def _rotates(account: Account) -> bool:
    rules = rules_of(account)
    return rules is not None and rules.rotates


def _row(pk: int) -> Account:
    return Account.objects.get(pk=pk)
