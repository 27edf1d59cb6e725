"""Where each platform's servers are. Every address can be replaced by the environment."""

import os

from studio.lib.hosts import Host, sandbox

__all__ = ["HOSTS", "host", "is_double", "linkedin_version", "meta_version", "sandbox"]

HOSTS = {
    "INSTAGRAM_AUTH_URL": Host("https://www.instagram.com", "instagram"),
    "INSTAGRAM_API_URL": Host("https://api.instagram.com", "instagram"),
    "INSTAGRAM_GRAPH_URL": Host("https://graph.instagram.com", "instagram"),
    "FACEBOOK_AUTH_URL": Host("https://www.facebook.com", "facebook"),
    "FACEBOOK_GRAPH_URL": Host("https://graph.facebook.com", "facebook"),
    "META_UPLOAD_URL": Host("https://rupload.facebook.com", "facebook"),
    "TIKTOK_AUTH_URL": Host("https://www.tiktok.com", "tiktok"),
    "TIKTOK_API_URL": Host("https://open.tiktokapis.com", "tiktok"),
    "YOUTUBE_API_URL": Host("https://www.googleapis.com", "youtube"),
    "YOUTUBE_ANALYTICS_URL": Host("https://youtubeanalytics.googleapis.com", "youtube"),
    "GOOGLE_AUTH_URL": Host("https://accounts.google.com", "youtube"),
    "GOOGLE_OAUTH_URL": Host("https://oauth2.googleapis.com", "youtube"),
    "THREADS_AUTH_URL": Host("https://threads.net", "threads"),
    "THREADS_API_URL": Host("https://graph.threads.net", "threads"),
    "LINKEDIN_AUTH_URL": Host("https://www.linkedin.com", "linkedin"),
    "LINKEDIN_API_URL": Host("https://api.linkedin.com", "linkedin"),
    "X_AUTH_URL": Host("https://x.com", "x"),
    "X_API_URL": Host("https://api.x.com", "x"),
    # Where an account lives that names no server of its own.
    "BLUESKY_PDS_URL": Host("https://bsky.social", "bluesky"),
    "BLUESKY_VIDEO_URL": Host("https://video.bsky.app", "bluesky"),
    "MASTODON_URL": Host("https://mastodon.social", "mastodon"),
}


def host(name: str) -> str:
    """The address of a server, without a slash at its end. Raises KeyError for an unknown name."""
    return HOSTS[name].address(name)


def is_double(name: str) -> bool:
    """Whether the address was replaced: by the sandbox or by one of the operator's own."""
    return host(name) != HOSTS[name].url


def meta_version() -> str:
    """The version of Meta's Graph that is spoken; each lives about two years."""
    return os.environ.get("META_GRAPH_VERSION", "").strip() or "v25.0"


def linkedin_version() -> str:
    """YYYYMM; each lives about a year."""
    return os.environ.get("LINKEDIN_VERSION", "").strip() or "202609"
