"""YouTube, Data API v3: a resumable upload that stays private, then one update that shows it."""

import datetime as dt
import logging
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from publishing.platforms.access import Grant, NoAccess, Tokens
from publishing.platforms.base import (
    ANEW,
    SAID,
    Absent,
    Begun,
    Capabilities,
    Connection,
    Finding,
    Handle,
    Insights,
    Limits,
    Media,
    Plain,
    Profile,
    Published,
    Text,
    TokenRules,
)
from publishing.platforms.errors import (
    HandleExpired,
    NotReady,
    PlatformError,
    Rejected,
)
from publishing.platforms.hosts import host
from publishing.platforms.http import Caller, Slice
from publishing.platforms.oauth import login_address, token_call, tokens_of
from publishing.platforms.resumable import ResumableUpload
from publishing.platforms.youtube_channel import Channel
from publishing.platforms.youtube_rules import (
    Wishes,
    ended,
    snippet_of,
    text_problems,
)

log = logging.getLogger(__name__)

SCOPE = "https://www.googleapis.com/auth/"
SCOPES = ("youtube.upload", "youtube.readonly", "youtube.force-ssl", "yt-analytics.readonly")
THUMBNAIL_BYTES = 2 * 2**20
# What an update of `status` would otherwise set back to its default.
KEPT = (
    "embeddable",
    "license",
    "publicStatsViewable",
    "selfDeclaredMadeForKids",
    "containsSyntheticMedia",
)


