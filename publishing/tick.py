"""What happens once a minute, for the whole installation.

`tick` wakes workers for all that should be running and is not. `drain` does it all in this
process, for installations that have nothing but cron, for the demonstration, and for tests.
"""

import datetime as dt
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.brokers import get_broker

from avatar.models import Reel
from publishing.health import CLUSTERS
from publishing.models import Post
from studio.lib.jobs import enqueue, run_now
from studio.lib.models import Lease

log = logging.getLogger(__name__)

Job = tuple[str, int, str]  # task, row, cluster

APPS = ("scripts_gen", "avatar", "publishing")  # that have work to do, in the order of the line
TICK_LEASE_S = 120
MAX_WAITING = 50  # jobs in one cluster's queue; while nobody works there, no more are piled up
MAX_RUNS_OF_A_JOB = 12  # in one drain: something that is never done must not keep it going
MAX_JOBS = 10_000
HANDED_OUT_S = 60  # after that, whoever had it is taken to be gone
SHORTEST_WAIT_S = 0.05


@dataclass
class Report:
    """What one tick or drain did."""

    jobs: list[Job] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    elsewhere: bool = False  # another process is at it

    def __str__(self) -> str:
        if self.elsewhere:
            return "Another process is doing this already."
        counts = Counter(task.rpartition(".")[2] for task, _, _ in self.jobs)
        done = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        trouble = f" Trouble: {'; '.join(self.errors)}" if self.errors else ""
        return f"{done or 'Nothing was due'}.{trouble}"


def tick() -> Report:
    """Enqueue all that is due, and a sign of life from every cluster. Returns at once when another
    tick runs.
    """
    owner = Lease.take("tick", seconds=TICK_LEASE_S)
    if owner is None:
        return Report(elsewhere=True)
    report = Report()
    try:
        for job in _due(report):
            if _has_room(job[2], report):
                enqueue(job[0], job[1], cluster=job[2])
                report.jobs.append(job)
        for number, cluster in enumerate(CLUSTERS):
            if _has_room(cluster, report):
                enqueue("publishing.tasks.beat", number, cluster=cluster)
    finally:
        Lease.give_back("tick", owner)
    return report


class Pulse:
    """What happens every other second beside the tick, in the same process: posts whose moment has
    come are handed out, so that they go out at their second and not at the next full minute.
    """

    def __init__(self) -> None:
        self._sent: dict[tuple[Any, ...], float] = {}

    def beat(self) -> Report:
        """Enqueue the posts that are due and were not handed out just now as they are."""
        report, now = Report(), time.monotonic()
        self._sent = {key: at for key, at in self._sent.items() if now - at < HANDED_OUT_S}
        posts = Post.objects.due().in_order()
        rows = posts.values_list("pk", "state", "retry_at", "lease_until")[:MAX_WAITING]
        for row in rows:
            if row in self._sent:
                continue
            if not _has_room("publish", report):
                break
            self._sent[row] = now
            job = ("publishing.tasks.publish", row[0], "publish")
            enqueue(job[0], job[1], cluster=job[2])
            report.jobs.append(job)
        return report


def drain(wait_s: float = 0) -> Report:
    """Do everything that is due, here, one after the other, until nothing is.

    wait_s: how long to wait in all for what goes on by itself, a video that a platform is still
    processing, a film that an engine over the network is making or a post whose wait is nearly
    over.

    A job that fails is noted and not tried again in this drain; a job that somebody else holds is
    left to them.
    """
    report, runs, failed = Report(), Counter[Job](), set[Job]()
    until = timezone.now() + dt.timedelta(seconds=wait_s)
    Lease.beat("drain")
    while True:
        jobs = [job for job in _due(report) if job not in failed and runs[job] < MAX_RUNS_OF_A_JOB]
        if not jobs and wait_s and (moment := _soon(until)):
            runs.clear()
            time.sleep(max((moment - timezone.now()).total_seconds(), SHORTEST_WAIT_S))
            Lease.beat("drain")
            continue
        if not jobs or len(report.jobs) >= MAX_JOBS:
            Lease.beat("drain")
            return report
        for job in jobs:
            runs[job] += 1
            report.jobs.append(job)
            try:
                run_now(job[0], job[1])
            except Exception as e:
                log.exception("%s(%s) failed.", job[0], job[1])
                report.errors.append(f"{job[0]}({job[1]}): {type(e).__name__}: {e}"[:200])
                failed.add(job)


def _soon(until: dt.datetime) -> dt.datetime | None:
    """When something that goes on by itself is to be looked at again, if that is before `until`:
    a post at a platform, a reel at an engine over the network.
    """
    moments = (Post.objects.soon(until), Reel.objects.soon(until))
    return min((moment for moment in moments if moment), default=None)


def _due(report: Report) -> list[Job]:
    """The due jobs of every app. One app's trouble does not hold up the others."""
    jobs: list[Job] = []
    for app in APPS:
        try:
            jobs += import_string(f"{app}.tasks.due")()
        except Exception as e:
            log.exception("What is due in %s could not be found out.", app)
            words = f"{app}: {type(e).__name__}: {e}"[:200]
            if words not in report.errors:
                report.errors.append(words)
    return jobs


def _has_room(cluster: str, report: Report) -> bool:
    try:
        if get_broker(cluster).queue_size() < MAX_WAITING:
            return True
        words = f"the {cluster} queue is full; is the cluster running?"
    except Exception as e:
        log.exception("The %s queue cannot be reached.", cluster)
        words = f"the {cluster} queue cannot be reached ({type(e).__name__})"
    if words not in report.errors:
        report.errors.append(words)
    return False
