"""LinkedIn, for members and for company pages: upload in the parts it names, then one post.

What became of a lost answer can be looked up for pages only; a member's posts cannot be read.
"""

import datetime as dt
import logging
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

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
    Unclear,
    over_limits,
)
from publishing.platforms.errors import (
    Duplicate,
    HandleExpired,
    NotReady,
    PlatformError,
    RateLimited,
    Rejected,
    Unsupported,
)
from publishing.platforms.hosts import host
from publishing.platforms.http import Caller, Reply, Slice
from publishing.platforms.linkedin_api import LABEL, POST_URN, Api
from publishing.platforms.oauth import login_address, token_call, tokens_of
from publishing.platforms.texts import little_text
from publishing.platforms.verdicts import steadily

log = logging.getLogger(__name__)

PERSON, ORGANIZATION = "urn:li:person:", "urn:li:organization:"
SCOPES = "openid profile w_member_social"
PAGE_SCOPES = "w_organization_social r_organization_social rw_organization_admin"
VISIBILITIES = ("PUBLIC", "CONNECTIONS")
TITLE_CHARS = 200
MIN_BYTES = 75_000
SETTLED = dt.timedelta(seconds=60)  # a request without an answer may still be worked on


class LinkedInPlatform(Plain):
    """external_id: the author's urn, of a person or an organization.

    Options read: `visibility`, PUBLIC (the default) or CONNECTIONS.
    Handle: video (its urn), text (as written), title, visibility.
    """

    name = "linkedin"
    label = LABEL
    # A member has some 100 calls a day, and a post takes up to ten of them.
    limits: ClassVar[Limits] = Limits(
        min_ms=3000, max_ms=1_800_000, max_bytes=500_000_000, caption_chars=3000, posts_a_day=10
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        commit_retry_allowed=False,
        ai_flag=False,
        has_title=True,
        cover="picture",
        first_comment=True,
        insights=("views", "reach", "likes", "comments", "shares"),
        tokens=TokenRules(refreshable=False),
        notes=(
            "LinkedIn wants you to agree again every 60 days; you are reminded 14, 7, 3 and 1 days"
            " before.",
            "LinkedIn wants profiles of real people: post as yourself or as a company page, never"
            " as an invented person.",
            "Company pages need LinkedIn's Community Management API for your app; set"
            " LINKEDIN_PAGES=1 once you have it.",
            "LinkedIn shows no counts for posts of members.",
        ),
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.author = connection.external_id
        self.api = Api(connection.access_token)

    def prepare(self, key: str, media: Media, text: Text, begun: Begun = ANEW) -> Handle:
        upload = dict(begun.handle) or self._announced(media)
        sent = list(upload["sent"])
        for part in upload["parts"][len(sent) :]:
            sent.append(steadily(partial(self._put, part, media.video)))
            begun.save(upload | {"sent": sent})
        done = {
            "video": upload["video"],
            "uploadToken": upload["token"],
            "uploadedPartIds": sent,
        }
        try:
            self.api.rest(
                "POST",
                "/videos",
                params={"action": "finalizeUpload"},
                json={"finalizeUploadRequest": done},
            )
        except Rejected as e:
            if not begun.handle:
                raise
            words = "LinkedIn no longer takes the upload that was begun; it is sent again."
            raise HandleExpired(words, reply=e.reply) from e
        return {
            SAID: upload[SAID],
            "video": upload["video"],
            "text": text.caption,
            "title": (text.title or text.caption)[:TITLE_CHARS],
            "visibility": _visibility({**self.connection.options, **text.options}),
        }

    def _announced(self, media: Media) -> dict[str, Any]:
        """A new upload, its cover already there: video, token, parts as LinkedIn wants them, and
        sent, the proofs of those that it has.
        """
        said, begun = "", self._begin(media, with_cover=media.cover is not None)
        if media.cover is not None and not self._put_cover(begun, media.cover):
            # LinkedIn may wait for a cover that was announced.
            begun = self._begin(media, with_cover=False)
            said = "LinkedIn did not take the cover, so the reel goes without it."
        return {
            "video": str(begun.need("value", "video")),
            "token": begun.get("value", "uploadToken", default=""),
            "parts": begun.need("value", "uploadInstructions"),
            "sent": [],
            SAID: said,
        }

    def check(self, handle: Handle) -> Handle:
        found = self.api.rest("GET", f"/videos/{quote(handle['video'], safe='')}")
        match found.need("status"):
            case "AVAILABLE":
                return handle
            case "PROCESSING_FAILED":
                raise Rejected("LinkedIn could not process the video.", reply=found.text)
            case _:  # WAITING_UPLOAD, PROCESSING
                raise NotReady(
                    "LinkedIn is processing the video."
                )  # each look is one of the day's calls

    def commit(self, key: str, handle: Handle) -> Published:
        body = {
            "author": self.author,
            "commentary": little_text(handle["text"]),
            "visibility": handle["visibility"],
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "content": {"media": {"id": handle["video"], "title": handle["title"]}},
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        try:
            reply = self.api.rest("POST", "/posts", json=body, commit=True, has_body=False)
        except Duplicate as e:
            return self._published(self._existing(e, handle))
        except RateLimited as e:
            e.look_first = self._can_look
            raise
        urn = reply.headers.get("x-restli-id", "")
        if not POST_URN.fullmatch(urn):
            raise reply.puzzling("An answer without the post's urn")
        return self._published(urn)

    def reconcile(self, key: str, handle: Handle, since: dt.datetime) -> Finding:
        if not self._can_look:
            return Unclear(
                "LinkedIn lets nobody read a member's posts; the profile's activity shows them."
            )
        query = {"author": self.author, "q": "author", "count": 10, "sortBy": "LAST_MODIFIED"}
        found = self.api.rest("GET", "/posts", params=query, headers={"X-RestLi-Method": "FINDER"})
        posts = found.need("elements")
        for post in posts:
            if _carries(post, handle):
                return self._published(str(post["id"]))
        if dt.datetime.now(dt.UTC) - since < SETTLED:
            raise NotReady("LinkedIn is asked again whether the post is there.", retry_after_s=30)
        return Absent()

    @property
    def _can_look(self) -> bool:
        """Whether its posts can be read: a page's, not a member's."""
        return self.author.startswith(ORGANIZATION)

    def permalink(self, external_id: str) -> str:
        return f"https://www.linkedin.com/feed/update/{external_id}"

    def comment(self, external_id: str, text: str) -> str:
        made = self.api.rest(
            "POST",
            f"/socialActions/{quote(external_id, safe='')}/comments",
            json={"actor": self.author, "object": external_id, "message": {"text": text}},
            commit=True,
        )
        return str(made.headers.get("x-restli-id") or made.need("id"))

    def insights(self, external_id: str) -> Insights:
        """For company pages; LinkedIn shows nobody the counts of a member's post."""
        if not self.author.startswith(ORGANIZATION):
            raise Unsupported("LinkedIn shows no counts for posts of members.")
        kind = "ugcPosts" if ":ugcPost:" in external_id else "shares"
        # Rest.li wants the brackets of a list as they are and the urns in it escaped.
        query = (
            f"q=organizationalEntity&organizationalEntity={quote(self.author, safe='')}"
            f"&{kind}=List({quote(external_id, safe='')})"
        )
        found = self.api.rest("GET", f"/organizationalEntityShareStatistics?{query}")
        if found.need("elements") == []:
            raise Rejected("The post is no longer on LinkedIn.")
        counts = found.need("elements", 0, "totalShareStatistics")
        return Insights(
            views=counts.get("impressionCount"),
            reach=counts.get("uniqueImpressionsCount"),
            likes=counts.get("likeCount"),
            comments=counts.get("commentCount"),
            shares=counts.get("shareCount"),
        )

    def whoami(self) -> Profile:
        if self.author.startswith(ORGANIZATION):
            return self.page(self.author)
        me = self.api.call("GET", "/v2/userinfo")
        return Profile(
            external_id=PERSON + str(me.need("sub")),
            name=me.get("name", default=""),
            picture_url=me.get("picture", default=""),
        )

    def page(self, urn: str) -> Profile:
        """Who a company page is."""
        found = self.api.rest("GET", f"/organizations/{urn.rpartition(':')[2]}")
        found.need("localizedName")
        return Profile(
            urn, username=found.get("vanityName", default=""), name=found.get("localizedName")
        )

    def pages(self) -> list[str]:
        """The urns of the pages that the person behind the token administers."""
        query = {"q": "roleAssignee", "role": "ADMINISTRATOR", "state": "APPROVED"}
        found = self.api.rest("GET", "/organizationAcls", params=query).need("elements")
        return [str(role["organization"]) for role in found]

    @classmethod
    def problems(cls, media: Media, text: Text, options: Mapping[str, Any]) -> list[str]:
        found = over_limits(cls.label, cls.limits, media, text, len(text.caption))
        if media.size_bytes < MIN_BYTES:
            found.append(
                f"The reel has {media.size_bytes / 1000:.0f} KB; LinkedIn takes"
                f" {MIN_BYTES / 1000:.0f} KB or more."
            )
        try:
            _visibility({**options, **text.options})
        except Rejected as e:
            found.append(str(e))
        return found

    def _put(self, part: Mapping[str, Any], video: Path) -> str:
        """Send one part where LinkedIn wants it; its ETag is the proof."""
        first, last = int(part["firstByte"]), int(part["lastByte"])
        with Slice(video, first, last - first + 1) as body:
            reply = self.api.put(str(part["uploadUrl"]), body)
        etag = reply.headers.get("ETag", "").strip('"')
        if not etag:
            raise reply.puzzling("An uploaded part without an ETag")
        return etag

    def _begin(self, media: Media, *, with_cover: bool) -> Reply:
        wanted = {
            "owner": self.author,
            "fileSizeBytes": media.video.stat().st_size,
            "uploadCaptions": False,
            "uploadThumbnail": with_cover,
        }
        return self.api.rest(
            "POST",
            "/videos",
            params={"action": "initializeUpload"},
            json={"initializeUploadRequest": wanted},
        )

    def _put_cover(self, begun: Reply, cover: Path) -> bool:
        """Whether LinkedIn has it. A reel without the cover is still the reel."""
        url = begun.get("value", "thumbnailUploadUrl")
        if not url:
            return False
        try:
            with Slice(cover) as body:
                self.api.put(str(url), body, {"media-type-family": "STILLIMAGE"})
        except (PlatformError, OSError) as e:
            log.info("LinkedIn did not take the cover: %s", e)
            return False
        return True

    def _existing(self, error: Duplicate, handle: Handle) -> str:
        """The urn of the post that LinkedIn says is the same, when it is this one.

        Raises Rejected when it is certainly another one, the Duplicate when nobody can tell.
        """
        if not error.external_id:
            raise error
        try:
            post = self.api.rest("GET", f"/posts/{quote(error.external_id, safe='')}")
        except HandleExpired as e:
            raise Rejected(
                "LinkedIn still remembers a deleted post with the same words; change them, or wait"
                " two days.",
                reply=error.reply,
            ) from e
        except PlatformError as e:
            raise error from e  # members' posts cannot be read
        if _carries(post.body, handle):
            return error.external_id
        link = self.permalink(error.external_id)
        raise Rejected(
            f"LinkedIn takes the same words only once; they are at {link}. Change the caption.",
            reply=error.reply,
        )

    def _published(self, urn: str) -> Published:
        return Published(urn, self.permalink(urn))


class LinkedInAccess(NoAccess):
    """A person, and with LINKEDIN_PAGES the pages that they administer."""

    registration = "linkedin"

    def authorize_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        return login_address(
            f"{host('LINKEDIN_AUTH_URL')}/oauth/v2/authorization",
            response_type="code",
            client_id=self.app.id,
            redirect_uri=redirect_uri,
            state=state,
            scope=f"{SCOPES} {PAGE_SCOPES}" if _with_pages() else SCOPES,
        )

    def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> list[Grant]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.app.id,
            "client_secret": self.app.secret,
            "redirect_uri": redirect_uri,
        }
        url = f"{host('LINKEDIN_AUTH_URL')}/oauth/v2/accessToken"
        # LinkedIn calls a code that is spent or too old an invalid request.
        gone = {"invalid_grant", "invalid_request"}
        tokens = tokens_of(token_call(Caller(LABEL), url, form, gone=gone))
        person = LinkedInPlatform(Connection(PERSON, access_token=tokens.access))
        grants = [Grant(person.whoami(), tokens)]
        if "w_organization_social" in tokens.scopes:
            grants += [Grant(person.page(urn), tokens) for urn in person.pages()]
        return grants

    def revoke(self, tokens: Tokens) -> None:
        """LinkedIn documents no call for it; the member ends it in their settings."""


def _with_pages() -> bool:
    return os.environ.get("LINKEDIN_PAGES", "").strip().lower() in ("1", "true", "yes", "on")


def _visibility(options: Mapping[str, Any]) -> str:
    chosen = str(options.get("visibility") or "PUBLIC").upper()
    if chosen not in VISIBILITIES:
        raise Rejected(f"LinkedIn knows no visibility {chosen}.")
    return chosen


def _carries(post: Any, handle: Handle) -> bool:
    """Whether a post shows our video."""
    try:
        return bool(post["content"]["media"]["id"] == handle["video"])
    except (KeyError, TypeError):
        return False
