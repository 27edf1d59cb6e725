"""What TikTok lets the creator of an account choose, asked for while a form is open.

TikTok's audit wants it asked each time the form is shown. The answer is kept for a minute, so that
the form that comes back is judged by what it showed.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from django.core.cache import cache

from publishing import clients
from publishing.models import Account
from publishing.platforms.base import Platform
from publishing.platforms.errors import PlatformError, Transient
from publishing.platforms.tiktok import TikTokPlatform
from publishing.platforms.tiktok_creator import CreatorInfo

T = TypeVar("T")

KEPT_S = 60
TROUBLE_KEPT_S = 10  # who tries again soon finds out that it works again
PATIENCE_S = 5


@dataclass(frozen=True)
class Told:
    """TikTok's answer: the creator's settings, or why they are not to be had."""

    creator: CreatorInfo | None = None
    problem: str = ""  # a sentence


def asks(account: Account) -> bool:
    """Whether choices for this account begin with such a question."""
    return account.platform == TikTokPlatform.name


def known(account: Account) -> Told | None:
    """What was answered within the last minute."""
    found: Told | None = cache.get(_key(account))
    return found


def ask(account: Account) -> Told:
    """What was answered just now, else TikTok's answer, in a few seconds at most."""
    told = known(account)
    if told is None:
        told = _asked(account)
        cache.set(_key(account), told, KEPT_S if told.creator else TROUBLE_KEPT_S)
    return told


def _asked(account: Account) -> Told:
    if account.why_not:
        return Told(problem=account.why_not)
    try:
        # Aside: drafts go to accounts that may not be asked this.
        return Told(clients.ask(account, _creator, aside=True))
    except PlatformError as e:
        return Told(problem=str(e))


def _creator(client: Platform) -> CreatorInfo:
    assert isinstance(client, TikTokPlatform)
    return _within(PATIENCE_S, client.creator)


def _within(seconds: float, call: Callable[[], T]) -> T:
    """What the call returns or raises; Transient when it takes longer. The call then goes on by
    itself until its own time-out: nobody waits for it any more.
    """
    answers: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((call(), None))
        except BaseException as e:
            answers.put((None, e))

    threading.Thread(target=run, name="creator-info", daemon=True).start()
    try:
        found, error = answers.get(timeout=seconds)
    except Empty:
        raise Transient("TikTok does not answer just now.") from None
    if error is not None:
        raise error
    return found  # type: ignore[no-any-return]


def _key(account: Account) -> str:
    return f"creator-info:{account.pk}:{account.token_version}"
