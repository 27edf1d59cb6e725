"""Mastodon, any server: one streamed upload, then a status with an Idempotency-Key."""

import datetime as dt
import hashlib
import logging
import mimetypes
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

from requests_toolbelt import MultipartEncoder

from publishing.platforms.access import Grant, NoAccess, Tokens
from publishing.platforms.apps import App
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
    Unclear,
    over_limits,
)
from publishing.platforms.errors import (
    AccountBlocked,
    AuthExpired,
    HandleExpired,
    NotReady,
    PlatformError,
    RateLimited,
    Rejected,
    Transient,
)
from publishing.platforms.http import Caller, Reply
from publishing.platforms.oauth import login_address, token_call, tokens_of
from publishing.platforms.servers import server_address
from publishing.platforms.texts import mastodon_length
from publishing.platforms.verdicts import Table, Verdict, raised

log = logging.getLogger(__name__)

SCOPES = "profile read:statuses write:media write:statuses"
VISIBILITIES = ("public", "unlisted", "private", "direct")
LOOK_BACK = 20  # statuses
DESCRIPTION_CHARS = 1500

STATUSES: Table = {
    401: Verdict(AuthExpired, "The server no longer accepts this connection; connect it again."),
    403: Verdict(
        AccountBlocked,
        "The server has disabled or suspended this account, or does not allow this.",
    ),
    404: Verdict(HandleExpired, "The server no longer has it."),
    413: Verdict(Rejected, "The video is too large for this server."),
    422: Verdict(Rejected, "The server refused the post as it is."),
}
NOT_FINISHED = "not finished processing"  # the one thing this API says in prose only


