"""The way to a platform's login page and back. Errors are `CannotConnect`, for the creator.

What is sent along and must come back, the state, is random, good once and for minutes, and bound
to the person's own session; the PKCE verifier and what was allowed stay in the database, locked.
"""

import base64
import datetime as dt
import hashlib
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from creators.models import Creator
from publishing.accounts import connecting
from publishing.accounts.connecting import ODD_ANSWER, CannotConnect
from publishing.clients import platform_label
from publishing.models import Account, Login
from publishing.platforms import access, apps, platform
from publishing.platforms.access import Access, Grant, Tokens
from publishing.platforms.apps import App
from publishing.platforms.base import Profile
from publishing.platforms.errors import PlatformError
from publishing.platforms.servers import server_address

log = logging.getLogger(__name__)

LIFETIME = dt.timedelta(minutes=10)
SERVERS = {"mastodon": "MASTODON_URL", "bluesky": "BLUESKY_PDS_URL"}  # their keys in hosts.HOSTS
AGAIN = "Begin again."


def app_of(kind: type[Access]) -> App | None:
    """This installation's registration with a platform; None: it needs none."""
    if not kind.registration:
        return None
    try:
        return apps.app(kind.registration)
    except OSError:  # of a secret in a file; `manage.py check` says which
        return App()


def begin(
    user: User,
    session_key: str,
    creator: Creator,
    name: str,
    *,
    redirect_uri: str,
    server: str = "",
    account: Account | None = None,
) -> str:
    """Where to send the creator's browser. account: the one to be connected again."""
    kind, app = access(name), App()
    if kind.kind == "password":
        raise CannotConnect(f"{platform_label(name)} is connected by an app password.")
    with _plainly(name):
        if name in SERVERS:
            server = server_address(server, SERVERS[name])
        if kind.kind == "server":
            app = kind(App(), server).register(redirect_uri)
        elif (registered := app_of(kind)) is not None:
            app = registered
            if not app:
                raise CannotConnect(missing(name))
        verifier = secrets.token_urlsafe(48) if kind.pkce else ""
        login = Login(
            state=secrets.token_urlsafe(32),
            session_key=session_key,
            user_id=user.pk,
            creator=creator,
            platform=name,
            server=server,
            verifier=verifier,
            redirect_uri=redirect_uri,
            account=account,
        )
        if kind.kind == "server":
            login.app_id, login.app_secret = app.id, app.secret
        url = kind(app, server).authorize_url(
            redirect_uri=redirect_uri, state=login.state, challenge=challenge(verifier, kind.pkce)
        )
    login.save()
    return url


def stale() -> QuerySet[Login]:
    """Logins that nobody can come back from any more."""
    return Login.objects.filter(created_at__lt=timezone.now() - LIFETIME)


def finish(user: User, session_key: str, name: str, answer: Mapping[str, str]) -> Login:
    """What the creator allowed: a login with its grants, spent as far as its state goes.

    answer: the query the platform's page came back with.
    """
    login = _spend(user, session_key, name, answer.get("state", ""))
    label = platform_label(name)
    if answer.get("error"):
        refused = "denied" in answer["error"] or "cancel" in answer["error"]
        said = answer.get("error_description") or answer["error"]
        raise CannotConnect(
            f"You did not allow it at {label}; nothing was connected."
            if refused
            else f"{label} let nothing through: {said[:200]}"
        )
    code = answer.get("code", "").removesuffix("#_")
    if not code:
        raise CannotConnect(f"{label} came back without an answer. {AGAIN}")
    kind = access(name)
    app = App(login.app_id, login.app_secret) if login.app_id else app_of(kind) or App()
    with _plainly(name):
        grants = kind(app, login.server).exchange(
            code=code, redirect_uri=login.redirect_uri, verifier=login.verifier
        )
    if not grants:
        raise CannotConnect(f"{label} offers no account there that reels can be posted to.")
    login.pk, login.state, login.verifier = None, secrets.token_urlsafe(32), ""
    login.created_at = timezone.now()
    login.grants = {"grants": [_kept(grant) for grant in grants]}
    login.save(force_insert=True)
    return login


