"""What becomes of a cluster when a process of it ends; `tests/test_clusters.py` has real ones."""

import os
from types import SimpleNamespace

import pytest
from django_q import cluster

from studio import qcluster


@pytest.mark.parametrize(("code", "ends"), [(None, False), (0, False), (1, True), (-9, True)])
def test_a_cluster_ends_with_a_process_that_died_and_replaces_one_that_finished(
    monkeypatch, code, ends
):
    replaced, ended = [], []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(cluster.Sentinel, "reincarnate", lambda self, process: replaced.append(1))
    monkeypatch.setattr(cluster, "Sentinel", cluster.Sentinel)  # put back afterwards
    qcluster._end_with_the_dead()
    sentinel = object.__new__(cluster.Sentinel)
    sentinel.reincarnate(SimpleNamespace(exitcode=code))
    assert bool(ended) is ends
    assert ends or replaced
