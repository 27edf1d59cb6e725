"""Limits on what one request may bring, kept while it arrives, before it fills memory or disk.

Small files are held in memory, all others go to FILE_UPLOAD_TEMP_DIR a block at a time, from where
a local store moves them into place. What is too much is read and thrown away, so that the browser
hears a sentence instead of a broken line.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.core.files.uploadhandler import (
    FileUploadHandler,
    StopUpload,
    TemporaryFileUploadHandler,
)
from django.http import HttpRequest

from studio.lib import disk

MB = 2**20
USUAL_BYTES = 50 * MB  # for a file
SLACK = 1.25  # a little too much arrives whole, and is told its size
SPARE_BYTES = 200 * MB  # of the disk, for what else is under way
LEFT_BEHIND_S = 24 * 3600  # longer than anything arrives

TOO_LARGE = "This file is far too large; nothing was kept of it. {mb} MB are accepted."
NO_ROOM = "The disk of this studio is full, so nothing was kept. Make room, then send it again."

_REFUSED = "understudy.upload_refused"
View = TypeVar("View", bound=Callable[..., Any])


def accepts(n_bytes: int) -> Callable[[View], View]:
    """Marks a view that takes files of up to so many bytes, from people who are signed in."""

    def mark(view: View) -> View:
        setattr(view, "accepts_bytes", n_bytes)  # noqa: B010, functions have no such field
        return view

    return mark


def refused(request: HttpRequest) -> str:
    """Why files were thrown away while they arrived, as a sentence; empty when they were not."""
    request.POST  # noqa: B018  # parses the request, if nobody has yet
    return str(request.META.get(_REFUSED, ""))


class LimitTotal(FileUploadHandler):
    """First among FILE_UPLOAD_HANDLERS."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.arrived_bytes, self.most_bytes = 0, USUAL_BYTES

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803, Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.most_bytes = _most_bytes(self.request)
        if content_length <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            return
        folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
        _tidy(folder)
        if shutil.disk_usage(folder).free < content_length + SPARE_BYTES:
            _refuse(self.request, NO_ROOM)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.arrived_bytes += len(raw_data)
        if self.arrived_bytes > SLACK * self.most_bytes:
            _refuse(self.request, TOO_LARGE.format(mb=self.most_bytes // MB))
        if self.request is not None and _REFUSED in self.request.META:
            raise StopUpload
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None  # the handlers after this one keep the file


class ToDisk(TemporaryFileUploadHandler):
    """Last among FILE_UPLOAD_HANDLERS."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as e:
            self._stop(e)

    def file_complete(self, file_size: int) -> Any:
        try:
            return super().file_complete(file_size)
        except OSError as e:
            self._stop(e)

    def _stop(self, error: OSError) -> None:
        if not disk.is_full(error):
            raise error
        _refuse(self.request, NO_ROOM)
        raise StopUpload from error


def _refuse(request: HttpRequest | None, sentence: str) -> None:
    if request is not None:
        request.META[_REFUSED] = sentence


def _most_bytes(request: HttpRequest | None) -> int:
    """What the view takes that is asked for; strangers get no more than the usual."""
    match = getattr(request, "resolver_match", None)
    most = int(getattr(match.func, "accepts_bytes", USUAL_BYTES)) if match else USUAL_BYTES
    user = getattr(request, "user", None)
    is_known = user is not None and user.is_authenticated
    return most if is_known else min(most, USUAL_BYTES)


def _tidy(folder: Path) -> None:
    """Remove what a process left behind that was killed while a file arrived."""
    before = time.time() - LEFT_BEHIND_S
    for path in folder.iterdir():
        try:
            if path.stat().st_mtime < before:
                path.unlink()
        except FileNotFoundError:  # another process was quicker
            continue
