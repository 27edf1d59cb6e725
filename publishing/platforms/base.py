"""What every platform's client looks like from outside.

Publishing has three steps, kept apart because only the last one is seen by anybody:

    prepare   upload, make a container     not visible   safe to repeat
    check     is it processed?             reads only    safe to repeat
    commit    make it public               VISIBLE       never repeated by a machine on a guess

A client keeps nothing between calls. What it has to remember goes into the *handle*, a JSON object
that only the client understands and that the caller stores before it goes on.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

Handle = dict[str, Any]  # JSON


@dataclass(frozen=True)
class Connection:
    """One account, as far as a client needs to know it."""

    external_id: str  # the platform's name for it; the folder's: its path


@dataclass(frozen=True)
class Media:
    """The files of one reel, on this machine while a client works."""

    video: Path
    duration_ms: int
    width: int
    height: int
    size_bytes: int
    sha256: str
    cover: Path | None = None
    subtitles: tuple[Path, ...] = ()  # SRT and VTT


@dataclass(frozen=True)
class Text:
    """The words beside a reel."""

    caption: str
    title: str = ""  # one line: the reel's hook
    language: str = "en"  # BCP 47
    day: dt.date | None = None  # when it goes out, in the creator's own zone
    ai_generated: bool = True  # sets the platform's own AI flag where there is one


@dataclass(frozen=True)
class Limits:
    """What a platform accepts."""

    min_ms: int = 0
    max_ms: int | None = None
    max_bytes: int | None = None
    caption_chars: int | None = None
    hashtags: int | None = None
    aspect: tuple[int, int] | None = None  # width to height
    posts_a_day: int | None = None  # per account, in any 24 hours


@dataclass(frozen=True)
class Capabilities:
    """What a platform can do, and how far it can be trusted after a lost answer."""

    # Repeating a commit of the same handle makes no second post. Facts, not hope: see the
    # platform's own rules.
    commit_retry_allowed: bool
    ai_flag: bool  # has an AI flag of its own; otherwise the caption must say it


@dataclass(frozen=True)
class Published:
    """It is live."""

    external_id: str
    permalink: str = ""


@dataclass(frozen=True)
class Delivered:
    """It waits in the creator's inbox on the platform."""

    external_id: str


@dataclass(frozen=True)
class Absent:
    """It was looked for where it would be, and it is certainly not there."""


@dataclass(frozen=True)
class Unclear:
    """The platform offers no way to tell."""

    why: str = ""


class Platform(Protocol):
    """A client of one account. Every call may raise `errors.PlatformError`, and nothing else.

    `key` is our own name for the post, the same in every attempt: an idempotency key, a record
    key, a file name.
    """

    name: ClassVar[str]
    label: ClassVar[str]  # as people write it
    limits: ClassVar[Limits]
    capabilities: ClassVar[Capabilities]

    def __init__(self, connection: Connection) -> None: ...

    def prepare(self, key: str, media: Media, text: Text) -> Handle:
        """Bring everything there without showing it. Called again it starts over."""
        ...

    def check(self, handle: Handle) -> Handle:
        """Return the handle, perhaps enriched, once it can be committed. Raises NotReady until
        then.
        """
        ...

    def commit(self, key: str, handle: Handle) -> Published | Delivered:
        """Show it to the audience. Whatever leaves the outcome open is OutcomeUnknown."""
        ...

    def reconcile(self, key: str, handle: Handle) -> Published | Delivered | Absent | Unclear:
        """Find out what became of a commit without an answer. Reads only."""
        ...

    def permalink(self, external_id: str) -> str:
        """Where people see it; empty while the platform does not say."""
        ...

    def discard(self, key: str, handle: Handle) -> None:
        """Take back what was prepared and will not be committed. Never touches what is live."""
        ...


def problems(platform: str, limits: Limits, media: Media, text: Text) -> list[str]:
    """Why the platform would refuse this, a sentence each; empty when it would not.

    Asked when a post is drafted, so `media.video` need not exist yet.
    """
    found: list[str] = []
    seconds = media.duration_ms / 1000
    if media.duration_ms < limits.min_ms:
        found.append(
            f"The reel is {seconds:.0f} s long;"
            f" {platform} takes {limits.min_ms / 1000:g} s or more."
        )
    if limits.max_ms is not None and media.duration_ms > limits.max_ms:
        found.append(
            f"The reel is {seconds:.0f} s long;"
            f" {platform} takes {limits.max_ms / 1000:g} s at most."
        )
    if limits.max_bytes is not None and media.size_bytes > limits.max_bytes:
        found.append(
            f"The reel has {media.size_bytes / 1e6:.0f} MB; {platform} takes"
            f" {limits.max_bytes / 1e6:.0f} MB at most."
        )
    if limits.aspect and media.width * limits.aspect[1] != media.height * limits.aspect[0]:
        found.append(
            f"The reel is {media.width}x{media.height}; {platform} wants"
            f" {limits.aspect[0]}:{limits.aspect[1]}."
        )
    if limits.caption_chars is not None and len(text.caption) > limits.caption_chars:
        found.append(
            f"The caption has {len(text.caption)} characters; {platform} takes"
            f" {limits.caption_chars} at most."
        )
    tags = sum(word.startswith("#") and len(word) > 1 for word in text.caption.split())
    if limits.hashtags is not None and tags > limits.hashtags:
        found.append(
            f"The caption has {tags} hashtags; {platform} takes {limits.hashtags} at most."
        )
    return found
