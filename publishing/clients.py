"""From our rows to what a platform's client takes: a connection, files on this machine, words."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from django.db.models.fields.files import FieldFile
from PIL import Image

from avatar.models import Reel
from publishing.accounts import tokens
from publishing.models import Account, Post
from publishing.platforms import PLATFORMS, platform
from publishing.platforms.base import Connection, Media, Platform, Text
from publishing.platforms.errors import PlatformError, Rejected, TokenStale
from publishing.posting import media_links
from publishing.posting.captions import title_of
from studio.lib.files import file_sha256, local_path

log = logging.getLogger(__name__)

T = TypeVar("T")

NO_PICTURE = "The cover is no picture that can be read, so the reel goes without it."


def client(account: Account) -> Platform:
    """Its client with the tokens of this copy of the row; `tokens.fresh` brings a current one."""
    return platform(account.platform)(connection_of(account))


def ask(account: Account, call: Callable[[Platform], T], *, aside: bool = False) -> T:
    """Call the account's platform with a token that holds; the row says afterwards how it went.

    A token that the platform takes no more is renewed and the same call made once again: it was
    refused, so nothing came of it. Raises what the call raises, and what `tokens.fresh` does.

    aside: the account can do without; that it may not says nothing about the permission to post.
    """
    current = tokens.fresh(account)
    try:
        try:
            answer = call(client(current))
        except TokenStale:
            current = tokens.fresh(current, is_refused=True)
            answer = call(client(current))
    except PlatformError as e:
        if not aside:
            tokens.note_trouble(current, e)
        raise
    tokens.note_success(current)
    return answer


def connection_of(account: Account) -> Connection:
    return Connection(
        external_id=account.external_id,
        access_token=account.access_token,
        username=account.username,
        server=account.server,
        options=account.options,
        renew=_renewal(account) if tokens.renews_itself(account) else None,
    )


def _renewal(account: Account) -> Callable[[], str]:
    """Each call brings a newer access token than the one before."""
    current = account

    def renew() -> str:
        nonlocal current
        current = tokens.fresh(current, is_refused=True)
        return str(current.access_token)

    return renew


def platform_label(name: str) -> str:
    return platform(name).label if name in PLATFORMS else name


def options_of(post: Post) -> dict[str, Any]:
    """What was chosen for the account, and over it what was chosen for this post."""
    return {**post.account.options, **post.options}


def text_of(post: Post) -> Text:
    script, cover_ms = post.reel.script, post.options.get("cover_ms", 0)
    return Text(
        caption=post.caption,
        title=title_of(post.title, script.hook, platform(post.account.platform)),
        language=script.language,
        day=post.due_at.astimezone(post.creator.zone).date(),
        cover_ms=cover_ms if isinstance(cover_ms, int) else 0,
        tags=tuple(tag.lstrip("#") for tag in script.hashtags),
        options=post.options,
    )


def facts_of(reel: Reel, video: Path = Path()) -> Media:
    """What the database knows of a reel, enough to check a platform's limits."""
    return Media(
        video=video,
        duration_ms=reel.duration_ms,
        width=reel.width,
        height=reel.height,
        size_bytes=reel.video_bytes,
        sha256=reel.sha256,
    )


@contextmanager
def media_of(post: Post) -> Iterator[Media]:
    """The files of the post's reel on this machine, wherever they are stored, and their addresses
    for a platform that fetches them.

    Raises Rejected when the video is gone or is not the one whose hash was approved.
    """
    reel = post.reel
    with ExitStack() as stack:
        try:
            video = stack.enter_context(local_path(reel.video))
        except FileNotFoundError as e:
            raise Rejected("The reel's video file is gone; make the reel again.") from e
        if file_sha256(video) != reel.sha256:
            raise Rejected("The reel's video file has changed since it was made; make it again.")
        addresses = media_links.addresses(post)
        kept = _beside(stack, reel.cover)
        cover = _picture(kept)
        subtitles = [_beside(stack, file) for file in (reel.srt, reel.vtt)]
        yield replace(
            facts_of(reel, video),
            size_bytes=video.stat().st_size,
            cover=cover,
            cover_problem=NO_PICTURE if kept and not cover else "",
            subtitles=tuple(path for path in subtitles if path is not None),
            video_url=addresses.get("video_url", ""),
            cover_url=addresses.get("cover_url", "") if cover else "",
        )


def _beside(stack: ExitStack, file: FieldFile) -> Path | None:
    """A file that a post can do without."""
    try:
        return stack.enter_context(local_path(file)) if file else None
    except FileNotFoundError:
        return None


def _picture(path: Path | None) -> Path | None:
    """The cover if it is one: a platform that fetches it may fail the whole reel over it."""
    if path is None:
        return None
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as image:
            image.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        log.warning("The cover %s is no picture; the reel goes out without it.", path.name)
        return None
    return path
