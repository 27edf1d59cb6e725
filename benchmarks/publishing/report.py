"""What came of a run, and whether it is as it should be."""

from collections import Counter, defaultdict
from typing import Any

from studio.sandbox.state import Sandbox, sha256_of

Key = tuple[str, str, str]  # platform in the sandbox, account, SHA-256 of the video
OF = {"instagram_facebook": "instagram"}
SETTLED = {"published", "delivered_to_inbox", "failed", "unconfirmed", "cancelled"}
QUIET = {"ok", "not_ready", "accepted"}
LATEST_S = 60.0  # what the slowest of a hundred may be late
RECOVERY_S = 60  # of the run's clock


def inboxes(sandbox: Sandbox) -> Counter[Key]:
    """What lies in TikTok inboxes."""
    seen = sandbox.of("tiktok")
    found: Counter[Key] = Counter()
    for task in seen.find("task", state="inbox"):
        path = seen.upload_path(task["upload_id"])
        found["tiktok", task["open_id"], sha256_of(path)] += 1
    return found


def tell(
    story: list[dict[str, Any]],
    shown: list[dict[str, Any]],
    inbox: Counter[Key],
    calls: dict[str, Any],
    crashes: list[str],
) -> bool:
    """Print it. False when a post was seen twice, was lost, or is stuck."""
    live: Counter[Key] = Counter(inbox)
    for one in shown:
        if one["visible_at"] is not None:
            live[one["platform"], one["account"], one["media_sha256"]] += 1
    times: Counter[int] = Counter()
    wrong: list[str] = []
    by_platform: dict[str, Counter[str]] = defaultdict(Counter)
    for post in story:
        n = live.pop(_key(post), 0)
        times[min(n, 2)] += 1
        by_platform[post["platform"]][post["state"]] += 1
        if trouble := _trouble(post, n):
            wrong.append(f"post {post['pk']} ({post['platform']}): {trouble}")
            by_platform[post["platform"]]["WRONG"] += 1
    wrong += [f"seen, and of no post: {key}" for key in live]
    for name, states in sorted(by_platform.items()):
        print(f"  {name:20} {', '.join(f'{s} {n}' for s, n in sorted(states.items()))}")
    states = Counter(post["state"] for post in story)
    stuck = sum(n for state, n in states.items() if state not in SETTLED)
    print(f"  seen 0 times {times[0]}, once {times[1]}, more often {times[2]}")
    print(f"  stuck {stuck}, unconfirmed {states['unconfirmed']}, failed {states['failed']}")
    if late := _tell_lateness(_lateness(story, calls["shots"]), calls["rate"]):
        wrong.append(late)
    share = calls["faults"] / max(1, calls["calls_under_fire"])
    print(
        f"  {calls['calls']} calls, {calls['faults']} with a fault ({share:.0%} while it lasted);"
        f" {calls['kills']} kills, {calls['restarts']} restarts of the broker;"
        f" {calls['took_s']:.0f} s at {calls['rate']:g} times the speed of the clock"
    )
    wrong += [f"the process {name} died" for name in calls["dead"]]
    wrong += [f"a bug of the sandbox: {one.splitlines()[-1]}" for one in crashes]
    for line in wrong[:40]:
        print(f"  ! {line}")
    return not wrong


def _key(post: dict[str, Any]) -> Key:
    return OF.get(post["platform"], post["platform"]), post["account"], post["sha256"]


def _trouble(post: dict[str, Any], n: int) -> str:
    """What is wrong with a post that was seen n times; empty when nothing is."""
    state = post["state"]
    if n > 1:
        return f"seen {n} times"
    if state not in SETTLED:
        return f"stuck: {state}, {post['reason']}"
    if state in ("published", "delivered_to_inbox") and not n:
        return f"said to be {state}, and nobody can see it"
    if state in ("failed", "cancelled") and n:
        return f"said to be {state} ({post['reason']}), and it is live"
    return ""


def _lateness(story: list[dict[str, Any]], shots: list[float]) -> list[float]:
    """How late those went out that met no fault, while nobody was shot: seconds, sorted."""
    return sorted(
        post["published_at"] - post["due_at"]
        for post in story
        if post["published_at"] and _undisturbed(post, shots)
    )


def _tell_lateness(late: list[float], rate: float) -> str:
    """Print it; what is wrong with it, which only a clock of true speed can show."""
    if not late:
        print("  no post went undisturbed")
        return ""
    p50, p99 = late[len(late) // 2], late[min(len(late) - 1, int(len(late) * 0.99))]
    fast = f" of a clock {rate:g} times as fast" if rate != 1 else ""
    print(f"  {len(late)} undisturbed posts: late by {p50:.0f} s (p50), {p99:.0f} s (p99){fast}")
    return f"late by {p99:.0f} s" if rate == 1 and p99 > LATEST_S else ""


def _undisturbed(post: dict[str, Any], shots: list[float]) -> bool:
    """No fault among its attempts, and no kill or restart between its hour and its going out, nor
    so shortly before that those it killed were not back.
    """
    since = post["due_at"] - RECOVERY_S
    return all(outcome in QUIET for _, outcome, *_ in post["attempts"]) and not any(
        since < shot < post["published_at"] for shot in shots
    )
