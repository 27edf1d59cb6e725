"""A film from disk, posted in one go by the operator at the shell."""

import datetime as dt
from pathlib import Path
from typing import Any

from django.db import transaction

from avatar import films
from avatar.engine.media.probe import Probe
from avatar.films import FilmRefused
from creators.services import ConsentError
from publishing import services
from publishing.models import Account, Post
from publishing.platforms import platform
from publishing.platforms.base import Media, Text
from publishing.posting import captions
from publishing.services import CannotPost


def post_film(
    account: Account,
    path: Path,
    *,
    caption: str,
    due_at: dt.datetime,
    how: str,
    title: str = "",
    first_comment: str = "",
    options: dict[str, Any] | None = None,
) -> Post:
    """Bring the film in and queue it for one account, approved by the creator's owner.

    how: where that approval was given, in words. The post is scheduled for `due_at` (UTC).

    Raises CannotPost, with nothing kept.
    """
    try:
        about = films.look_at(path)
        _check(account, path, about, caption, title, options or {})
        with transaction.atomic():
            reel = films.bring_in(
                account.creator,
                path,
                about,
                user=account.creator.owner,
                title=title or _first_line(caption) or path.stem,
                caption=caption[:2200],
                how=how,
                index_first=platform(account.platform).limits.index_first,
            )
            try:
                return services.queue_post(
                    reel,
                    account,
                    user=account.creator.owner,
                    caption=caption,
                    due_at=due_at,
                    how=how,
                    title=title,
                    first_comment=first_comment,
                    options=options or {},
                )
            except BaseException:
                films.drop_files(reel)
                raise
    except (FilmRefused, ConsentError) as e:
        raise CannotPost(str(e)) from e
    except OSError as e:
        raise CannotPost(f"The film could not be kept: {e.strerror or e}.") from e


def _check(
    account: Account, path: Path, about: Probe, caption: str, title: str, options: dict[str, Any]
) -> None:
    """Say what the platform would refuse before a large file is copied."""
    kind = platform(account.platform)
    media = Media(
        video=path,
        duration_ms=about.duration_ms,
        width=about.width,
        height=about.height,
        size_bytes=path.stat().st_size,
        sha256="",
    )
    words = captions.disclosed(caption, account, account.creator.language)
    text = Text(words, title=title, language=account.creator.language, options=options)
    if found := kind.problems(media, text, {**account.options, **options}):
        raise CannotPost(" ".join(found))


def _first_line(caption: str) -> str:
    lines = [line.strip() for line in caption.splitlines() if line.strip()]
    return lines[0][:200] if lines else ""
