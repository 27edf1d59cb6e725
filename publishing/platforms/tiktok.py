"""TikTok: drafts into the creator's inbox, or posts directly.

Options of an account or a post: `mode`, "inbox" (the default) or "direct"; and for direct posts
`privacy_level`, which has no default; `allow_comment`, `allow_duet`, `allow_stitch`,
`brand_organic` (your own brand) and `brand_content` (paid), all off unless chosen.

Sources: developers.tiktok.com/doc, content posting API, sharing guidelines, media transfer guide,
status, webhooks (September 2026).
"""

import datetime as dt
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from publishing.platforms.access import Grant, NoAccess, Tokens
from publishing.platforms.base import (
    ANEW,
    Accepted,
    Begun,
    Capabilities,
    Connection,
    Delivered,
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
    HandleExpired,
    NotReady,
    NotSent,
    PlatformError,
    Rejected,
    TokenStale,
    Transient,
    Unsupported,
)
from publishing.platforms.hosts import host
from publishing.platforms.meta import instant, now
from publishing.platforms.oauth import login_address, token_call, tokens_of
from publishing.platforms.tiktok_api import Api, failed_for, verify_signature
from publishing.platforms.tiktok_creator import SWITCHES, CreatorInfo, creator_info
from publishing.platforms.tiktok_upload import (
    ADDRESS_LIVES,
    Parts,
    parts_of,
    send_all_but_last,
    send_last,
    source_of,
)

log = logging.getLogger(__name__)

__all__ = ["TikTokAccess", "TikTokPlatform", "verify_signature"]

SCOPES = (
    "user.info.basic",
    "user.info.profile",
    "user.info.stats",
    "video.list",
    "video.upload",
    "video.publish",
)
NEEDED = ("user.info.basic", "video.upload")
AUDIENCES = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY")
SETTLES = dt.timedelta(seconds=60)
SKEW = dt.timedelta(minutes=2)
POLL_S = 10
SIDES = range(360, 4097)


