"""What creators do in TikTok's own app with drafts that wait in their inbox. Not TikTok's API."""

from html import escape

from publishing.emulator.calls import Call, Reply, Route
from publishing.emulator.state import Sandbox
from publishing.emulator.tiktok_tasks import publish


def post(call: Call) -> Reply:
    """The creator taps "Post". By JSON, or from the page, to which the answer leads back."""
    is_form = call.content_type == "application/x-www-form-urlencoded"
    asked = call.form() if is_form else call.json()
    with call.sandbox.lock:
        task = call.sandbox.get("task", str(asked.get("publish_id", "")))
        if task is None or task["state"] != "inbox":
            return Reply(404, {"error": "Nothing waits in the inbox under that publish_id."})
        said = {
            "title": str(asked.get("title", "")),
            "is_aigc": bool(asked.get("is_aigc", False)),
            "privacy_level": "PUBLIC_TO_EVERYONE",
        }
        publish(call.sandbox, task, said)
    return Reply(303, None, {"Location": "/"}) if is_form else Reply(200, {"ok": True})


def aside(sandbox: Sandbox) -> str:
    """The inboxes on the page, each draft with the button that posts it."""
    items = ""
    for task in sandbox.find("task", state="inbox"):
        account = sandbox.get("account", task["open_id"]) or {}
        items += (
            f'<li class="post"><form method="post" action="/tiktok/_creator/post/">'
            f'<p class="who">A draft waits for @{escape(str(account.get("username", "")))}</p>'
            f'<input type="hidden" name="publish_id" value="{escape(task["id"])}">'
            '<label>Caption<br><input name="title"></label>'
            '<label><input name="is_aigc" type="checkbox" value="yes"> AI-generated</label>'
            "<button>Post it as the creator would</button></form></li>"
        )
    return f'<ul class="feed">{items}</ul>' if items else ""


ROUTES = [Route("POST", r"/_creator/post/", post)]
