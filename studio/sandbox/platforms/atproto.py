"""The formats of the AT Protocol that are checked here: record keys, content ids, tokens."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
from typing import Any

# 13 characters of base32-sortable; the first bit of the 64 is always zero.
TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
RAW, DAG_CBOR = 0x55, 0x71


def is_tid(rkey: str) -> bool:
    return bool(TID.fullmatch(rkey))


def content_id(digest: bytes, codec: int = DAG_CBOR) -> str:
    """A CID of version 1: bafkrei... for raw bytes, bafyrei... for records. digest: SHA-256."""
    packed = bytes([0x01, codec, 0x12, 0x20]) + digest
    return "b" + base64.b32encode(packed).decode().lower().rstrip("=")


def record_id(record: dict[str, Any]) -> str:
    """The CID of a record. Of its JSON rather than its CBOR: the same shape, other letters."""
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return content_id(hashlib.sha256(canonical.encode()).digest())


def blob(digest: bytes, mime_type: str, size: int) -> dict[str, Any]:
    return {
        "$type": "blob",
        "ref": {"$link": content_id(digest, RAW)},
        "mimeType": mime_type,
        "size": size,
    }


def sign(claims: dict[str, Any], key: str, kind: str) -> str:
    """A JWT. kind: its header's `typ`, as "at+jwt"."""
    head = _packed({"typ": kind, "alg": "HS256"})
    body = _packed(claims)
    return f"{head}.{body}.{_signature(f'{head}.{body}', key)}"


def claims_of(token: str, key: str) -> dict[str, Any] | None:
    """What a JWT of ours says; None when it is not one. Expiry is the caller's to judge."""
    head, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    if signature != _signature(f"{head}.{body}", key):
        return None
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def timestamp(value: Any) -> dt.datetime | None:
    """A datetime as the lexicon wants it: RFC 3339 with seconds and a zone; None otherwise."""
    if not isinstance(value, str) or not re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)", value
    ):
        return None
    try:
        return dt.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    except ValueError:
        return None


def _packed(value: dict[str, Any]) -> str:
    raw = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _signature(text: str, key: str) -> str:
    raw = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
