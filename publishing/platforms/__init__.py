"""One client a platform. They know no Django: connections, files and text in, outcomes out."""

import datetime as dt
from importlib import import_module
from typing import Any

from publishing.platforms.access import Access
from publishing.platforms.base import Platform

# name -> where its client and the way to connect it are; imported on first use.
PLATFORMS = {
    "folder": "publishing.platforms.folder:Folder",
    "instagram": "publishing.platforms.instagram:Instagram",
    "instagram_facebook": "publishing.platforms.instagram_facebook:InstagramFacebook",
    "facebook": "publishing.platforms.facebook:Facebook",
    "tiktok": "publishing.platforms.tiktok:TikTok",
    "youtube": "publishing.platforms.youtube:YouTube",
    "linkedin": "publishing.platforms.linkedin:LinkedIn",
    "threads": "publishing.platforms.threads:Threads",
    "x": "publishing.platforms.x:X",
    "bluesky": "publishing.platforms.bluesky:Bluesky",
    "mastodon": "publishing.platforms.mastodon:Mastodon",
}


def platform(name: str) -> type[Platform]:
    """The client class registered as `name`. Raises KeyError for a name that is not."""
    found: type[Platform] = _named(name, "Platform")
    return found


def access(name: str) -> type[Access]:
    """How that platform is connected. KeyError: unknown, or it needs no login."""
    try:
        found: type[Access] = _named(name, "Access")
    except AttributeError as e:
        raise KeyError(name) from e
    return found


def by_lead() -> dict[dt.timedelta, list[str]]:
    """How long before its hour a post is prepared: the platforms' names by that time."""
    found: dict[dt.timedelta, list[str]] = {}
    for name in PLATFORMS:
        found.setdefault(platform(name).capabilities.lead, []).append(name)
    return found


def _named(name: str, what: str) -> Any:
    module, _, stem = PLATFORMS[name].partition(":")
    return getattr(import_module(module), stem + what)
