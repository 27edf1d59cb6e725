"""Where renders keep their stages, so that a killed one goes on where it stopped.

DATA_DIR/work/creator-<id>/cache holds what the engine keeps by content, beside it lie the folders
of renders under way. Everything here can be deleted at any time; it only costs time again.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

MAX_BYTES = 4 * 2**30  # about two hundred reels' stages
MAX_AGE_S = 14 * 24 * 3600
IN_USE_S = 2 * 3600  # longer than any render: younger files may belong to one


def _root() -> Path:
    return Path(settings.DATA_DIR) / "work"


def _home(creator_id: int) -> Path:
    return _root() / f"creator-{creator_id}"


def cache_dir(creator_id: int) -> Path:
    folder = _home(creator_id) / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def bench(creator_id: int) -> Iterator[Path]:
    """A folder for one render, gone afterwards. A killed worker's is left to `prune`."""
    home = _home(creator_id)
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix="render-", dir=home, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def clear(creator_id: int) -> bool:
    """Delete everything derived from one creator. False when there was nothing."""
    home = _home(creator_id)
    found = home.exists()
    shutil.rmtree(home, ignore_errors=True)
    return found


def prune(max_bytes: int = MAX_BYTES) -> int:
    """Delete what is old, then the oldest until no more than `max_bytes` stay.

    What a render may be using now stays. Returns how many bytes were freed.
    """
    now = time.time()
    files = [(path, path.stat()) for path in _files()]
    files.sort(key=lambda file: file[1].st_mtime, reverse=True)
    kept = freed = 0
    for path, stat in files:
        age_s = now - stat.st_mtime
        kept += stat.st_size
        if age_s > IN_USE_S and (age_s > MAX_AGE_S or kept > max_bytes):
            path.unlink(missing_ok=True)
            kept -= stat.st_size
            freed += stat.st_size
    for folder in sorted(_root().glob("creator-*/*/"), reverse=True):
        if not any(folder.iterdir()) and now - folder.stat().st_mtime > IN_USE_S:
            shutil.rmtree(folder, ignore_errors=True)
    return freed


def _files() -> Iterator[Path]:
    return (path for path in _root().glob("creator-*/**/*") if path.is_file())
