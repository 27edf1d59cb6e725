"""TikTok: the chunks of a video, and how far a post has come.

Rules: tiktok.polls_until_complete (1), tiktok.polls_until_public_id (2 more; until then the post
has no public id), tiktok.range_ends_at ("count" or "last": the docs write `0-{uploaded}`, which
can be read as either), tiktok.ids_are_numbers (ids as 64-bit numbers rather than text).
"""

import re

from studio.sandbox.bodies import Truncated
from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.platforms.tiktok_base import answer, at_most, body, member, refuse, who
from studio.sandbox.platforms.tiktok_tasks import complete
from studio.sandbox.state import Document

TYPES = ("video/mp4", "video/quicktime", "video/webm")
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def chunk(call: Call) -> Reply:
    """PUT of one chunk. No bearer: the address is the secret."""
    sandbox = call.sandbox
    task = _task_of(call)
    first, last, total = _range(call, task)
    with sandbox.lock:
        task = sandbox.get("task", task["id"]) or task
        if first != task["received"]:
            raise Refused(Reply(416, None, _stored(call, task)))
        is_last = first // task["chunk"] == task["count"] - 1
        wanted = task["size"] - first if is_last else task["chunk"]
        if total != task["size"] or last - first + 1 != wanted:
            raise Refused(Reply(400, None))
    spare = sandbox.new_id("chunk")  # the same chunk may be on its way twice
    try:
        arrived = sandbox.save_upload(spare, call.stream)
    except Truncated:
        sandbox.drop_upload(spare)  # a chunk is taken whole or not at all
        raise
    with sandbox.lock:
        task = sandbox.get("task", task["id"]) or task
        if arrived != wanted or first != task["received"]:
            sandbox.drop_upload(spare)
            raise Refused(Reply(400 if arrived != wanted else 416, None, _stored(call, task)))
        with sandbox.upload_path(spare).open("rb") as file:
            sandbox.save_upload(task["upload_id"], file, first)
        sandbox.drop_upload(spare)
        task = sandbox.change("task", task["id"], received=last + 1)
        if last + 1 < task["size"]:
            return Reply(206, None, _stored(call, task))
        complete(sandbox, task["id"])
    return Reply(201, None, _stored(call, task))


def _task_of(call: Call) -> Document:
    found = call.sandbox.find("task", upload_id=call.query.get("upload_id", "-"), pulls=False)
    if not found or found[0]["upload_token"] != call.query.get("upload_token"):
        raise Refused(Reply(404, None))
    if found[0]["state"] in ("failed", "cancelled"):
        raise Refused(Reply(404, None))
    if found[0]["expires"] <= call.sandbox.time():
        raise Refused(Reply(403, None))
    return found[0]


def _range(call: Call, task: Document) -> tuple[int, int, int]:
    found = RANGE.fullmatch(call.headers.get("Content-Range", "").strip())
    if not found or call.content_type not in TYPES:
        raise Refused(Reply(400, None))
    first, last, total = (int(one) for one in found.groups())
    if call.headers.get("Content-Length") != str(last - first + 1):
        raise Refused(Reply(400, None))
    return first, last, total


def _stored(call: Call, task: Document) -> dict[str, str]:
    if not task["received"]:
        return {"Content-Range": f"bytes */{task['size']}"}
    ends_at_last = call.sandbox.rule("tiktok.range_ends_at", "count") == "last"
    end = task["received"] - (1 if ends_at_last else 0)
    return {"Content-Range": f"bytes 0-{end}/{task['size']}"}


def fetch_status(call: Call) -> Reply:
    token = who(call, "video.publish", "video.upload")
    at_most(call, "status", token, 30)
    publish_id = member(call, body(call), "publish_id", str)
    with call.sandbox.lock:
        task = call.sandbox.get("task", publish_id)
        if task is None or task["open_id"] != token["account"]:
            raise refuse(call, "invalid_publish_id", "The publish_id does not exist.")
        if task["done"]:
            task = call.sandbox.change("task", publish_id, polls=task["polls"] + 1)
    return answer(call, _progress(call, task))


def _progress(call: Call, task: Document) -> dict[str, object]:
    moved = "downloaded_bytes" if task["pulls"] else "uploaded_bytes"
    found: dict[str, object] = {moved: task["received"]}
    patience = int(call.sandbox.rule("tiktok.polls_until_complete", 1))
    is_waiting = task["done"] and task["polls"] <= patience
    if is_waiting or task["state"] in ("waiting", "processing"):
        found["status"] = f"PROCESSING_{'DOWNLOAD' if task['pulls'] else 'UPLOAD'}"
    elif task["state"] == "failed":
        found |= {"status": "FAILED", "fail_reason": task["fail_reason"]}
    elif task["state"] == "cancelled":
        found |= {"status": "FAILED", "fail_reason": "publish_cancelled"}
    elif task["state"] == "inbox":
        found["status"] = "SEND_TO_USER_INBOX"
    else:
        later = int(call.sandbox.rule("tiktok.polls_until_public_id", 2))
        shown = task["public"] and task["polls"] > patience + later
        as_number = call.sandbox.rule("tiktok.ids_are_numbers", False)
        post_id = int(task["post_id"]) if as_number else task["post_id"]
        found["status"] = "PUBLISH_COMPLETE"
        found["publicaly_available_post_id"] = [post_id] if shown else []
    return found


def cancel(call: Call) -> Reply:
    token = who(call, "video.publish", "video.upload")
    publish_id = member(call, body(call), "publish_id", str)
    with call.sandbox.lock:
        task = call.sandbox.get("task", publish_id)
        if task is None or task["open_id"] != token["account"]:
            raise refuse(call, "invalid_publish_id", "The publish_id does not exist.")
        if task["state"] not in ("waiting", "processing"):
            raise refuse(call, "invalid_param", "The post can no longer be cancelled.")
        call.sandbox.change("task", publish_id, state="cancelled")
    return answer(call, {})


ROUTES = [
    Route("PUT", r"/video/", chunk, commit=True),
    Route("POST", r"/v2/post/publish/status/fetch/", fetch_status),
    Route("POST", r"/v2/post/publish/cancel/", cancel),
]
