"""The page for people: what an audience would see, and the clock and the faults behind it."""

import datetime as dt
from html import escape
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qsl

from studio.sandbox import MODULES, audience, shop
from studio.sandbox.bodies import Source
from studio.sandbox.calls import Reply
from studio.sandbox.faults import Kind
from studio.sandbox.pages import page
from studio.sandbox.routing import Platforms
from studio.sandbox.state import Document, Sandbox

SHOWN = 24  # posts of a platform, requests: what somebody looks through
LABELS = {"x": "X", "tiktok": "TikTok", "youtube": "YouTube", "linkedin": "LinkedIn"}
STEPS = (("a minute", 60), ("an hour", 3600), ("a day", 86400), ("a week", 7 * 86400))


def answer(
    played: Platforms, method: str, path: str, asked: dict[str, str], body: Source
) -> Reply:
    """`/`, its buttons, and the media on it."""
    parts = path.strip("/").split("/", 2)  # Bluesky's ids have slashes of their own
    if method == "POST" and path in _BUTTONS:
        form = dict(parse_qsl(body.read(65536).decode("utf-8", "replace")))
        try:
            _BUTTONS[path](played.sandbox, form)
        except ValueError as e:
            return Reply(400, page("Sandbox", f"<p>{escape(str(e))}</p>", narrow=True))
        return Reply(303, None, {"Location": "/"})
    if method == "GET" and path == "/":
        return Reply(200, _page(played))
    if method == "GET" and len(parts) == 3 and parts[0] in ("_media", "_cover"):
        return _file(played.sandbox, *parts)
    return Reply(404, {"error": f"The sandbox has no {method} {path}."})


def _file(sandbox: Sandbox, what: str, platform: str, post_id: str) -> Reply:
    post = sandbox.post(platform, post_id)
    name = (post or {"flags": {}})["flags"].get(f"{what[1:]}_path", "")
    path = Path(name)
    # Only what a handler stored, and only below our own folder.
    if not name or not path.is_relative_to(sandbox.folder) or not path.exists():
        return Reply(404, {"error": "There is no such file."})
    kind = "video/mp4" if what == "_media" else "image/jpeg"
    return Reply(200, path, {"Content-Type": kind})


# The buttons


def _clock(sandbox: Sandbox, form: dict[str, str]) -> None:
    sandbox.advance(float(form.get("advance_s", "0")))


def _fault(sandbox: Sandbox, form: dict[str, str]) -> None:
    status = form.get("status", "")
    sandbox.faults.add(
        kind=form.get("kind", ""),
        platform=form.get("platform", ""),
        commit=True if form.get("commit") else None,
        times=int(form.get("times") or 1),
        **({"status": int(status)} if status else {}),
    )


def _no_fault(sandbox: Sandbox, form: dict[str, str]) -> None:
    sandbox.faults.remove(int(form.get("id", "0")))


def _reset(sandbox: Sandbox, form: dict[str, str]) -> None:
    sandbox.reset()


_BUTTONS = {"/clock": _clock, "/fault": _fault, "/no-fault": _no_fault, "/reset": _reset}
_BUTTONS |= {"/ending": shop.end_as, "/no-ending": shop.end_well}


# The page


def _page(played: Platforms) -> str:
    sandbox = played.sandbox
    feeds = "".join(
        _feed(sandbox, name, getattr(module, "aside", _nothing)(sandbox.of(name)))
        for name, module in played.modules.items()
        if name in MODULES
    )
    total = len(sandbox.posts())
    body = (
        f"<h1>{_count(total, 'post')} <small>in the sandbox</small></h1>"
        f"<p>Nothing here is public. In <code>.env</code>:"
        f" <code>SANDBOX_URL={escape(sandbox.url)}</code></p>"
        f"{_clock_form(sandbox)}{feeds}{shop.section(sandbox)}"
        f"{_faults(played)}{_requests(sandbox)}{_crashes(sandbox)}"
        '<h2>Start over</h2><form method="post" action="/reset">'
        "<p>Forgets posts, orders, accounts, tokens, faults and the clock.</p>"
        "<button>Forget everything</button></form>"
    )
    return page("Sandbox", body)


def _nothing(sandbox: Sandbox) -> str:
    return ""


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _clock_form(sandbox: Sandbox) -> str:
    now = sandbox.now()
    buttons = "".join(
        f'<button name="advance_s" value="{seconds}">{words} on</button>'
        for words, seconds in STEPS
    )
    return (
        f"<p>Its clock says <time>{now:%A %d %B %Y, %H:%M:%S}</time> UTC.</p>"
        f'<form method="post" action="/clock" class="row">{buttons}</form>'
    )


def label(platform: str) -> str:
    if platform not in MODULES:
        return shop.label(platform)
    return LABELS.get(platform, platform.capitalize())


def _feed(sandbox: Sandbox, platform: str, aside: str) -> str:
    posts = sandbox.posts(platform, hidden=True)
    if not posts:
        return f"<h2>{label(platform)} <small>nothing yet</small></h2>{aside}"
    items = "".join(_post(sandbox, one) for one in reversed(posts[-SHOWN:]))
    older = f", the newest {SHOWN} shown" if len(posts) > SHOWN else ""
    return (
        f"<h2>{label(platform)} <small>{_count(len(posts), 'post')}{older}</small></h2>"
        f'<ul class="feed">{items}</ul>{aside}'
    )


