"""Bluesky: the video goes to a service of its own, the post is a record in the account's
repository (PDS) under a key that we choose, so that a repeated commit collides with itself.
"""

import datetime as dt
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from publishing.platforms.access import Grant, NoAccess, Tokens
from publishing.platforms.atproto import (
    ERRORS,
    GRANT_GONE,
    did_host,
    record_key,
    refusal,
    session_profile,
    session_tokens,
)
from publishing.platforms.base import (
    ANEW,
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
    over_limits,
)
from publishing.platforms.errors import (
    AccountBlocked,
    AuthExpired,
    HandleExpired,
    NotReady,
    NotSent,
    OutcomeUnknown,
    PlatformError,
    Rejected,
    TokenStale,
    Transient,
)
from publishing.platforms.hosts import host
from publishing.platforms.http import Caller, Reply, Slice
from publishing.platforms.servers import server_address
from publishing.platforms.texts import graphemes, spans
from publishing.platforms.verdicts import raised

POST = "app.bsky.feed.post"
VIDEO_MIME = "video/mp4"
TEXT_BYTES, ALT_GRAPHEMES, VTT_BYTES = 3000, 1000, 20_000
SERVICE_TOKEN_S = 25 * 60  # 30 minutes at most, by their clock
TAG_CHARS = 64
RECORD_NOT_FOUND = "RecordNotFound"
FACETS = {
    "link": ("app.bsky.richtext.facet#link", "uri"),
    "mention": ("app.bsky.richtext.facet#mention", "did"),
    "tag": ("app.bsky.richtext.facet#tag", "tag"),
}


