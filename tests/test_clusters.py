"""Real worker clusters, over whichever broker and database the environment names."""

import contextlib
import os
import signal
import time

import psutil
import pytest

from tests.installation import installation

pytestmark = pytest.mark.xdist_group("clusters")  # one at a time: each starts many processes

SEED = """
from creators.models import Portrait
from publishing.services import connect_folder, queue_post
from django.utils import timezone
from tests.factories import ConsentFactory, PortraitFactory, ReelFactory
reel = ReelFactory(ready=True)
portrait = reel.portrait = PortraitFactory(creator=reel.creator)
reel.save()
ConsentFactory(creator=reel.creator, likeness_sha256=portrait.sha256)
account = connect_folder(reel.creator)
post = queue_post(reel, account, user=reel.creator.owner, due_at=timezone.now())
print(post.pk)
"""
STATE = "from publishing.models import Post; print(Post.objects.get().state)"
COMMITS = """
from publishing.models import Attempt
print(Attempt.objects.filter(phase="commit").count())
"""


@pytest.fixture
def house(tmp_path):
    with installation(tmp_path) as made:
        yield made


def workers_of(house):
    """Processes that still run with this installation's folder in their environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("UNDERSTUDY_DATA") == str(house.folder):
                found.append(process)
    return found


def receipts(house):
    return [p for p in house.folder.rglob("*.json") if not p.parent.name.startswith(".")]


def test_a_post_that_is_due_goes_out_once_through_the_clusters(house):
    house.python(SEED)
    with house.process("-m", "studio.cluster", "publish"):
        for _ in range(3):  # delivered again and again
            house.manage("tick")
        house.eventually(STATE, "published")
        house.manage("tick")
        time.sleep(2)
    assert house.python(COMMITS) == "1"
    assert len(receipts(house)) == 1


def test_a_cluster_stops_cleanly_when_asked(house):
    with house.process("-m", "studio.cluster", "default") as cluster:
        house.manage("tick")
        house.eventually(
            "from publishing.health import status; print(status()['parts']['default']['state'])",
            "running",
        )
        os.killpg(cluster.pid, signal.SIGTERM)  # as a process manager does
        assert cluster.wait(timeout=30) == 0
    assert not workers_of(house)


def test_a_cluster_does_not_outlive_whoever_started_it(house):
    with house.process("-m", "studio.cluster", "default") as cluster:
        house.manage("tick")
        house.eventually(
            "from publishing.health import status; print(status()['parts']['default']['state'])",
            "running",
        )
        cluster.kill()
        cluster.wait()
        give_up = time.monotonic() + 30
        while workers_of(house) and time.monotonic() < give_up:
            time.sleep(0.2)
        assert not workers_of(house)


def grown(guard):
    """The first process of its cluster and the sentinel, once that has all of its own."""
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        for cluster in psutil.Process(guard.pid).children():
            for sentinel in cluster.children():
                if len(sentinel.children()) >= 4:  # monitor, pusher, two workers
                    return cluster, sentinel
        time.sleep(0.1)
    raise AssertionError("The cluster did not come up.")


@pytest.mark.parametrize("killed", ["cluster", "sentinel", "workers"])
def test_a_cluster_of_which_something_was_killed_starts_again(house, killed):
    """Not twice at once: the workers of the old one are gone."""
    with house.process("-m", "studio.cluster", "default") as guard:
        cluster, sentinel = grown(guard)
        old = [cluster, *cluster.children(recursive=True)]
        parts = {"cluster": [cluster], "sentinel": [sentinel], "workers": sentinel.children()}
        for process in parts[killed]:  # the idle ones hold the lock of the queue
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        house.manage("tick")
        house.eventually(
            "from publishing.health import status; print(status()['parts']['default']['state'])",
            "running",
        )
        assert psutil.wait_procs(old, timeout=5)[1] == []
        assert guard.poll() is None
    assert not workers_of(house)


def test_without_any_cluster_drain_does_what_is_due(house):
    house.python(SEED)
    house.manage("tick", "--drain")
    assert house.python(STATE) == "published"
    assert len(receipts(house)) == 1