def _post(sandbox: Sandbox, post: Document) -> str:
    platform, id, flags = post["platform"], post["post_id"], post["flags"]
    account = sandbox.of(platform).get("account", post["account"]) or {}
    name = account.get("username", post["account"])
    badge = '<span class="badge">AI</span>' if post["ai_label"] else ""
    title = f"<b>{escape(flags['title'])}</b>" if flags.get("title") else ""
    return (
        f'<li class="post">{_player(post)}<div><p class="who"><span>@{escape(str(name))}</span>'
        f"{badge}</p>{title}"
        f'<p class="text">{escape(post["text"])}</p>'
        f'<p class="soft">{_when(sandbox, post)}<br>{_counts(sandbox, post)}</p>'
        f'<p class="soft"><code>{escape(flags.get("permalink") or id)}</code></p>'
        f"{_comments(sandbox, post)}{_note(flags)}</div></li>"
    )


def _player(post: Document) -> str:
    flags, address = post["flags"], f"{post['platform']}/{post['post_id']}"
    if not flags.get("media_path"):
        return '<span class="none">words only</span>'
    poster = f' poster="/_cover/{escape(address)}"' if flags.get("cover_path") else ""
    return (
        f'<video controls playsinline preload="metadata"{poster} src="/_media/{escape(address)}">'
        "</video>"
    )


def _when(sandbox: Sandbox, post: Document) -> str:
    if post["visible_at"] is None:
        return "Only its maker sees it"
    when = dt.datetime.fromtimestamp(post["visible_at"], dt.UTC)
    word = "Seen since" if post["visible_at"] <= sandbox.time() else "Seen from"
    if post["flags"].get("privacy") == "unlisted":
        word = f"Unlisted: with its link {word.lower()}"
    return f"{word} <time>{when:%d %b %H:%M:%S}</time> UTC"


def _counts(sandbox: Sandbox, post: Document) -> str:
    if post["visible_at"] is None or post["visible_at"] > sandbox.time():
        return ""
    seen = audience.counts(sandbox, post)
    return f"{_count(seen.views, 'view')} · {_count(seen.likes, 'like')}"


def _comments(sandbox: Sandbox, post: Document) -> str:
    seen = sandbox.of(post["platform"])
    found = [
        *seen.find("comment", post=post["post_id"]),
        *seen.find("reply", post=post["post_id"]),
    ]
    return "".join(f'<p class="soft">First comment: {escape(one["text"])}</p>' for one in found)


def _note(flags: Document) -> str:
    return f'<p class="soft">{escape(flags["note"])}</p>' if flags.get("note") else ""


def _faults(played: Platforms) -> str:
    rows = "".join(
        f"<tr><td>{one['kind']}</td><td>{escape(_meant(one))}</td>"
        f"<td>{one['hits']} of {one['times'] or 'any number'}</td><td>"
        '<form method="post" action="/no-fault">'
        f'<button class="small" name="id" value="{one["id"]}">Remove</button></form></td></tr>'
        for one in played.sandbox.faults.all()
    )
    table = f'<div class="scroll"><table>{rows}</table></div>' if rows else "<p>None ordered.</p>"
    kinds = "".join(f"<option>{kind}</option>" for kind in get_args(Kind))
    names = "".join(f'<option value="{n}">{label(n)}</option>' for n in played.modules)
    return (
        f"<h2>Faults</h2>{table}"
        '<form method="post" action="/fault" class="row">'
        f'<label>What<br><select name="kind">{kinds}</select></label>'
        '<label>Where<br><select name="platform"><option value="">Everywhere</option>'
        f"{names}</select></label>"
        '<label>How often<br><input name="times" type="number" min="1" value="1"></label>'
        '<label>Status<br><input name="status" type="number" min="400" max="599" value="503">'
        "</label>"
        '<label><input name="commit" type="checkbox" checked> only when something is'
        " published or ordered</label><button>Order it</button></form>"
    )


def _meant(fault: dict[str, Any]) -> str:
    parts = [label(fault["platform"]) if fault["platform"] else "everywhere"]
    parts += [str(fault["status"])] if fault["kind"].startswith("status") else []
    parts += [fault["method"]] if fault["method"] else []
    parts += [fault["path"]] if fault["path"] else []
    parts += ["when publishing or ordering"] if fault["commit"] else []
    parts += [f"{fault['probability']:.1%} of calls"] if fault["probability"] < 1 else []
    return ", ".join(parts)


def _requests(sandbox: Sandbox) -> str:
    rows = "".join(
        f"<tr><td><time>{dt.datetime.fromtimestamp(one['at'], dt.UTC):%H:%M:%S}</time></td>"
        f"<td>{label(one['platform'])}</td><td>{escape(one['status'])}</td>"
        f"<td>{one['fault']}</td>"
        f'<td class="path"><code>{escape(one["method"])} {escape(one["path"])}</code></td></tr>'
        for one in list(sandbox.log)[: -2 * SHOWN : -1]
    )
    return (
        f"<h2>Requests <small>{sandbox.calls['all']} since the start</small></h2>"
        "<details><summary>The last ones, secrets left out</summary>"
        f'<div class="scroll"><table>{rows}</table></div></details>'
    )


def _crashes(sandbox: Sandbox) -> str:
    if not sandbox.crashes:
        return ""
    return f"<h2>Bugs of the sandbox</h2><pre>{escape(sandbox.crashes[-1])}</pre>"
