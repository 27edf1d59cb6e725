"""One Mastodon server, of version 4.5.

Rules: those of `mastodon_base`, `mastodon_media` and `mastodon_statuses`.
"""

from studio.sandbox.identity import add_account
from studio.sandbox.platforms import mastodon_login, mastodon_media, mastodon_statuses
from studio.sandbox.platforms.mastodon_base import SCOPES, trouble
from studio.sandbox.state import Sandbox

__all__ = ["PREFIX", "ROUTES", "SCOPES", "seed", "trouble"]

PREFIX = "mastodon"
ROUTES = [*mastodon_login.ROUTES, *mastodon_media.ROUTES, *mastodon_statuses.ROUTES]


def seed(sandbox: Sandbox) -> None:
    add_account(sandbox, "110000000000000001", "mira", name="Mira")
    add_account(sandbox, "110000000000000002", "otto", name="Otto")