class TikTokPlatform(Plain):
    """The last part of the upload is the commit, so that one needs the file: `handle["video"]`."""

    name = "tiktok"
    label = "TikTok"
    limits: ClassVar = Limits(
        max_ms=600_000,
        max_bytes=4_000_000_000,
        caption_chars=2200,  # UTF-16 units
        posts_a_day=15,  # over all apps that post for the creator
    )
    capabilities: ClassVar = Capabilities(
        commit_retry_allowed=False,
        commit_sends_video=True,
        ai_flag=True,  # of direct posts; a draft's is set by the creator
        cover="frame",
        insights=("views", "likes", "comments", "shares", "followers"),
        tokens=TokenRules(refreshable=True, rotates=True, warn_before=dt.timedelta(days=30)),
        notes=(
            "TikTok's audit refuses tools made for one's own accounts, so an app of your own will"
            " most likely stay unaudited.",
            "Reels therefore go into your TikTok inbox as drafts: finish them in the TikTok app,"
            " with the caption and the AI label.",
            "An unaudited app posts directly to private accounts only, seen by nobody but you.",
        ),
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.api = Api(connection.access_token)

    # Bringing it there

    def prepare(self, key: str, media: Media, text: Text, begun: Begun = ANEW) -> Handle:
        handle, parts, at = dict(begun.handle), parts_of(media.size_bytes), 0
        if handle:
            at = self._arrived(self.check(handle), parts)
        else:
            handle = self._init(media, text, parts)
            begun.save(handle)
        try:
            send_all_but_last(self.api.caller, handle["upload_url"], media.video, parts, at)
        except PlatformError as e:
            # What is begun and left counts as a waiting draft for a day, and five may wait.
            if begun.keep is None or not isinstance(e, Transient):
                self._forget(handle["publish_id"])
            raise
        return handle

    def _init(self, media: Media, text: Text, parts: Parts) -> Handle:
        """The handle of a new upload, of which nothing is sent yet."""
        options = {**self.connection.options, **text.options}
        direct = options.get("mode", "inbox") == "direct"
        made_at = now()
        if direct:
            body = {"post_info": self._post_info(media, text, options)}
            path = "/v2/post/publish/video/init/"
        else:
            body, path = {}, "/v2/post/publish/inbox/video/init/"
        data = self.api.post(path, {**body, "source_info": source_of(parts)})
        publish_id, address = str(data.get("publish_id", "")), str(data.get("upload_url", ""))
        if not publish_id or not address:
            raise HandleExpired("TikTok gave no address for the upload; it is asked again.")
        return {
            "publish_id": publish_id,
            "upload_url": address,
            "parts": list(parts),
            "made_at": made_at.isoformat(),
            "title": text.caption if direct else "",
            "direct": direct,
        }

    def _arrived(self, handle: Handle, parts: Parts) -> int:
        """How many bytes of an upload that was begun are there, in whole parts."""
        sent = self._status(handle["publish_id"]).get("uploaded_bytes")
        return sent if type(sent) is int and sent in range(0, parts.size, parts.each) else 0

    def _post_info(self, media: Media, text: Text, options: Mapping[str, Any]) -> dict[str, Any]:
        """What a direct post says of itself, after asking for the creator's own settings."""
        info = self.creator()
        chosen = options.get("privacy_level")
        if chosen not in info.audiences:
            raise Rejected("Choose who may see it on TikTok: " + ", ".join(info.audiences) + ".")
        if info.longest_ms is not None and media.duration_ms > info.longest_ms:
            longest_s = info.longest_ms // 1000
            raise Rejected(f"TikTok takes {longest_s} s at most from this account.")
        return {
            "privacy_level": chosen,
            "title": text.caption,
            **{
                f"disable_{what}": not options.get(f"allow_{what}", False)
                or what in info.switched_off
                for what in SWITCHES
            },
            "video_cover_timestamp_ms": text.cover_ms,
            "brand_content_toggle": bool(options.get("brand_content", False)),
            "brand_organic_toggle": bool(options.get("brand_organic", False)),
            "is_aigc": text.ai_generated,
        }

    def creator(self) -> CreatorInfo:
        """What this account may choose now. Of TikTok alone: no other platform demands it."""
        return creator_info(self.api)

    def check(self, handle: Handle) -> Handle:
        made = instant(handle["made_at"])
        if made is None or now() - made > ADDRESS_LIVES:
            raise HandleExpired("TikTok's upload address has run out; it is sent again.")
        return handle

    def commit(self, key: str, handle: Handle) -> Outcome:
        video, parts = Path(handle["video"]), Parts(*handle["parts"])
        if video.stat().st_size != parts.size:
            raise HandleExpired("The video is not the one whose upload was begun.")
        send_last(self.api.caller, handle["upload_url"], video, parts)
        return Accepted()

    # What became of it

    def reconcile(self, key: str, handle: Handle, since: dt.datetime) -> Finding:
        publish_id = handle.get("publish_id", "")
        try:
            data = self._status(publish_id)
        except (HandleExpired, Rejected):  # it no longer knows the id
            return self._listed(handle, since)
        match data.get("status"):
            case "PUBLISH_COMPLETE":
                video = _public_id(data)
                return Published(video or publish_id, self._link(video) if video else "")
            case "SEND_TO_USER_INBOX":
                return Delivered(publish_id)
            case "FAILED":
                return Failed(failed_for(data.get("fail_reason")))
        sent = data.get("uploaded_bytes")
        incomplete = isinstance(sent, int) and sent < Parts(*handle["parts"]).size
        uploading = data.get("status") == "PROCESSING_UPLOAD"
        if uploading and incomplete and now() - since >= SETTLES:
            # Before its last byte nothing can be published: the upload goes on where it was.
            return Failed(NotSent("TikTok did not get the last part of the video."))
        raise NotReady("TikTok is still processing the video.", retry_after_s=POLL_S)

    def _status(self, publish_id: str) -> dict[str, Any]:
        return self.api.post("/v2/post/publish/status/fetch/", {"publish_id": publish_id})

    def _listed(self, handle: Handle, since: dt.datetime) -> Finding:
        """The newest own video with this title; private ones are not in the list."""
        lost = Unclear("TikTok no longer says what became of it.")
        if not handle.get("title"):
            return lost
        try:
            data = self.api.post(
                "/v2/video/list/",
                {"max_count": 20},
                optional=True,
                fields="id,title,create_time,share_url,duration",
            )
        except Unsupported:
            return lost
        for one in data.get("videos") or ():
            made = one.get("create_time", 0)
            if one.get("title") == handle["title"] and made >= (since - SKEW).timestamp():
                return Published(str(one["id"]), str(one.get("share_url", "")))
        return lost

    def _link(self, video: str) -> str:
        """A live video without a link is still live."""
        try:
            return self.permalink(video)
        except PlatformError:
            return ""

    def _video_id(self, external_id: str) -> str:
        """The public id; TikTok has none for minutes, and never one for private videos. Until
        then a post goes by its publish id.
        """
        return external_id if external_id.isdigit() else _public_id(self._status(external_id))

    def permalink(self, external_id: str) -> str:
        video = self._video_id(external_id)
        if not video:
            return ""
        try:
            found = self._query(video, "id,share_url").get("share_url")
        except TokenStale:
            raise
        except PlatformError:
            found = ""
        name = self.connection.username
        return str(found or (f"https://www.tiktok.com/@{name}/video/{video}" if name else ""))

    def _query(self, video: str, fields: str) -> dict[str, Any]:
        body = {"filters": {"video_ids": [video]}}
        data = self.api.post("/v2/video/query/", body, optional=True, fields=fields)
        return next(iter(data.get("videos") or ()), {})

    def discard(self, key: str, handle: Handle) -> None:
        if publish_id := handle.get("publish_id"):
            self._forget(publish_id)

    def _forget(self, publish_id: str) -> None:
        """Best effort: it may have been cancelled before, or be gone by itself."""
        try:
            self.api.post("/v2/post/publish/cancel/", {"publish_id": publish_id})
        except PlatformError:
            log.info("TikTok did not cancel an upload.")

    def insights(self, external_id: str) -> Insights:
        video = self._video_id(external_id)
        if not video:
            raise Unsupported("TikTok counts public videos only.")
        found = self._query(video, "id,like_count,comment_count,share_count,view_count")
        return Insights(
            views=found.get("view_count"),
            likes=found.get("like_count"),
            comments=found.get("comment_count"),
            shares=found.get("share_count"),
            followers=self._followers(),
        )

    def _followers(self) -> int | None:
        try:
            data = self.api.get("/v2/user/info/", optional=True, fields="follower_count")
        except Unsupported:
            return None
        number = data.get("user", {}).get("follower_count")
        return number if isinstance(number, int) else None

    def whoami(self) -> Profile:
        return profile_of(self.api)

    @classmethod
    def caption_length(cls, caption: str) -> int:
        """In UTF-16 units."""
        return len(caption.encode("utf-16-le")) // 2

    @classmethod
    def problems(cls, media: Media, text: Text, options: Mapping[str, Any]) -> list[str]:
        found = super().problems(media, text, options)
        if not all(side in SIDES for side in (media.width, media.height)):
            found.append(
                f"The reel is {media.width}x{media.height};"
                " TikTok wants 360 to 4096 pixels a side."
            )
        chosen = {**options, **text.options}
        if chosen.get("mode", "inbox") not in ("inbox", "direct"):
            found.append("TikTok takes drafts (inbox) or direct posts (direct).")
        if chosen.get("mode") != "direct":
            return found
        level = chosen.get("privacy_level")
        if not level:
            found.append("Choose who may see it on TikTok; there is no default.")
        elif level not in AUDIENCES:
            found.append(f"TikTok has no audience named {level}.")
        if chosen.get("brand_content") and level == "SELF_ONLY":
            found.append("Branded content cannot be private on TikTok.")
        return found


def _public_id(data: Mapping[str, Any]) -> str:
    """TikTok's own spelling, and a number of 64 bits."""
    ids = data.get("publicaly_available_post_id") or data.get("publicly_available_post_id") or []
    return str(ids[0]) if isinstance(ids, list) and ids else ""


def profile_of(api: Api) -> Profile:
    """Who the token belongs to; the user name needs a scope that not everybody grants."""
    try:
        fields = "open_id,avatar_url,display_name,username"
        user = api.get("/v2/user/info/", optional=True, fields=fields).get("user", {})
    except Unsupported:
        fields = "open_id,avatar_url,display_name"
        user = api.get("/v2/user/info/", fields=fields).get("user", {})
    return Profile(
        external_id=str(user.get("open_id", "")),
        username=str(user.get("username", "")),
        name=str(user.get("display_name", "")),
        picture_url=str(user.get("avatar_url", "")),
    )


class TikTokAccess(NoAccess):
    """Tokens of a day, and a refresh token of a year that every renewal replaces."""

    registration = "tiktok"
    pkce = "hex"

    def authorize_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        pkce = {"code_challenge": challenge, "code_challenge_method": "S256"} if challenge else {}
        return login_address(
            f"{host('TIKTOK_AUTH_URL')}/v2/auth/authorize/",
            client_key=self.app.id,
            scope=",".join(SCOPES),
            response_type="code",
            redirect_uri=redirect_uri,
            state=state,
            **pkce,
        )

    def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> list[Grant]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        if verifier:
            form["code_verifier"] = verifier
        tokens = self._tokens(form)
        missing = [scope for scope in NEEDED if tokens.scopes and scope not in tokens.scopes]
        if missing:
            raise Rejected(f"TikTok was not allowed {', '.join(missing)}; allow everything.")
        return [Grant(profile_of(Api(tokens.access)), tokens)]

    def refresh(self, tokens: Tokens) -> Tokens:
        return self._tokens({"grant_type": "refresh_token", "refresh_token": tokens.refresh})

    def _tokens(self, form: dict[str, str]) -> Tokens:
        api = Api()
        return tokens_of(
            token_call(
                api.caller,
                f"{api.root}/v2/oauth/token/",
                {"client_key": self.app.id, "client_secret": self.app.secret, **form},
            )
        )

    def revoke(self, tokens: Tokens) -> None:
        api = Api()
        api.caller.call(
            "POST",
            f"{api.root}/v2/oauth/revoke/",
            data={
                "client_key": self.app.id,
                "client_secret": self.app.secret,
                "token": tokens.access,
            },
        )
