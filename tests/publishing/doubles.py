"""A platform whose every answer is written by the test, and the stage around it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from publishing.platforms.base import (
    Absent,
    Capabilities,
    Connection,
    Limits,
    Plain,
    Profile,
    Published,
    Unclear,
)

Answer = Any  # a value to return, an exception to raise, or a function of no arguments to call


@dataclass
class Script:
    """What the platform answers, in order; after the last answer it behaves well."""

    prepare: list[Answer] = field(default_factory=list)
    check: list[Answer] = field(default_factory=list)
    commit: list[Answer] = field(default_factory=list)
    reconcile: list[Answer] = field(default_factory=list)
    permalink: list[Answer] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    live: list[str] = field(default_factory=list)  # the keys of visible posts: each at most once
    discarded: list[str] = field(default_factory=list)

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

    def prepare(self, key, media, text):
        return self.script.answer("prepare", lambda: {"container": f"c-{key}"})

    def check(self, handle):
        return self.script.answer("check", lambda: handle | {"checked": True})

    def commit(self, key, handle):
        return self.script.answer("commit", lambda: self.show(key))

    def reconcile(self, key, handle):
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

    def whoami(self):
        return Profile(self.connection.external_id)

    @classmethod
    def show(cls, key):
        """The audience sees it from now on."""
        cls.script.live.append(key)
        return Published(f"id-{key}")


class WaryPlatform(DoublePlatform):
    """One where a second commit would make a second post, and that cannot be asked."""

    name = "wary"
    capabilities: ClassVar = Capabilities(commit_retry_allowed=False, ai_flag=True)

    def reconcile(self, key, handle):
        return self.script.answer("reconcile", lambda: Unclear("It offers no list of posts."))