def pending(user: User, session_key: str, name: str, state: str) -> Login | None:
    """A login that waits for a choice among several accounts."""
    if not state.isprintable():  # PostgreSQL asks for nothing with a NUL in it
        return None
    login = Login.objects.filter(
        state=state,
        session_key=session_key,
        user_id=user.pk,
        platform=name,
        created_at__gt=timezone.now() - LIFETIME,
    ).first()
    return login if login and login.grants else None


def grants_of(login: Login) -> list[Grant]:
    return [_grant(kept) for kept in login.grants.get("grants", [])]


def take(login: Login, external_ids: list[str]) -> list[Account]:
    """Connect these of the accounts that were allowed; the others are forgotten."""
    chosen = [grant for grant in grants_of(login) if grant.profile.external_id in external_ids]
    if not chosen:
        raise CannotConnect("Choose at least one account.")
    if not Login.objects.filter(pk=login.pk).delete()[0]:
        raise CannotConnect("This was done already.")
    return [connecting.connect(login.creator, login.platform, grant) for grant in chosen]


def sign_in(
    creator: Creator, name: str, *, identifier: str, password: str, server: str = ""
) -> Account:
    """Connect with an app password; the password itself is not kept."""
    with _plainly(name):
        if name in SERVERS:
            server = server_address(server, SERVERS[name])
        grant = access(name)(App(), server).sign_in(identifier.strip().lstrip("@"), password)
    return connecting.connect(creator, name, grant)


def challenge(verifier: str, kind: str) -> str:
    """What is sent ahead of the verifier. kind: "S256", "hex" (TikTok's spelling of it) or ""."""
    digest = hashlib.sha256(verifier.encode())
    if kind == "hex":
        return digest.hexdigest()
    if kind == "S256":
        return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    return ""


def missing(name: str) -> str:
    """Which variables have to be set before this platform can be connected; empty: none."""
    try:
        kind = access(name)
    except KeyError:
        return ""
    app = app_of(kind)
    if app is None or app:
        return ""
    id_name, secret_name = apps.NAMES[kind.registration]
    return (
        f"{platform(name).label} wants an app of your own: register one with them and set"
        f" {id_name} and {secret_name}."
    )


@contextmanager
def _plainly(name: str) -> Iterator[None]:
    """A platform's refusal as a sentence, and so an answer that is not what it should be."""
    try:
        yield
    except PlatformError as e:
        raise CannotConnect(str(e)) from e
    except ODD_ANSWER as e:
        log.warning("An odd answer of %s: %s", name, type(e).__name__)
        raise CannotConnect(
            f"{platform_label(name)} gave an answer that is not understood."
        ) from e


def _spend(user: User, session_key: str, name: str, state: str) -> Login:
    """The login that was begun with this state. Nobody can come back with it a second time."""
    login = Login.objects.filter(state=state).first() if state.isprintable() else None
    if login is None:
        raise CannotConnect(f"This login was not begun here, or it is over. {AGAIN}")
    if (login.user_id, login.session_key, login.platform) != (user.pk, session_key, name):
        raise CannotConnect(
            f"This login was begun in another browser or by somebody else. {AGAIN}"
        )
    if login.grants or not Login.objects.filter(pk=login.pk).delete()[0]:
        raise CannotConnect(f"This login was used already. {AGAIN}")
    if timezone.now() - login.created_at > LIFETIME:
        raise CannotConnect(f"The login took longer than ten minutes. {AGAIN}")
    return login


def _kept(grant: Grant) -> dict[str, Any]:
    """As JSON; the column is locked."""
    kept = asdict(grant)
    for field in ("expires_at", "refresh_expires_at"):
        moment: dt.datetime | None = kept["tokens"][field]
        kept["tokens"][field] = moment.isoformat() if moment else None
    return kept


def _grant(kept: dict[str, Any]) -> Grant:
    tokens = {**kept["tokens"], "scopes": tuple(kept["tokens"]["scopes"])}
    for field in ("expires_at", "refresh_expires_at"):
        tokens[field] = parse_datetime(tokens[field]) if tokens[field] else None
    return Grant(Profile(**kept["profile"]), Tokens(**tokens), App(**kept["app"]))