class MastodonPlatform(Plain):
    """Options read: `visibility`, one of public (the default), unlisted, private, direct.

    Handle: media, status (what is posted).
    """

    name = "mastodon"
    label = "Mastodon"
    # What a server has that was never configured; `prepare` asks each for its own.
    limits: ClassVar[Limits] = Limits(max_bytes=99 * 2**20, caption_chars=500)
    capabilities: ClassVar[Capabilities] = Capabilities(
        commit_retry_allowed=True,  # the same Idempotency-Key, and the list of statuses after that
        ai_flag=False,
        cover="picture",
        first_comment=True,
        insights=("likes", "comments", "shares", "followers"),
        tokens=TokenRules(refreshable=False),
        notes=(
            "Each server has rules and limits of its own; many want accounts that post by machine"
            " to tick the automated flag in their profile.",
        ),
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.caller = Caller(self.label)
        self.server = server_address(connection.server, "MASTODON_URL", look_up=False)

    def prepare(self, key: str, media: Media, text: Text, begun: Begun = ANEW) -> Handle:
        self._fits_this_server(media, text)
        said = ""
        try:
            stored = self._upload(key, media, text, media.cover)
        except (Rejected, Transient) as e:
            # A server refuses both for a cover that it cannot read, at times with HTTP 500.
            is_about_it = isinstance(e, Rejected) or "thumbnail" in e.reply
            if media.cover is None or not is_about_it:
                raise
            log.info("The video is sent once more without its cover: %s", e.reply)
            stored = self._upload(key, media, text, None)
            said = "The server did not take the cover, so the reel goes without it."
        return {
            SAID: said,
            "media": str(stored.need("id")),
            "status": {
                "status": text.caption,
                "visibility": _visibility({**self.connection.options, **text.options}),
                "language": text.language.partition("-")[0],
            },
        }

    def _upload(self, key: str, media: Media, text: Text, picture: Path | None) -> Reply:
        with ExitStack() as stack:
            video = stack.enter_context(media.video.open("rb"))
            fields: dict[str, Any] = {"file": (f"{key}.mp4", video, "video/mp4")}
            if picture is not None:
                cover = stack.enter_context(picture.open("rb"))
                kind = mimetypes.guess_type(picture.name)[0] or "image/jpeg"
                fields["thumbnail"] = (picture.name, cover, kind)
            if text.title:
                fields["description"] = text.title[:DESCRIPTION_CHARS]
            body = MultipartEncoder(fields)
            headers = {"Content-Type": body.content_type}
            return self._call("POST", "/api/v2/media", headers=headers, data=body, upload=True)

    def check(self, handle: Handle) -> Handle:
        found = self._call("GET", f"/api/v1/media/{handle['media']}")
        if found.status == 206:
            raise NotReady("The server is processing the video.", retry_after_s=5)
        found.need("id")
        return handle

    def commit(self, key: str, handle: Handle) -> Published:
        try:
            return self._post(key, handle["status"] | {"media_ids": [handle["media"]]})
        except Rejected:
            # The upload may be the reason: used up by this very post long ago, or cleared away.
            if self._is_unused(handle):
                raise
            if found := self._carrier(handle)[0]:
                return found
            raise HandleExpired("The server no longer has the uploaded video.") from None

    def reconcile(self, key: str, handle: Handle, since: dt.datetime) -> Finding:
        """A status of ours carries our upload; an upload that still stands alone was not used."""
        found, is_complete = self._carrier(handle)
        if found:
            return found
        if is_complete or self._is_unused(handle):
            return Absent()
        return Unclear("There are many newer posts on the account.")

    def permalink(self, external_id: str) -> str:
        return str(self._call("GET", f"/api/v1/statuses/{external_id}").get("url", default=""))

    def comment(self, external_id: str, text: str) -> str:
        key = hashlib.sha256(f"{external_id} {text}".encode()).hexdigest()[:32]
        return self._post(key, {"status": text, "in_reply_to_id": external_id}).external_id

    def insights(self, external_id: str) -> Insights:
        try:
            status = self._call("GET", f"/api/v1/statuses/{external_id}")
        except HandleExpired as e:
            raise Rejected("The post is no longer on the server.", reply=e.reply) from e
        me = self._call("GET", "/api/v1/accounts/verify_credentials")
        return Insights(
            likes=status.get("favourites_count"),
            comments=status.get("replies_count"),
            shares=status.get("reblogs_count"),
            followers=me.get("followers_count"),
        )

    def whoami(self) -> Profile:
        me = self._call("GET", "/api/v1/accounts/verify_credentials")
        return Profile(
            external_id=str(me.need("id")),
            username=me.get("username", default=""),
            name=me.get("display_name", default=""),
            picture_url=me.get("avatar", default=""),
            server=self.server,
        )

    @classmethod
    def caption_length(cls, caption: str) -> int:
        return mastodon_length(caption)

    @classmethod
    def problems(cls, media: Media, text: Text, options: Mapping[str, Any]) -> list[str]:
        found = over_limits(cls.label, cls.limits, media, text, mastodon_length(text.caption))
        try:
            _visibility({**options, **text.options})
        except Rejected as e:
            found.append(str(e))
        return found

    def _fits_this_server(self, media: Media, text: Text) -> None:
        """Raises Rejected when the reel is over the limits this very server names."""
        instance = self._call("GET", "/api/v2/instance")
        instance.need("configuration")
        files = instance.get("configuration", "media_attachments", default={})
        most = instance.get("configuration", "statuses", "max_characters")
        limits = Limits(max_bytes=files.get("video_size_limit"), caption_chars=most)
        length = mastodon_length(text.caption)
        found = over_limits(f"The server {self.server}", limits, media, text, length)
        kinds = files.get("supported_mime_types")
        if kinds and "video/mp4" not in kinds:
            found.append(f"The server {self.server} takes no MP4 video.")
        pixels = files.get("video_matrix_limit")
        if pixels and media.width * media.height > pixels:
            found.append(f"The reel has more pixels than the server {self.server} takes.")
        if found:
            raise Rejected(" ".join(found))

    def _carrier(self, handle: Handle) -> tuple[Published | None, bool]:
        """The newest status with our upload, and whether all statuses there are were looked at."""
        query = {"exclude_replies": "true", "limit": LOOK_BACK}
        account = self.connection.external_id
        listed = self._call("GET", f"/api/v1/accounts/{account}/statuses", params=query)
        if not isinstance(listed.body, list):
            raise listed.puzzling()
        for status in listed.body:
            if any(str(file["id"]) == handle["media"] for file in status["media_attachments"]):
                return _published(status), True
        return None, len(listed.body) < LOOK_BACK

    def _is_unused(self, handle: Handle) -> bool:
        """Whether the upload is there and belongs to no status yet."""
        try:
            return self._call("GET", f"/api/v1/media/{handle['media']}").ok
        except HandleExpired:
            return False

    def _post(self, key: str, status: dict[str, Any]) -> Published:
        reply = self._call(
            "POST",
            "/api/v1/statuses",
            headers={"Idempotency-Key": key},
            json=status,
            commit=True,
        )
        reply.need("id")
        return _published(reply.body)

    def _call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **rest: Any
    ) -> Reply:
        headers = {"Authorization": f"Bearer {self.connection.access_token}", **(headers or {})}
        reply = self.caller.call(method, self.server + path, headers=headers, raises=False, **rest)
        if not reply.ok:
            raise self._refusal(reply)
        if reply.body is None:
            raise reply.puzzling()
        return reply

    def _refusal(self, reply: Reply) -> PlatformError:
        if reply.status == 429:
            words = "The server asks for a pause."
            return RateLimited(words, until=_reset(reply), reply=reply.text)
        if reply.status >= 500:
            return self.caller.failure(reply)
        if reply.status < 400 or reply.status == 408:
            return reply.puzzling()
        if reply.status == 422 and NOT_FINISHED in str(reply.get("error", default="")):
            return NotReady("The server is processing the video.", reply=reply.text)
        return raised(STATUSES.get(reply.status, STATUSES[422]), reply)


