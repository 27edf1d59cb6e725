"""Finished stages on disk, found again by what went into them.

An entry is a folder named after its stage and the hash of its inputs, with a manifest of its
files. It is filled beside and renamed, so that it is whole or not there; a damaged one is made
again.
"""

import contextlib
import fcntl
import functools
import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avatar.engine.errors import ResourceError

MANIFEST = "manifest.json"
PART = ".part-"
WORKPLACE = ".understudy-"
OWNER = ".owner"  # in a workplace: locked for as long as somebody works there
ABANDONED_S = 86_400  # a folder being filled for so long lost its owner; no render takes a day
CODE_SUFFIXES = (".py", ".npz")
KEY_LENGTH = 32  # hex digits of SHA-256 in a folder's name


@dataclass(frozen=True)
class Entry:
    """One finished stage. `key` stands for everything that went into it."""

    key: str
    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / name


class Cache:
    """Entries in one folder, which several processes may share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(folder, PART)

    def fetch(self, stage: str, inputs: dict[str, Any], make: Callable[[Path], None]) -> Entry:
        """The stage's files; `make(folder)` writes them when they are not there yet.

        inputs: everything the result depends on, as JSON can hold it.
        """
        described = json.dumps(inputs, sort_keys=True, ensure_ascii=False)
        key = hashlib.sha256(f"{stage} {described}".encode()).hexdigest()[:KEY_LENGTH]
        entry = Entry(key, self.folder / f"{stage}-{key}")
        if _is_whole(entry.folder):
            os.utime(entry.folder)
            return entry
        shutil.rmtree(entry.folder, ignore_errors=True)
        self._fill(entry.folder, make)
        return entry

    def _fill(self, target: Path, make: Callable[[Path], None]) -> None:
        part = Path(tempfile.mkdtemp(prefix=PART, dir=self.folder))
        try:
            make(part)
            _write_manifest(part)
            try:
                part.rename(target)
            except OSError:
                if not _is_whole(target):  # else another process was quicker with the same
                    raise
        finally:
            shutil.rmtree(part, ignore_errors=True)


def remove_abandoned(folder: Path, prefix: str) -> None:
    """Tidy away what processes that were killed have left."""
    for path in folder.glob(f"{prefix}*"):
        if _age_s(path) > ABANDONED_S or _is_left(path / OWNER):
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def workplace(beside: Path) -> Iterator[Path]:
    """A hidden folder on the same disk as `beside`, for what is renamed to there when done.

    Its owner holds a lock, which the system takes back from a process that was killed. Raises
    ResourceError where no folder can be made.
    """
    remove_abandoned(beside, WORKPLACE)
    try:
        made = tempfile.TemporaryDirectory(prefix=WORKPLACE, dir=beside)
    except PermissionError:
        raise
    except OSError as e:
        raise ResourceError(f"Nothing can be written to {beside}: {e.strerror}.") from e
    with made as folder:
        beside_it = Path(folder) / f"{OWNER}-new"
        with beside_it.open("w") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX)
            beside_it.rename(Path(folder) / OWNER)  # so that nobody meets it before it is locked
            yield Path(folder)


def _is_left(owner: Path) -> bool:
    """Whether nobody holds the lock. A folder without one has only just been made."""
    try:
        with owner.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:  # another process tidied it away
        return 0.0


def _write_manifest(folder: Path) -> None:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for path in files:
        _flush_to_disk(path)
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({path.name: file_sha256(path) for path in files}))
    _flush_to_disk(manifest)


def _flush_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _is_whole(folder: Path) -> bool:
    try:
        manifest: dict[str, str] = json.loads((folder / MANIFEST).read_text())
        return all(file_sha256(folder / name) == digest for name, digest in manifest.items())
    except (OSError, ValueError, AttributeError):
        return False


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def code_sha256(*modules: str) -> str:
    """Hash of modules and packages, with what these have learned: a stage is done again when
    either has changed.
    """
    digest = hashlib.sha256()
    for module in modules:
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(module)
        origin = Path(spec.origin)
        is_package = origin.name == "__init__.py"
        inside = sorted(p for p in origin.parent.rglob("*") if p.suffix in CODE_SUFFIXES)
        for path in inside if is_package else [origin]:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def place(source: Path, target: Path) -> None:
    """Copy a file to where it is wanted: beside first, on the disk, then renamed."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(source, part)
        _flush_to_disk(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def place_text(text: str, target: Path) -> None:
    """Write a text file in the same way."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        _flush_to_disk(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
