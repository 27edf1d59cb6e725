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
FORGET = """
from django.core.management import call_command
from publishing.health import cluster_beat
from studio.lib.models import Lease
Lease.objects.filter(name=cluster_beat({cluster!r})).delete()
call_command("tick")
"""
BEATS = """
from publishing.health import cluster_beat
from studio.lib.models import Lease
print(Lease.objects.filter(name=cluster_beat({cluster!r})).exists())
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


def works(house, cluster):
    """A job that is handed to the cluster now gets done."""
    code = {"first": FORGET.format(cluster=cluster), "code": BEATS.format(cluster=cluster)}
    house.eventually(wanted="True", **code)


def test_a_post_that_is_due_goes_out_once_through_the_clusters(house):
    house.python(SEED)
    with house.process("-m", "studio.cluster", "publish"):
        for _ in range(3):  # delivered again and again
            house.manage("tick")
        house.eventually(STATE, "published")
        works(house, "publish")  # on whatever else was delivered
    assert house.python(COMMITS) == "1"
    assert len(receipts(house)) == 1


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


def test_a_cluster_of_which_something_was_killed_starts_again_and_stops_when_asked(house):
    """Not twice at once: the workers of the old one are gone."""
    with house.process("-m", "studio.cluster", "default") as guard:
        for killed in ("workers", "sentinel", "cluster"):
            cluster, sentinel = grown(guard)
            old = [cluster, *cluster.children(recursive=True)]
            parts = {"cluster": [cluster], "sentinel": [sentinel], "workers": sentinel.children()}
            for process in parts[killed]:  # the idle ones hold the lock of the queue
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            assert psutil.wait_procs(old, timeout=20)[1] == [], killed
            works(house, "default")
            assert guard.poll() is None
        os.killpg(guard.pid, signal.SIGTERM)  # as a process manager does
        assert guard.wait(timeout=30) == 0
    assert not workers_of(house)


def test_a_cluster_does_not_outlive_whoever_started_it(house):
    with house.process("-m", "studio.cluster", "default") as guard:
        grown(guard)
        guard.kill()
        guard.wait()
        give_up = time.monotonic() + 30
        while workers_of(house) and time.monotonic() < give_up:
            time.sleep(0.1)
        assert not workers_of(house)


def test_without_any_cluster_drain_does_what_is_due(house):
    house.python(SEED)
    house.manage("tick", "--drain")
    assert house.python(STATE) == "published"
    assert len(receipts(house)) == 1
