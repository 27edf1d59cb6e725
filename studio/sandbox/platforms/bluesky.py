"""Bluesky: an account's own server (PDS), the video service and the app's reads, under one prefix.

Rules: those of `bluesky_session`, `bluesky_video` and `bluesky_repo`, points_an_hour and
points_a_day.
"""

from studio.sandbox.identity import add_account
from studio.sandbox.platforms import bluesky_repo, bluesky_session, bluesky_video
from studio.sandbox.platforms.bluesky_base import trouble
from studio.sandbox.state import Sandbox

__all__ = ["PREFIX", "ROUTES", "seed", "trouble"]

PREFIX = "bluesky"
ROUTES = [*bluesky_session.ROUTES, *bluesky_video.ROUTES, *bluesky_repo.ROUTES]


def seed(sandbox: Sandbox) -> None:
    add_account(sandbox, "did:plc:sandboxmira2345672345672", "mira.demo", name="Mira")
    add_account(sandbox, "did:plc:sandboxotto2345672345672", "otto.demo", name="Otto")
