"""YouTube Data API version 3 with Google's logins, and YouTube Analytics.

Rules: youtube.has_channel (true), youtube.units_a_day (10000), youtube.inserts_a_day (100), and
those of `youtube_login`, `youtube_upload` and `youtube_videos`.
"""

from studio.sandbox.identity import add_account
from studio.sandbox.platforms import youtube_login, youtube_read, youtube_upload, youtube_videos
from studio.sandbox.platforms.youtube_base import trouble
from studio.sandbox.platforms.youtube_login import SCOPES
from studio.sandbox.state import Sandbox

__all__ = ["PREFIX", "ROUTES", "SCOPES", "seed", "trouble"]

PREFIX = "youtube"
ROUTES = [
    *youtube_login.ROUTES,
    *youtube_upload.ROUTES,
    *youtube_videos.ROUTES,
    *youtube_read.ROUTES,
]


def seed(sandbox: Sandbox) -> None:
    add_account(sandbox, "UCsandboxmira00000000001", "mira.demo", name="Mira")
    add_account(sandbox, "UCsandboxotto00000000002", "otto.demo", name="Otto")
