"""Bluesky: records in an account's repository, and what others see of its posts.

Rule bluesky.collision ([400, "InvalidRequest"]): status and code of a record key that is taken;
the protocol does not say which.
"""

import random
from typing import Any

from studio.sandbox.audience import counts, followers
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.platforms import atproto
from studio.sandbox.platforms.bluesky_base import (
    account_of,
    invalid,
    refuse,
    session,
    write_points,
)
from studio.sandbox.platforms.bluesky_records import check_post
from studio.sandbox.state import Document, Sandbox

POST = "app.bsky.feed.post"
LETTERS = "234567abcdefghijklmnopqrstuvwxyz"


def create(call: Call) -> Reply:
    return _write(call, replaces=False)


def put(call: Call) -> Reply:
    """The same under a key that may be taken."""
    return _write(call, replaces=True)


def _write(call: Call, *, replaces: bool) -> Reply:
    did = session(call)["account"]
    asked = call.json()
    _own(call, did, asked)
    collection, record = asked.get("collection"), asked.get("record")
    if not isinstance(collection, str) or not isinstance(record, dict):
        raise invalid('Input must have the property "record"')
    rkey = asked.get("rkey") or ("" if replaces else _tid(call.sandbox))
    if not isinstance(rkey, str) or not atproto.is_tid(rkey):
        raise invalid("Invalid record key: it is not a TID")
    if collection == POST:
        check_post(call.sandbox, did, record)
        _check_reply(call.sandbox, record)
    sandbox, uri = call.sandbox, f"at://{did}/{collection}/{rkey}"
    headers = write_points(call, did, "update" if replaces else "create")
    with sandbox.lock:
        old = sandbox.get("record", uri)
        if old and not replaces:
            status, code = sandbox.rule("bluesky.collision", [400, "InvalidRequest"])
            raise refuse(int(status), str(code), f"Record already exists: {uri}")
        cid = atproto.record_id(record)
        sandbox.put(
            "record", uri, did=did, collection=collection, rkey=rkey, value=record, cid=cid,
            made=old["made"] if old else sandbox.time(),
        )  # fmt: skip
        if collection == POST:
            _show(sandbox, did, uri, record)
    rev = _tid(sandbox)
    return Reply(
        200,
        {
            "uri": uri,
            "cid": cid,
            "commit": {"cid": atproto.record_id({"rev": rev}), "rev": rev},
            "validationStatus": "valid",
        },
        headers,
    )


def _own(call: Call, did: str, asked: dict[str, Any]) -> None:
    """Only the own repository may be written."""
    account = account_of(call.sandbox, str(asked.get("repo", "")))
    if account is None or account["id"] != did:
        raise invalid("Could not find repo, or it is not yours")


def _tid(sandbox: Sandbox) -> str:
    """A key of now: 53 bits of microseconds, 10 of chance."""
    number = int(sandbox.time() * 1e6) << 10 | random.getrandbits(10)
    return "".join(LETTERS[number >> shift & 31] for shift in range(60, -1, -5))


def _check_reply(sandbox: Sandbox, record: dict[str, Any]) -> None:
    if "reply" not in record:
        return
    for which in ("root", "parent"):
        named = record["reply"].get(which, {}) if isinstance(record["reply"], dict) else {}
        if not named.get("uri") or not named.get("cid"):
            raise invalid("Invalid app.bsky.feed.post record: Record/reply needs uri and cid")
        found = sandbox.get("record", named["uri"])
        if found and found["cid"] != named["cid"]:
            raise invalid("Invalid app.bsky.feed.post record: Record/reply has another cid")


def _show(sandbox: Sandbox, did: str, uri: str, record: dict[str, Any]) -> None:
    if "reply" in record:
        parent = record["reply"]["parent"]["uri"]
        sandbox.put("reply", uri, post=parent, text=record["text"], account=did)
        return
    if sandbox.post("bluesky", uri):
        sandbox.change_post("bluesky", uri, text=record["text"])
        return
    account = sandbox.get("account", did) or {}
    embed = record.get("embed", {})
    link = embed.get("video", {}).get("ref", {}).get("$link", "")
    blob = sandbox.get("blob", f"{did}/{link}")
    rkey = uri.rpartition("/")[2]
    sandbox.publish(
        "bluesky",
        did,
        uri,
        record["text"],
        blob["sha256"] if blob else "",
        False,
        media_path=str(sandbox.upload_path(blob["upload"])) if blob else "",
        permalink=f"https://bsky.app/profile/{account.get('username', did)}/post/{rkey}",
    )


