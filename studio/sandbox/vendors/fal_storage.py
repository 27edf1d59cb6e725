"""fal's storage: tickets, and a token for its CDN. Source: fal.ai/docs, fal-client 1.0.3."""

import shutil
from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.vendors.common import House, key_of
from studio.sandbox.vendors.fal import word
from studio.sandbox.vendors.files import DAY, FILE_ROUTES, keep, ticket
from studio.sandbox.vendors.hooks import jwks

PREFIX = "fal-storage"
HOUSE = House("Authorization", "Key", word)
trouble = HOUSE.trouble
TOKEN = "sandbox-cdn-token"


def initiate(call: Call) -> Reply:
    """POST /storage/upload/initiate?storage_type=gcs."""
    HOUSE.enter(call)
    asked = call.json()
    if call.query.get("storage_type") not in ("gcs", "fal-cdn-v3"):
        raise HOUSE.refusal(call, "unprocessable", "storage_type is required")
    name, kind = _text(call, asked, "file_name"), _text(call, asked, "content_type")
    found = ticket(call, content_type=kind, name=name, file_s=7 * DAY)
    return Reply(200, {"upload_url": found["upload_url"], "file_url": found["url"]})


def _text(call: Call, asked: dict[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise HOUSE.refusal(call, "unprocessable", f"{name}: field required")
    return value


def token(call: Call) -> Reply:
    """POST /storage/auth/token?storage_type=fal-cdn-v3."""
    HOUSE.enter(call)
    until = call.sandbox.now().replace(microsecond=0).isoformat()
    return Reply(
        200,
        {"token": TOKEN, "token_type": "Bearer", "base_url": call.url_base, "expires_at": until},
    )


def upload(call: Call) -> Reply:
    """POST /files/upload with the token: raw bytes."""
    if key_of(call, "Authorization", "Bearer") != TOKEN:
        raise HOUSE.refusal(call, "wrong_key")
    path = call.sandbox.spare_path()
    with path.open("wb") as out:
        shutil.copyfileobj(call.stream, out)
    name = call.headers.get("X-Fal-File-Name", "file")
    found = keep(call, path, content_type=call.content_type, name=name, file_s=7 * DAY)
    return Reply(200, {"access_url": found["url"]})


def keys(call: Call) -> Reply:
    """GET /.well-known/jwks.json; no key."""
    return Reply(200, jwks())


ROUTES = [
    Route("GET", r"/\.well-known/jwks\.json", keys),
    Route("POST", r"/storage/upload/initiate", initiate),
    Route("POST", r"/storage/auth/token", token),
    Route("POST", r"/files/upload", upload),
    *FILE_ROUTES,
]
