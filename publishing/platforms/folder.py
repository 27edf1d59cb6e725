"""A folder that somebody uploads from by hand, or that another program watches.

A post is one folder: the reel, its cover and subtitles, `caption.txt` and `receipt.json`. It is
gathered in a hidden folder beside and appears by one rename, so whoever looks sees all of it or
nothing, also after a power cut.
"""

import datetime as dt
import errno
import json
import os
import re
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from publishing.platforms.base import (
    ANEW,
    Absent,
    Begun,
    Capabilities,
    Connection,
    Finding,
    Handle,
    Limits,
    Media,
    Plain,
    Profile,
    Published,
    Text,
    Unclear,
)
from publishing.platforms.errors import HandleExpired, NotSent, OutcomeUnknown, Rejected

RECEIPT = "receipt.json"
FULL = (errno.ENOSPC, errno.EDQUOT)


class FolderPlatform(Plain):
    """Posts into `connection.external_id`, a path that is made when it is missing."""

    name = "folder"
    label = "Folder"
    limits = Limits()
    # The rename either happened or did not, and the name says which post it was.
    capabilities = Capabilities(commit_retry_allowed=True, ai_flag=False, lead=dt.timedelta())

    def __init__(self, connection: Connection) -> None:
        self.root = Path(connection.external_id)

    def prepare(self, key: str, media: Media, text: Text, begun: Begun = ANEW) -> Handle:
        staging = self._staging(key)
        name = "_".join(filter(None, (str(text.day or ""), _slug(text.title), key)))
        files = {"reel.mp4": media.video, "cover.jpg": media.cover}
        files |= {f"reel{path.suffix.lower()}": path for path in media.subtitles}
        with _disk_trouble():
            shutil.rmtree(staging, ignore_errors=True)  # left by a worker that was killed
            staging.mkdir(parents=True)
            try:
                for file_name, source in files.items():
                    if source is not None:
                        _copy(source, staging / file_name)
                _write(staging / "caption.txt", text.caption + "\n")
                _sync(staging)
            except OSError:
                shutil.rmtree(staging, ignore_errors=True)  # a full disk must not stay full of us
                raise
        return {
            "folder": name,
            "receipt": {
                "post": key,
                "caption": text.caption,
                "language": text.language,
                "ai_generated": text.ai_generated,
                "video_sha256": media.sha256,
                "duration_ms": media.duration_ms,
            },
        }

    def check(self, handle: Handle) -> Handle:
        return handle

    def commit(self, key: str, handle: Handle) -> Published:
        staging, target = self._staging(key), self.root / handle["folder"]
        with _disk_trouble():
            if self._receipt(target, key) is not None:
                return _published(target)
            if not staging.is_dir():
                raise HandleExpired("The gathered files are gone; they will be gathered again.")
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            _write(
                staging / RECEIPT,
                json.dumps(handle["receipt"] | {"published_at": now}, indent=2, ensure_ascii=False)
                + "\n",
            )
            _sync(staging)
        try:
            staging.rename(target)
        except OSError as e:
            if self._receipt(target, key) is not None:  # another worker was quicker
                return _published(target)
            if target.exists():
                raise Rejected(
                    f"The folder {target} is taken by something else; move it away and try again."
                ) from e
            raise OutcomeUnknown(
                f"It is not certain that {target} was written.", reply=str(e)
            ) from e
        _sync_quietly(
            self.root
        )  # it is there; only a power cut within seconds could still undo it
        return _published(target)

    def reconcile(self, key: str, handle: Handle, since: dt.datetime) -> Finding:
        if not self.root.is_dir():
            return Unclear(f"The folder {self.root} cannot be reached.")
        with _disk_trouble():
            for place in self.root.glob(f"*{key}"):
                # The hidden folder may hold a receipt already: written, but never renamed.
                if place.name[0] != "." and self._receipt(place, key) is not None:
                    return _published(place)
        return Absent()

    def permalink(self, external_id: str) -> str:
        return (self.root / external_id).as_uri()

    def discard(self, key: str, handle: Handle) -> None:
        shutil.rmtree(self._staging(key), ignore_errors=True)

    def whoami(self) -> Profile:
        with _disk_trouble():
            self.root.mkdir(parents=True, exist_ok=True)
        return Profile(str(self.root), name=self.root.name)

    def _staging(self, key: str) -> Path:
        return self.root / f".{key}"

    @staticmethod
    def _receipt(folder: Path, key: str) -> dict[str, Any] | None:
        """The receipt of this post in a folder; None when the folder is not there or not this
        post's.
        """
        try:
            receipt: dict[str, Any] = json.loads((folder / RECEIPT).read_text())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return receipt if receipt.get("post") == key else None


def _published(folder: Path) -> Published:
    return Published(external_id=folder.name, permalink=folder.resolve().as_uri())


def _slug(title: str) -> str:
    """A few words of the title that every file system takes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].rstrip("-")


@contextmanager
def _disk_trouble() -> Iterator[None]:
    """Nothing has been shown yet, so trouble with the disk is worth another try."""
    try:
        yield
    except OSError as e:
        if e.errno in FULL:
            raise NotSent("The disk is full; nothing was posted. Make room.", reply=str(e)) from e
        raise NotSent(
            f"The folder could not be written ({e.strerror or e}); nothing was posted.",
            reply=str(e),
        ) from e


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("wb") as write:
        shutil.copyfileobj(read, write, 2**20)
        write.flush()
        os.fsync(write.fileno())


def _write(target: Path, words: str) -> None:
    with target.open("w", encoding="utf-8") as file:
        file.write(words)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Names in a folder survive a power cut only once the folder itself is written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_quietly(folder: Path) -> None:
    try:
        _sync(folder)
    except OSError:  # some network file systems cannot
        return
