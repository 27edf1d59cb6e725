"""How accounts are connected: logins, tokens, and their renewal."""

import datetime as dt
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from publishing.platforms.apps import App
from publishing.platforms.base import Profile
from publishing.platforms.errors import Unsupported


@dataclass(frozen=True)
class Tokens:
    """What lets us act for an account. Times are UTC; None: it does not run out, as far as the
    platform says.
    """

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)  # empty: none was given; keep the one there is
    expires_at: dt.datetime | None = None
    refresh_expires_at: dt.datetime | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """An account that somebody allowed us to act for."""

    profile: Profile
    tokens: Tokens
    # A registration made for this account's server (Mastodon); else false.
    app: App = field(default_factory=App)


class Access(Protocol):
    """How a creator lets us act for an account. One class a platform, beside its client; the
    registry has it under the same name.

    Its calls raise `errors.PlatformError`; `refresh` raises AuthExpired only when the platform
    says that the grant itself is gone.
    """

    registration: ClassVar[str]  # key of apps.NAMES; "" when no app is needed
    kind: ClassVar[str]  # "oauth", "password" (an app password) or "server" (oauth, any server)
    pkce: ClassVar[str]  # "S256", "hex" (TikTok's) or ""

    def __init__(self, app: App, server: str = "") -> None: ...

    def authorize_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Where to send the creator's browser."""
        ...

    def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> list[Grant]:
        """What the creator allowed; more than one where a login has several accounts."""
        ...

    def sign_in(self, identifier: str, password: str) -> Grant:
        """For `kind` "password"."""
        ...

    def register(self, redirect_uri: str) -> App:
        """Register this installation with the server, for `kind` "server"."""
        ...

    def refresh(self, tokens: Tokens) -> Tokens:
        """Newer tokens. Empty fields mean: as before; `expires_at` is that of the newer ones."""
        ...

    def revoke(self, tokens: Tokens) -> None:
        """Give the access back. Best effort: nothing where the platform has no call for it."""
        ...


class NoAccess:
    """The parts of Access that a platform does not have."""

    registration = ""
    kind = "oauth"
    pkce = ""

    def __init__(self, app: App, server: str = "") -> None:
        self.app, self.server = app, server

    def authorize_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        raise Unsupported("This platform is not connected by a login page.")

    def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> list[Grant]:
        raise Unsupported("This platform is not connected by a login page.")

    def sign_in(self, identifier: str, password: str) -> Grant:
        raise Unsupported("This platform is not connected by a password.")

    def register(self, redirect_uri: str) -> App:
        raise Unsupported("This platform needs no registration of ours.")

    def refresh(self, tokens: Tokens) -> Tokens:
        raise Unsupported("These tokens cannot be refreshed; connect the account again.")

    def revoke(self, tokens: Tokens) -> None:
        return None
