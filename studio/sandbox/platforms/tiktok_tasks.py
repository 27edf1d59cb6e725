"""TikTok: what becomes of a video once all of it is there."""

from studio.sandbox.media import Film, film
from studio.sandbox.platforms.tiktok_hooks import tell
from studio.sandbox.state import Document, Sandbox, sha256_of


def complete(sandbox: Sandbox, publish_id: str) -> None:
    """All bytes are here: a direct post goes out, a share goes to the creator's inbox. Once."""
    with sandbox.lock:
        task = sandbox.get("task", publish_id)
        if task is None or task["state"] != "waiting":
            return
        task = sandbox.change("task", publish_id, done=True, state="processing")
        if task["fate"] == "stuck":
            return
        if reason := _flaw(sandbox, task):
            fail(sandbox, task, reason)
        elif task["mode"] == "inbox":
            sandbox.change("task", publish_id, state="inbox")
            _tell(sandbox, task, "post.publish.inbox_delivered")
        else:
            publish(sandbox, task, task["post"])


def _flaw(sandbox: Sandbox, task: Document) -> str:
    """Why the video is refused, in TikTok's words; empty when it is not."""
    if task["fate"] == "fail_late":
        return str(sandbox.rule("tiktok.fail_reason", "internal"))
    if not sandbox.rule("tiktok.strict_media", True):
        return ""
    found = film(sandbox.upload_path(task["upload_id"]))
    if found is None:
        return "file_format_check_failed"
    if found.duration_ms > 1000 * int(sandbox.rule("tiktok.max_seconds", 600)):
        return "duration_check_failed"
    if not all(360 <= side <= 4096 for side in (found.width, found.height)):
        return "picture_size_check_failed"
    return ""


def fail(sandbox: Sandbox, task: Document, reason: str) -> None:
    sandbox.change("task", task["id"], state="failed", fail_reason=reason)
    _tell(sandbox, task, "post.publish.failed", reason=reason)


def publish(sandbox: Sandbox, task: Document, post: Document) -> None:
    """Show it. post: what the app or the creator said of it. Under the lock."""
    is_public = post["privacy_level"] == "PUBLIC_TO_EVERYONE"
    account = sandbox.get("account", task["open_id"]) or {}
    post_id = sandbox.new_id("74")
    path = sandbox.upload_path(task["upload_id"])
    seen = film(path) or Film(0, 0, 0, False)
    sandbox.publish(
        "tiktok",
        task["open_id"],
        post_id,
        post.get("title", ""),
        sha256_of(path),
        bool(post.get("is_aigc", False)),
        visible_at=None if post["privacy_level"] == "SELF_ONLY" else sandbox.time(),
        media_path=str(path),
        permalink=f"https://www.tiktok.com/@{account.get('username', '')}/video/{post_id}",
        privacy=post["privacy_level"],
        cover_ms=post.get("video_cover_timestamp_ms", 0),
        publish_id=task["id"],
        duration_ms=seen.duration_ms,
        width=seen.width,
        height=seen.height,
    )
    sandbox.change("task", task["id"], state="published", post_id=post_id, public=is_public)
    events = [("post.publish.complete", _content(task))]
    if is_public:
        content = {**_content(task), "post_id": post_id}
        events.append(("post.publish.publicly_available", content))
    tell(sandbox, task["app"], task["open_id"], *events)


def _tell(sandbox: Sandbox, task: Document, event: str, **more: str) -> None:
    tell(sandbox, task["app"], task["open_id"], (event, {**_content(task), **more}))


def _content(task: Document) -> dict[str, str]:
    kind = "DIRECT_PUBLISH" if task["mode"] == "direct" else "INBOX_SHARE"
    return {"publish_id": task["id"], "publish_type": kind}
