"""Handing work to a worker. A job is a task's dotted path and a row's id, nothing else."""

import logging
from functools import partial

from django.db import transaction
from django.utils.module_loading import import_string
from django_q.tasks import async_task

log = logging.getLogger(__name__)


def enqueue(task: str, pk: int, *, cluster: str = "default") -> None:
    """Wake a worker of `cluster` to run `task(pk)` once this transaction has committed.

    The queue is speed, not correctness: when it cannot be reached the next sweep starts the work.
    """
    transaction.on_commit(partial(_send, task, pk, cluster))


def _send(task: str, pk: int, cluster: str) -> None:
    try:
        async_task(task, pk, cluster=cluster)
    except Exception:
        log.exception("The queue took no job %s(%s); the next sweep will start it.", task, pk)


def run_now(task: str, pk: int) -> None:
    """Do the job in this process, for `tick --drain`."""
    import_string(task)(pk)
