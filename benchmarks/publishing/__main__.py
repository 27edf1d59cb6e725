"""Many posts through real workers, while everything fails: `python -m benchmarks.publishing`.

Workers are killed every few seconds, the broker is restarted, a share of all calls to the sandbox
fails, and the clock goes over the end of summer time. What then counts is what an audience saw:
every post once or, where the product says so, not at all, and never twice.

The clock goes faster than the real one (--rate), so that leases and waits pass sooner. Lateness is
measured in a part of its own, by a clock like everybody's, and memory in another.
"""

import argparse
import datetime as dt
import functools
import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.publishing import memory, report, stage
from benchmarks.publishing.clock import NAME, Clock
from benchmarks.publishing.house import House, broker, free_port
from studio.sandbox.server import running
from studio.sandbox.state import Sandbox

# Half an hour before Europe goes back to winter time.
BEGINS = dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC).timestamp()
OVER = {"published", "delivered_to_inbox", "failed", "unconfirmed", "cancelled"}
WAITS = {"scheduled", "waiting"}  # for a time that is known
FIRST_DUE_S = 600.0
LONGEST_LEAP_S = 3 * 86400.0  # a day's allowance that is used up comes back; months are stuck


def main() -> None:
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and everything with it
    databases = ["sqlite", "postgres"] if given.database == "both" else [given.database]
    parts: dict[str, Callable[[], bool]] = {}
    if given.only in (None, "posts"):
        parts |= {name: functools.partial(_run, given, name) for name in databases}
    if given.only in (None, "lateness"):
        parts["lateness"] = functools.partial(_run, _at_true_speed(given), databases[0])
    if given.only in (None, "memory"):
        parts["memory"] = functools.partial(memory.measure, given.megabytes)
    if bad := [name for name, part in parts.items() if not part()]:
        sys.exit(f"NOT as it should be: {', '.join(bad)}.")


def _at_true_speed(given: argparse.Namespace) -> argparse.Namespace:
    """Few posts, nobody shot, and a clock like everybody's: how late they go out."""
    few = {"posts": min(given.posts, 60), "rate": 1.0, "minutes": 6.0, "kill_every": 0.0}
    return argparse.Namespace(**{**vars(given), **few})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.publishing", description=__doc__)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--platforms", default="", help="comma separated; all by default")
    parser.add_argument("--faults", type=float, default=0.2, help="share of calls that fail")
    parser.add_argument(
        "--kill-every",
        type=float,
        default=5.0,
        help="seconds of a cluster's life, about; 0: never",
    )
    parser.add_argument("--rate", type=float, default=10.0, help="of the clock")
    parser.add_argument("--minutes", type=float, help="over how long, by the clock")
    parser.add_argument(
        "--patience",
        type=float,
        default=25.0,
        help="real minutes, at most; the last 40 %% of them without a shot",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["posts", "lateness", "memory"])
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="a folder to leave everything in")
    return parser.parse_args()


@contextmanager
def _folder(kept: Path | None, name: str) -> Iterator[Path]:
    if kept:
        found = kept / f"{name}-{time.strftime('%H%M%S')}"
        found.mkdir(parents=True)
        yield found
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def _run(given: argparse.Namespace, database: str) -> bool:
    """One run on one database. Whether all is as it should be."""
    names = stage.platforms(given.platforms)
    lasts = 60 * (given.minutes or max(60.0, given.posts * 0.15))
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(given.keep, database))
        clock = Clock(folder / "clock.json")
        clock.set(stands_for=BEGINS - FIRST_DUE_S, rate=1.0)
        sandbox = stack.enter_context(running(folder / "sandbox", clock=clock.time))
        redis = stack.enter_context(broker(folder, database == "postgres"))
        env = {
            NAME: str(clock.path),
            "SANDBOX_URL": sandbox.url,
            "WEB_PORT": str(free_port()),
            "REDIS_URL": redis.url if redis else "",
        }
        if database == "postgres":
            from tests.databases import POSTGRES
            from tests.installation import fresh_database

            env["DATABASE_URL"] = stack.enter_context(fresh_database(POSTGRES))
        (folder / "data").mkdir()
        house = House(folder, **env)
        stack.callback(house.stop)
        house.run("manage.py", "migrate", "--verbosity", "0")
        begun = time.monotonic()
        plan = stage.plan(sandbox, folder, given.posts, names, BEGINS, lasts)
        (folder / "plan.json").write_text(json.dumps(plan))
        seeded = house.crew("seed", str(folder / "plan.json"))
        print(f"{database}: {seeded['made']} posts queued in {time.monotonic() - begun:.0f} s")
        for reason, n in seeded["refused"].items():
            print(f"  {n} refused: {reason}")
        calls = _battle(given, house, sandbox, clock, redis, lasts)
        found = house.crew("story")
        (folder / "story.json").write_text(json.dumps(found))
        shown = sandbox.posts(hidden=True)
        (folder / "shown.json").write_text(json.dumps(shown))
        return report.tell(found, shown, report.inboxes(sandbox), calls, sandbox.crashes)


