"""TikTok fetching a video from an address."""

import threading

from studio.sandbox.media import Unfetchable, fetch
from studio.sandbox.platforms.tiktok_tasks import complete, fail
from studio.sandbox.state import Document, Sandbox

MAX_SIZE = 4_000_000_000


def pull(sandbox: Sandbox, task: Document) -> threading.Thread:
    """Download it in a thread of its own, then go on as if it had been sent."""
    thread = threading.Thread(target=_pull, args=(sandbox, task), name="pull", daemon=True)
    thread.start()
    return thread


def _pull(sandbox: Sandbox, task: Document) -> None:
    try:
        size = fetch(
            sandbox,
            task["upload_id"],
            task["url"],
            most=MAX_SIZE,
            kinds=("video/",),
            agent="TikTok (sandbox)",
        )
    except Unfetchable:
        fail(sandbox, task, "video_pull_failed")
        return
    sandbox.change("task", task["id"], received=size, size=size)
    complete(sandbox, task["id"])
