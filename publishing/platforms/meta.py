"""How Instagram, Facebook and Threads are spoken to: Graph's calls, its uploads, its counts."""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from publishing.platforms.errors import (
    AuthExpired,
    HandleExpired,
    NotReady,
    PlatformError,
    RateLimited,
    Rejected,
    Transient,
    Unsupported,
)
from publishing.platforms.hosts import HOSTS, host, is_double, meta_version
from publishing.platforms.http import Caller, Reply, Slice
from publishing.platforms.meta_errors import RECONNECT, graph_error, strain
from publishing.platforms.verdicts import steadily

BUSY_PERCENT = 80  # of the calls a business case is allowed
BUSY_PAUSE = dt.timedelta(minutes=10)
BUSY_POLL_S = 120
UPLOAD_TRIES = 4
MOST_PAGES = 20  # of a list that comes in pages


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def instant(text: str) -> dt.datetime | None:
    """A time as Graph writes it, 2026-11-21T16:00:00+0000; None for anything else."""
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


class Graph:
    """Graph's calls for one token. `busy` is how much of the allowance the last answer said is
    used, in percent.
    """

    def __init__(
        self, label: str, server: str, token: str = "", *, app_secret: str = "", version: str = ""
    ) -> None:
        """server: key of hosts.HOSTS. app_secret: adds the proof that Facebook apps can demand."""
        self.caller = Caller(label)
        self.label, self.token = label, token
        self.server = host(server)
        self.root = f"{self.server}/{version or meta_version()}"
        self.proof = appsecret_proof(app_secret, token) if app_secret and token else ""
        self.busy = 0.0

    def get(self, path: str, *, optional: bool = False, **params: Any) -> Reply:
        reply = self.caller.call(
            "GET",
            f"{self.root}/{path}",
            params={**params, **self._signature},
            headers=self._headers,
            raises=False,
        )
        return self._read(reply, optional)

    def post(
        self,
        path: str,
        form: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        commit: bool = False,
        optional: bool = False,
        files: Any = None,
    ) -> Reply:
        reply = self.caller.call(
            "POST",
            f"{self.root}/{path}",
            params=query,
            data={**(form or {}), **self._signature},
            files=files,
            headers=self._headers,
            commit=commit,
            upload=files is not None,
            raises=False,
        )
        return self._read(reply, optional)

    def plain(self, path: str, **params: Any) -> Reply:
        """A call outside any version and without a token of its own: the token endpoints."""
        return self.caller.call("GET", f"{self.server}/{path}", params=params, raises=False)

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """The items of a list that comes in pages."""
        after: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            reply = self.get(path, **{**params, **after})
            yield from reply.get("data", default=[])
            cursor = reply.get("paging", "cursors", "after")
            if not cursor or not reply.get("paging", "next"):
                return
            after = {"after": cursor}

    def pause_when_busy(self) -> None:
        """Raise RateLimited rather than use up what is left of the allowance."""
        if self.busy > BUSY_PERCENT:
            raise RateLimited(f"{self.label} asks for fewer calls.", until=now() + BUSY_PAUSE)

    @property
    def poll_s(self) -> float | None:
        """How long to wait before the next look; None: as usual."""
        return BUSY_POLL_S if self.busy > BUSY_PERCENT else None

    def upload(self, uri: str, path: Path, offset: int = 0) -> None:
        """Send a file from `offset` on to the address that Graph gave for it, exactly that one.

        Raises Transient when another try is worth it, and what a refusal means.
        """
        size = path.stat().st_size
        with Slice(path, offset) as body:
            reply = self.caller.call(
                "POST",
                _moved(uri),
                headers={
                    "Authorization": f"OAuth {self.token}",  # not Bearer
                    "offset": str(offset),
                    "file_size": str(size),
                    "Content-Type": "application/octet-stream",
                },
                data=body,
                upload=True,
                raises=False,
            )
        if reply.ok and reply.get("success") is not False and reply.get("debug_info") is None:
            return
        raise _upload_error(self.label, reply)

    def upload_all(
        self, uri: str, path: Path, node: str, fields: str, *, is_begun: bool = False
    ) -> None:
        """Send a file; after a break ask `node` how much arrived and send the rest.

        fields: what to ask for; it holds `uploading_phase` one or two levels down.
        is_begun: some of it may be there already.
        """

        def there() -> int:
            return bytes_there(steadily(lambda: self.get(node, fields=fields)))

        size = path.stat().st_size
        offset = there() if is_begun else 0
        if offset >= size:
            return
        for left in reversed(range(UPLOAD_TRIES)):
            try:
                self.upload(uri, path, offset)
                return
            except RateLimited:
                raise
            except Transient:
                if not left:
                    raise
            offset = there()
            if offset >= size:  # only the answer was lost
                return

    def counts(self, path: str, groups: Sequence[Sequence[str]], **params: Any) -> dict[str, Any]:
        """Metrics by name. A group that is refused is asked one by one, and what the platform
        does not know is left out: one name it has dropped would take all the others with it.
        """
        found: dict[str, Any] = {}
        for group in groups:
            try:
                found |= self._metrics(path, group, params)
            except Unsupported:
                raise
            except Rejected:
                for name in group if len(group) > 1 else ():
                    try:
                        found |= self._metrics(path, [name], params)
                    except Rejected:
                        continue
        return found

    def _metrics(self, path: str, names: Sequence[str], params: dict[str, Any]) -> dict[str, Any]:
        reply = self.get(path, optional=True, metric=",".join(names), **params)
        found = {}
        for one in reply.get("data", default=[]):
            values = one.get("values") or [one.get("total_value") or {}]
            value = values[-1].get("value")
            if value is not None:
                found[str(one.get("name"))] = value
        return found

    @property
    def _signature(self) -> dict[str, str]:
        signed = {"access_token": self.token} if self.token else {}
        return signed | ({"appsecret_proof": self.proof} if self.proof else {})

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _read(self, reply: Reply, optional: bool) -> Reply:
        self.busy = strain(reply)
        if not reply.ok or reply.get("error") is not None:
            raise graph_error(self.label, reply, optional=optional)
        if reply.body is None:
            raise reply.puzzling(f"{self.label} gave an answer that is not understood")
        return reply


