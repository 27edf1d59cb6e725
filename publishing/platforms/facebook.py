"""Reels of Facebook Pages. The bytes are sent, so no public address is needed.

    start -> video    upload    finish: only accepts    status: published, or what went wrong

Reads no options. `connection.external_id` is the Page, the token is the Page's own.

Sources: developers.facebook.com/docs/video-api/guides/reels-publishing, page/video_reels, insights
(September 2026).
"""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from publishing.platforms.access import Grant
from publishing.platforms.apps import app
from publishing.platforms.base import (
    ANEW,
    SAID,
    Absent,
    Accepted,
    Begun,
    Capabilities,
    Connection,
    Failed,
    Finding,
    Handle,
    Insights,
    Limits,
    Media,
    Outcome,
    Plain,
    Profile,
    Published,
    Text,
    TokenRules,
    Unclear,
)
from publishing.platforms.errors import (
    AuthExpired,
    HandleExpired,
    NotReady,
    PlatformError,
    RateLimited,
    TokenStale,
)
from publishing.platforms.meta import Graph, count, instant, now, too_young
from publishing.platforms.meta_errors import numbered, spent
from publishing.platforms.meta_login import FacebookLogin

log = logging.getLogger(__name__)

PHASES = ("uploading_phase", "processing_phase", "publishing_phase")
DONE = ("complete", "completed")
UPLOADED = ("upload_complete", "ready")
PATIENCE = dt.timedelta(minutes=3)
SETTLES = dt.timedelta(seconds=60)
SKEW = dt.timedelta(minutes=2)
VIDEO_METRICS = (
    ("blue_reels_play_count",),
    ("post_video_avg_time_watched", "post_video_view_time"),
    ("post_video_likes_by_reaction_type", "post_video_social_actions"),
)
STATUS = "status"
POLL_S = 15


