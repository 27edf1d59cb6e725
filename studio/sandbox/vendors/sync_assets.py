"""Sync.so's assets: a ticket, an upload, a name for it."""

import re
from uuid import uuid4

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.vendors.files import DAY, ticket
from studio.sandbox.vendors.sync_rules import HOUSE, asset_shown, bad, iso

ASSET_BYTES = 5 * 2**30


def upload(call: Call) -> Reply:
    """POST /v2/assets/upload: a ticket."""
    HOUSE.enter(call)
    body = call.json()
    name, kind, size = body.get("fileName"), body.get("contentType"), body.get("size")
    if not isinstance(name, str) or not name:
        raise bad(call, "fileName must be a string", "fileName")
    if not isinstance(kind, str) or not kind.startswith(("video/", "audio/", "image/")):
        raise bad(call, "contentType must be of a video, an audio or an image", "contentType")
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise bad(call, "size must be a positive number", "size")
    if size > ASSET_BYTES:
        raise HOUSE.refusal(call, "too_large")
    found = ticket(call, content_type=kind, name=name, size=size, file_s=30 * DAY)
    return Reply(201, {"uploadUrl": found["upload_url"], "url": found["url"], "expiresIn": 3600})


def register(call: Call) -> Reply:
    """POST /v2/assets."""
    HOUSE.enter(call)
    body, sandbox = call.json(), call.sandbox
    url, kind = body.get("url"), body.get("type")
    if not isinstance(url, str) or not re.match(r"https?://", url):
        raise bad(call, "url must be an address", "url")
    if kind not in ("VIDEO", "AUDIO", "IMAGE"):
        raise bad(call, "type must be VIDEO, AUDIO or IMAGE", "type")
    if body.get("visibility", "USER") not in ("USER", "ORGANIZATION"):
        raise bad(call, "visibility must be USER or ORGANIZATION", "visibility")
    digest = url
    if mine := re.match(rf"{re.escape(call.url_base)}/_files/([\w.-]+)", url):
        file = sandbox.get("file", mine[1])
        if file is None or not file["ready"]:
            raise bad(call, "Nothing was uploaded there.", "url")
        digest = file["sha256"]
    asset = sandbox.put(
        "asset",
        str(uuid4()),
        url=url,
        type=kind,
        name=str(body.get("name") or "asset"),
        visibility=body.get("visibility", "USER"),
        projectId=body.get("projectId"),
        createdAt=iso(sandbox.time()),
        sha256=digest,
    )
    return Reply(201, asset_shown(asset))


def assets(call: Call) -> Reply:
    HOUSE.enter(call)
    return Reply(200, [asset_shown(one) for one in call.sandbox.find("asset")])


def asset(call: Call) -> Reply:
    """GET, PATCH or DELETE of one."""
    HOUSE.enter(call)
    found = call.sandbox.get("asset", call.args["id"])
    if found is None:
        raise HOUSE.refusal(call, "not_found", "There is no such asset.", code="asset_not_found")
    if call.method == "DELETE":
        call.sandbox.delete("asset", found["id"])
        return Reply(204, None)
    if call.method == "PATCH":
        sent = call.json()
        allowed = {k: sent[k] for k in ("name", "visibility", "projectId") if k in sent}
        found = call.sandbox.change("asset", found["id"], **allowed)
    return Reply(200, asset_shown(found))


ID = r"(?P<id>[\w-]+)"
ASSET_ROUTES = [
    Route("POST", r"/v2/assets/upload", upload),
    Route("POST", r"/v2/assets", register),
    Route("GET", r"/v2/assets", assets),
    Route("GET", rf"/v2/assets/{ID}", asset),
    Route("PATCH", rf"/v2/assets/{ID}", asset),
    Route("DELETE", rf"/v2/assets/{ID}", asset),
]
