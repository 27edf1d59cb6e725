"""A limit on what one request may bring, kept while it arrives, before it fills the disk."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

MAX_REQUEST_BYTES = 64 * 2**20  # above every limit for a single file


class LimitTotal(FileUploadHandler):
    """First among FILE_UPLOAD_HANDLERS. Past the limit the rest is read and thrown away."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.arrived_bytes = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.arrived_bytes += len(raw_data)
        if self.arrived_bytes > MAX_REQUEST_BYTES:
            if self.request is not None:
                self.request.META["understudy.too_large"] = True
            raise StopUpload
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None  # the handlers after this one keep the file


def too_large(request: HttpRequest) -> bool:
    """Whether files were thrown away because the request was too large."""
    request.POST  # noqa: B018  # parses the request, if nobody has yet
    return bool(request.META.get("understudy.too_large"))