class YouTubePlatform(Plain):
    """Options read: `privacy`, public (the default), unlisted or private; `publish_at`, ISO 8601;
    `category_id`, `made_for_kids`, `notify_subscribers`.

    Handle: video, session (the upload's, a secret), mark (the tag by which a lost video is
    found), privacy, publish_at, ai; after `check` also status, as it is on YouTube.
    """

    name = "youtube"
    label = "YouTube"
    # Upright or square and up to three minutes is what YouTube takes for a Short.
    limits: ClassVar[Limits] = Limits(
        max_ms=180_000,
        max_bytes=256 * 10**9,
        caption_chars=5000,  # bytes, in fact
        title_chars=100,
        max_aspect=1.0,
        posts_a_day=100,  # of one Google API project
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        commit_retry_allowed=True,  # the same video is made public once more
        ai_flag=True,
        has_title=True,
        cover="picture",
        first_comment=True,
        insights=(
            *("views", "likes", "comments", "shares"),
            *("watched_ms", "average_watch_ms", "followers"),
        ),
        tokens=TokenRules(refreshable=True, refresh_before=dt.timedelta(minutes=15)),
        notes=(
            "While your Google app's consent screen says Testing, the connection ends after 7"
            " days; set it to In production.",
            "YouTube keeps every upload of an API project that has not passed its audit private;"
            " apply for the audit before you count on YouTube.",
            "A custom cover needs a channel with a confirmed phone number.",
        ),
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.channel = Channel(connection, self.label)

    def prepare(self, key: str, media: Media, text: Text, begun: Begun = ANEW) -> Handle:
        wishes = Wishes.of({**self.connection.options, **text.options})
        mark = f"{key}-{media.sha256[:8]}"
        handle = {
            "mark": mark,
            "privacy": wishes.privacy,
            "publish_at": wishes.publish_at,
            "ai": text.ai_generated,
            "session": "",
        }
        snippet = snippet_of(text, wishes, mark)
        # An earlier try may have got it there without hearing so: no second upload then.
        if found := self.channel.marked(mark):
            words = found["snippet"]
            is_same = all(words.get(name) == snippet[name] for name in ("title", "description"))
            if is_same and ended(found) is None:
                return handle | {"video": found["id"]}
            self.channel.delete_private(found["id"])
        session = str(begun.handle.get("session", ""))
        is_begun = bool(session)
        if not is_begun:
            session = self._begin(media.video, snippet, wishes, ai=text.ai_generated)
            begun.save(handle | {"session": session})
        video = self._upload(session, media.video, mark, is_begun=is_begun)
        said = self._set_cover(video, media.cover) if media.cover is not None else ""
        return handle | {"video": video, "session": session, SAID: said}

    def check(self, handle: Handle) -> Handle:
        found = self.channel.video(handle["video"], "status,processingDetails")
        if found is None:
            raise HandleExpired("The private upload is gone from YouTube; it is sent again.")
        if verdict := ended(found):
            raise verdict.kind(verdict.message, reply=str(found.get("status")))
        status = found.get("status") or {}
        processing = (found.get("processingDetails") or {}).get("processingStatus")
        if status.get("uploadStatus") != "processed" and processing != "succeeded":
            raise NotReady("YouTube is processing the video.", retry_after_s=15)
        return handle | {"status": {name: status[name] for name in KEPT if name in status}}

    def commit(self, key: str, handle: Handle) -> Published:
        """Make the private video what it is to be. Repeating it changes nothing."""
        status = dict(handle["status"])
        # Never switched off by us: what the creator ticked on YouTube stays.
        status["containsSyntheticMedia"] = bool(
            handle["ai"] or status.get("containsSyntheticMedia")
        )
        if handle["publish_at"]:
            status |= {"privacyStatus": "private", "publishAt": handle["publish_at"]}
        else:
            status["privacyStatus"] = handle["privacy"]
        reply = self.channel.call(
            "PUT",
            "/youtube/v3/videos",
            params={"part": "status"},
            json={"id": handle["video"], "status": status},
            commit=True,
        )
        now = reply.need("status")
        if not _is_as_wished(now, handle):
            raise Rejected(
                "YouTube keeps the video private: it locks uploads of API projects that have not"
                " passed its audit. Nobody else sees it; it is at"
                f" https://studio.youtube.com/video/{handle['video']}.",
                reply=reply.text,
            )
        return self._published(handle["video"])

    def reconcile(self, key: str, handle: Handle, since: dt.datetime) -> Finding:
        video = handle.get("video")
        if not video:
            found = self.channel.marked(key)
            if found is None:
                return Absent()  # nothing was uploaded, so nothing can have been made public
            video = found["id"]
        there = self.channel.video(video, "status")
        if there is None or not _is_as_wished(there.get("status") or {}, handle):
            return Absent()
        return self._published(video)

    def permalink(self, external_id: str) -> str:
        return f"https://www.youtube.com/shorts/{external_id}"

    def discard(self, key: str, handle: Handle) -> None:
        video = handle.get("video") or (self.channel.marked(key) or {}).get("id")
        if video:
            self.channel.delete_private(video)

    def comment(self, external_id: str, text: str) -> str:
        top = {"snippet": {"textOriginal": text}}
        made = self.channel.call(
            "POST",
            "/youtube/v3/commentThreads",
            params={"part": "snippet"},
            json={"snippet": {"videoId": external_id, "topLevelComment": top}},
            commit=True,
        )
        return str(made.need("id"))

    def insights(self, external_id: str) -> Insights:
        """Views, likes and comments of now; the rest as of two or three days ago."""
        found = self.channel.video(external_id, "statistics")
        if found is None:
            raise Rejected("The video is no longer on YouTube.")
        counts = found.get("statistics") or {}
        late = self.channel.analytics(external_id)
        minutes, average = late.get("estimatedMinutesWatched"), late.get("averageViewDuration")
        channel = self.channel.mine("statistics").get("statistics") or {}
        return Insights(
            views=_number(counts.get("viewCount")),
            likes=_number(counts.get("likeCount")),
            comments=_number(counts.get("commentCount")),
            shares=_number(late.get("shares")),
            watched_ms=None if minutes is None else int(float(minutes) * 60_000),
            average_watch_ms=None if average is None else int(float(average) * 1000),
            followers=_number(channel.get("subscriberCount")),
        )

    def whoami(self) -> Profile:
        channel = self.channel.mine("snippet")
        snippet = channel.get("snippet") or {}
        return Profile(
            external_id=str(channel["id"]),
            username=str(snippet.get("customUrl", "")).lstrip("@"),
            name=str(snippet.get("title", "")),
            picture_url=str(
                ((snippet.get("thumbnails") or {}).get("default") or {}).get("url", "")
            ),
        )

    @classmethod
    def caption_length(cls, caption: str) -> int:
        """In bytes, which is how YouTube counts a description."""
        return len(caption.encode())

    @classmethod
    def problems(cls, media: Media, text: Text, options: Mapping[str, Any]) -> list[str]:
        return text_problems(cls.label, cls.limits, media, text, options)

    # The upload.

    def _begin(self, video: Path, snippet: Handle, wishes: Wishes, *, ai: bool) -> str:
        """Open an upload session. Its address is a secret."""
        status = {
            "privacyStatus": "private",
            "selfDeclaredMadeForKids": wishes.made_for_kids,
            "containsSyntheticMedia": ai,
        }
        begun = self.channel.call(
            "POST",
            "/upload/youtube/v3/videos",
            params={
                "uploadType": "resumable",
                "part": "snippet,status",
                "notifySubscribers": str(wishes.notify_subscribers).lower(),
            },
            headers={
                "X-Upload-Content-Length": str(video.stat().st_size),
                "X-Upload-Content-Type": "video/mp4",
            },
            json={"snippet": snippet, "status": status},
        )
        session = begun.headers.get("Location", "")
        if not session:
            raise begun.puzzling("An upload session without an address")
        return session

    def _upload(self, session: str, video: Path, mark: str, *, is_begun: bool) -> str:
        """The id of the video; it exists once the last byte is there."""
        upload = ResumableUpload(
            self.channel.caller,
            session,
            video,
            bearer=lambda: self.channel.token,
            renew=self.channel.renew,
        )
        try:
            done = upload.run(is_begun=is_begun)
        except HandleExpired:
            # The session is gone: with all of the video in it, or without.
            if found := self.channel.marked(mark):
                return str(found["id"])
            raise
        if not done.ok:
            raise self.channel.refusal(done)
        if video_id := done.get("id"):
            return str(video_id)
        if found := self.channel.marked(mark):
            return str(found["id"])
        raise done.puzzling("An upload that ended without the video's id")

    def _set_cover(self, video: str, cover: Path) -> str:
        """A Short without the cover is still the Short: why it has none, in a sentence."""
        kind = mimetypes.guess_type(cover.name)[0] or "image/jpeg"
        try:
            if cover.stat().st_size > THUMBNAIL_BYTES:
                return "YouTube takes covers of up to 2 MB, so the Short goes without it."
            with Slice(cover) as body:
                self.channel.call(
                    "POST",
                    "/upload/youtube/v3/thumbnails/set",
                    params={"videoId": video},
                    headers={"Content-Type": kind},
                    data=body,
                )
        except (PlatformError, OSError) as e:
            log.info("YouTube did not take the cover of %s: %s", video, e)
            return "YouTube did not take the cover, so the Short goes without it."
        return ""

    def _published(self, video: str) -> Published:
        return Published(video, self.permalink(video))


class YouTubeAccess(NoAccess):
    registration = "google"
    pkce = "S256"

    def authorize_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        return login_address(
            f"{host('GOOGLE_AUTH_URL')}/o/oauth2/v2/auth",
            client_id=self.app.id,
            redirect_uri=redirect_uri,
            response_type="code",
            scope=" ".join(SCOPE + name for name in SCOPES),
            access_type="offline",
            prompt="consent",  # without it Google gives no second refresh token
            include_granted_scopes="true",
            state=state,
            code_challenge=challenge,
            code_challenge_method="S256",
        )

    def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> list[Grant]:
        tokens = self._tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            }
        )
        return [
            Grant(YouTubePlatform(Connection("", access_token=tokens.access)).whoami(), tokens)
        ]

    def refresh(self, tokens: Tokens) -> Tokens:
        """Brings no refresh token: the old one stays."""
        return self._tokens({"grant_type": "refresh_token", "refresh_token": tokens.refresh})

    def revoke(self, tokens: Tokens) -> None:
        url = f"{host('GOOGLE_OAUTH_URL')}/revoke"
        Caller(YouTubePlatform.label).call(
            "POST", url, params={"token": tokens.refresh or tokens.access}
        )

    def _tokens(self, form: dict[str, str]) -> Tokens:
        form |= {"client_id": self.app.id, "client_secret": self.app.secret}
        url = f"{host('GOOGLE_OAUTH_URL')}/token"
        return tokens_of(token_call(Caller(YouTubePlatform.label), url, form))


def _is_as_wished(status: Mapping[str, Any], handle: Handle) -> bool:
    """Whether the video is shown as it was to be. Without a handle, public is what counts."""
    privacy = status.get("privacyStatus")
    if handle.get("publish_at"):
        return privacy == "public" or bool(status.get("publishAt"))
    return bool(privacy == handle.get("privacy", "public"))


def _number(value: Any) -> int | None:
    """Counts come as text; what the creator hides does not come."""
    return None if value is None else int(value)
