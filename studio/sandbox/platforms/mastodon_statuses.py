"""Mastodon: statuses.

The same Idempotency-Key brings the same status for an hour (rule mastodon.idempotency_s).
Reading is for anybody, but a token that is sent along must have read:statuses.
"""

import datetime as dt
from typing import Any

from studio.sandbox.audience import counts
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.identity import HOUR
from studio.sandbox.platforms.mastodon_base import (
    counted,
    holder,
    is_true,
    iso,
    params,
    reader,
    refuse,
    unprocessable,
)
from studio.sandbox.platforms.mastodon_login import account_of
from studio.sandbox.platforms.mastodon_media import shown as shown_media
from studio.sandbox.platforms.mastodon_text import LIMIT, as_html, length
from studio.sandbox.state import Document, Sandbox, sha256_of

VISIBILITY = ("public", "unlisted", "private", "direct")


def create(call: Call) -> Reply:
    token = holder(call, "write:statuses")
    asked = params(call)
    key = call.headers.get("Idempotency-Key", "").strip()
    with call.sandbox.lock:
        if key and (known := _replayed(call.sandbox, token["account"], key)):
            return Reply(200, shown(call, known))
        status = _new(call, token["account"], asked)
        if key:
            call.sandbox.put(
                "replay",
                f"{token['account']}/{key}",
                status=status["id"],
                made=call.sandbox.time(),
            )
    if status["made"] > call.sandbox.time():
        return Reply(200, _scheduled(call, status))
    return Reply(200, shown(call, status))


def _replayed(sandbox: Sandbox, account: str, key: str) -> Document | None:
    found = sandbox.get("replay", f"{account}/{key}")
    life = float(sandbox.rule("mastodon.idempotency_s", HOUR))
    if found is None or found["made"] + life <= sandbox.time():
        return None
    return sandbox.get("status", found["status"])


def _new(call: Call, account: str, asked: dict[str, Any]) -> Document:
    text = asked.get("status") or ""
    spoiler = asked.get("spoiler_text") or ""
    ids = asked.get("media_ids") or []
    visibility = asked.get("visibility") or "public"
    if not isinstance(text, str) or not isinstance(ids, list):
        raise unprocessable("Text is invalid")
    if visibility not in VISIBILITY:
        raise unprocessable("Visibility is not included in the list")
    most = int(call.sandbox.rule("mastodon.max_characters", LIMIT))
    if length(text) + len(spoiler) > most:
        raise unprocessable(f"Text character limit of {most} exceeded")
    if not text and not ids and not spoiler:
        raise unprocessable("Text can't be blank")
    when = _when(call, asked.get("scheduled_at"))
    parent = str(asked.get("in_reply_to_id") or "")
    if parent and not call.sandbox.get("status", parent):
        raise refuse(404, "The post you are trying to reply to does not appear to exist.")
    media = _attached(call, account, [str(one) for one in ids])
    status = call.sandbox.put(
        "status",
        call.sandbox.new_id("11"),
        account=account,
        text=text,
        spoiler=spoiler,
        visibility=visibility,
        sensitive=is_true(asked.get("sensitive", False)),
        language=asked.get("language"),
        media=[one["id"] for one in media],
        parent=parent,
        made=when,
    )
    for one in media:
        call.sandbox.change("media", one["id"], status=status["id"])
    _show(call, status, media)
    return status


