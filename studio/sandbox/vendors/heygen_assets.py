"""HeyGen's assets, small and large, and how it words what is wrong."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.state import Document
from studio.sandbox.vendors.common import House, Problem
from studio.sandbox.vendors.files import DAY, keep, sent_file, ticket
from studio.sandbox.vendors.media import NotMedia, look

SMALL_BYTES, LARGE_BYTES = 32 * 2**20, 2 * 2**30
KINDS = ("image/png", "image/jpeg", "video/mp4", "video/webm", "audio/mpeg", "audio/wav")
LASTS_S = 3650 * DAY  # an asset stays
CODES = {
    "missing_key": "unauthorized", "wrong_key": "unauthorized", "expired_key": "unauthorized",
    "unpaid": "insufficient_credit", "forbidden": "forbidden", "not_found": "not_found",
    "conflict": "conflict", "too_large": "payload_too_large", "invalid": "validation_error",
    "unprocessable": "validation_error", "rate": "rate_limit_exceeded",
    "slots": "rate_limit_exceeded", "server": "internal_error",
    "unavailable": "service_unavailable", "timeout": "gateway_timeout",
}  # fmt: skip


def word(call: Call, problem: Problem) -> Reply:
    own = problem.code if problem.code == "asset_not_available" else ""
    error: dict[str, Any] = {"code": own or CODES[problem.name], "message": problem.text}
    error |= {"param": problem.field} if problem.field else {}
    return Reply(problem.status, {"error": error})


HOUSE = House("X-Api-Key", "", word)


def good(data: Any) -> Reply:
    return Reply(200, {"data": data})


def invalid(call: Call, field: str, text: str) -> Refused:
    return HOUSE.refusal(call, "invalid", text, field=field)


def upload(call: Call) -> Reply:
    """POST /v3/assets, multipart `file`."""
    HOUSE.enter(call)
    sent, name = sent_file(call, "file")
    if sent is None:
        raise invalid(call, "file", "file is required")
    size = sent.stat().st_size
    if size > SMALL_BYTES:
        raise HOUSE.refusal(call, "too_large", "Up to 32 MB; larger files go directly.")
    kind = _kind(call, sent)
    found = keep(call, sent, content_type=kind, name=name, file_s=LASTS_S, prefix="asset")
    about = {"asset_id": found["id"], "mime_type": kind, "size_bytes": size}
    return good({**about, "url": found["url"]})


def _kind(call: Call, path: Path) -> str:
    try:
        seen = look(path)
    except NotMedia as e:
        raise invalid(call, "file", "The file is of a kind that is not supported.") from e
    head = path.read_bytes()[:12]
    if seen.kind == "image":
        return "image/png" if head.startswith(b"\x89PNG") else "image/jpeg"
    if seen.kind == "video":
        return "video/webm" if head.startswith(b"\x1aE") else "video/mp4"
    return "audio/wav" if head.startswith(b"RIFF") else "audio/mpeg"


def direct(call: Call) -> Reply:
    """POST /v3/assets/direct-uploads: a ticket."""
    HOUSE.enter(call)
    asked = call.json()
    name, kind, size = (asked.get(one) for one in ("filename", "content_type", "size_bytes"))
    if not isinstance(name, str) or not name:
        raise invalid(call, "filename", "filename is required")
    if kind not in KINDS:
        raise invalid(call, "content_type", f"content_type must be one of {', '.join(KINDS)}")
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise invalid(call, "size_bytes", "size_bytes is required")
    if size > LARGE_BYTES:
        raise HOUSE.refusal(call, "too_large")
    promised = {"x-amz-server-side-encryption": "AES256"}
    found = ticket(
        call, content_type=kind, name=name, size=size, headers=promised, file_s=LASTS_S,
        prefix="asset", completed=False, checksum=asked.get("checksum_sha256"),
    )  # fmt: skip
    return good({
        "asset_id": found["id"],
        "upload_url": found["upload_url"],
        "upload_headers": {"Content-Type": kind, **promised},
        "expires_in_seconds": 3600,
        "max_bytes": LARGE_BYTES,
        "status": "pending_upload",
    })  # fmt: skip


def complete(call: Call) -> Reply:
    """POST /v3/assets/{id}/complete; again is no harm."""
    HOUSE.enter(call)
    found = _asset(call, call.args["id"], "asset_id")
    if not found["ready"]:
        raise HOUSE.refusal(
            call, "conflict", "Nothing was uploaded yet.", code="asset_not_available"
        )
    promised = call.json().get("checksum_sha256") or found.get("checksum")
    data = call.sandbox.upload_path(found["id"]).read_bytes()
    if promised and promised != hashlib.sha256(data).hexdigest():
        raise invalid(call, "checksum_sha256", "The checksum is not that of the upload.")
    call.sandbox.change("file", found["id"], completed=True)
    about = {"asset_id": found["id"], "url": found["url"], "status": "completed"}
    return good({**about, "mime_type": found["content_type"], "size_bytes": found["size"]})


def _asset(call: Call, id: str, field: str) -> Document:
    found = call.sandbox.get("file", id)
    if found is None:
        raise HOUSE.refusal(call, "not_found", "There is no such asset.", field=field)
    return found


def address(call: Call, value: Any, field: str) -> str:
    """The file behind {type: url | asset_id | base64}. Raises Refused."""
    if isinstance(value, Mapping):
        kind = value.get("type")
        if kind == "url" and re.match(r"https?://", str(value.get("url"))):
            return str(value["url"])
        if kind == "asset_id" and value.get("asset_id"):
            found = _asset(call, str(value["asset_id"]), field)
            if not found["ready"] or not found.get("completed", True):
                raise HOUSE.refusal(
                    call, "conflict", "The asset is not complete.", field=field,
                    code="asset_not_available",
                )  # fmt: skip
            return str(found["url"])
        if kind == "base64" and field == "image" and value.get("data"):
            return f"data:{value.get('media_type')};base64,{value['data']}"
    raise invalid(call, field, f"{field} must be a url or an asset_id with its type")


ASSET_ROUTES = [
    Route("POST", r"/v3/assets", upload),
    Route("POST", r"/v3/assets/direct-uploads", direct),
    Route("POST", r"/v3/assets/(?P<id>\w+)/complete", complete),
]
