"""TikTok's upload in parts, in order, to an address that is a secret and lives for an hour.

All parts are of one size but the last, which carries the remainder: the count is rounded down.
The last part is what publishes.
"""

import datetime as dt
import re
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from publishing.platforms.errors import HandleExpired, OutcomeUnknown, Rejected, Transient
from publishing.platforms.http import Caller, Reply, Slice
from publishing.platforms.verdicts import steadily

SMALLEST = 5 * 2**20  # TikTok says MB and not which; right by both
ADDRESS_LIVES = dt.timedelta(minutes=55)  # an hour, less the time that the last part takes
RANGE = re.compile(r"bytes\s+0-(\d+)/(\d+)")
TYPES = {".mov": "video/quicktime", ".webm": "video/webm"}


class Parts(NamedTuple):
    """How a file of `size` bytes is cut."""

    size: int
    each: int
    parts: int

    @property
    def last(self) -> int:
        """Where the last part begins."""
        return (self.parts - 1) * self.each

    def end(self, start: int) -> int:
        """Behind the last byte of the part that begins there."""
        return self.size if start >= self.last else start + self.each


def parts_of(size: int, each: int = SMALLEST) -> Parts:
    """Small parts: what is left for the commit, the last, is below twice their size."""
    if size < 2 * each:
        return Parts(size, size, 1)
    return Parts(size, each, size // each)


def source_of(parts: Parts) -> dict[str, Any]:
    """The `source_info` of an upload."""
    return {
        "source": "FILE_UPLOAD",
        "video_size": parts.size,
        "chunk_size": parts.each,
        "total_chunk_count": parts.parts,
    }


def send_all_but_last(
    caller: Caller, address: str, video: Path, parts: Parts, at: int = 0
) -> None:
    """Nothing of it is seen by anybody yet. at: how much is there already, in whole parts."""
    rounds = 0
    while at < parts.last:
        reply = steadily(partial(_put, caller, address, video, parts, at))
        rounds += 1
        if reply.status == 416 and rounds < 2 * parts.parts:
            at = stored(reply, parts)  # an answer was lost: it has more than we know
        elif reply.status == 206:
            at = parts.end(at)
        else:
            raise _refusal(reply)


def send_last(caller: Caller, address: str, video: Path, parts: Parts) -> None:
    """The commit. Returns when all of it is there; raises OutcomeUnknown when that is open."""
    reply = _put(caller, address, video, parts, parts.last, commit=True)
    if (reply.ok and reply.status != 206) or (
        reply.status == 416 and stored(reply, parts) == parts.size
    ):
        return
    raise _refusal(reply)


def _put(
    caller: Caller, address: str, video: Path, parts: Parts, at: int, *, commit: bool = False
) -> Reply:
    end = parts.end(at)
    with Slice(video, at, end - at) as body:
        return caller.call(
            "PUT",
            address,
            data=body,
            headers={
                "Content-Type": TYPES.get(video.suffix.lower(), "video/mp4"),
                "Content-Length": str(end - at),
                "Content-Range": f"bytes {at}-{end - 1}/{parts.size}",
            },
            commit=commit,
            upload=True,
        )


def stored(reply: Reply, parts: Parts) -> int:
    """How many bytes TikTok has. It writes `0-{uploaded}`, which some of its servers mean as a
    count and others as the last byte; only one of the two is the edge of a part.
    """
    found = RANGE.search(reply.headers.get("Content-Range", ""))
    if not found:
        return 0
    number = int(found[1])
    for bytes_there in (number, number + 1):
        if bytes_there == parts.size or bytes_there % parts.each == 0:
            return bytes_there
    return 0


def _refusal(reply: Reply) -> Exception:
    if reply.status in (403, 404):
        return HandleExpired("TikTok's upload address has run out; it is sent again.")
    if reply.status == 400:
        return Rejected("TikTok does not take the video in these parts.", reply=reply.text)
    if reply.status in (206, 416):  # less is there than we know of: nothing can have come of it
        return HandleExpired("TikTok lost a part of the video; it is sent again.")
    kind = OutcomeUnknown if reply.is_commit else Transient
    return kind(f"TikTok answered the upload with HTTP {reply.status}.", reply=reply.text)
