"""The part of the sandbox's page that is about vendors: what was ordered, what became of it, and
how their jobs are to end.
"""

from html import escape

from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import results
from studio.sandbox.vendors.common import orders
from studio.sandbox.vendors.jobs import BAD, OUTCOMES, is_over, stage

SHOWN = 24  # orders: what somebody looks through
LABELS = {
    "sync": "Sync.so", "wavespeed": "WaveSpeed", "fal": "fal", "fal-storage": "fal's storage",
    "heygen": "HeyGen", "pixverse": "PixVerse", "elevenlabs": "ElevenLabs",
    "minimax": "MiniMax", "dashscope": "Model Studio", "resemble-app": "Resemble's app",
    "openai": "OpenAI",
}  # fmt: skip
JOBBERS = ("sync", "wavespeed", "fal", "replicate", "hedra", "heygen", "kling", "pixverse")
ENDS = {
    "refuse": "moderation refuses it", "no_face": "no face is found", "fail": "it fails",
    "trouble": "it fails, as if that passed", "stuck": "it never ends",
    "empty": "done, with no result named", "403": "result: HTTP 403", "404": "result: HTTP 404",
    "410": "result: HTTP 410", "truncated": "result: cut off", "zero": "result: no bytes",
    "html": "result: a web page", "silent": "result: without sound",
    "short": "result: half as long", "long": "result: twice as long",
    "broken": "result: not a film",
}  # fmt: skip


def label(vendor: str) -> str:
    return LABELS.get(vendor, vendor.capitalize())


def section(sandbox: Sandbox) -> str:
    """The table of orders, and the form for how jobs end."""
    bought = orders(sandbox)[::-1]
    total = sum(one["charged"] for one in bought)
    rows = "".join(_rows(sandbox, one) for one in bought[:SHOWN])
    older = f", the newest {SHOWN} shown" if len(bought) > SHOWN else ""
    head = "<tr><th>Vendor<th>Model<th>Paid<th>Result<th>State<th>Job</tr>"
    table = f'<div class="scroll"><table>{head}{rows}</table></div>' if rows else ""
    count = f"{total} paid {'order' if total == 1 else 'orders'}{older}" if rows else "nothing yet"
    return f"<h2>Vendors <small>{count}</small></h2>{table}{_endings(sandbox)}"


def _rows(sandbox: Sandbox, order: Document) -> str:
    """One order; a line for each of its jobs, or one when it was answered at once."""
    seen = sandbox.of(order["vendor"])
    jobs: list[Document | None] = [job for id in order["jobs"] if (job := seen.get("job", id))]
    return "".join(_row(seen, order, job) for job in jobs or [None])


def _row(sandbox: Sandbox, order: Document, job: Document | None) -> str:
    paid = f"{order['charged']} ×" if order["charged"] > 1 else "once"
    paid = f'<b class="badge">{paid}</b>' if order["charged"] > 1 else paid
    paid += f", repeated {order['replays']} ×" if order["replays"] else ""
    id = f"<code>{escape(job['id'])}</code>" if job else "answered at once"
    return (
        f"<tr><td>{escape(label(order['vendor']))}</td><td>{escape(order['model'])}</td>"
        f"<td>{paid}</td><td>{_link(sandbox, job)}</td><td>{escape(_state(sandbox, job))}</td>"
        f"<td>{id}</td></tr>"
    )


def _state(sandbox: Sandbox, job: Document | None) -> str:
    if job is None:
        return "done"
    now = stage(sandbox, job)
    if now == "failed":
        return f"failed: {job['error']['text']}"
    if now in ("queued", "running") and is_over(sandbox, job):
        return "waits to be asked for"
    return now


def _link(sandbox: Sandbox, job: Document | None) -> str:
    if job is None or not job.get("made"):
        return ""
    path = results.address(sandbox, job).removeprefix(sandbox.url)
    return f'<a href="{escape(path)}">{job["made"]["seconds"]:.1f} s</a>'


# How jobs end


def _endings(sandbox: Sandbox) -> str:
    rows = "".join(
        f"<tr><td>{escape(label(name.partition('.')[0]))}</td>"
        f"<td>{escape(ENDS.get(str(value), str(value)))}</td><td>"
        '<form method="post" action="/no-ending"><button class="small" name="rule"'
        f' value="{escape(name)}">Remove</button></form></td></tr>'
        for name, value in sandbox.rules().items()
        if name.endswith((".outcome", ".bad_result"))
    )
    table = f'<div class="scroll"><table>{rows}</table></div>' if rows else ""
    names = "".join(f'<option value="{name}">{escape(label(name))}</option>' for name in JOBBERS)
    ends = "".join(
        f'<option value="{one}">{escape(ENDS[one])}</option>' for one in (*OUTCOMES, *BAD)
    )
    return (
        f"<h3>How their jobs end</h3>{table}"
        '<form method="post" action="/ending" class="row">'
        f'<label>Of<br><select name="vendor">{names}</select></label>'
        f'<label>From now on<br><select name="ending">{ends}</select></label>'
        "<button>Let it be so</button></form>"
    )


def end_as(sandbox: Sandbox, form: dict[str, str]) -> None:
    """POST /ending. Raises ValueError for what is no ending."""
    vendor, ending = form.get("vendor", ""), form.get("ending", "")
    if vendor not in JOBBERS or ending not in ENDS:
        raise ValueError("This is no vendor, or no ending.")
    rule = "outcome" if ending in OUTCOMES else "bad_result"
    sandbox.set_rule(f"{vendor}.{rule}", ending)


def end_well(sandbox: Sandbox, form: dict[str, str]) -> None:
    """POST /no-ending."""
    name = form.get("rule", "")
    if not name.endswith((".outcome", ".bad_result")):
        raise ValueError("This rule is not about endings.")
    sandbox.set_rule(name, None)
