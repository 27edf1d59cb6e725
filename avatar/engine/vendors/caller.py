"""Calls to a vendor, and what a call's failure proves.

An order costs money. When one leaves and no answer comes, or the vendor fails in the middle of it,
nobody knows whether it was carried out: OutcomeUnknown. Everything else may be asked again.
"""

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from avatar.engine.errors import (
    Busy,
    KeyRefused,
    OutcomeUnknown,
    Refused,
    Unpaid,
    Unreachable,
    VendorError,
)
from avatar.engine.vendors.access import VENDORS, Access
from studio.lib import web
from studio.lib.web import Answer

log = logging.getLogger(__name__)

UPLOAD_READ_S = 180.0  # the answer to a large body comes when all of it is stored
REASON_CHARS = 200
# Where vendors put their reason, the closest first.
REASONS: tuple[tuple[str | int, ...], ...] = (
    ("error", "message"), ("detail", "message"), ("detail", 0, "msg"), ("detail", "status"),
    ("base_resp", "status_msg"), ("data", "error"), ("message",), ("detail",), ("error",),
    ("message", 0), ("ErrMsg",), ("title",),
)  # fmt: skip

Explain = Callable[[Answer], VendorError | None]


class Caller:
    """Speaks to one vendor.

    headers: of every call, the key among them.
    explain: what an answer means, where this vendor differs from `usual`; None: no difference. It
        sees answers of 2xx too: some vendors fail with those.
    """

    def __init__(
        self,
        vendor: str,
        access: Access,
        headers: Mapping[str, str],
        explain: Explain = lambda answer: None,
    ) -> None:
        self.vendor, self.access, self.headers, self.explain = vendor, access, headers, explain
        self.label = VENDORS[vendor].label

    def call(
        self,
        method: str,
        url: str,
        *,
        order: bool = False,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        read_s: float = web.READ_S,
        most_bytes: int = web.ANSWER_BYTES,
        bytes_wanted: bool = False,
        with_key: bool = True,
    ) -> Answer:
        """One request. Every answer that is not of use is raised.

        url: the whole address, or a path on the vendor's usual server.
        order: it costs money, so an open outcome is OutcomeUnknown.
        bytes_wanted: the answer is sound or pictures, not JSON.
        with_key=False: another's storage, which must not see the key.
        """
        if url.startswith("/"):
            url = self.access.url(self.vendor) + url
        try:
            answer = web.request(
                method,
                url,
                headers={**(self.headers if with_key else {}), **(headers or {})},
                params=params,
                json=json,
                data=data,
                files=files,
                read_s=read_s,
                most_bytes=most_bytes,
            )
        except web.NoAnswer as e:
            raise self._no_answer(e, url, order) from e
        log.debug("%s %s: %s", method, web.masked(url), answer.status)
        if problem := self.explain(answer) or self.usual(answer, order):
            raise problem
        if not bytes_wanted and answer.body is None:
            what = "a web page" if answer.is_page else "something that is not JSON"
            raise self.unclear(f"{self.label} answered with {what}.", answer.text, order)
        return answer

    def need(self, answer: Answer, *path: str | int, order: bool = False) -> Any:
        """What lies at that path of the answer and must be there."""
        found = answer.get(*path)
        if found in (None, ""):
            name = ".".join(map(str, path))
            raise self.unclear(f"{self.label} answered without {name}.", answer.text, order)
        return found

    def unclear(self, words: str, reply: str, order: bool) -> VendorError:
        """After an order an answer that says nothing is as good as none."""
        if order:
            return OutcomeUnknown(f"{words} It may have charged for it.", reply=reply)
        return Busy(words, reply=reply)

    def usual(self, answer: Answer, order: bool = False) -> VendorError | None:
        """What a status means with most vendors; None for 2xx."""
        status, said = answer.status, reason(answer)
        why = f": {said}" if said else f" (HTTP {status})."
        if answer.ok:
            return None
        if status == 401:
            return KeyRefused(f"{self.label} does not accept the key{why}", reply=answer.text)
        if status == 402:
            return Unpaid(f"{self.label} wants to be paid first{why}", reply=answer.text)
        if status == 403:
            return KeyRefused(f"{self.label} does not allow this{why}", reply=answer.text)
        if status == 429:
            words, wait = f"{self.label} asks for a pause{why}", seconds_to_wait(answer)
            return Busy(words, retry_after_s=wait, reply=answer.text)
        if status >= 500 or status in (408, 425):
            return self.unclear(f"{self.label} is in trouble{why}", answer.text, order)
        return Refused(f"{self.label} refuses this{why}", reply=answer.text)

    def _no_answer(self, error: web.NoAnswer, url: str, order: bool) -> VendorError:
        if isinstance(error, web.NeverLeft):
            where = urlsplit(url).hostname
            return Unreachable(f"{self.label} cannot be reached ({where}).", reply=str(error))
        return self.unclear(f"{self.label} did not answer.", str(error), order)


def reason(answer: Answer) -> str:
    """The vendor's own words for what is wrong, as the end of a sentence; empty without any."""
    for path in REASONS:
        found = answer.get(*path)
        if isinstance(found, str) and found.strip():
            words = " ".join(found.split())[:REASON_CHARS]
            return words if words.endswith((".", "!", "?")) else f"{words}."
    return ""


def seconds_to_wait(answer: Answer) -> float | None:
    """What its Retry-After header asks for."""
    until = web.retry_after(answer)
    return max(1.0, (until - dt.datetime.now(dt.UTC)).total_seconds()) if until else None
