"""Addresses under which a platform fetches a reel, for those that cannot be sent one.

An address is random, for one file of one post, and ends by itself or with the post. It leads to
this installation: to `PUBLIC_URL`, or, where the platform is a double on this very machine, to the
loopback. With a remote store it is the store's own signed address.
"""

import datetime as dt
import hashlib
import ipaddress
import secrets
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils import timezone

from publishing.models import OVER, MediaLink, Post
from publishing.platforms import hosts, platform
from publishing.posting import media_server

LIVES = dt.timedelta(hours=24)  # as long as the longest-lived container
TOKEN_BYTES = 32
NAMES = {MediaLink.Kind.VIDEO: "reel.mp4", MediaLink.Kind.COVER: "cover.jpg"}
TYPES = {MediaLink.Kind.VIDEO: "video/mp4", MediaLink.Kind.COVER: "image/jpeg"}
LOOK_S = 2
NO_ADDRESS = (
    "{platform} fetches the video itself, so it needs an address of this installation that the"
    " internet can reach: set PUBLIC_URL, or keep the media in an S3 store."
)


def can_fetch(name: str) -> bool:
    """Whether the platform `name` reaches the files of this installation."""
    return bool(settings.PUBLIC_URL or settings.S3_BUCKET or _is_double_here(name))


def loopback() -> str:
    return f"http://127.0.0.1:{settings.WEB_PORT}"


def addresses(post: Post) -> dict[str, str]:
    """{"video_url": ..., "cover_url": ...}, freshly made; empty where nothing is to be fetched.

    Addresses made for the post before end.
    """
    if not platform(post.account.platform).capabilities.needs_public_url:
        return {}
    if not can_fetch(post.account.platform):
        return {}
    base = settings.PUBLIC_URL or loopback()
    revoke(post)
    found = {"video_url": _address(post, MediaLink.Kind.VIDEO, base)}
    if post.reel.cover:
        found["cover_url"] = _address(post, MediaLink.Kind.COVER, base)
    return found


def revoke(post: Post) -> None:
    """Nobody fetches anything of this post any more."""
    MediaLink.objects.filter(post=post).delete()
    media_server.forget(post.pk)


def prune() -> None:
    """Forget the addresses that have ended, and those of posts that are over."""
    MediaLink.objects.filter(expires_at__lt=timezone.now()).delete()
    MediaLink.objects.filter(post__state__in=(*OVER, Post.State.FAILED)).delete()


def find(token: str) -> MediaLink | None:
    """The file behind a token; None when there is none or its time is over. One query, by the
    token's hash: what it costs says nothing about how near a guess was.
    """
    links = MediaLink.objects.select_related("post__reel")
    return links.filter(digest=_digest(token), expires_at__gt=timezone.now()).first()


def file_of(link: MediaLink) -> FieldFile:
    reel = link.post.reel
    return reel.video if link.kind == MediaLink.Kind.VIDEO else reel.cover


def _address(post: Post, kind: MediaLink.Kind, base: str) -> str:
    file = post.reel.video if kind == MediaLink.Kind.VIDEO else post.reel.cover
    if not isinstance(file.storage, FileSystemStorage):
        return str(file.url)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    MediaLink.objects.create(
        post=post, kind=kind, digest=_digest(token), expires_at=timezone.now() + LIVES
    )
    path = reverse("media-link", args=[token, NAMES[kind]])
    if base == loopback() and not _answers(base + path):
        # `tick --drain` alone, without the web process: this one hands the file out itself.
        return media_server.offer(post.pk, path, file, TYPES[kind])
    return base + path


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _answers(url: str) -> bool:
    """Whether this installation's web process is there to hand the file out."""
    try:
        return requests.head(url, timeout=LOOK_S, allow_redirects=False).status_code == 200
    except requests.RequestException:
        return False


def _is_double_here(name: str) -> bool:
    """Whether the platform was replaced by one on this machine, which can fetch from it."""
    own = {"instagram_facebook": "facebook"}.get(name, name)
    replaced = [
        hosts.host(key)
        for key, host in hosts.HOSTS.items()
        if host.prefix == own and hosts.is_double(key)
    ]
    return any(_is_loopback(urlsplit(url).hostname or "") for url in replaced)


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
