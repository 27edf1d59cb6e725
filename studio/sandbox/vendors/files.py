"""Files that are brought to a vendor, and files it fetches from elsewhere.

A ticket is an address that takes one PUT, as a bucket does: no key, the promised headers, the
promised size. What was brought lies at an address of its own until it expires.

Rules, of every vendor: ticket_s (3600), file_s (its own: how long an upload can be used).
"""

import base64
import binascii
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.media import Unfetchable, fetch
from studio.sandbox.state import Document, Sandbox, sha256_of
from studio.sandbox.vendors.common import BAD_KEYS, FILE_URL, GOOD_KEY, UNPAID_KEY, own_file

DAY = 86400
MOST_FETCHED = 2 * 2**30
AGENT = "python-httpx/0.28 (sandbox)"
KINDS = ("image/", "video/", "audio/", "application/octet-stream", "binary/octet-stream")
KEY_HEADERS = ("Authorization", "x-api-key", "API-KEY")


class NotThere(Exception):
    """The address gives no file that can be used."""


def ticket(
    call: Call,
    *,
    content_type: str,
    name: str = "file",
    size: int | None = None,
    headers: Mapping[str, str] | None = None,
    file_s: float = DAY,
    prefix: str = "",
    method: str = "PUT",
    **more: Any,
) -> Document:
    """A place for a file. The document's `upload_url` takes the bytes, its `url` gives them later.

    headers: what the PUT must carry beside its Content-Type.
    size: in bytes, when it was announced; another is refused.
    """
    sandbox = call.sandbox
    id = sandbox.new_id(prefix)
    now, secret = sandbox.time(), secrets.token_hex(8)
    lasts = float(sandbox.rule(f"{sandbox.platform}.file_s", file_s))
    return sandbox.put(
        "file",
        id,
        name=name,
        content_type=content_type,
        size=size,
        headers=dict(headers or {}),
        method=method,
        secret=secret,
        sha256="",
        ready=False,
        ticket_until=now + float(sandbox.rule(f"{sandbox.platform}.ticket_s", 3600)),
        until=now + lasts,
        upload_url=f"{call.url_base}/_tickets/{id}?signature={secret}",
        url=f"{call.url_base}/_files/{id}/{quote(name)}",
        **more,
    )


def keep(
    call: Call,
    path: Path,
    *,
    content_type: str,
    name: str = "file",
    file_s: float = DAY,
    prefix: str = "",
    **more: Any,
) -> Document:
    """A file that came in the call itself; `path` is moved."""
    found = ticket(
        call, content_type=content_type, name=name, file_s=file_s, prefix=prefix, **more
    )
    size = path.stat().st_size
    digest = sha256_of(path)
    path.replace(call.sandbox.upload_path(found["id"]))
    return call.sandbox.change("file", found["id"], ready=True, size=size, sha256=digest)


def sent_file(call: Call, field: str) -> tuple[Path | None, str]:
    """A file of a multipart body, and the name it was sent with."""
    for one in call.parts():
        if one.name == field and isinstance(one.content, Path):
            return one.content, one.filename or field
    return None, ""


def put(call: Call) -> Reply:
    """PUT to a ticket. Answers as S3 does."""
    sandbox = call.sandbox
    found = sandbox.get("file", call.args["id"])
    if found is None or call.query.get("signature") != found["secret"]:
        return _bucket(403, "SignatureDoesNotMatch", "The signature does not match.")
    if found["ticket_until"] <= sandbox.time():
        return _bucket(403, "AccessDenied", "Request has expired")
    if any(_is_key(call.headers.get(name, "")) for name in KEY_HEADERS):
        return _bucket(400, "InvalidArgument", "Only one auth mechanism allowed")
    promised = {"Content-Type": found["content_type"], **found["headers"]}
    for name, value in promised.items():
        if call.headers.get(name, "") != value:
            return _bucket(403, "SignatureDoesNotMatch", f"{name} is not the one that was signed.")
    spare = sandbox.spare_path()
    with spare.open("wb") as out:
        shutil.copyfileobj(call.stream, out)
    size = spare.stat().st_size
    if found["size"] is not None and size != found["size"]:
        spare.unlink()
        return _bucket(400, "IncompleteBody", f"{found['size']} bytes were announced.")
    digest = sha256_of(spare)
    spare.replace(sandbox.upload_path(found["id"]))
    sandbox.change("file", found["id"], ready=True, size=size, sha256=digest)
    return Reply(200, None, {"ETag": f'"{digest[:32]}"'})


def _is_key(value: str) -> bool:
    return value.rpartition(" ")[2] in (GOOD_KEY, UNPAID_KEY, *BAD_KEYS)


def _bucket(status: int, code: str, text: str) -> Reply:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{text}</Message></Error>'
    return Reply(status, body, {"Content-Type": "application/xml"})


def give(call: Call) -> Reply:
    """GET of an upload, as anybody may who has the address."""
    found = call.sandbox.get("file", call.args["id"])
    if found is None or not found["ready"]:
        return _bucket(404, "NoSuchKey", "The specified key does not exist.")
    if found["until"] <= call.sandbox.time():
        return _bucket(403, "AccessDenied", "Request has expired")
    path = call.sandbox.upload_path(found["id"])
    return Reply(200, path, {"Content-Type": found["content_type"]})


def source(sandbox: Sandbox, name: str) -> Path:
    """The file behind an address, an id of an upload, or a data URI. Raises NotThere."""
    if name.startswith("data:"):
        return _inline(sandbox, name)
    if found := own_file(sandbox, name):
        where = FILE_URL.match(name)
        seen = sandbox.of(where["vendor"]) if where else sandbox
        if not found["ready"]:
            raise NotThere("Nothing was uploaded there yet.")
        if found["until"] <= sandbox.time():
            raise NotThere("The file has expired.")
        return seen.upload_path(found.get("file") or found["id"])
    if not re.match(r"https?://", name):
        raise NotThere("This is neither an address nor a file that was uploaded.")
    id = f"fetched/{sandbox.new_id()}"
    try:
        fetch(sandbox, id, name, most=MOST_FETCHED, kinds=KINDS, agent=AGENT)
    except Unfetchable as e:
        raise NotThere(f"The file could not be downloaded: {e}.") from e
    return sandbox.upload_path(id)


def _inline(sandbox: Sandbox, uri: str) -> Path:
    head, _, data = uri.partition(",")
    if not head.endswith(";base64"):
        raise NotThere("The data URI is not base64.")
    path = sandbox.spare_path()
    try:
        path.write_bytes(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError) as e:
        raise NotThere("The data URI is not base64.") from e
    return path


# Every vendor that takes files lists these.
FILE_ROUTES = [
    Route("PUT", r"/_tickets/(?P<id>[\w.-]+)", put),
    Route("GET", r"/_files/(?P<id>[\w.-]+)/.*", give),
]
