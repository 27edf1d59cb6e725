"""X's API version 2.

Rules: x.suspended, x.<name>_per_window for the names media, append, finalize, status, tweets,
timeline, lookup and me, x.app_posts_a_day (10000), x.usage_capped, and those of `x_media` and
`x_posts`.
"""

from studio.sandbox.identity import add_account
from studio.sandbox.platforms import x_login, x_media, x_posts, x_read
from studio.sandbox.platforms.x_base import trouble
from studio.sandbox.platforms.x_login import SCOPES
from studio.sandbox.state import Sandbox

__all__ = ["PREFIX", "ROUTES", "SCOPES", "seed", "trouble"]

PREFIX = "x"
ROUTES = [*x_login.ROUTES, *x_media.ROUTES, *x_posts.ROUTES, *x_read.ROUTES]


def seed(sandbox: Sandbox) -> None:
    add_account(sandbox, "1700000000000000001", "mira_demo", name="Mira")
    add_account(sandbox, "1700000000000000002", "otto_demo", name="Otto")
