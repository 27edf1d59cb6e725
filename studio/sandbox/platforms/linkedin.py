"""LinkedIn's versioned REST API: members and one organization that the first of them administers.

Rules: those of `linkedin_base`, `linkedin_login`, `linkedin_video` and `linkedin_posts`.
"""

from studio.sandbox.identity import add_account
from studio.sandbox.platforms import linkedin_login, linkedin_posts, linkedin_video
from studio.sandbox.platforms.linkedin_base import trouble
from studio.sandbox.platforms.linkedin_login import SCOPES
from studio.sandbox.state import Sandbox

__all__ = ["PREFIX", "ROUTES", "SCOPES", "seed", "trouble"]

PREFIX = "linkedin"
ROUTES = [*linkedin_login.ROUTES, *linkedin_video.ROUTES, *linkedin_posts.ROUTES]
MIRA, OTTO = "urn:li:person:mira0001", "urn:li:person:otto0002"


def seed(sandbox: Sandbox) -> None:
    add_account(sandbox, MIRA, "mira-demo", name="Mira")
    add_account(sandbox, OTTO, "otto-demo", name="Otto")
    add_account(
        sandbox, "urn:li:organization:5001", "demo-studio",
        name="Demo Studio", login=False, admins=[MIRA],
    )  # fmt: skip