def _address(call: Call, asked: dict[str, Any]) -> str:
    account = account_of(call.sandbox, str(asked.get("repo", "")))
    did = account["id"] if account else asked.get("repo", "")
    return f"at://{did}/{asked.get('collection', '')}/{asked.get('rkey', '')}"


def get(call: Call) -> Reply:
    """Anybody may look."""
    uri = _address(call, dict(call.query))
    found = call.sandbox.get("record", uri)
    if found is None:
        raise refuse(400, "RecordNotFound", f"Could not locate record: {uri}")
    return Reply(200, {"uri": uri, "cid": found["cid"], "value": found["value"]})


def delete(call: Call) -> Reply:
    """Also of what is not there: the answer is the same."""
    did = session(call)["account"]
    asked = call.json()
    _own(call, did, asked)
    headers = write_points(call, did, "delete")
    uri = _address(call, asked)
    with call.sandbox.lock:
        call.sandbox.delete("record", uri)
        call.sandbox.delete("reply", uri)
        call.sandbox.delete_post("bluesky", uri)
    return Reply(200, {}, headers)


def list_records(call: Call) -> Reply:
    account = account_of(call.sandbox, call.query.get("repo", ""))
    if account is None:
        raise invalid("Could not find repo")
    most = call.query.get("limit", "50")
    if not most.isdigit() or not 1 <= int(most) <= 100:
        raise invalid("limit is 1 to 100")
    found = call.sandbox.find(
        "record", did=account["id"], collection=call.query.get("collection", "")
    )
    found.sort(key=lambda one: one["rkey"], reverse=True)
    items = [{"uri": one["id"], "cid": one["cid"], "value": one["value"]} for one in found]
    return Reply(200, {"records": items[: int(most)]})


def get_posts(call: Call) -> Reply:
    uris = [value for name, value in call.pairs if name in ("uris", "uris[]")]
    if not 1 <= len(uris) <= 25:
        raise invalid("uris has 1 to 25 elements")
    found = [call.sandbox.get("record", uri) for uri in uris]
    return Reply(200, {"posts": [_view(call, one) for one in found if one]})


def _view(call: Call, record: Document) -> dict[str, Any]:
    account = call.sandbox.get("account", record["did"]) or {}
    post = call.sandbox.post("bluesky", record["id"])
    replies = len(call.sandbox.find("reply", post=record["id"]))
    seen = counts(call.sandbox, post) if post else None
    return {
        "uri": record["id"],
        "cid": record["cid"],
        "author": {"did": record["did"], "handle": account.get("username", "")},
        "record": record["value"],
        "replyCount": replies + (seen.comments if seen else 0),
        "repostCount": seen.shares if seen else 0,
        "likeCount": seen.likes if seen else 0,
        "quoteCount": seen.shares // 5 if seen else 0,
        "indexedAt": record["value"]["createdAt"],
    }


def profile(call: Call) -> Reply:
    session(call)
    account = account_of(call.sandbox, call.query.get("actor", ""))
    if account is None:
        raise invalid("Profile not found")
    posts = call.sandbox.find("record", did=account["id"], collection=POST)
    return Reply(
        200,
        {
            "did": account["id"],
            "handle": account["username"],
            "displayName": account.get("name", ""),
            "avatar": f"{call.url_base}/avatar/{account['username']}.jpg",
            "followersCount": followers(account),
            "followsCount": 12,
            "postsCount": len(posts),
        },
    )


ROUTES = [
    Route("POST", r"/xrpc/com\.atproto\.repo\.createRecord", create, commit=True),
    Route("POST", r"/xrpc/com\.atproto\.repo\.putRecord", put, commit=True),
    Route("GET", r"/xrpc/com\.atproto\.repo\.getRecord", get),
    Route("GET", r"/xrpc/com\.atproto\.repo\.listRecords", list_records),
    Route("POST", r"/xrpc/com\.atproto\.repo\.deleteRecord", delete),
    Route("GET", r"/xrpc/app\.bsky\.feed\.getPosts", get_posts),
    Route("GET", r"/xrpc/app\.bsky\.actor\.getProfile", profile),
]
