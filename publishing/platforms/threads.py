"""Threads. It fetches the video, so it needs a public address.

Options of an account or a post: `reply_control` ("everyone", "accounts_you_follow" or
"mentioned_only"), `topic_tag`.

Sources: developers.facebook.com/docs/threads, posts, publishing, troubleshooting, insights.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

import regex

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
from publishing.platforms.meta_errors import threads_error
from publishing.platforms.meta_login import SixtyDayLogin
from publishing.platforms.texts import links

VERSION = "v1.0"  # Threads has versions of its own
SCOPES = (
    "threads_basic",
    "threads_content_publish",
    "threads_manage_insights",
    "threads_manage_replies",
    "threads_read_replies",
)
MEDIA_METRICS = (("views", "likes", "replies"), ("reposts", "quotes", "shares"))
REPLY_CONTROLS = ("everyone", "accounts_you_follow", "mentioned_only")
MOST_LINKS, WIDEST = 5, 1920
# What Threads counts by its bytes in UTF-8; all else is one character.
EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{EMod}\p{RI}\u200D\uFE0F\u20E3]")


class ThreadsPlatform(ContainerPlatform):
    name = "threads"
    label = "Threads"
    limits: ClassVar = Limits(
        max_ms=5 * 60_000,
        max_bytes=1_000_000_000,
        caption_chars=500,
        posts_a_day=250,
        index_first=True,
    )
    capabilities: ClassVar = Capabilities(
        commit_retry_allowed=True,  # of the same container
        ai_flag=False,
        needs_public_url=True,
        first_comment=True,
        insights=("views", "likes", "comments", "shares", "followers"),
        tokens=TokenRules(
            refreshable=True,
            takes_refresh_token=False,
            refresh_before=dt.timedelta(days=45),
            min_age=dt.timedelta(hours=24),
        ),
        notes=(
            "Threads fetches the video itself, so this installation needs a public https address.",
            "Threads has no AI label to set, so the text says it.",
            "The app's id and secret for Threads are not those of Facebook.",
        ),
    )
    words = "text"
    status = "status"
    publish_path = "threads_publish"
    posts_path = "threads"
    post_fields = "id,text,timestamp,permalink"
    state_fields = "id,status,error_message"
    quota_path = "threads_publishing_limit"
    look_every_s = 30  # its documentation: wait about 30 s, then a look a minute

    def _graph(self) -> Graph:
        return Graph(self.label, "THREADS_API_URL", self.connection.access_token, version=VERSION)

    def _container(self, media: Media, text: Text, begun: Begun) -> str:
        if not media.video_url:
            raise Rejected("Threads fetches the video itself: a public https address is needed.")
        options = {**self.connection.options, **text.options}
        form = {
            "media_type": "VIDEO",
            "video_url": media.video_url,
            "text": text.caption,
        }
        for name in ("reply_control", "topic_tag"):
            if options.get(name):
                form[name] = str(options[name])
        return str(self.graph.post(f"{self.me}/threads", form).need("id"))

    def _failure(self, reply: Reply) -> PlatformError:
        return threads_error(self.label, str(reply.get("error_message", default="")))

    def comment(self, external_id: str, text: str) -> str:
        """A reply to the post: a container of text, published at once."""
        made = self.graph.post(
            f"{self.me}/threads",
            {"media_type": "TEXT", "text": text, "reply_to_id": external_id},
            optional=True,
        )
        reply = self.graph.post(
            f"{self.me}/threads_publish",
            query={"creation_id": str(made.need("id"))},
            commit=True,
            optional=True,
        )
        return str(reply.need("id"))

    def insights(self, external_id: str) -> Insights:
        found = self.graph.counts(f"{external_id}/insights", MEDIA_METRICS)
        me = self.graph.counts(f"{self.me}/threads_insights", [("followers_count",)])
        return Insights(
            views=count(found.get("views")),
            likes=count(found.get("likes")),
            comments=count(found.get("replies")),
            shares=total(found.get("reposts"), found.get("quotes"), found.get("shares")),
            followers=count(me.get("followers_count")),
        )

    def whoami(self) -> Profile:
        return profile_of(self.graph)

    @classmethod
    def caption_length(cls, caption: str) -> int:
        """In characters, an emoji as many as it has bytes in UTF-8."""
        return len(caption) + sum(len(sign.encode()) - 1 for sign in EMOJI.findall(caption))

    @classmethod
    def problems(cls, media: Media, text: Text, options: Mapping[str, Any]) -> list[str]:
        found = over_limits(cls.label, cls.limits, media, text, cls.caption_length(text.caption))
        if media.width > WIDEST:
            found.append(f"The reel is {media.width} pixels wide; Threads takes {WIDEST}.")
        if len({link.value for link in links(text.caption)}) > MOST_LINKS:
            found.append(f"Threads takes {MOST_LINKS} links in a post at most.")
        chosen = {**options, **text.options}
        if chosen.get("reply_control", "everyone") not in REPLY_CONTROLS:
            found.append(f"Threads lets {', '.join(REPLY_CONTROLS)} reply; choose one of them.")
        return found


def profile_of(graph: Graph) -> Profile:
    reply = graph.get("me", fields="id,username,name,threads_profile_picture_url")
    return Profile(
        external_id=str(reply.need("id")),
        username=str(reply.get("username", default="")),
        name=str(reply.get("name", default="")),
        picture_url=str(reply.get("threads_profile_picture_url", default="")),
    )


class ThreadsAccess(SixtyDayLogin):
    """The login of Threads."""

    registration = "threads"
    label = "Threads"
    auth_host = "THREADS_AUTH_URL"
    token_host = graph_host = "THREADS_API_URL"
    version = VERSION
    grants = "th"
    scopes = SCOPES

    def profile(self, graph: Graph) -> Profile:
        return profile_of(graph)
