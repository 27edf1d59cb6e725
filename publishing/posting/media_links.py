"""Addresses under which a platform fetches a reel, for those that cannot be sent one.

An address is for one file of one post, and ends by itself or with the post. See
studio.lib.public_files.
"""

import datetime as dt

from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils import timezone

from publishing.models import MediaLink, Post
from publishing.platforms import hosts, platform
from studio.lib import file_server, public_files
from studio.lib.files import is_here

LIVES = dt.timedelta(hours=24)  # as long as the longest-lived container
NAMES = {MediaLink.Kind.VIDEO: "reel.mp4", MediaLink.Kind.COVER: "cover.jpg"}
TYPES = {MediaLink.Kind.VIDEO: "video/mp4", MediaLink.Kind.COVER: "image/jpeg"}
NO_ADDRESS = f"{{platform}} fetches the video itself, {public_files.NEEDED}"


def can_fetch(name: str) -> bool:
    """Whether the platform `name` reaches the files of this installation."""
    return public_files.can_be_fetched(_doubles(name))


def addresses(post: Post) -> dict[str, str]:
    """{"video_url": ..., "cover_url": ...}, freshly made; empty where nothing is to be fetched.

    Addresses made for the post before end; those that have ended, of any post, are forgotten.
    """
    if not platform(post.account.platform).capabilities.needs_public_url:
        return {}
    if not can_fetch(post.account.platform):
        return {}
    revoke(post)
    MediaLink.objects.filter(expires_at__lt=timezone.now()).delete()
    found = {"video_url": _address(post, MediaLink.Kind.VIDEO)}
    if post.reel.cover:
        found["cover_url"] = _address(post, MediaLink.Kind.COVER)
    return found


def revoke(post: Post) -> None:
    """Nobody fetches anything of this post any more."""
    MediaLink.objects.filter(post=post).delete()
    file_server.forget(_owner(post))


def find(token: str) -> MediaLink | None:
    """The file behind a token; None when there is none or its time is over."""
    links = MediaLink.objects.select_related("post__reel")
    return links.filter(digest=public_files.digest(token), expires_at__gt=timezone.now()).first()


def file_of(link: MediaLink) -> FieldFile:
    reel = link.post.reel
    return reel.video if link.kind == MediaLink.Kind.VIDEO else reel.cover


def _address(post: Post, kind: MediaLink.Kind) -> str:
    file = post.reel.video if kind == MediaLink.Kind.VIDEO else post.reel.cover
    if not is_here(file):
        return str(file.url)
    token = public_files.new_token()
    MediaLink.objects.create(
        post=post,
        kind=kind,
        digest=public_files.digest(token),
        expires_at=timezone.now() + LIVES,
    )
    path = reverse("media-link", args=[token, NAMES[kind]])
    return public_files.address(file, path, TYPES[kind], owner=_owner(post))


def _owner(post: Post) -> str:
    return f"post {post.pk}"


def _doubles(name: str) -> list[str]:
    """Where the platform is instead of its own addresses."""
    own = {"instagram_facebook": "facebook"}.get(name, name)
    return [
        hosts.host(key)
        for key, host in hosts.HOSTS.items()
        if host.prefix == own and hosts.is_double(key)
    ]
