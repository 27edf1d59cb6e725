"""Whether anybody does the work. For /health/ and for the pages that promise a time."""

from typing import Any

from django.utils import timezone

from avatar.models import Reel
from studio.lib.models import Lease

CLUSTERS = ("default", "publish", "render")
TICK_S = 180  # it comes every minute
CLUSTER_S = 300
DRAIN_S = 25 * 3600  # installations with nothing but cron: once a day at the least


def cluster_beat(cluster: str) -> str:
    return f"cluster:{cluster}"


def status() -> dict[str, Any]:
    """{"ok": bool, "problems": [sentence], "parts": {name: {"state": str, "seen_s_ago": int |
    None}}}

    States: running, busy (one long render keeps the only worker), stuck, never seen. An
    installation that only ever runs `tick --drain` has one part, "drain", and needs no clusters.
    """
    seen = {
        lease.name: int((timezone.now() - lease.seen_at).total_seconds())
        for lease in Lease.objects.filter(name__in=("tick", "drain", *map(cluster_beat, CLUSTERS)))
    }
    if "drain" in seen and "tick" not in seen:
        parts = {"drain": _part(seen["drain"], DRAIN_S)}
    else:
        parts = {"tick": _part(seen.get("tick"), TICK_S)}
        parts |= {name: _part(seen.get(cluster_beat(name)), CLUSTER_S) for name in CLUSTERS}
        if parts["render"]["state"] != "running" and _is_rendering():
            parts["render"]["state"] = "busy"
    problems = [
        _sentence(name, part)
        for name, part in parts.items()
        if part["state"] in ("stuck", "never seen")
    ]
    return {"ok": not problems, "problems": problems, "parts": parts}


def _part(seen_s_ago: int | None, limit_s: int) -> dict[str, Any]:
    if seen_s_ago is None:
        return {"state": "never seen", "seen_s_ago": None}
    # A clock that was put back makes it "seen in the future"; that alone is no trouble.
    state = "running" if seen_s_ago <= limit_s else "stuck"
    return {"state": state, "seen_s_ago": seen_s_ago}


def _is_rendering() -> bool:
    return Reel.objects.filter(state=Reel.State.RENDERING, lease_until__gt=timezone.now()).exists()


def _sentence(name: str, part: dict[str, Any]) -> str:
    what = {"tick": "The clock (`manage.py tick --every 60`)", "drain": "`manage.py tick --drain`"}
    subject = what.get(name, f"The {name} cluster (`manage.py qcluster -n {name}`)")
    if part["seen_s_ago"] is None:
        return f"{subject} has not run yet."
    return f"{subject} was last seen {part['seen_s_ago'] // 60} minutes ago."
