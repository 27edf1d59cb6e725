"""Where renders keep their stages, so that a killed one goes on where it stopped.

DATA_DIR/work/creator-<id>/cache holds what the engine keeps by content, beside it lie the folders
of renders under way. Everything here can be deleted at any time; it only costs time again.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db.models.fields.files import FieldFile

from avatar.engine.cache import Cache
from studio.lib.files import is_here, local_path

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


def nearby(field_file: FieldFile, creator_id: int, stack: ExitStack) -> Path:
    """Where a large file lies on this machine, while `stack` is open.

    What a remote store keeps is fetched once, not each time a vendor is asked whether it is done.
    Raises FileNotFoundError when the file is gone.
    """
    if is_here(field_file):
        return stack.enter_context(local_path(field_file))
    name = f"file{Path(field_file.name or '').suffix}"

    def make(folder: Path) -> None:
        with local_path(field_file) as copy:
            shutil.move(copy, folder / name)

    entry = Cache(cache_dir(creator_id)).fetch("source", {"name": field_file.name}, make)
    return entry.path(name)


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
    """Delete what is old, then the longest unused until no more than `max_bytes` stay.

    What a render may be using now stays. Returns how many bytes were freed.
    """
    now = time.time()
    kept = freed = 0
    for path, used_at, n_bytes in sorted(_stages(), key=lambda stage: stage[1], reverse=True):
        age_s = now - used_at
        if age_s > IN_USE_S and (age_s > MAX_AGE_S or kept + n_bytes > max_bytes):
            shutil.rmtree(path, ignore_errors=True)
            freed += n_bytes
        else:
            kept += n_bytes
    return freed


def _stages() -> Iterator[tuple[Path, float, int]]:
    """Every finished stage and every render's folder: where, last used when, how big."""
    for path in (*_root().glob("creator-*/cache/*/"), *_root().glob("creator-*/render-*/")):
        with suppress(FileNotFoundError):  # another worker tidied it away
            n_bytes = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            yield path, path.stat().st_mtime, n_bytes
