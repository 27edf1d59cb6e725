"""What the pages say about accounts and platforms, in a creator's words."""

import datetime as dt
from dataclasses import dataclass, field

from django.utils import timezone

from publishing.accounts import logins, tokens
from publishing.clients import platform_label
from publishing.models import Account
from publishing.platforms import PLATFORMS, access, apps, platform
from publishing.platforms.base import Capabilities, Limits
from publishing.platforms.hosts import sandbox
from studio.lib import public_files, words

State = Account.State
BADGES = {  # of components/badge.html
    State.CONNECTED: "good",
    State.RECONNECT: "bad",
    State.BLOCKED: "bad",
    State.DISCONNECTED: "quiet",
}
# Two ways to one platform have to be told apart where one is chosen.
WAYS = {"instagram_facebook": "Instagram, by way of Facebook"}
NO_ADDRESS = f"It fetches the video, {public_files.NEEDED}"


@dataclass(frozen=True)
class Offer:
    """A platform that could be connected."""

    name: str
    label: str
    kind: str  # "folder", "oauth", "password" or "server"
    can: list[str] = field(default_factory=list)  # what it takes and does, a sentence each
    notes: list[str] = field(default_factory=list)  # what to know before
    missing: str = ""  # what has to be set up first, a sentence
    is_sandbox: bool = False


def offers() -> list[Offer]:
    """Every platform there is, in the order of the registry."""
    return [offer(name) for name in PLATFORMS]


def offer(name: str) -> Offer:
    client = platform(name)
    return Offer(
        name=name,
        label=WAYS.get(name) or platform_label(name),
        kind=access(name).kind if client.capabilities.tokens else "folder",
        can=abilities(client.limits, client.capabilities),
        notes=[*client.capabilities.notes],
        missing=logins.missing(name),
        is_sandbox=bool(sandbox()) and _is_app_of_the_sandbox(name),
    )


def _is_app_of_the_sandbox(name: str) -> bool:
    try:
        app = logins.app_of(access(name))
    except KeyError:
        return False
    return app is None or app.id == apps.SANDBOX_ID


def abilities(limits: Limits, can: Capabilities) -> list[str]:
    """What a platform takes and does, a sentence each."""
    said = [_takes(limits)]
    if limits.posts_a_day:
        said.append(f"At most {words.number(limits.posts_a_day)} posts a day.")
    if can.ai_flag:
        said.append("Reels carry its own mark for AI.")
    else:
        said.append("It has no mark for AI; the caption says it.")
    if can.needs_public_url and not public_files.can_be_fetched([sandbox()]):
        said.append(NO_ADDRESS)
    if can.cover == "picture":
        said.append("The cover is yours.")
    elif can.cover == "frame":
        said.append("The cover is a moment of the reel.")
    if can.first_comment:
        said.append("A first comment can go below the reel.")
    if can.insights:
        said.append("Its counts come back to your charts.")
    return [one for one in said if one]


def _takes(limits: Limits) -> str:
    parts = []
    if limits.max_ms:
        longest = _length(limits.max_ms)
        shortest = f"{limits.min_ms / 1000:g} s to " if limits.min_ms else "up to "
        parts.append(f"reels of {shortest}{longest}")
    if limits.max_bytes:
        parts.append(f"files up to {_size(limits.max_bytes)}")
    if limits.caption_chars:
        parts.append(f"captions up to {limits.caption_chars:,} characters")
    if not parts:
        return "It takes every reel and every caption."
    return words.sentence(", ".join(parts)) + "."


def _length(ms: int) -> str:
    seconds = ms / 1000
    return f"{seconds:g} s" if seconds < 180 else f"{seconds / 60:g} minutes"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:g} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"


def permission(account: Account, now: dt.datetime | None = None) -> str:
    """How long we may still act for the account, and who renews that."""
    now = now or timezone.now()
    if account.state == State.DISCONNECTED:
        return "Given back."
    if account.is_locked_out:
        return "Locked with a key that is lost."
    if account.state == State.RECONNECT:
        return "Ended."
    rules = tokens.rules_of(account)
    if rules is None:
        return "Needs none."
    if account.expires_at is None:
        return "Does not run out."
    zone = account.creator.zone
    if tokens.renews_itself(account):
        if account.refresh_expires_at and not rules.rotates:
            return f"Renews itself until {words.day(account.refresh_expires_at, zone, now)}."
        return "Renews itself."
    if account.expires_at <= now:
        return f"Ended {words.day(account.expires_at, zone, now)}. Connect it again."
    return (
        f"Must be renewed by you {_in(account.expires_at - now)},"
        f" {words.when(account.expires_at, zone, now)} at the latest."
    )


def _in(left: dt.timedelta) -> str:
    if left < dt.timedelta(hours=1):
        return "within the hour"
    if left < dt.timedelta(days=1):
        return f"in {words.count(int(left.total_seconds() // 3600), 'hour')}"
    return f"in {words.count(left.days, 'day')}"


def badge(account: Account) -> tuple[str, str]:
    """(kind, words) of its badge."""
    if account.is_locked_out and account.state != State.DISCONNECTED:
        return "bad", words.sentence(State.RECONNECT.label)
    state = State(account.state)
    return BADGES[state], words.sentence(state.label)