class FacebookPlatform(Plain):
    name = "facebook"
    label = "Facebook"
    limits: ClassVar = Limits(
        min_ms=3_000,
        max_ms=90_000,
        max_bytes=1_000_000_000,
        aspect=(9, 16),
        min_height=960,
        posts_a_day=30,
    )
    capabilities: ClassVar = Capabilities(
        commit_retry_allowed=True,  # of the same video id
        ai_flag=False,
        cover="picture",
        first_comment=True,
        insights=(
            *("views", "reach", "likes", "comments", "shares"),
            *("watched_ms", "average_watch_ms", "followers"),
        ),
        tokens=TokenRules(refreshable=False),
        notes=(
            "Reels go to Pages only, not to profiles or groups.",
            "You need the Page's CREATE_CONTENT task, and a role on your app.",
            "While the app is in development mode only people with a role on it see the posts.",
            "A Facebook login lets an app act for 90 days; connect again before they are over.",
            "Facebook has no AI label to set, so the description says it.",
        ),
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.page = connection.external_id
        self.graph = Graph(
            self.label,
            "FACEBOOK_GRAPH_URL",
            connection.access_token,
            app_secret=app("facebook").secret,
        )

    def prepare(self, key: str, media: Media, text: Text, begun: Begun = ANEW) -> Handle:
        upload = dict(begun.handle)
        if not upload:
            upload = self._start()
            begun.save(upload)
        video, is_begun = str(upload["reel"]), bool(begun.handle)
        self.graph.upload_all(
            str(upload["upload_url"]), media.video, video, STATUS, is_begun=is_begun
        )
        said = self._cover(video, media.cover) if media.cover is not None else ""
        return {
            SAID: said,
            "reel": video,
            "made_at": now().isoformat(),
            "description": text.caption,
            "title": text.title,
        }

    def _start(self) -> Handle:
        try:
            reply = self.graph.post(f"{self.page}/video_reels", {"upload_phase": "start"})
        except HandleExpired as e:
            raise AuthExpired(
                "Facebook does not show this Page any more; connect it again.", reply=e.reply
            ) from e
        self.graph.pause_when_busy()
        return {"reel": str(reply.need("video_id")), "upload_url": str(reply.need("upload_url"))}

    def _cover(self, video: str, cover: Path) -> str:
        """The reel goes out without it rather than not at all; why, in a sentence."""
        try:
            with cover.open("rb") as file:
                self.graph.post(
                    f"{video}/thumbnails",
                    {"is_preferred": "true"},
                    files={"source": (cover.name, file, "image/jpeg")},
                    optional=True,
                )
        except (PlatformError, OSError) as e:
            log.info("Facebook did not take the cover of %s: %s", video, e)
            return "Facebook did not take the cover, so the reel goes without it."
        return ""

    def check(self, handle: Handle) -> Handle:
        status = self._status(handle)
        if error := self._gone_wrong(status):
            raise error
        uploaded = (
            _phase(status, "uploading_phase").get("status") in DONE
            or status.get("video_status") in UPLOADED
        )
        # Processing before the finish finds bad files early, but nobody promises that it ends, or
        # even begins, without the finish.
        processing = _phase(status, "processing_phase").get("status") == "in_progress"
        made = instant(handle["made_at"])
        if uploaded and not (processing and made and now() - made < PATIENCE):
            return handle
        raise NotReady("Facebook is still processing the video.", retry_after_s=self.graph.poll_s)

    def commit(self, key: str, handle: Handle) -> Outcome:
        """Finish. A finish of the same video once more makes no second reel."""
        try:
            reply = self.graph.post(
                f"{self.page}/video_reels",
                {
                    "upload_phase": "finish",
                    "video_id": handle["reel"],
                    "video_state": "PUBLISHED",
                    "description": handle["description"],
                    "title": handle["title"],
                },
                commit=True,
            )
        except HandleExpired as e:
            raise too_young(handle["made_at"], e) from e
        if reply.get("success") is not True:
            raise reply.puzzling("Facebook does not say whether it takes the reel")
        return Accepted()

    def reconcile(self, key: str, handle: Handle, since: dt.datetime) -> Finding:
        video = handle["reel"]
        try:
            status = self._status(handle)
        except HandleExpired:
            return self._listed(video, since) or Unclear("Facebook no longer knows the upload.")
        if _is_published(_phase(status, "publishing_phase")):
            return Published(video, self._link(video))
        if error := self._gone_wrong(status):
            return Failed(error)
        waited = now() - since
        processing = _phase(status, "processing_phase").get("status")
        publishing = _phase(status, "publishing_phase").get("status")
        idle = publishing == "not_started" and processing in ("not_started", *DONE)
        if idle and waited >= SETTLES:
            return Absent()
        raise NotReady("Facebook is still processing the reel.", retry_after_s=POLL_S)

    def _listed(self, video: str, since: dt.datetime) -> Published | None:
        reply = self.graph.get(
            f"{self.page}/video_reels",
            fields="id,description,updated_time,permalink_url",
            since=int((since - SKEW).timestamp()),
        )
        for one in reply.get("data", default=[]):
            if str(one.get("id")) == video:
                return Published(video, _address(video, str(one.get("permalink_url") or "")))
        return None

    def _status(self, handle: Handle) -> Mapping[str, Any]:
        try:
            reply = self.graph.get(handle["reel"], fields=STATUS)
        except HandleExpired as e:
            raise too_young(handle["made_at"], e) from e
        status = reply.need("status")
        if not isinstance(status, dict):
            raise reply.puzzling()
        return status

    def _gone_wrong(self, status: Mapping[str, Any]) -> PlatformError | None:
        """What a phase or the whole has failed with."""
        failed = [name for name in PHASES if _phase(status, name).get("status") == "error"]
        over = status.get("video_status")
        broken = _phase(status, "publishing_phase").get("publish_status") == "error"
        for name in failed:
            for number, words in _errors(_phase(status, name)):
                verdict = numbered(number, number)
                if verdict is not None:
                    return spent(self.label, verdict, words)
        if over == "expired":
            return HandleExpired("Facebook no longer keeps the upload; it is sent again.")
        if failed or broken or over in ("error", "upload_failed"):
            return spent(self.label, None, str(dict(status)))
        return None

    def _link(self, video: str) -> str:
        """A live reel without a link is still live."""
        try:
            return self.permalink(video)
        except PlatformError:
            return ""

    def permalink(self, external_id: str) -> str:
        reply = self.graph.get(external_id, fields="permalink_url")
        return _address(external_id, str(reply.get("permalink_url", default="")))

    def comment(self, external_id: str, text: str) -> str:
        reply = self.graph.post(
            f"{external_id}/comments", {"message": text}, commit=True, optional=True
        )
        return str(reply.need("id"))

    def insights(self, external_id: str) -> Insights:
        found = self.graph.counts(f"{external_id}/video_insights", VIDEO_METRICS)
        post = self._post_counts(external_id)
        actions = found.get("post_video_social_actions")
        actions = {k.upper(): v for k, v in actions.items()} if isinstance(actions, dict) else {}
        return Insights(
            views=count(found.get("blue_reels_play_count")),
            reach=count(post.get("post_total_media_view_unique")),
            likes=count(found.get("post_video_likes_by_reaction_type")),
            comments=count(actions.get("COMMENT")),
            shares=count(actions.get("SHARE")),
            watched_ms=count(found.get("post_video_view_time")),
            average_watch_ms=count(found.get("post_video_avg_time_watched")),
            followers=self._followers(),
        )

    def _post_counts(self, video: str) -> dict[str, Any]:
        """What is counted of the post around the video, whose id is another."""
        try:
            post = self.graph.get(video, optional=True, fields="post_id").get("post_id")
            path = f"{post or video}/insights"
            return self.graph.counts(path, [("post_total_media_view_unique",)])
        except (AuthExpired, TokenStale, RateLimited):
            raise
        except PlatformError:
            return {}

    def _followers(self) -> int | None:
        try:
            reply = self.graph.get(self.page, optional=True, fields="followers_count")
        except (AuthExpired, TokenStale, RateLimited):
            raise
        except PlatformError:
            return None
        return count(reply.get("followers_count"))

    def whoami(self) -> Profile:
        reply = self.graph.get(self.page, fields="id,name")
        name = str(reply.get("name", default=""))
        return Profile(external_id=str(reply.need("id")), username=name, name=name)


def _phase(status: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = status.get(name)
    return found if isinstance(found, dict) else {}


def _is_published(publishing: Mapping[str, Any]) -> bool:
    said = publishing.get("publish_status")
    return said == "published" or (said is None and publishing.get("status") in DONE)


def _errors(phase: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Numbers and words of a failed phase, which has them as a list or as one."""
    listed = phase.get("errors") or [phase.get("error") or {}]
    for one in listed if isinstance(listed, list) else [listed]:
        if isinstance(one, dict):
            for name in ("error_subcode", "code", "error_code"):
                if str(one.get(name, "")).lstrip("-").isdigit():
                    yield int(one[name]), str(one.get("message", ""))


def _address(video: str, path: str) -> str:
    if path.startswith("http"):
        return path
    return "https://www.facebook.com" + (path if path.startswith("/") else f"/reel/{video}")


class FacebookAccess(FacebookLogin):
    label = "Facebook"
    scopes = (
        "pages_show_list",
        "pages_read_engagement",
        "pages_manage_posts",
        "pages_manage_engagement",  # the first comment
        "read_insights",
        "business_management",
    )
    needed = scopes[:3]
    nobody = "You may not post to any Page with this login. Ask a Page's owner for the right to."

    def _grant(self, page: Mapping[str, Any], scopes: tuple[str, ...]) -> Grant | None:
        name = str(page.get("name", ""))
        return Grant(
            Profile(external_id=str(page["id"]), username=name, name=name),
            self.page_tokens(str(page["access_token"]), scopes),
        )