def count(value: Any) -> int | None:
    """A metric as a number: some are maps of kinds of reaction."""
    if isinstance(value, dict):
        return sum(v for v in value.values() if isinstance(v, int))
    return int(value) if isinstance(value, int | float) else None


def total(*values: Any) -> int | None:
    """The sum of those that the platform gave; None when it gave none."""
    known = [n for n in map(count, values) if n is not None]
    return sum(known) if known else None


def bytes_there(reply: Reply) -> int:
    """How much of an upload has arrived. Graph writes the word in two ways."""
    for place in ("video_status", "status"):
        phase = reply.get(place, "uploading_phase", default={})
        for name in ("bytes_transferred", "bytes_transfered"):
            if isinstance(phase, dict) and str(phase.get(name, "")).isdigit():
                return int(phase[name])
    return 0


def _upload_error(label: str, reply: Reply) -> PlatformError:
    """`debug_info` says whether another try is worth it; anything else is a Graph error."""
    if reply.status in (401, 403):
        return AuthExpired(RECONNECT.format(label), reply=reply.text)
    retriable = reply.get("debug_info", "retriable")
    if retriable is None:
        if reply.get("error") is not None or reply.status >= 429:
            return graph_error(label, reply)
        if reply.status in (404, 410):
            return HandleExpired(f"{label} no longer takes this upload.", reply=reply.text)
        return reply.puzzling(f"{label} gave an answer to the upload that is not understood")
    kind = reply.get("debug_info", "type")
    if retriable or kind in ("PartialRequestError", "OffsetInvalidError"):
        return Transient(f"{label} did not get all of the video.", reply=reply.text)
    return Rejected(f"{label} could not take the video file.", reply=reply.text)


def _moved(uri: str) -> str:
    """The upload's address, at the double where one stands in for Meta's upload server."""
    real = HOSTS["META_UPLOAD_URL"].url
    if is_double("META_UPLOAD_URL") and uri.startswith(f"{real}/"):
        return host("META_UPLOAD_URL") + uri.removeprefix(real)
    return uri


def too_young(made_at: str, error: PlatformError, grace_s: float = 120) -> PlatformError:
    """What is not found right after it was made often appears a moment later: NotReady then."""
    made = instant(made_at)
    if isinstance(error, HandleExpired) and made and (now() - made).total_seconds() < grace_s:
        return NotReady("The platform does not show it yet.", retry_after_s=30, reply=error.reply)
    return error


# Signatures


def appsecret_proof(app_secret: str, token: str) -> str:
    """What an app proves with that it sends the token itself."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def signed_request(app_secret: str, given: str) -> dict[str, Any]:
    """What Meta says in a deauthorise or data deletion call: {"user_id": ..., ...}.

    Raises ValueError when it is not signed with this app's secret.
    """
    signature, _, payload = given.partition(".")
    try:
        sent = _decoded(signature)
        known = hmac.new(app_secret.encode(), payload.encode(), hashlib.sha256).digest()
        if not app_secret or not hmac.compare_digest(sent, known):
            raise ValueError("The signature is not right.")
        found = json.loads(_decoded(payload))
    except (binascii.Error, UnicodeError) as e:
        raise ValueError("This is not a signed request.") from e
    if not isinstance(found, dict) or found.get("algorithm", "HMAC-SHA256") != "HMAC-SHA256":
        raise ValueError("This is not a signed request.")
    return found


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
