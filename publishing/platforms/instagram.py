"""Instagram Reels with Instagram Login. Instagram fetches the video, so it needs a public address.

Options of an account or a post: `share_to_feed` (true unless false), `trial` ("MANUAL" or
"SS_PERFORMANCE": shown to people who do not follow first), `collaborators` (at most 3 names),
`location_id`.

Sources: developers.facebook.com/docs/instagram-platform, content publishing, reference, business
login (June to September 2026).
"""

import datetime as dt
import json
import logging
from collections.abc import Mapping
from typing import Any, ClassVar

from publishing.platforms.base import (
    Begun,
    Capabilities,
    Insights,
    Limits,
    Media,
    Profile,
    Text,
    TokenRules,
    over_limits,
)
from publishing.platforms.containers import ContainerPlatform
from publishing.platforms.errors import PlatformError, Rejected
from publishing.platforms.http import Reply
from publishing.platforms.meta import Graph, count, total
from publishing.platforms.meta_errors import status_error
from publishing.platforms.meta_login import SixtyDayLogin

log = logging.getLogger(__name__)

SCOPES = (
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_insights",
    "instagram_business_manage_comments",
)
NEEDED = SCOPES[:2]
MEDIA_METRICS = (
    ("views", "reach", "saved", "likes", "comments", "shares"),
    ("reposts",),
    ("ig_reels_avg_watch_time", "ig_reels_video_view_total_time"),
)
WIDEST = 1920
TRIALS = ("MANUAL", "SS_PERFORMANCE")


class InstagramPlatform(ContainerPlatform):
    """`connection.external_id` is the id of the professional account (`user_id`, not `id`)."""

    name = "instagram"
    label = "Instagram"
    limits: ClassVar = Limits(
        min_ms=3_000,
        max_ms=15 * 60_000,
        max_bytes=300_000_000,
        caption_chars=2200,
        hashtags=30,
        mentions=20,
        posts_a_day=50,  # documented as 50 and as 100; the quota is read before each post
        index_first=True,
    )
    capabilities: ClassVar = Capabilities(
        commit_retry_allowed=True,  # of the same container
        ai_flag=True,
        needs_public_url=True,
        cover="picture",
        first_comment=True,
        insights=(
            *("views", "reach", "likes", "comments", "shares", "saves"),
            *("watched_ms", "average_watch_ms", "followers"),
        ),
        tokens=TokenRules(
            refreshable=True,
            takes_refresh_token=False,
            refresh_before=dt.timedelta(days=45),
            min_age=dt.timedelta(hours=24),
        ),
        notes=(
            "The account must be a professional one (Business or Creator).",
            "Instagram fetches the video itself, so this installation needs a public https"
            " address.",
            "Your own accounts need a role on your app; accounts of others need Meta's review.",
        ),
    )
    words = "caption"
    status = "status_code"
    publish_path = "media_publish"
    posts_path = "media"
    post_fields = "id,caption,timestamp,permalink,media_product_type"
    quota_path = "content_publishing_limit"
    state_fields = "id,status_code,status"

    def _graph(self) -> Graph:
        return Graph(self.label, "INSTAGRAM_GRAPH_URL", self.connection.access_token)

    def _container(self, media: Media, text: Text, begun: Begun) -> str:
        if not media.video_url:
            raise Rejected("Instagram fetches the video itself: a public https address is needed.")
        return str(self._make(media, text, video_url=media.video_url).need("id"))

    def _make(self, media: Media, text: Text, **source: str) -> Reply:
        options = {**self.connection.options, **text.options}
        form: dict[str, Any] = {
            "media_type": "REELS",
            "caption": text.caption,
            "share_to_feed": _word(options.get("share_to_feed", True)),
            "is_ai_generated": _word(text.ai_generated),
            **source,
        }
        if media.cover_url:
            form["cover_url"] = media.cover_url
        elif text.cover_ms:
            form["thumb_offset"] = str(text.cover_ms)
        if options.get("trial"):
            form["trial_params"] = json.dumps({"graduation_strategy": options["trial"]})
        if options.get("collaborators"):
            form["collaborators"] = json.dumps(list(options["collaborators"]))
        if options.get("location_id"):
            form["location_id"] = str(options["location_id"])
        try:
            return self.graph.post(f"{self.me}/media", form)
        except Rejected as e:
            if form.pop("cover_url", None) is None:
                raise
            # Without it Instagram says what else is wrong, if anything; nobody sees a container.
            log.info("The reel is offered once more without its cover: %s", e)
            return self.graph.post(f"{self.me}/media", form)

    def _failure(self, reply: Reply) -> PlatformError:
        return status_error(self.label, str(reply.get("status", default="")))

    def _is_ours(self, post: dict[str, Any], text: str) -> bool:
        return post.get("media_product_type", "REELS") == "REELS" and super()._is_ours(post, text)

    def comment(self, external_id: str, text: str) -> str:
        reply = self.graph.post(
            f"{external_id}/comments", {"message": text}, commit=True, optional=True
        )
        return str(reply.need("id"))

    def insights(self, external_id: str) -> Insights:
        found = self.graph.counts(f"{external_id}/insights", MEDIA_METRICS)
        me = self.graph.get(self.me, optional=True, fields="followers_count")
        return Insights(
            views=count(found.get("views")),
            reach=count(found.get("reach")),
            likes=count(found.get("likes")),
            comments=count(found.get("comments")),
            shares=total(found.get("shares"), found.get("reposts")),
            saves=count(found.get("saved")),
            watched_ms=count(found.get("ig_reels_video_view_total_time")),
            average_watch_ms=count(found.get("ig_reels_avg_watch_time")),
            followers=count(me.get("followers_count")),
        )

    def whoami(self) -> Profile:
        return profile_of(self.graph)

    @classmethod
    def problems(cls, media: Media, text: Text, options: Mapping[str, Any]) -> list[str]:
        chosen = {**options, **text.options}
        found = over_limits(cls.label, cls.limits, media, text, cls.caption_length(text.caption))
        if media.width > WIDEST:
            found.append(f"The reel is {media.width} pixels wide; Instagram takes {WIDEST}.")
        if chosen.get("trial") and chosen["trial"] not in TRIALS:
            found.append("A trial reel ends by hand (MANUAL) or by its success (SS_PERFORMANCE).")
        if len(chosen.get("collaborators") or ()) > 3:
            found.append("Instagram takes 3 collaborators at most.")
        if text.cover_ms > media.duration_ms:
            found.append("The cover's moment lies behind the end of the reel.")
        return found


def _word(value: Any) -> str:
    return "true" if value else "false"


def profile_of(graph: Graph) -> Profile:
    """Who the token of Instagram Login belongs to."""
    reply = graph.get("me", fields="user_id,username,name,account_type,profile_picture_url")
    return Profile(
        external_id=str(reply.get("user_id") or reply.need("id")),
        username=str(reply.get("username", default="")),
        name=str(reply.get("name", default="")),
        picture_url=str(reply.get("profile_picture_url", default="")),
    )


class InstagramAccess(SixtyDayLogin):
    """Instagram Login."""

    registration = "instagram"
    label = "Instagram"
    auth_host = "INSTAGRAM_AUTH_URL"
    token_host = "INSTAGRAM_API_URL"
    graph_host = "INSTAGRAM_GRAPH_URL"
    grants = "ig"
    scopes = SCOPES
    needed = NEEDED

    def profile(self, graph: Graph) -> Profile:
        return profile_of(graph)
