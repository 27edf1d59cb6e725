"""Calls to a platform, and what a call's failure proves.

Three things can happen to a request: it never left, it was answered, or it left and no answer
came. For all but a commit the last is `Transient`; for a commit it is `OutcomeUnknown`.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from publishing.platforms.errors import (
    NotSent,
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Transient,
)
from studio.lib import web
from studio.lib.web import Slice, masked, retry_after

__all__ = ["Caller", "Reply", "Slice", "masked", "retry_after"]

log = logging.getLogger(__name__)

UPLOAD_READ_S = 180  # the answer to a large body comes when all of it is stored


@dataclass(frozen=True)
class Reply(web.Answer):
    """An answer that came to a call of ours."""

    is_commit: bool = False

    def need(self, *path: str | int) -> Any:
        """What lies at that path and must be there: an answer without it is as good as none."""
        found = self.get(*path)
        if found in (None, ""):
            raise self.puzzling(f"An answer without {'.'.join(map(str, path))}")
        return found

    def puzzling(self, what: str = "An answer that is not understood") -> PlatformError:
        """A 2xx that says nothing: after a commit nobody knows what it did."""
        kind = OutcomeUnknown if self.is_commit else Transient
        return kind(f"{what} (HTTP {self.status}).", reply=self.text)


class Caller:
    """Speaks to one platform. Answers of 5xx and 429 are raised here, everything else is for the
    client to read: `reply.ok` and its codes.
    """

    def __init__(self, label: str) -> None:
        self.label = label

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        commit: bool = False,
        upload: bool = False,
        raises: bool = True,
    ) -> Reply:
        """One request, no redirect followed, nothing repeated.

        commit: it shows something to the audience, so an open outcome is OutcomeUnknown.
        upload: its answer may take minutes.
        raises=False: also 5xx and 429 come back as a Reply, for platforms that put more into them.
        """
        try:
            answer = web.request(
                method,
                url,
                headers=headers,
                params=params,
                json=json,
                data=data,
                files=files,
                read_s=UPLOAD_READ_S if upload else web.READ_S,
            )
        except web.NoAnswer as e:
            raise self._no_answer(e, url, commit) from e
        reply = Reply(**vars(answer), is_commit=commit)
        log.debug("%s %s: %s", method, masked(url), reply.status)
        if raises and (reply.status >= 500 or reply.status == 429):
            raise self.failure(reply)
        if reply.ok and reply.is_page:
            raise reply.puzzling(f"{self.label} answered with a web page")
        return reply

    def failure(self, reply: Reply) -> PlatformError:
        """What a 429 or an answer of 5xx means where the platform says nothing closer."""
        if reply.status == 429:
            return RateLimited(
                f"{self.label} asks for a pause.", until=retry_after(reply), reply=reply.text
            )
        if reply.is_commit:
            return OutcomeUnknown(
                f"{self.label} failed while publishing (HTTP {reply.status}).", reply=reply.text
            )
        return Transient(f"{self.label} is in trouble (HTTP {reply.status}).", reply=reply.text)

    def _no_answer(self, error: web.NoAnswer, url: str, commit: bool) -> PlatformError:
        words = str(error)
        if isinstance(error, web.NeverLeft):
            where = urlsplit(url).hostname
            return NotSent(f"{self.label} cannot be reached ({where}).", reply=words)
        if commit:
            return OutcomeUnknown(f"{self.label} did not answer while publishing.", reply=words)
        return Transient(f"{self.label} did not answer.", reply=words)
