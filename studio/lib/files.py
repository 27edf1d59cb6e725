"""Stored files: showing them to a browser, lending them to ffmpeg and putting new ones away.

Works with local media folders and with remote stores (S3) alike.
"""

import hashlib
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO

from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date

CHUNK_BYTES = 256 * 1024
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")  # more bytes has no file


def random_name(suffix: str) -> str:
    """A name nobody can guess and no uploader chose."""
    return secrets.token_hex(16) + suffix


def serve_file(
    request: HttpRequest,
    field_file: FieldFile,
    *,
    content_type: str,
    filename: str | None = None,
) -> HttpResponseBase:
    """The stored file, in parts when the browser asks for parts (players seek that way).

    filename: offer it as a download under this name; None shows it in place.

    The caller has settled who may see it. A remote store gets a redirect to its signed URL.
    404 when there is no such file.
    """
    if not field_file:
        raise Http404("There is no file yet.")
    path = _path(field_file)
    if path is None:
        redirect = HttpResponseRedirect(field_file.url)
        redirect.headers["Cache-Control"] = "private, no-store"  # the signature runs out
        return redirect
    try:
        file = path.open("rb")
    except (FileNotFoundError, IsADirectoryError) as e:
        raise Http404("The file is gone.") from e
    return _answer(request, file, content_type, filename)


def _answer(
    request: HttpRequest, file: BinaryIO, content_type: str, filename: str | None
) -> HttpResponseBase:
    stat = os.fstat(file.fileno())
    etag = f'"{stat.st_size:x}-{stat.st_mtime_ns:x}"'
    modified = int(stat.st_mtime)
    span = _span(request, stat.st_size, etag, modified)
    response: HttpResponseBase
    if span is None:
        file.close()
        response = HttpResponse(status=416)
        response.headers["Content-Range"] = f"bytes */{stat.st_size}"
    else:
        start, stop = span
        if request.method == "HEAD":
            file.close()
            response = HttpResponse(content_type=content_type)
        else:
            response = StreamingHttpResponse(_Part(file, start, stop), content_type=content_type)
        response.headers["Content-Length"] = str(stop - start)
        if stop - start < stat.st_size:
            response.status_code = 206
            response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{stat.st_size}"
    disposition = content_disposition_header(filename is not None, filename or "")
    for name, value in {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Last-Modified": http_date(modified),
        "Cache-Control": "private, no-cache",  # keep, but ask whether it may still be shown
        "X-Content-Type-Options": "nosniff",
        **({"Content-Disposition": disposition} if disposition else {}),
    }.items():
        response.headers[name] = value
    unchanged = get_conditional_response(request, etag, modified)
    if unchanged is None:
        return response
    file.close()
    for name in ("ETag", "Last-Modified", "Cache-Control"):
        unchanged.headers[name] = response.headers[name]
    return unchanged


def _span(request: HttpRequest, size: int, etag: str, modified: int) -> tuple[int, int] | None:
    """Which bytes are asked for, half-open; all when that is unclear. None: beyond the end."""
    match = RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not match or request.method != "GET" or not _same_file(request, etag, modified):
        return 0, size
    first, last = match.groups()
    if not first and not last:
        return 0, size
    if not first:  # the last so many bytes
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return 0, size
    return (start, stop) if start < stop else None


def _same_file(request: HttpRequest, etag: str, modified: int) -> bool:
    """Whether the part belongs to the file the browser already has some of (If-Range)."""
    condition = request.headers.get("If-Range", "").strip()
    if not condition or condition == etag:
        return True
    with suppress(TypeError, ValueError):
        return int(parsedate_to_datetime(condition).timestamp()) == modified
    return False


class _Part:
    """The bytes [start, stop) of an open file, which it closes."""

    def __init__(self, file: BinaryIO, start: int, stop: int) -> None:
        self.file, self.left = file, stop - start
        file.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        while self.left > 0 and (chunk := self.file.read(min(CHUNK_BYTES, self.left))):
            self.left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self.file.close()


def is_here(field_file: FieldFile) -> bool:
    """Whether the store is one of this installation's own folders, not a remote one."""
    return isinstance(field_file.storage, FileSystemStorage)


def _path(field_file: FieldFile) -> Path | None:
    """Where it lies on this machine; None when the store is remote."""
    try:
        return Path(field_file.path)
    except NotImplementedError:
        return None


@contextmanager
def local_path(field_file: FieldFile) -> Iterator[Path]:
    """A path that ffmpeg can open. What a remote store keeps is fetched, and removed afterwards.

    Raises FileNotFoundError when the row has no file or the file is gone.
    """
    if not field_file:
        raise FileNotFoundError("No file has been stored.")
    path = _path(field_file)
    if path is not None:
        if not path.is_file():
            raise FileNotFoundError(f"The stored file {field_file.name} is gone.")
        yield path
        return
    suffix = Path(field_file.name or "").suffix
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        copy = Path(folder) / f"file{suffix}"
        with (
            field_file.storage.open(str(field_file.name), "rb") as source,
            copy.open("wb") as target,
        ):
            shutil.copyfileobj(source, target, CHUNK_BYTES)
        yield copy


class _Arrived(File):  # type: ignore[type-arg]
    """A file that the local store may move into place instead of copying."""

    def temporary_file_path(self) -> str:
        return str(self.name)


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def store_file(field_file: FieldFile, path: Path) -> None:
    """Put a copy of `path` away as this field's file, under a random name with the same suffix.

    The name appears only when all bytes are there: written beside, then renamed. The row is not
    saved, and the file the field had before is not removed: the caller does both, in this order.

    Raises OSError (a full disk) and leaves nothing behind then.
    """
    name = random_name(path.suffix)
    if not isinstance(field_file.storage, FileSystemStorage):
        with path.open("rb") as source:
            field_file.save(name, File(source), save=False)
        return
    arriving = Path(field_file.storage.location) / f".{name}.part"
    arriving.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("rb") as source, arriving.open("wb") as target:
            shutil.copyfileobj(source, target, CHUNK_BYTES)
            target.flush()
            os.fsync(target.fileno())
        with arriving.open("rb") as complete:
            field_file.save(name, _Arrived(complete, str(arriving)), save=False)
    finally:
        arriving.unlink(missing_ok=True)
