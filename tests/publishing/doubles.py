"""A platform whose every answer is written by the test, and the stage around it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.utils import timezone

from publishing.platforms.access import Grant, NoAccess, Tokens
from publishing.platforms.base import (
    ANEW,
    Absent,
    Capabilities,
    Connection,
    Limits,
    Plain,
    Profile,
    Published,
    TokenRules,
    Unclear,
)
from publishing.platforms.errors import AuthExpired

Answer = Any  # a value to return, an exception to raise, or a function of no arguments to call


@dataclass
class Script:
    """What the platform answers, in order; after the last answer it behaves well."""

    prepare: list[Answer] = field(default_factory=list)
    check: list[Answer] = field(default_factory=list)
    commit: list[Answer] = field(default_factory=list)
    reconcile: list[Answer] = field(default_factory=list)
    permalink: list[Answer] = field(default_factory=list)
    whoami: list[Answer] = field(default_factory=list)
    refresh: list[Answer] = field(default_factory=list)
    exchange: list[Answer] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    live: list[str] = field(default_factory=list)  # the keys of visible posts: each at most once
    discarded: list[str] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)  # with what handle
    begun: list[dict[str, Any]] = field(default_factory=list)  # what each prepare was given
    save: Callable[[dict[str, Any]], None] = print  # of the last prepare
    spent: list[str] = field(default_factory=list)  # refresh tokens

    def answer(self, call: str, well_behaved: Callable[[], Any]) -> Any:
        self.calls.append(call)
        answers = getattr(self, call)
        given = answers.pop(0) if answers else well_behaved
        if isinstance(given, BaseException) or (
            isinstance(given, type) and issubclass(given, BaseException)
        ):
            raise given
        return given() if callable(given) else given


class DoublePlatform(Plain):
    name = "double"
    label = "Double"
    limits: ClassVar = Limits(posts_a_day=25)
    capabilities: ClassVar = Capabilities(commit_retry_allowed=True, ai_flag=True)
    script: ClassVar = Script()

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def prepare(self, key, media, text, begun=ANEW):
        self.script.begun.append(dict(begun.handle))
        self.script.save = begun.save
        return self.script.answer("prepare", lambda: {"container": f"c-{key}"})

    def check(self, handle):
        return self.script.answer("check", lambda: handle | {"checked": True})

    def commit(self, key, handle):
        return self.script.answer("commit", lambda: self.show(key))

    def reconcile(self, key, handle, since):
        return self.script.answer(
            "reconcile",
            lambda: (
                Published(f"id-{key}", "https://x.test/1") if key in self.script.live else Absent()
            ),
        )

    def permalink(self, external_id):
        return self.script.answer("permalink", lambda: f"https://x.test/{external_id}")

    def discard(self, key, handle):
        self.script.discarded.append(key)
        self.script.left.append(handle)

    def whoami(self):
        return self.script.answer("whoami", lambda: Profile(self.connection.external_id))

    @classmethod
    def show(cls, key):
        """The audience sees it from now on."""
        cls.script.live.append(key)
        return Published(f"id-{key}")


class WaryPlatform(DoublePlatform):
    """One where a second commit would make a second post, and that cannot be asked."""

    name = "wary"
    capabilities: ClassVar = Capabilities(commit_retry_allowed=False, ai_flag=True)

    def reconcile(self, key, handle, since):
        return self.script.answer("reconcile", lambda: Unclear("It offers no list of posts."))


class TokenedPlatform(DoublePlatform):
    """One whose tokens last an hour, and whose refresh tokens are good once."""

    name = "tokened"
    label = "Tokened"
    capabilities: ClassVar = Capabilities(
        commit_retry_allowed=True,
        ai_flag=True,
        tokens=TokenRules(refreshable=True, rotates=True, refresh_before=dt.timedelta(minutes=10)),
        notes=("It is a double.",),
    )


class ScriptedAccess(NoAccess):
    """Gives `a2` and `r2` for `r1`, and so on; a refresh token that was spent is refused."""

    registration = "x"
    pkce = "S256"
    script: ClassVar = Script()

    def authorize_url(self, *, redirect_uri, state, challenge):
        asked = {"redirect_uri": redirect_uri, "state": state, "challenge": challenge}
        return f"https://x.test/allow?{urlencode(asked)}"

    def exchange(self, *, code, redirect_uri, verifier):
        grant = Grant(
            Profile("tokened-1", username="alice", name="Alice there"),
            Tokens("a1", "r1", timezone.now() + dt.timedelta(hours=1)),
        )
        return self.script.answer("exchange", lambda: [grant])

    def refresh(self, tokens):
        return self.script.answer("refresh", lambda: self._next(tokens.refresh))

    def _next(self, refresh):
        if refresh in self.script.spent:
            raise AuthExpired("The permission was withdrawn.")
        self.script.spent.append(refresh)
        number = int(refresh[1:]) + 1
        return Tokens(f"a{number}", f"r{number}", timezone.now() + dt.timedelta(hours=1))

    def revoke(self, tokens):
        self.script.calls.append(f"revoke {tokens.access}")


TokenedAccess = ScriptedAccess