class MastodonAccess(NoAccess):
    """`app` is what `register` brought for this server."""

    kind = "server"
    pkce = "S256"

    def __init__(self, app: App, server: str = "") -> None:
        super().__init__(app, server_address(server, "MASTODON_URL"))
        self.caller = Caller(MastodonPlatform.label)

    def register(self, redirect_uri: str) -> App:
        form = {"client_name": "Understudy", "redirect_uris": redirect_uri, "scopes": SCOPES}
        reply = self.caller.call("POST", f"{self.server}/api/v1/apps", data=form)
        if not reply.ok:
            raise Rejected(f"{self.server} takes no registration.", reply=reply.text)
        return App(str(reply.need("client_id")), str(reply.need("client_secret")))

    def authorize_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        return login_address(
            f"{self.server}/oauth/authorize",
            response_type="code",
            client_id=self.app.id,
            redirect_uri=redirect_uri,
            scope=SCOPES,
            state=state,
            code_challenge=challenge,
            code_challenge_method="S256",
        )

    def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> list[Grant]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.app.id,
            "client_secret": self.app.secret,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        tokens = tokens_of(token_call(self.caller, f"{self.server}/oauth/token", form))
        connection = Connection("", access_token=tokens.access, server=self.server)
        return [Grant(MastodonPlatform(connection).whoami(), tokens, self.app)]

    def revoke(self, tokens: Tokens) -> None:
        form = {
            "client_id": self.app.id,
            "client_secret": self.app.secret,
            "token": tokens.access,
        }
        token_call(self.caller, f"{self.server}/oauth/revoke", form)


def _visibility(options: Mapping[str, Any]) -> str:
    chosen = str(options.get("visibility") or "public")
    if chosen not in VISIBILITIES:
        raise Rejected(f"Mastodon knows no visibility {chosen}.")
    return chosen


def _published(status: Mapping[str, Any]) -> Published:
    return Published(str(status["id"]), str(status.get("url") or ""))


def _reset(reply: Reply) -> dt.datetime | None:
    """When calls are taken again; the header has a time in ISO."""
    try:
        when = dt.datetime.fromisoformat(reply.headers["X-RateLimit-Reset"])
    except (KeyError, ValueError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)
