"""X, API v2: chunked upload, then one post. There is no idempotency key: what became of a lost
answer is looked up in the account's own timeline.
"""

import base64
import datetime as dt
import html
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from requests_toolbelt import MultipartEncoder

from publishing.platforms.access import Grant, NoAccess, Tokens
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
    Unclear,
    over_limits,
)
from publishing.platforms.errors import (
    AccountBlocked,
    AuthExpired,
    Duplicate,
    HandleExpired,
    NotReady,
    PlatformError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TokenStale,
)
from publishing.platforms.hosts import host
from publishing.platforms.http import Caller, Reply, Slice
from publishing.platforms.oauth import GONE, login_address, token_call, tokens_of
from publishing.platforms.texts import without_x_links, x_length
from publishing.platforms.verdicts import Table, Verdict, raised, steadily

PART = 4 * 2**20  # 5 MB at most, segments 0 to 999
SCOPES = "tweet.read tweet.write users.read media.write offline.access"
REPLY_SETTINGS = ("following", "mentionedUsers", "subscribers", "verified")
DAY = dt.timedelta(days=1)
LOOK_BACK = 10  # posts; each that is read costs
SETTLED = dt.timedelta(seconds=60)  # a request without an answer may still be worked on

# The last part of the problem's `type` address.
PROBLEMS: Table = {
    "invalid-request": Verdict(Rejected, "X refused the post as it is."),
    "not-authorized-for-resource": Verdict(
        AuthExpired, "X says this connection may not do that; connect the account again."
    ),
    "resource-not-found": Verdict(HandleExpired, "X no longer has the uploaded video."),
    "usage-capped": Verdict(
        QuotaExhausted, "The X developer account has used up its allowance.", DAY
    ),
}
STATUSES: Table = {
    401: Verdict(TokenStale, "The permission for X has to be renewed."),
    402: Verdict(QuotaExhausted, "The X developer account has no credit left.", DAY),
    404: Verdict(HandleExpired, "X no longer has the uploaded video."),
    # X says only in prose why it forbids something; these words are looked for in `detail`.
    "duplicate": Verdict(Duplicate, "X says that it has these words from this account already."),
    "suspended": Verdict(AccountBlocked, "X has suspended or locked this account."),
    "too long": Verdict(
        Rejected,
        "The reel is too long or too large for what this X account may post; make it shorter.",
    ),
    403: Verdict(
        AuthExpired, "X does not permit this; check the app's permissions, then connect."
    ),
}
PROSE = (
    (re.compile(r"duplicate", re.IGNORECASE), "duplicate"),
    (re.compile(r"\b(suspended|locked)\b", re.IGNORECASE), "suspended"),
    (re.compile(r"too long|too large|duration|longer (video|than)", re.IGNORECASE), "too long"),
)
# Of `processing_info.error.name`; whatever else fails is the video's own fault.
PROCESSING: Table = {
    "InternalError": Verdict(HandleExpired, "X stumbled over the video; it is sent again."),
    "": Verdict(
        Rejected,
        "X could not process the video. It takes up to 1280x1024 for certain: a rendition of"
        " 720x1280 is worth a try.",
    ),
}


