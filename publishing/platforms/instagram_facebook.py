"""Instagram Reels with Facebook Login: the account hangs on a Page, and the video's bytes are
sent, so no public address is needed.

Options as in `instagram`. `connection.external_id` is the Instagram account's id, the token is
that of its Page.

Sources: developers.facebook.com/docs/instagram-platform, content publishing, resumable uploads.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from publishing.platforms.access import Grant, Tokens
from publishing.platforms.apps import app
from publishing.platforms.base import ANEW, Begun, Handle, Media, Profile, Text, TokenRules
from publishing.platforms.instagram import InstagramPlatform
from publishing.platforms.meta import Graph
from publishing.platforms.meta_login import FacebookLogin


class InstagramFacebookPlatform(InstagramPlatform):
    """Uploads in one piece and goes on where it broke off."""

    name = "instagram_facebook"
    label = "Instagram"
    capabilities: ClassVar = replace(
        InstagramPlatform.capabilities,
        needs_public_url=False,
        cover="frame",
        tokens=TokenRules(refreshable=False),
        notes=(
            "The account must be a professional one and linked to a Facebook Page.",
            "The video is sent directly, so no public address is needed.",
            "A Facebook login lets an app act for 90 days; connect again before they are over.",
            "Your own Pages need a role on your app; those of others need Meta's review.",
        ),
    )

    def _graph(self) -> Graph:
        return Graph(
            self.label,
            "FACEBOOK_GRAPH_URL",
            self.connection.access_token,
            app_secret=app("facebook").secret,
        )

    def _container(self, media: Media, text: Text, begun: Begun) -> str:
        upload = dict(begun.handle)
        if not upload:
            reply = self._make(media, text, upload_type="resumable")
            upload = {"container": str(reply.need("id")), "uri": str(reply.need("uri"))}
            begun.save(upload)
        container = str(upload["container"])
        self.graph.upload_all(
            str(upload["uri"]),
            media.video,
            container,
            "id,status,status_code,video_status",
            is_begun=bool(begun.handle),
        )
        return container

    def prepare(self, key: str, media: Media, text: Text, begun: Begun = ANEW) -> Handle:
        return super().prepare(key, replace(media, video_url=""), text, begun)

    def whoami(self) -> Profile:
        reply = self.graph.get(self.me, fields="id,username,name,profile_picture_url")
        return Profile(
            external_id=str(reply.need("id")),
            username=str(reply.get("username", default="")),
            name=str(reply.get("name", default="")),
            picture_url=str(reply.get("profile_picture_url", default="")),
        )


class InstagramFacebookAccess(FacebookLogin):
    label = "Instagram"
    scopes = (
        "instagram_basic",
        "instagram_content_publish",
        "pages_show_list",
        "pages_read_engagement",
        "business_management",
        "instagram_manage_insights",
        "instagram_manage_comments",
    )
    needed = scopes[:4]
    nobody = (
        "None of your Pages has a professional Instagram account. Link one in the Page's settings,"
        " then connect again."
    )

    def _grant(self, page: Mapping[str, Any], scopes: tuple[str, ...]) -> Grant | None:
        account = page.get("instagram_business_account")
        if not isinstance(account, dict) or not account.get("id"):
            return None
        tokens: Tokens = self.page_tokens(str(page["access_token"]), scopes)
        return Grant(
            Profile(
                external_id=str(account["id"]),
                username=str(account.get("username", "")),
                name=str(page.get("name", "")),
                picture_url=str(account.get("profile_picture_url", "")),
            ),
            tokens,
        )
