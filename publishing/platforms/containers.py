"""What Instagram and Threads share: a container that is filled, processed, and published once.

    POST .../media -> container   GET container -> FINISHED   POST .../media_publish -> post

A published container is spent: publishing it again fails and makes no second post. Making a new
container and publishing that is what makes two.
"""

import datetime as dt
from typing import Any, ClassVar

from publishing.platforms.base import (
    ANEW,
    Absent,
    Begun,
    Connection,
    Failed,
    Finding,
    Handle,
    Media,
    Outcome,
    Plain,
    Published,
    Text,
    Unclear,
)
from publishing.platforms.errors import (
    AccountBlocked,
    AuthExpired,
    HandleExpired,
    NotReady,
    OutcomeUnknown,
    PlatformError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TokenStale,
    Transient,
)
from publishing.platforms.http import Caller, Reply
from publishing.platforms.meta import Graph, instant, now, too_young

SETTLES = dt.timedelta(seconds=60)  # how long a commit may still be on its way inside Meta
SKEW = dt.timedelta(minutes=2)  # between Meta's clock and ours
LISTED_IN = dt.timedelta(minutes=10)
LATEST = 25  # own posts that a look goes through


class ContainerPlatform(Plain):
    """The steps of both; a subclass names the fields and paths."""

    label: ClassVar[str]
    words: ClassVar[str]  # the field of a post that holds its words
    status: ClassVar[str]  # the field of a container that says where it stands
    publish_path: ClassVar[str]
    posts_path: ClassVar[str]
    post_fields: ClassVar[str]
    state_fields: ClassVar[str]
    quota_path: ClassVar[str]
    look_every_s: ClassVar[float | None] = None  # None: as usual

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.me = connection.external_id
        self.graph = self._graph()

    def _graph(self) -> Graph:
        raise NotImplementedError

    def _container(self, media: Media, text: Text, begun: Begun) -> str:
        """Make the container, or fill the one that was begun, and return its id."""
        raise NotImplementedError

    def _failure(self, reply: Reply) -> PlatformError:
        """Why a container is in ERROR."""
        raise NotImplementedError

    def _is_ours(self, post: dict[str, Any], text: str) -> bool:
        return " ".join(str(post.get(self.words) or "").split()) == " ".join(text.split())

    def prepare(self, key: str, media: Media, text: Text, begun: Begun = ANEW) -> Handle:
        try:
            self._within_quota()
            container = self._container(media, text, begun)
        except HandleExpired as e:
            self._be_seen()
            raise e
        except Rejected as e:
            raise self._explained(e, media.video_url) from e
        return {
            "container": container,
            "made_at": now().isoformat(),
            "words": text.caption,
            "video_url": media.video_url,
        }

    def _be_seen(self) -> None:
        """Raise AuthExpired when the token does not show the account itself."""
        try:
            self.graph.get(self.me, fields="id")
        except HandleExpired as e:
            raise AuthExpired(
                f"{self.label} does not show this account any more; connect it again.",
                reply=e.reply,
            ) from e

    def _within_quota(self) -> None:
        """Read how many posts are left today. That it cannot be read stops nothing: the platform
        counts for itself.
        """
        try:
            reply = self.graph.get(f"{self.me}/{self.quota_path}", fields="quota_usage,config")
        except (AuthExpired, AccountBlocked, TokenStale, RateLimited):
            raise
        except PlatformError:
            return
        used = reply.get("data", 0, "quota_usage", default=0)
        most = reply.get("data", 0, "config", "quota_total")
        if isinstance(most, int) and isinstance(used, int) and used >= most:
            raise QuotaExhausted(
                f"{self.label} takes {most} posts a day and has had them.",
                until=now() + dt.timedelta(hours=1),  # they run out one by one, not at midnight
                reply=reply.text,
            )
        self.graph.pause_when_busy()

    def check(self, handle: Handle) -> Handle:
        reply = self._state(handle)
        match reply.need(self.status):
            case "FINISHED":
                return handle
            case "PUBLISHED":
                return handle | {"published": True}
            case "EXPIRED":
                raise HandleExpired(f"{self.label} keeps what is prepared for a day only.")
            case "ERROR":
                error = self._failure(reply)
                raise self._explained(error, handle.get("video_url", ""))
        raise NotReady(
            f"{self.label} is still processing the video.",
            retry_after_s=self.graph.poll_s or self.look_every_s,
            reply=reply.text,
        )

    def commit(self, key: str, handle: Handle) -> Outcome:
        if handle.get("published"):
            raise OutcomeUnknown(f"{self.label} has published it already.")
        try:
            reply = self.graph.post(
                f"{self.me}/{self.publish_path}",
                query={"creation_id": handle["container"]},
                commit=True,
            )
        except (HandleExpired, Rejected) as e:
            raise self._refusal(handle, e) from e
        return Published(str(reply.need("id")))

    def _refusal(self, handle: Handle, error: PlatformError) -> PlatformError:
        """What a refused commit means. A spent container is refused like one that never was: only
        its state tells that this very post is live.
        """
        try:
            state = self.graph.get(handle["container"], fields=self.state_fields).get(self.status)
        except HandleExpired:
            return too_young(handle["made_at"], error)
        except PlatformError as e:
            return OutcomeUnknown(str(error), reply=e.reply)
        if state == "PUBLISHED":
            return OutcomeUnknown(f"{self.label} has published it already.", reply=error.reply)
        return too_young(handle["made_at"], error)

    def reconcile(self, key: str, handle: Handle, since: dt.datetime) -> Finding:
        words = str(handle.get("words", ""))
        try:
            reply = self._state(handle)
        except HandleExpired:
            found = self._find(words, since)
            return found or Unclear(f"{self.label} no longer knows what was prepared.")
        match reply.need(self.status):
            case "PUBLISHED":
                # That it is live is certain. Once the list has had its time, the newest with these
                # words is it, also when Meta's clock and ours disagree.
                is_late = now() - since > LISTED_IN
                found = self._find(words, None if is_late else since)
                if found is not None:
                    return found
                raise NotReady(
                    f"{self.label} says that it is live, but does not list it yet.",
                    retry_after_s=20,
                )
            case "EXPIRED":
                return Failed(HandleExpired(f"{self.label} kept it for a day, unpublished."))
            case "ERROR":
                return Failed(self._failure(reply))
            case state if state not in ("FINISHED", "IN_PROGRESS"):
                raise reply.puzzling(f"{self.label} names a state that is not known")
        waited = now() - since
        if waited < SETTLES:
            left = (SETTLES - waited).total_seconds()
            raise NotReady(
                f"{self.label} has not shown it so far; it is asked again in a minute.",
                retry_after_s=max(5, left),
            )
        return Absent()

    def _find(self, words: str, since: dt.datetime | None) -> Published | None:
        """The newest own post with these words that is not older than the commit; since None: of
        any age.
        """
        reply = self.graph.get(
            f"{self.me}/{self.posts_path}", fields=self.post_fields, limit=LATEST
        )
        for post in reply.get("data", default=[]):
            made = instant(str(post.get("timestamp", "")))
            is_new = since is None or (made is not None and made >= since - SKEW)
            if is_new and self._is_ours(post, words):
                return Published(str(post["id"]), str(post.get("permalink") or ""))
        return None

    def _state(self, handle: Handle) -> Reply:
        try:
            return self.graph.get(handle["container"], fields=self.state_fields)
        except HandleExpired as e:
            raise too_young(handle["made_at"], e) from e

    def permalink(self, external_id: str) -> str:
        return str(self.graph.get(external_id, fields="id,permalink").get("permalink", default=""))

    def _explained(self, error: PlatformError, video_url: str) -> PlatformError:
        """A video that could not be fetched while our own server is down is worth another try."""
        if not isinstance(error, Rejected) or "could not fetch" not in str(error):
            return error
        if not video_url or _answers(video_url):
            return error
        return HandleExpired(
            "The public address of this installation does not answer; it is tried again.",
            reply=error.reply,
        )


def _answers(url: str) -> bool:
    """Whether our own public address gives the video now."""
    try:
        reply = Caller("This installation").call("HEAD", url, raises=False)
    except (Transient, OutcomeUnknown):
        return False
    return reply.ok or reply.status == 405