def _when(call: Call, asked: Any) -> float:
    """Now, or five minutes ahead or more."""
    now = call.sandbox.time()
    if not asked:
        return now
    try:
        when = dt.datetime.fromisoformat(str(asked))
    except ValueError as e:
        raise unprocessable("Scheduled at is not a valid date") from e
    at = (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()
    if at < now + 300:
        raise unprocessable("Scheduled at date must be in the future")
    return at


def _attached(call: Call, account: str, ids: list[str]) -> list[Document]:
    if len(ids) > 4:
        raise unprocessable("Cannot attach more than 4 files")
    found = []
    for id in ids:
        media = call.sandbox.get("media", id)
        if media is None or media["account"] != account or media["status"]:
            raise unprocessable(f"Media {id} not found or already attached to another post")
        if media["state"] != "ready":
            raise refuse(
                422,
                "Cannot attach files that have not finished processing. Try again in a moment!",
            )
        found.append(media)
    return found


def _show(call: Call, status: Document, media: list[Document]) -> None:
    sandbox = call.sandbox
    if status["parent"]:
        sandbox.put(
            "reply", status["id"], post=status["parent"], text=status["text"],
            account=status["account"],
        )  # fmt: skip
        return
    path = sandbox.upload_path(media[0]["id"]) if media else None
    sandbox.publish(
        "mastodon",
        status["account"],
        status["id"],
        status["text"],
        sha256_of(path) if path else "",
        False,
        visible_at=None if status["visibility"] == "direct" else status["made"],
        media_path=str(path) if path else "",
        cover_path=media[0]["cover"] if media else "",
        permalink=_url(call, status),
        visibility=status["visibility"],
        spoiler=status["spoiler"],
    )


def _url(call: Call, status: Document) -> str:
    account = call.sandbox.get("account", status["account"]) or {}
    return f"{call.url_base}/@{account.get('username', '')}/{status['id']}"


def shown(call: Call, status: Document) -> dict[str, Any]:
    """A status as the API shows it; its text only as HTML."""
    sandbox = call.sandbox
    post = sandbox.post("mastodon", status["id"])
    seen = counts(sandbox, post) if post and post["visible_at"] else None
    replies = len(sandbox.find("reply", post=status["id"]))
    media = [sandbox.get("media", one) for one in status["media"]]
    return {
        "id": status["id"],
        "created_at": iso(status["made"]),
        "in_reply_to_id": status["parent"] or None,
        "sensitive": status["sensitive"],
        "spoiler_text": status["spoiler"],
        "visibility": status["visibility"],
        "language": status["language"],
        "uri": f"{call.url_base}/users/{status['account']}/statuses/{status['id']}",
        "url": _url(call, status),
        "content": as_html(status["text"], call.url_base),
        "account": account_of(call, sandbox.get("account", status["account"]) or {}),
        "media_attachments": [shown_media(call, one) for one in media if one],
        "replies_count": replies + (seen.comments if seen else 0),
        "reblogs_count": seen.shares if seen else 0,
        "favourites_count": seen.likes if seen else 0,
        "reblog": None,
    }


def _scheduled(call: Call, status: Document) -> dict[str, Any]:
    return {
        "id": status["id"],
        "scheduled_at": iso(status["made"]),
        "params": {"text": status["text"], "visibility": status["visibility"]},
        "media_attachments": [],
    }


def _found(call: Call, account: str) -> Document:
    status = call.sandbox.get("status", call.args["id"])
    is_own = status is not None and status["account"] == account
    if status is None or status["made"] > call.sandbox.time():
        raise refuse(404, "Record not found")
    if not is_own and status["visibility"] not in ("public", "unlisted"):
        raise refuse(404, "Record not found")
    return status


def read(call: Call) -> Reply:
    token = reader(call, "read:statuses")
    return Reply(200, shown(call, _found(call, token["account"] if token else "")))


def delete(call: Call) -> Reply:
    """Answers with its source; its media can be attached again."""
    token = holder(call, "write:statuses")
    with call.sandbox.lock:
        status = _found(call, token["account"])
        if status["account"] != token["account"]:
            raise refuse(403, "This action is not allowed")
        said = shown(call, status) | {"text": status["text"]}
        for one in status["media"]:
            call.sandbox.change("media", one, status="")
        call.sandbox.delete("status", status["id"])
        call.sandbox.delete("reply", status["id"])
        call.sandbox.delete_post("mastodon", status["id"])
    return Reply(200, said)


def listed(call: Call) -> Reply:
    token = reader(call, "read:statuses")
    if call.sandbox.get("account", call.args["account"]) is None:
        raise refuse(404, "Record not found")
    is_own = token is not None and token["account"] == call.args["account"]
    most = call.query.get("limit", "20")
    since = call.query.get("since_id") or call.query.get("min_id") or "0"
    if not most.isdigit() or not since.isdigit():
        raise unprocessable("limit and since_id are numbers")
    found = [
        one
        for one in reversed(call.sandbox.find("status", account=call.args["account"]))
        if one["made"] <= call.sandbox.time()
        and int(one["id"]) > int(since)
        and (is_own or one["visibility"] in ("public", "unlisted"))
        and not (one["parent"] and is_true(call.query.get("exclude_replies", "")))
    ]
    return Reply(200, [shown(call, one) for one in found[: min(int(most), 40)]])


ROUTES = [
    Route("POST", r"/api/v1/statuses", counted(create), commit=True),
    Route("GET", r"/api/v1/statuses/(?P<id>\d+)", counted(read)),
    Route("DELETE", r"/api/v1/statuses/(?P<id>\d+)", counted(delete)),
    Route("GET", r"/api/v1/accounts/(?P<account>\d+)/statuses", counted(listed)),
]
