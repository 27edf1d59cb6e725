"""TikTok's Content Posting API, version 2.

Rules: tiktok.audited (true), tiktok.private_account (what an unaudited app needs, so true with
audited false), tiktok.posts_a_day (15), tiktok.pending_shares (5), tiktok.active_users (5, of an
unaudited app in a day), tiktok.banned, tiktok.verified_urls ([]; prefixes that may be pulled
from), tiktok.errors_with_200, tiktok.max_seconds (600), tiktok.strict_media (true; false takes
any bytes for a video), tiktok.fail_reason ("internal", of fault fail_late), and those of
`tiktok_upload` and `tiktok_hooks`.
"""

from publishing.emulator import tiktok_inbox, tiktok_init, tiktok_login, tiktok_read, tiktok_upload
from publishing.emulator.identity import add_account
from publishing.emulator.state import Sandbox
from publishing.emulator.tiktok_base import trouble
from publishing.emulator.tiktok_inbox import aside
from publishing.emulator.tiktok_login import SCOPES

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
