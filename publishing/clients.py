"""From our rows to what a platform's client takes: a connection, files on this machine, words."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.db.models.fields.files import FieldFile

from avatar.models import Reel
from publishing.models import Account, Post
from publishing.platforms import PLATFORMS, platform
from publishing.platforms.base import Connection, Media, Platform, Text
from publishing.platforms.errors import Rejected


def client(account: Account) -> Platform:
    return platform(account.platform)(Connection(account.external_id))


def platform_label(name: str) -> str:
    return platform(name).label if name in PLATFORMS else name


def text_of(post: Post) -> Text:
    return Text(
        caption=post.caption,
        title=post.reel.script.hook,
        language=post.reel.script.language,
        day=post.due_at.astimezone(post.creator.zone).date(),
    )


def facts_of(reel: Reel, video: Path = Path()) -> Media:
    """What the database knows of a reel, enough to check a platform's limits."""
    return Media(
        video=video,
        duration_ms=reel.duration_ms,
        width=reel.width,
        height=reel.height,
        size_bytes=_size(reel.video),
        sha256=reel.sha256,
    )


@contextmanager
def media_of(reel: Reel) -> Iterator[Media]:
    """The reel's files on this machine, wherever they are stored.

    Raises Rejected when the video is gone or is not the one whose hash was approved.
    """
    with ExitStack() as stack:
        try:
            video = stack.enter_context(_local(reel.video))
        except (FileNotFoundError, ValueError) as e:
            raise Rejected("The reel's video file is gone; make the reel again.") from e
        with video.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != reel.sha256:
            raise Rejected("The reel's video file has changed since it was made; make it again.")
        facts = facts_of(reel, video)
        beside = [_beside(stack, file) for file in (reel.cover, reel.srt, reel.vtt)]
        yield Media(
            video=video,
            duration_ms=facts.duration_ms,
            width=facts.width,
            height=facts.height,
            size_bytes=video.stat().st_size,
            sha256=facts.sha256,
            cover=beside[0],
            subtitles=tuple(path for path in beside[1:] if path is not None),
        )


def _beside(stack: ExitStack, file: FieldFile) -> Path | None:
    """A file that a post can do without."""
    try:
        return stack.enter_context(_local(file)) if file else None
    except FileNotFoundError:
        return None


@contextmanager
def _local(file: FieldFile) -> Iterator[Path]:
    """The file's path; a copy for as long as needed when its storage has none."""
    try:
        path = Path(file.path)
    except NotImplementedError:  # an object store
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / Path(file.name or "file").name
            with file.open("rb") as read, copy.open("wb") as write:
                shutil.copyfileobj(read, write, 2**20)
            yield copy
        return
    if not path.is_file():
        raise FileNotFoundError(path)
    yield path


def _size(file: FieldFile) -> int:
    try:
        return file.size if file else 0
    except OSError:
        return 0
