"""What creators do in TikTok's own app, and what TikTok tells about it. Not TikTok's API.

POST /_creator/post/     {"publish_id", "title", "is_aigc"}   post a draft from the inbox
POST /_creator/delete/   {"post_id"}                          take a post down
POST /_creator/leave/    {"open_id"}                          take the app's permission away
"""

from html import escape

from studio.sandbox import identity
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.platforms.tiktok_hooks import tell
from studio.sandbox.platforms.tiktok_tasks import publish
from studio.sandbox.state import Sandbox

BY_THE_USER = 1  # reason of authorization.removed: disconnected in TikTok's own settings


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


def delete(call: Call) -> Reply:
    with call.sandbox.lock:
        post_id = str(call.json().get("post_id", ""))
        tasks = call.sandbox.find("task", post_id=post_id, state="published")
        if not tasks:
            return Reply(404, {"error": "There is no such post."})
        call.sandbox.delete_post("tiktok", post_id)
        call.sandbox.change("task", tasks[0]["id"], public=False)
    event = "post.publish.no_longer_publicaly_available"  # sic
    told = {"publish_id": tasks[0]["id"], "post_id": post_id, "publish_type": "DIRECT_PUBLISH"}
    tell(call.sandbox, tasks[0]["app"], tasks[0]["open_id"], (event, told))
    return Reply(200, {"ok": True})


def leave(call: Call) -> Reply:
    open_id = str(call.json().get("open_id", ""))
    apps = {one["app"] for one in call.sandbox.find("token", account=open_id)}
    identity.revoke_account(call.sandbox, open_id)
    for app in sorted(apps):
        tell(call.sandbox, app, open_id, ("authorization.removed", {"reason": BY_THE_USER}))
    return Reply(200, {"ok": True})


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


ROUTES = [
    Route("POST", r"/_creator/post/", post),
    Route("POST", r"/_creator/delete/", delete),
    Route("POST", r"/_creator/leave/", leave),
]