class BlueskyPlatform(Plain):
    """Handle: job or blob (of the video), captions, record (what is posted, without its time)."""

    name = "bluesky"
    label = "Bluesky"
    limits: ClassVar[Limits] = Limits(
        max_ms=180_000, max_bytes=100_000_000, caption_chars=300, posts_a_day=25
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        commit_retry_allowed=True,
        ai_flag=False,
        first_comment=True,
        insights=("likes", "comments", "shares", "saves", "followers"),
        tokens=TokenRules(refreshable=True, rotates=True, refresh_before=dt.timedelta(minutes=30)),
        notes=(
            "Connect with an app password (Settings, Privacy and security, App passwords), never"
            " with the account's own.",
            "Bluesky takes videos only from accounts whose e-mail address is confirmed.",
        ),
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.caller = Caller(self.label)
        self.pds = server_address(connection.server, "BLUESKY_PDS_URL", look_up=False)
        self.video_host = host("BLUESKY_VIDEO_URL")

    def prepare(self, key: str, media: Media, text: Text, begun: Begun = ANEW) -> Handle:
        self._takes_a_video()
        job = self._upload(key, media.video)
        embed: dict[str, Any] = {
            "$type": "app.bsky.embed.video",
            "aspectRatio": {"width": media.width, "height": media.height},
        }
        if text.title:
            embed["alt"] = text.title[:ALT_GRAPHEMES]
        if captions := self._captions(media, text):
            embed["captions"] = captions
        record = {
            "$type": POST,
            "text": text.caption,
            "langs": [text.language],
            "facets": self._facets(text.caption),
            "embed": embed,
        }
        return job | {"record": record}

    def check(self, handle: Handle) -> Handle:
        if "blob" in handle:
            return handle
        url = f"{self.video_host}/xrpc/app.bsky.video.getJobStatus"
        reply = self.caller.call("GET", url, params={"jobId": handle["job"]}, raises=False)
        if reply.status in (400, 404):  # it needs no permission: nothing but the job can be wrong
            raise HandleExpired("Bluesky forgot the upload; it is sent again.", reply=reply.text)
        if not reply.ok:
            raise self._refusal(reply)
        return handle | _blob_of(reply)

    def commit(self, key: str, handle: Handle) -> Published:
        embed = handle["record"]["embed"] | {"video": handle["blob"]}
        return self._create(record_key(key), handle["record"] | {"embed": embed})

    def reconcile(self, key: str, handle: Handle, since: dt.datetime) -> Finding:
        return self._find(record_key(key)) or Absent()

    def permalink(self, external_id: str) -> str:
        """external_id: at://did/app.bsky.feed.post/rkey."""
        repo, _, rkey = external_id.removeprefix("at://").partition(f"/{POST}/")
        return f"https://bsky.app/profile/{repo}/post/{rkey}"

    def comment(self, external_id: str, text: str) -> str:
        rkey = external_id.rpartition("/")[2]
        above = {"uri": external_id, "cid": str(self._get_record(rkey).need("cid"))}
        record = {
            "$type": POST,
            "text": text,
            "facets": self._facets(text),
            "reply": {"root": above, "parent": above},
        }
        return self._create(record_key(f"{external_id} {text}"), record).external_id

    def insights(self, external_id: str) -> Insights:
        found = self._call("GET", "app.bsky.feed.getPosts", params={"uris": external_id})
        if found.need("posts") == []:
            raise Rejected("The post is no longer on Bluesky.")
        post = found.need("posts", 0)
        me = self._call(
            "GET", "app.bsky.actor.getProfile", params={"actor": self.connection.external_id}
        )
        return Insights(
            likes=post.get("likeCount"),
            comments=post.get("replyCount"),
            shares=post.get("repostCount", 0) + post.get("quoteCount", 0),
            saves=post.get("bookmarkCount"),
            followers=me.get("followersCount"),
        )

    def whoami(self) -> Profile:
        return session_profile(self._call("GET", "com.atproto.server.getSession"), self.pds)

    @classmethod
    def caption_length(cls, caption: str) -> int:
        return graphemes(caption)

    @classmethod
    def problems(cls, media: Media, text: Text, options: Mapping[str, Any]) -> list[str]:
        found = over_limits(cls.label, cls.limits, media, text, graphemes(text.caption))
        n_bytes = len(text.caption.encode())
        if n_bytes > TEXT_BYTES and not found:
            found.append(f"The caption takes {n_bytes} bytes; Bluesky allows {TEXT_BYTES}.")
        return found

    # The video.

    def _takes_a_video(self) -> None:
        """Raises QuotaExhausted or AccountBlocked when the service says that it takes none. A
        service that does not say is asked by uploading.
        """
        method = "app.bsky.video.getUploadLimits"
        try:
            token = self._service_token(f"did:web:{did_host(self.video_host)}", method)
            reply = self._service_call("GET", method, token)
        except (TokenStale, AuthExpired, AccountBlocked):
            raise
        except PlatformError:
            return
        if reply.ok and reply.get("canUpload") is False:
            code = reply.get("error", default="")
            raise raised(ERRORS.get(code, ERRORS["daily_vid_limit_exceeded"]), reply)

    def _upload(self, key: str, video: Path) -> Handle:
        token = self._service_token(f"did:web:{did_host(self.pds)}", "com.atproto.repo.uploadBlob")
        with Slice(video) as body:
            reply = self._service_call(
                "POST",
                "app.bsky.video.uploadVideo",
                token,
                params={"did": self.connection.external_id, "name": f"{key}.mp4"},
                headers={"Content-Type": VIDEO_MIME},
                data=body,
                upload=True,
            )
        status = _job_status(reply)
        # A video that is there already comes as a 409 with its job or its blob.
        if blob := status.get("blob"):
            return {"blob": blob}
        if job := status.get("jobId"):
            return {"job": str(job)}
        raise reply.puzzling() if reply.ok else self._refusal(reply)

    def _service_token(self, audience: str, method: str) -> str:
        expires = int(time.time()) + SERVICE_TOKEN_S
        query = {"aud": audience, "lxm": method, "exp": expires}
        given = self._call("GET", "com.atproto.server.getServiceAuth", params=query)
        return str(given.need("token"))

    def _service_call(
        self,
        method: str,
        name: str,
        token: str,
        *,
        headers: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> Reply:
        """Call the video service. Answers of 5xx and 429 are raised."""
        reply = self.caller.call(
            method,
            f"{self.video_host}/xrpc/{name}",
            headers={"Authorization": f"Bearer {token}", **(headers or {})},
            raises=False,
            **rest,
        )
        if reply.status == 429 or reply.status >= 500:
            raise self._refusal(reply)
        return reply

    def _captions(self, media: Media, text: Text) -> list[dict[str, Any]]:
        """The subtitles, where there are some that Bluesky takes."""
        found = [path for path in media.subtitles if path.suffix == ".vtt"]
        if not found or found[0].stat().st_size > VTT_BYTES:
            return []
        stored = self._call(
            "POST",
            "com.atproto.repo.uploadBlob",
            headers={"Content-Type": "text/vtt"},
            data=found[0].read_bytes(),
        )
        return [{"lang": text.language, "file": stored.need("blob")}]

    # The record.

    def _create(self, rkey: str, record: Mapping[str, Any]) -> Published:
        """Write the record under that key. Whatever goes wrong, look whether it is there: which
        error says that the key is taken is not laid down.
        """
        now = _now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = {
            "repo": self.connection.external_id,
            "collection": POST,
            "rkey": rkey,
            "record": {**record, "createdAt": now},
        }
        try:
            made = self._call("POST", "com.atproto.repo.createRecord", json=body, commit=True)
            return self._published(str(made.need("uri")))
        except NotSent:
            raise
        except PlatformError as error:
            if found := self._find_quietly(rkey, error):
                return found
            raise

    def _find_quietly(self, rkey: str, error: PlatformError) -> Published | None:
        """What is there after a commit failed with `error`. When that cannot be seen either, a
        refusal that may have been the collision is as open as no answer.
        """
        try:
            return self._find(rkey)
        except PlatformError as e:
            if isinstance(error, Rejected):
                raise OutcomeUnknown(str(error), reply=error.reply) from e
            return None

    def _find(self, rkey: str) -> Published | None:
        found = self._get_record(rkey)
        if not found.ok:
            return None
        return self._published(str(found.need("uri")))

    def _get_record(self, rkey: str) -> Reply:
        """The record, or the answer that there is none. It is public: no token, so that a stale
        one is no hindrance.
        """
        reply = self.caller.call(
            "GET",
            f"{self.pds}/xrpc/com.atproto.repo.getRecord",
            params={"repo": self.connection.external_id, "collection": POST, "rkey": rkey},
            raises=False,
        )
        if not reply.ok and reply.get("error") != RECORD_NOT_FOUND:
            raise self._refusal(reply)
        return reply

    def _published(self, uri: str) -> Published:
        return Published(uri, self.permalink(uri))

    def _facets(self, text: str) -> list[dict[str, Any]]:
        """Links, mentions and tags, by UTF-8 bytes: Bluesky finds none of them by itself."""
        facets = []
        for span in spans(text):
            value = self._did(span.value) if span.kind == "mention" else span.value
            if not value or (span.kind == "tag" and graphemes(value) > TAG_CHARS):
                continue
            kind, field = FACETS[span.kind]
            start = len(text[: span.start].encode())
            index = {
                "byteStart": start,
                "byteEnd": start + len(text[span.start : span.end].encode()),
            }
            facets.append({"index": index, "features": [{"$type": kind, field: value}]})
        return facets

    def _did(self, handle: str) -> str:
        """Who is mentioned; empty when nobody has that handle: it then stays plain text."""
        try:
            query = {"handle": handle}
            found = self._call("GET", "com.atproto.identity.resolveHandle", params=query)
        except Rejected:
            return ""
        return str(found.need("did"))

    def _call(
        self, method: str, name: str, *, headers: Mapping[str, str] | None = None, **rest: Any
    ) -> Reply:
        bearer = {"Authorization": f"Bearer {self.connection.access_token}"}
        reply = self.caller.call(
            method,
            f"{self.pds}/xrpc/{name}",
            headers={**bearer, **(headers or {})},
            raises=False,
            **rest,
        )
        if not reply.ok:
            raise self._refusal(reply)
        return reply

    def _refusal(self, reply: Reply) -> PlatformError:
        return refusal(self.caller, reply)


class BlueskyAccess(NoAccess):
    """`server` is the account's PDS, once it is known."""

    kind = "password"

    def sign_in(self, identifier: str, password: str) -> Grant:
        body = {"identifier": identifier.strip().lstrip("@"), "password": password}
        session = self._call("createSession", json=body)
        return Grant(session_profile(session, self._server), session_tokens(session))

    def refresh(self, tokens: Tokens) -> Tokens:
        return session_tokens(self._call("refreshSession", tokens.refresh))

    def revoke(self, tokens: Tokens) -> None:
        self._call("deleteSession", tokens.refresh)

    @property
    def _server(self) -> str:
        return server_address(self.server, "BLUESKY_PDS_URL", look_up=False)

    def _call(self, what: str, token: str = "", **rest: Any) -> Reply:
        caller = Caller(BlueskyPlatform.label)
        url = f"{self._server}/xrpc/com.atproto.server.{what}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        reply = caller.call("POST", url, headers=headers, raises=False, **rest)
        if reply.ok:
            return reply
        if token and reply.get("error") in GRANT_GONE:
            raise raised(ERRORS["InvalidToken"], reply)
        error = refusal(caller, reply)
        if token and isinstance(error, Rejected):  # nothing that says the session has ended
            raise Transient("Bluesky gave no new session.", reply=reply.text)
        raise error


def _job_status(reply: Reply) -> Mapping[str, Any]:
    """The job, which stands at the top or one level below."""
    status = reply.get("jobStatus", default=reply.body)
    return status if isinstance(status, dict) else {}


def _blob_of(reply: Reply) -> Handle:
    """The finished video. Raises NotReady while there is none, or what went wrong."""
    status = _job_status(reply)
    if blob := status.get("blob"):
        return {"blob": blob}
    if status.get("state") == "JOB_STATE_FAILED":
        raise Rejected("Bluesky could not process the video.", reply=reply.text)
    if "state" not in status:
        raise reply.puzzling()
    raise NotReady("Bluesky is processing the video.", retry_after_s=5)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
