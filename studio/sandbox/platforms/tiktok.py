"""TikTok's Content Posting API, version 2.

Rules: tiktok.audited (true), tiktok.private_account (what an unaudited app needs, so true with
audited false), tiktok.posts_a_day (15), tiktok.pending_shares (5), tiktok.active_users (5, of an
unaudited app in a day), tiktok.banned, tiktok.verified_urls ([]; prefixes that may be pulled
from), tiktok.errors_with_200, tiktok.max_seconds (600), tiktok.strict_media (true; false takes
any bytes for a video), tiktok.fail_reason ("internal", of fault fail_late), and those of
`tiktok_upload` and `tiktok_hooks`.
"""

from studio.sandbox.identity import add_account
from studio.sandbox.platforms import (
    tiktok_inbox,
    tiktok_init,
    tiktok_login,
    tiktok_read,
    tiktok_upload,
)
from studio.sandbox.platforms.tiktok_base import trouble
from studio.sandbox.platforms.tiktok_inbox import aside
from studio.sandbox.platforms.tiktok_login import SCOPES
from studio.sandbox.state import Sandbox

__all__ = ["PREFIX", "ROUTES", "SCOPES", "aside", "seed", "trouble"]

PREFIX = "tiktok"
ROUTES = [
    *tiktok_login.ROUTES,
    *tiktok_init.ROUTES,
    *tiktok_upload.ROUTES,
    *tiktok_read.ROUTES,
    *tiktok_inbox.ROUTES,
]


def seed(sandbox: Sandbox) -> None:
    add_account(sandbox, "open-mira", "mira.demo", name="Mira")
    add_account(sandbox, "open-otto", "otto.demo", name="Otto")
