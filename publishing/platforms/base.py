"""What every platform's client looks like from outside.

Publishing has three steps, kept apart because only the last one is seen by anybody:

    prepare   upload, make a container     not visible   safe to repeat
    check     is it processed?             reads only    safe to repeat
    commit    make it public               VISIBLE       never repeated by a machine on a guess

A client keeps nothing between calls. What it has to remember goes into the *handle*, a JSON object
that only the client understands and that the caller stores before it goes on.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from publishing.platforms.errors import PlatformError, Unsupported

Handle = dict[str, Any]  # JSON
# Of a handle that `prepare` returns: what had to be left out, a sentence for the creator. The
# caller takes it out.
SAID = "said"


@dataclass(frozen=True)
class Connection:
    """One account, as far as a client needs to know it."""

    external_id: str  # the platform's name for it; the folder's: its path
    access_token: str = field(default="", repr=False)
    username: str = ""  # without the @
    server: str = ""  # where the account lives, for platforms of many servers: https://host
    # What the creator chose for the account; each client says in its docstring what it reads.
    options: Mapping[str, Any] = field(default_factory=dict)
    # Gives a newer access token, for an upload that outlives the one above.
    renew: Callable[[], str] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Profile:
    """Who an account is, in the platform's own words."""

    external_id: str
    username: str = ""
    name: str = ""
    picture_url: str = ""
    server: str = ""

    def __post_init__(self) -> None:
        """What an answer has in the place of a text, a list or a number, is no name."""
        for name, value in vars(self).items():
            if not isinstance(value, str):
                object.__setattr__(self, name, "")


@dataclass(frozen=True)
class TokenRules:
    """How a platform's tokens live. Facts of its documentation."""

    refreshable: bool
    rotates: bool = False  # a refresh spends the refresh token and brings another
    takes_refresh_token: bool = True  # False: the access token alone is exchanged for a newer one
    refresh_before: dt.timedelta = dt.timedelta(hours=1)  # ... the access token runs out
    min_age: dt.timedelta = dt.timedelta()  # no refresh of a younger one
    warn_before: dt.timedelta = dt.timedelta(days=14)  # ... only the creator can renew it


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
    cover_problem: str = ""  # why there is none although the reel has one, a sentence
    subtitles: tuple[Path, ...] = ()  # SRT and VTT
    # Only for platforms that fetch: single-purpose addresses that run out.
    video_url: str = ""
    cover_url: str = ""


@dataclass(frozen=True)
class Text:
    """The words beside a reel."""

    caption: str
    title: str = ""  # one line: the reel's hook
    language: str = "en"  # BCP 47
    day: dt.date | None = None  # when it goes out, in the creator's own zone
    ai_generated: bool = True  # sets the platform's own AI flag where there is one
    cover_ms: int = 0  # the frame that is the cover where no picture can be given
    tags: tuple[str, ...] = ()  # without the #; the caption has them already
    # What was chosen for this post, over the account's options; each client says what it reads.
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """What a platform accepts."""

    min_ms: int = 0
    max_ms: int | None = None
    max_bytes: int | None = None
    caption_chars: int | None = None  # as the platform counts: see Platform.caption_length
    title_chars: int | None = None
    hashtags: int | None = None
    mentions: int | None = None
    aspect: tuple[int, int] | None = None  # width to height, and nothing else
    max_aspect: float | None = None  # width / height; 1.0: nothing wider than a square
    min_height: int | None = None
    posts_a_day: int | None = None  # per account, in any 24 hours
    index_first: bool = False  # wants the MP4's index (moov) before its pictures


@dataclass(frozen=True)
class Capabilities:
    """What a platform can do, and how far it can be trusted after a lost answer."""

    # Repeating a commit of the same handle makes no second post. Facts, not hope: see the
    # platform's own rules.
    commit_retry_allowed: bool
    ai_flag: bool  # has an AI flag of its own; otherwise the caption must say it
    # The last part of the file is what makes it public: commit finds the file's path in
    # handle["video"], put there by the caller.
    commit_sends_video: bool = False
    needs_public_url: bool = False  # it fetches the video; nothing can be sent to it
    has_title: bool = False
    cover: str = ""  # "picture", "frame" (a moment of the video) or "" (it chooses itself)
    first_comment: bool = False
    # How long before its hour a post is prepared. What is prepared lives an hour and more.
    lead: dt.timedelta = dt.timedelta(minutes=15)
    insights: tuple[str, ...] = ()  # the fields of Insights it can fill
    tokens: TokenRules | None = None  # None: it needs none
    # What somebody who runs this for themselves should know before connecting, a sentence each.
    notes: tuple[str, ...] = ()


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
class Accepted:
    """The platform took it and works on it; whether it shows it is seen by looking."""


@dataclass(frozen=True)
class Absent:
    """It was looked for where it would be, and it is certainly not there."""


@dataclass(frozen=True)
class Unclear:
    """The platform offers no way to tell."""

    why: str = ""


@dataclass(frozen=True)
class Failed:
    """It certainly came to nothing, and never will of itself. The error says what to do now."""

    error: PlatformError


