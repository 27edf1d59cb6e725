"""X's API version 2.

Rules: x.suspended, x.<name>_per_window for the names media, append, finalize, status, tweets,
timeline, lookup and me, x.app_posts_a_day (10000), x.usage_capped, and those of `x_media` and
`x_posts`.
"""

from publishing.emulator import x_login, x_media, x_posts, x_read
from publishing.emulator.identity import add_account
from publishing.emulator.state import Sandbox
from publishing.emulator.x_base import trouble
from publishing.emulator.x_login import SCOPES

__all__ = ["PREFIX", "ROUTES", "SCOPES", "seed", "trouble"]

PREFIX = "x"
ROUTES = [*x_login.ROUTES, *x_media.ROUTES, *x_posts.ROUTES, *x_read.ROUTES]


def seed(sandbox: Sandbox) -> None:
    add_account(sandbox, "1700000000000000001", "mira_demo", name="Mira")
    add_account(sandbox, "1700000000000000002", "otto_demo", name="Otto")
