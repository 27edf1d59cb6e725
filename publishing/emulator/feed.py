"""The page for people: what an audience would see."""

import html
from pathlib import Path
from typing import TYPE_CHECKING

from publishing.emulator.bodies import Source
from publishing.emulator.calls import Reply
from publishing.emulator.identity import page

if TYPE_CHECKING:
    from publishing.emulator.server import Server


def answer(server: "Server", method: str, path: str, asked: dict[str, str], body: Source) -> Reply:
    """`/` and the media on it."""
    if method != "GET":
        return Reply(405, {"error": f"{method} is not known here."}, {"Allow": "GET"})
    if path == "/":
        return Reply(200, _page(server))
    parts = path.strip("/").split("/")
    if len(parts) == 3 and parts[0] in ("_media", "_cover"):
        return _file(server, *parts)
    return Reply(404, {"error": f"The sandbox has no {path}."})


def _file(server: "Server", what: str, platform: str, post_id: str) -> Reply:
    post = server.sandbox.post(platform, post_id)
    name = (post or {"flags": {}})["flags"].get(f"{what[1:]}_path", "")
    # Only what a handler stored, and only below our own folder.
    path = Path(name)
    if not name or not path.is_relative_to(server.sandbox.folder) or not path.exists():
        return Reply(404, {"error": "There is no such file."})
    kind = "video/mp4" if what == "_media" else "image/jpeg"
    return Reply(200, path, {"Content-Type": kind})


def _page(server: "Server") -> str:
    posts = server.sandbox.posts()
    items = "".join(
        f"<li>{html.escape(one['platform'])}: {html.escape(one['text'][:200])}</li>"
        for one in reversed(posts[-100:])
    )
    return page("Sandbox", f"<h1>Sandbox</h1><ul>{items}</ul>")