def _battle(
    given: argparse.Namespace,
    house: House,
    sandbox: Sandbox,
    clock: Clock,
    redis: Any,
    lasts: float,
) -> dict[str, Any]:
    """Start everything, shoot at it until all posts were due, then let it recover."""
    draw = random.Random(given.seed)
    notes = house.folder / "notes.json"
    _start(house, given.rate, notes)
    _wait_for_workers(notes)
    clock.set(stands_for=BEGINS - 60, rate=given.rate)
    sandbox.calls.clear()
    stage.order_faults(sandbox, given.faults, given.seed)
    begun = time.monotonic()
    shots: list[float] = []
    kills, restarts, next_restart = 0, 0, 25.0
    target, wait_s = "publish", given.kill_every
    fight_until = BEGINS + lasts + 600
    faults_hit = fought = 0
    fighting, next_word = True, 0.0
    while time.monotonic() - begun < given.patience * 60:
        time.sleep(0.5)
        since = time.monotonic() - begun
        if fighting and given.kill_every and house.shoot(draw, target, wait_s):
            kills += 1
            shots.append(clock.time())
            target = "default" if draw.random() < 0.2 else "publish"
            wait_s = draw.uniform(0.5, 1.5) * given.kill_every
        if fighting and redis and given.kill_every and since > next_restart:
            next_restart = since + draw.uniform(20, 40)
            redis.restart(draw.uniform(0.5, 3))
            restarts += 1
            shots.append(clock.time())
        states = _read(notes).get("states", {})
        open_ones = sum(n for state, n in states.items() if state not in OVER)
        enough = clock.time() > fight_until and open_ones < given.posts / 10
        if fighting and states and (enough or not open_ones or since > given.patience * 36):
            fighting = False
            faults_hit = sum(one["hits"] for one in sandbox.faults.all())
            fought = sandbox.calls["all"]
            sandbox.faults.clear()
            clock.set(rate=max(given.rate, 20.0))
            print(f"  {since:.0f} s: cease-fire, {open_ones} still open")
        if since > next_word:
            next_word += 15
            print(f"  {since:.0f} s, {clock_time(clock)}: {dict(states)}", flush=True)
        if not fighting and not open_ones:
            break
        if not fighting:
            _leap(clock, _read(notes), BEGINS + lasts + LONGEST_LEAP_S)
    dead = set(house.started) - set(house.alive())
    took = time.monotonic() - begun
    house.stop()
    return {
        "calls": sandbox.calls["all"],
        "faults": faults_hit,
        "calls_under_fire": fought,
        "kills": kills,
        "shots": shots,
        "restarts": restarts,
        "took_s": took,
        "dead": sorted(dead),
        "rate": given.rate,
    }


def _leap(clock: Clock, notes: dict[str, Any], until: float) -> None:
    """Nothing is under way and the rest waits for an hour that is known: let it be that hour."""
    under_way = set(notes.get("states", {})) - OVER - WAITS
    next_at = notes.get("next_at")
    if not under_way and next_at and clock.time() + 600 < next_at < until:
        clock.set(stands_for=next_at - 30, rate=clock.rate)
        time.sleep(5)  # until everybody has looked at the clock, and at the posts


def clock_time(clock: Clock) -> str:
    return dt.datetime.fromtimestamp(clock.time(), dt.UTC).strftime("%H:%M:%S")


def _start(house: House, rate: float, notes: Path) -> None:
    port = house.env["WEB_PORT"]
    house.start(
        "web", "-m", "gunicorn", "studio.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class",
        "gthread", "--workers", "1", "--threads", "8", "--no-control-socket",
        "--log-level", "warning",
    )  # fmt: skip
    house.start("default", "-m", "studio.cluster", "default")
    house.start("publish", "-m", "studio.cluster", "publish")
    house.start("tick", "manage.py", "tick", "--every", str(max(1.0, 60 / rate)))
    house.start(
        "person", "-m", "benchmarks.publishing.crew", "person",
        str(house.folder / "plan.json"), str(notes),
    )  # fmt: skip


def _wait_for_workers(notes: Path) -> None:
    for _ in range(600):
        if _read(notes).get("running"):
            return
        time.sleep(0.2)
    raise SystemExit("The clusters do not start.")


def _read(notes: Path) -> dict[str, Any]:
    """What the person at the dashboard wrote down last."""
    if not notes.exists():
        return {}
    found: dict[str, Any] = json.loads(notes.read_text())
    return found


if __name__ == "__main__":
    main()