@dataclass(frozen=True)
class Begun:
    """An upload in parts, and what is kept of it for whoever goes on when this worker is gone."""

    # What an earlier `prepare` of the same media and text saved; empty: nothing was begun.
    handle: Mapping[str, Any] = field(default_factory=dict, repr=False)
    # Stores a handle before it returns. None: nobody would go on with it.
    keep: Callable[[Handle], None] | None = field(default=None, repr=False)

    def save(self, handle: Handle) -> None:
        if self.keep is not None:
            self.keep(handle)


ANEW = Begun()

Outcome = Published | Delivered | Accepted
Finding = Published | Delivered | Absent | Unclear | Failed


@dataclass(frozen=True)
class Insights:
    """What became of a post, counted since it went out; None where the platform does not say."""

    views: int | None = None
    reach: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None  # reposts and quotes included
    saves: int | None = None
    watched_ms: int | None = None  # all viewers together
    average_watch_ms: int | None = None
    followers: int | None = None  # of the account, now

    def __post_init__(self) -> None:
        """What is no count, or none that can be, says nothing."""
        for name, value in vars(self).items():
            if type(value) is not int or not 0 <= value < 2**63:
                object.__setattr__(self, name, None)


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

    def prepare(self, key: str, media: Media, text: Text, begun: Begun = ANEW) -> Handle:
        """Bring everything there without showing it. Called again it starts over, or where the
        platform can it goes on with what was `begun`; HandleExpired then says that this is gone.

        A large upload outlives its worker: clients that send parts save how far they got.
        `discard` takes what they saved, too.
        """
        ...

    def check(self, handle: Handle) -> Handle:
        """Return the handle, perhaps enriched, once it can be committed. Raises NotReady until
        then.
        """
        ...

    def commit(self, key: str, handle: Handle) -> Outcome:
        """Show it to the audience. Whatever leaves the outcome open is OutcomeUnknown.

        See `Capabilities.commit_sends_video` for what the caller adds to the handle.
        """
        ...

    def reconcile(self, key: str, handle: Handle, since: dt.datetime) -> Finding:
        """Find out what became of a commit without an answer, or only accepted. Reads only.

        since: when the commit was begun, by our clock (UTC). Raises NotReady while it is too
        early to tell.
        """
        ...

    def permalink(self, external_id: str) -> str:
        """Where people see it; empty while the platform does not say."""
        ...

    def discard(self, key: str, handle: Handle) -> None:
        """Take back what was prepared and will not be committed. Never touches what is live."""
        ...

    def comment(self, external_id: str, text: str) -> str:
        """Write the first comment below a live post and return its id.

        Raises Unsupported where there is none.
        """
        ...

    def insights(self, external_id: str) -> Insights:
        """The counts of a live post as they are now. Raises Unsupported where there are none."""
        ...

    def whoami(self) -> Profile:
        """Whose token this is. The connection's test."""
        ...

    @classmethod
    def caption_length(cls, caption: str) -> int:
        """How long the platform takes a caption to be."""
        ...

    @classmethod
    def problems(cls, media: Media, text: Text, options: Mapping[str, Any]) -> list[str]:
        """Why the platform would refuse this, a sentence each; empty when it would not.

        Asked when a post is drafted, so `media.video` need not exist yet. options: the account's.
        """
        ...


class Plain:
    """What a client has that its platform has nothing special for."""

    label: ClassVar[str]
    limits: ClassVar[Limits]

    def discard(self, key: str, handle: Handle) -> None:
        """What is not committed runs out by itself."""

    def comment(self, external_id: str, text: str) -> str:
        raise Unsupported(f"{self.label} has no first comment.")

    def insights(self, external_id: str) -> Insights:
        raise Unsupported(f"{self.label} has no counts.")

    @classmethod
    def caption_length(cls, caption: str) -> int:
        return len(caption)

    @classmethod
    def problems(cls, media: Media, text: Text, options: Mapping[str, Any]) -> list[str]:
        return over_limits(cls.label, cls.limits, media, text, cls.caption_length(text.caption))


def over_limits(
    platform: str, limits: Limits, media: Media, text: Text, caption_length: int
) -> list[str]:
    """Which limits this passes, a sentence each."""
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
    if limits.max_aspect is not None and media.width > limits.max_aspect * media.height:
        found.append(f"The reel is {media.width}x{media.height}; {platform} wants it upright.")
    if limits.min_height is not None and media.height < limits.min_height:
        found.append(
            f"The reel is {media.height} pixels high;"
            f" {platform} wants {limits.min_height} or more."
        )
    if limits.caption_chars is not None and caption_length > limits.caption_chars:
        found.append(
            f"The caption has {caption_length} characters; {platform} takes"
            f" {limits.caption_chars} at most."
        )
    if limits.title_chars is not None and len(text.title) > limits.title_chars:
        found.append(
            f"The title has {len(text.title)} characters; {platform} takes"
            f" {limits.title_chars} at most."
        )
    mentions = sum(word.startswith("@") and len(word) > 1 for word in text.caption.split())
    if limits.mentions is not None and mentions > limits.mentions:
        found.append(
            f"The caption mentions {mentions} people; {platform} takes {limits.mentions} at most."
        )
    tags = sum(word.startswith("#") and len(word) > 1 for word in text.caption.split())
    if limits.hashtags is not None and tags > limits.hashtags:
        found.append(
            f"The caption has {tags} hashtags; {platform} takes {limits.hashtags} at most."
        )
    return found
