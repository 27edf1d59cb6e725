"""How LinkedIn is spoken to: its versions, what its refusals mean, where uploads go."""

import re
from collections.abc import Mapping
from typing import Any

from publishing.platforms.errors import (
    AuthExpired,
    Duplicate,
    HandleExpired,
    NotSent,
    PlatformError,
    RateLimited,
    Rejected,
)
from publishing.platforms.hosts import host, linkedin_version
from publishing.platforms.http import Caller, Reply, Slice
from publishing.platforms.verdicts import Table, Verdict, raised

LABEL = "LinkedIn"
POST_URN = re.compile(r"urn:li:(?:share|ugcPost):[\w-]+")

RECONNECT = Verdict(
    AuthExpired, "LinkedIn no longer accepts this connection; connect the account again."
)
NO_PERMISSION = Verdict(
    AuthExpired,
    "LinkedIn does not permit this: the app lacks a product, or you are no longer an admin of the"
    " page. Connect the account again.",
)
# Nobody's content is at fault, and it is certain that nothing went out.
OLD_VERSION = Verdict(
    NotSent,
    "This installation speaks a version of LinkedIn's interface that has ended; set"
    " LINKEDIN_VERSION to a newer one.",
)
# `serviceErrorCode`, then `code`, then the codes of `errorDetails.inputErrors`, then the status.
ERRORS: Table = {
    65600: RECONNECT,  # invalid
    65601: RECONNECT,  # revoked
    65602: RECONNECT,  # expired
    "ACCESS_DENIED": NO_PERMISSION,
    "DUPLICATE_POST": Verdict(Duplicate, "LinkedIn has a post with these words already."),
    "NONEXISTENT_VERSION": OLD_VERSION,
    401: RECONNECT,
    403: NO_PERMISSION,
    404: Verdict(HandleExpired, "LinkedIn no longer has the uploaded video."),
    426: OLD_VERSION,
    429: Verdict(RateLimited, "LinkedIn asks for a pause."),
    422: Verdict(Rejected, "LinkedIn refused the post as it is."),
}


class Api:
    """LinkedIn's calls with one access token."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.caller = Caller(LABEL)

    def rest(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **rest: Any
    ) -> Reply:
        spoken = {"LinkedIn-Version": linkedin_version(), "X-Restli-Protocol-Version": "2.0.0"}
        return self.call(method, f"/rest{path}", headers={**spoken, **(headers or {})}, **rest)

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        has_body: bool = True,
        **rest: Any,
    ) -> Reply:
        """has_body: its answer is worth something only with a body that can be read."""
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        reply = self.caller.call(
            method, host("LINKEDIN_API_URL") + path, headers=headers, raises=False, **rest
        )
        if not reply.ok:
            raise self.refusal(reply)
        if has_body and reply.body is None:
            raise reply.puzzling()
        return reply

    def refusal(self, reply: Reply) -> PlatformError:
        if reply.status >= 500:
            return self.caller.failure(reply)
        if reply.status < 400 or reply.status == 408:
            return reply.puzzling()
        inputs = reply.get("errorDetails", "inputErrors", default=[])
        codes = [
            reply.get("serviceErrorCode"),
            reply.get("code"),
            *(problem.get("code") for problem in inputs),
            reply.status,
        ]
        verdict = next((ERRORS[code] for code in codes if code in ERRORS), ERRORS[422])
        if verdict.kind is Duplicate:
            named = POST_URN.search(reply.text)
            return Duplicate(
                verdict.message, external_id=named[0] if named else "", reply=reply.text
            )
        return raised(verdict, reply)

    def put(self, url: str, body: Slice, headers: Mapping[str, str] | None = None) -> Reply:
        """To an upload address, which carries its own permission."""
        kind = {"Content-Type": "application/octet-stream", **(headers or {})}
        reply = self.caller.call("PUT", url, headers=kind, data=body, upload=True)
        if not reply.ok:
            raise HandleExpired(
                f"LinkedIn's upload address no longer works (HTTP {reply.status})."
            )
        return reply