class XPlatform(Plain):
    """Options read: `reply_settings`, one of following, mentionedUsers, subscribers, verified.

    Handle: media, media_key, expires (ISO), text, ai, reply_settings; after `check` also since,
    the newest post that the account had before ours.
    """

    name = "x"
    label = "X"
    limits: ClassVar[Limits] = Limits(
        min_ms=500, max_ms=140_000, max_bytes=512_000_000, caption_chars=280
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        commit_retry_allowed=False,
        ai_flag=True,
        first_comment=True,
        insights=("views", "likes", "comments", "shares", "saves"),
        tokens=TokenRules(refreshable=True, rotates=True, refresh_before=dt.timedelta(minutes=30)),
        notes=(
            "X charges the developer account for each call: about $0.015 a post, $0.20 when the"
            " caption holds a link, and half a cent for each post that is read back. Leave links"
            " out of captions to keep it cheap.",
            "X wants accounts that post by machine to carry its automation label, and no caption"
            " twice from several accounts.",
            "Video of 1080x1920 is accepted in practice; where it is not, 720x1280 is.",
        ),
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.caller = Caller(self.label)

    def prepare(self, key: str, media: Media, text: Text, begun: Begun = ANEW) -> Handle:
        size = media.video.stat().st_size
        media_id = str(begun.handle.get("media") or self._initialize(size))
        try:
            for segment in range(int(begun.handle.get("sent", 0)), -(-size // PART)):
                steadily(partial(self._append, media_id, segment, media.video, size))
                begun.save({"media": media_id, "sent": segment + 1})
            done = self._call("POST", f"/2/media/upload/{media_id}/finalize", upload=True)
        except Rejected as e:
            if not begun.handle:
                raise
            words = "X no longer takes the upload that was begun; it is sent again."
            raise HandleExpired(words, reply=e.reply) from e
        done.need("data", "id")
        lives_s = int(done.get("data", "expires_after_secs", default=86_400))
        return {
            "media": media_id,
            "media_key": str(done.get("data", "media_key", default="")),
            "expires": (_now() + dt.timedelta(seconds=lives_s)).isoformat(),
            "text": text.caption,
            "ai": text.ai_generated,
            "reply_settings": _reply_settings({**self.connection.options, **text.options}),
            "processing": done.get("data", "processing_info") is not None,
        }

    def _initialize(self, size: int) -> str:
        """The id of a new upload; it lives for a day."""
        wanted = {"media_type": "video/mp4", "total_bytes": size, "media_category": "tweet_video"}
        made = self._call("POST", "/2/media/upload/initialize", json=wanted)
        return str(made.need("data", "id"))

    def check(self, handle: Handle) -> Handle:
        self._not_expired(handle)
        if handle["processing"]:
            query = {"command": "STATUS", "media_id": handle["media"]}
            self._processed(self._call("GET", "/2/media/upload", params=query))
        newest = self._timeline(max_results=5)
        return handle | {"since": str(newest.get("data", 0, "id", default=""))}

    def commit(self, key: str, handle: Handle) -> Published:
        self._not_expired(handle)
        body: dict[str, Any] = {
            "text": handle["text"],
            "media": {"media_ids": [handle["media"]]},
            "made_with_ai": handle["ai"],
        }
        if handle["reply_settings"]:
            body["reply_settings"] = handle["reply_settings"]
        try:
            reply = self._call("POST", "/2/tweets", json=body, commit=True)
        except RateLimited as e:
            e.look_first = True
            raise
        return self._published(str(reply.need("data", "id")))

    def reconcile(self, key: str, handle: Handle, since: dt.datetime) -> Finding:
        if "since" not in handle:
            return Unclear("It is not known what was on the account before.")
        newer = {"since_id": handle["since"]} if handle["since"] else {}
        found = self._timeline(max_results=LOOK_BACK, **newer)
        posts = found.get("data", default=[])
        for post in posts:
            if _is_ours(post, handle):
                return self._published(str(post["id"]))
        if found.get("meta", "next_token") or len(posts) >= LOOK_BACK:
            return Unclear("There are many newer posts on the account.")
        if _now() - since < SETTLED:
            raise NotReady("X is asked again whether the post is there.", retry_after_s=30)
        return Absent()

    def permalink(self, external_id: str) -> str:
        return f"https://x.com/{self.connection.username or 'i'}/status/{external_id}"

    def comment(self, external_id: str, text: str) -> str:
        body = {"text": text, "reply": {"in_reply_to_tweet_id": external_id}}
        return str(self._call("POST", "/2/tweets", json=body, commit=True).need("data", "id"))

    def insights(self, external_id: str) -> Insights:
        query = {"ids": external_id, "tweet.fields": "public_metrics"}
        found = self._call("GET", "/2/tweets", params=query)
        if found.get("errors", 0, "type", default="").endswith("/resource-not-found"):
            raise Rejected("The post is no longer on X.", reply=found.text)
        counts = found.need("data", 0, "public_metrics")
        return Insights(
            views=counts.get("impression_count"),
            likes=counts.get("like_count"),
            comments=counts.get("reply_count"),
            shares=counts.get("retweet_count", 0) + counts.get("quote_count", 0),
            saves=counts.get("bookmark_count"),
        )

    def whoami(self) -> Profile:
        query = {"user.fields": "profile_image_url"}
        me = self._call("GET", "/2/users/me", params=query)
        return Profile(
            external_id=str(me.need("data", "id")),
            username=me.get("data", "username", default=""),
            name=me.get("data", "name", default=""),
            picture_url=me.get("data", "profile_image_url", default=""),
        )

    @classmethod
    def caption_length(cls, caption: str) -> int:
        return x_length(caption)

    @classmethod
    def problems(cls, media: Media, text: Text, options: Mapping[str, Any]) -> list[str]:
        found = over_limits(cls.label, cls.limits, media, text, x_length(text.caption))
        try:
            _reply_settings({**options, **text.options})
        except Rejected as e:
            found.append(str(e))
        return found

    def _append(self, media_id: str, segment: int, video: Path, size: int) -> None:
        start = segment * PART
        with Slice(video, start, min(PART, size - start)) as part:
            file = ("part", part, "application/octet-stream")
            body = MultipartEncoder({"segment_index": str(segment), "media": file})
            self._call(
                "POST",
                f"/2/media/upload/{media_id}/append",
                headers={"Content-Type": body.content_type},
                data=body,
                upload=True,
            )

    def _timeline(self, **query: Any) -> Reply:
        """The account's own newest posts."""
        fields = {"tweet.fields": "created_at,attachments"}
        found = self._call(
            "GET", f"/2/users/{self.connection.external_id}/tweets", params=query | fields
        )
        found.need("meta", "result_count")  # an empty list says so; anything else is no answer
        return found

    def _published(self, post_id: str) -> Published:
        return Published(post_id, self.permalink(post_id))

    @staticmethod
    def _processed(status: Reply) -> None:
        """Nothing when the video is ready. Raises NotReady, or what became of it."""
        info = status.get("data", "processing_info", default={})
        match info.get("state", "succeeded"):
            case "succeeded":
                return
            case "failed":
                name = status.get("data", "processing_info", "error", "name", default="")
                raise raised(PROCESSING.get(name, PROCESSING[""]), status)
            case _:
                wait = float(info.get("check_after_secs") or 5)
                raise NotReady("X is processing the video.", retry_after_s=wait)

    @staticmethod
    def _not_expired(handle: Handle) -> None:
        if dt.datetime.fromisoformat(handle["expires"]) <= _now():
            raise HandleExpired("X keeps an uploaded video for a day; it is sent again.")

    def _call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **rest: Any
    ) -> Reply:
        headers = {"Authorization": f"Bearer {self.connection.access_token}", **(headers or {})}
        reply = self.caller.call(
            method, host("X_API_URL") + path, headers=headers, raises=False, **rest
        )
        if not reply.ok:
            raise self._refusal(reply)
        if reply.body is None:
            raise reply.puzzling()
        return reply

    def _refusal(self, reply: Reply) -> PlatformError:
        verdict = PROBLEMS.get(str(reply.get("type", default="")).rpartition("/")[2])
        if reply.status == 429 and verdict is None:
            words = "X asks for a pause."
            return RateLimited(words, until=_reset(reply), reply=reply.text)
        if reply.status >= 500:
            return self.caller.failure(reply)
        if reply.status < 400 or reply.status == 408:
            return reply.puzzling()
        if reply.status == 403:
            said = str(reply.get("detail", default=reply.get("errors", 0, "message", default="")))
            named = next((word for words, word in PROSE if words.search(said)), None)
            verdict = STATUSES[named] if named else verdict or STATUSES[403]
        verdict = verdict or STATUSES.get(reply.status, PROBLEMS["invalid-request"])
        return raised(verdict, reply)


class XAccess(NoAccess):
    registration = "x"
    pkce = "S256"

    def authorize_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        return login_address(
            f"{host('X_AUTH_URL')}/i/oauth2/authorize",
            response_type="code",
            client_id=self.app.id,
            redirect_uri=redirect_uri,
            scope=SCOPES,
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
        profile = XPlatform(Connection("", access_token=tokens.access)).whoami()
        return [Grant(profile, tokens)]

    def refresh(self, tokens: Tokens) -> Tokens:
        """The old refresh token is spent by this, whether its answer arrives or not."""
        return self._tokens({"grant_type": "refresh_token", "refresh_token": tokens.refresh})

    def revoke(self, tokens: Tokens) -> None:
        self._post("revoke", {"token": tokens.refresh or tokens.access})

    def _tokens(self, form: dict[str, str]) -> Tokens:
        return tokens_of(self._post("token", form))

    def _post(self, what: str, form: dict[str, str]) -> Reply:
        pair = base64.b64encode(f"{self.app.id}:{self.app.secret}".encode()).decode()
        return token_call(
            Caller(XPlatform.label),
            f"{host('X_API_URL')}/2/oauth2/{what}",
            form,
            headers={"Authorization": f"Basic {pair}"},
            gone=GONE | {"invalid_request"},  # what X says of a spent or revoked token
        )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _reply_settings(options: Mapping[str, Any]) -> str:
    chosen = str(options.get("reply_settings") or "")
    if chosen and chosen not in REPLY_SETTINGS:
        raise Rejected(f"X does not know who may reply by the name of {chosen}.")
    return chosen


def _reset(reply: Reply) -> dt.datetime | None:
    """When the window of calls begins anew."""
    try:
        return dt.datetime.fromtimestamp(int(reply.headers["x-rate-limit-reset"]), dt.UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def _is_ours(post: Mapping[str, Any], handle: Handle) -> bool:
    """Whether a post of the timeline carries our video, or our words where it does not say."""
    videos = (post.get("attachments") or {}).get("media_keys")
    if videos and handle["media_key"]:
        return handle["media_key"] in videos
    return without_x_links(html.unescape(str(post.get("text", "")))) == without_x_links(
        handle["text"]
    )
