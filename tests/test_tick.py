import datetime as dt
import itertools
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_q.models import OrmQ

from publishing import health, tick
from publishing.management.commands.tick import beats
from publishing.models import Account, Post
from studio.lib.models import Lease
from studio.lib.stopping import Stop
from tests.publishing.conftest import build_post

pytestmark = pytest.mark.django_db
REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture
def jobs(monkeypatch):
    """The only source of due jobs: a function per app that the test fills."""
    due, done = {}, []

    def run(task, pk):
        done.append((task, pk))
        due[task] = [job for job in due.get(task, []) if job[1] != pk]

    monkeypatch.setattr(tick, "APPS", ("publishing",))
    monkeypatch.setattr(
        tick, "import_string", lambda path: lambda: list(itertools.chain(*due.values()))
    )
    monkeypatch.setattr(tick, "run_now", run)
    due["done"] = []
    return due, done


def names_in_queue():
    return sorted(
        f"{row.key}:{row.task['func']}({row.task['args'][0]})" for row in OrmQ.objects.all()
    )


def test_tick_wakes_a_worker_for_what_is_due(
    script, make_post, django_capture_on_commit_callbacks
):
    post = make_post()
    make_post(due_at=timezone.now() + dt.timedelta(hours=1))
    with django_capture_on_commit_callbacks(execute=True):
        report = tick.tick()
    assert report.jobs == [("publishing.tasks.publish", post.pk, "publish")]
    assert f"publish:publishing.tasks.publish({post.pk})" in names_in_queue()
    assert script.live == []


@pytest.fixture
def make_post(db):
    return build_post


@pytest.fixture
def script(monkeypatch):
    from publishing import platforms
    from tests.publishing.doubles import DoublePlatform, Script

    fresh = Script()
    monkeypatch.setattr(DoublePlatform, "script", fresh)
    monkeypatch.setitem(platforms.PLATFORMS, "double", "tests.publishing.doubles:Double")
    return fresh


def test_tick_asks_every_cluster_for_a_sign_of_life(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tick.tick()
    assert names_in_queue() == [
        f"{cluster}:publishing.tasks.beat({number})"
        for number, cluster in enumerate(("default", "publish", "render"))
    ]


def test_of_two_ticks_at_once_one_works():
    owner = Lease.take("tick", seconds=60)
    report = tick.tick()
    assert report.elsewhere
    assert "Another process" in str(report)
    Lease.give_back("tick", owner)
    assert not tick.tick().elsewhere


def test_a_tick_that_died_does_not_stop_the_clock():
    Lease.take("tick", seconds=0)
    assert not tick.tick().elsewhere


def test_no_more_is_piled_up_where_nobody_works(
    script, make_post, django_capture_on_commit_callbacks, monkeypatch
):
    monkeypatch.setattr(tick, "MAX_WAITING", 3)
    make_post()
    for _ in range(5):
        with django_capture_on_commit_callbacks(execute=True):
            report = tick.tick()
    assert OrmQ.objects.filter(key="publish").count() <= 4
    assert "the publish queue is full; is the cluster running?" in str(report)


def test_one_apps_trouble_does_not_hold_up_the_others(script, make_post, monkeypatch):
    post = make_post()

    def pick(path):
        if path == "avatar.tasks.due":
            raise RuntimeError("boom")
        if path == "publishing.tasks.due":
            return lambda: [("publishing.tasks.publish", post.pk, "publish")]
        return lambda: []

    monkeypatch.setattr(tick, "import_string", pick)
    report = tick.tick()
    assert [job[1] for job in report.jobs] == [post.pk]
    assert "avatar: RuntimeError: boom" in str(report)


def test_drain_does_everything_and_what_follows_from_it(monkeypatch, jobs):
    due, done = jobs
    due["a"] = [("a", 1, "default"), ("a", 2, "default")]
    first = tick.run_now

    def run(task, pk):
        first(task, pk)
        if task == "a" and pk == 2:
            due["b"] = [("b", 7, "render")]

    monkeypatch.setattr(tick, "run_now", run)
    report = tick.drain()
    assert done == [("a", 1), ("a", 2), ("b", 7)]
    assert str(report) == "a 2, b 1."


def test_drain_ends_though_something_is_never_done(monkeypatch, jobs):
    due, done = jobs
    due["a"] = [("a", 1, "default")]
    monkeypatch.setattr(tick, "run_now", lambda task, pk: done.append((task, pk)))
    tick.drain()
    assert len(done) == tick.MAX_RUNS_OF_A_JOB


def test_drain_notes_what_fails_and_goes_on(monkeypatch, jobs):
    due, done = jobs
    due["a"] = [("a", 1, "default")]
    due["b"] = [("b", 2, "default")]
    works = tick.run_now

    def run(task, pk):
        if task == "a":
            raise ValueError("boom")
        works(task, pk)

    monkeypatch.setattr(tick, "run_now", run)
    report = tick.drain()
    assert done == [("b", 2)]
    assert "a(1): ValueError: boom" in str(report)


def test_drain_waits_for_nothing(script, make_post):
    from publishing.platforms.errors import NotReady

    post = make_post()
    script.check = [NotReady("Processing.")]
    started = time.monotonic()
    tick.drain()
    assert time.monotonic() - started < 5
    post.refresh_from_db()
    assert post.state == Post.State.PROCESSING


def test_the_command_takes_a_reel_to_a_folder():
    """From a finished reel to files on the disk, with nothing but `tick --drain`."""
    from tests import factories

    reel = factories.ReelFactory(ready=True)
    reel.portrait = factories.PortraitFactory(creator=reel.creator)
    reel.save()
    factories.ConsentFactory(creator=reel.creator)
    from publishing import services

    account = services.connect_folder(reel.creator)
    Account.objects.update(created_at=timezone.now() - dt.timedelta(hours=1))
    out = StringIO()
    call_command("tick", "--drain", stdout=out)
    post = Post.objects.get()
    assert post.state == Post.State.SCHEDULED
    assert not Path(account.external_id).exists()
    services.reschedule(post, timezone.now())
    call_command("tick", "--drain", stdout=out)
    post.refresh_from_db()
    assert post.state == Post.State.PUBLISHED
    [folder] = Path(account.external_id).iterdir()
    assert (folder / "reel.mp4").read_bytes() == Path(reel.video.path).read_bytes()
    assert "Made with AI." in (folder / "caption.txt").read_text()
    assert out.getvalue().splitlines() == ["post_reel 1.", "publish 1."]
    call_command("tick", "--drain", stdout=out)
    assert out.getvalue().splitlines()[-1] == "Nothing was due."


def test_the_command_says_trouble_with_its_exit_status(monkeypatch, jobs):
    due, _ = jobs
    due["a"] = [("no.such.task", 1, "default")]

    def run(task, pk):
        raise ImportError(task)

    monkeypatch.setattr(tick, "run_now", run)
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("tick", "--drain", stdout=out)
    assert stop.value.code == 1
    assert "no.such.task" in out.getvalue()


def test_beats_do_not_drift_and_missed_ones_are_not_made_up_for(monkeypatch):
    """Work of 25 s, then of 200 s (a laptop asleep), every 60 s."""
    now, beaten = [1000.0], []

    class Stop:
        def is_set(self):
            return len(beaten) == 5

        def wait(self, seconds):
            now[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for _, work in zip(beats(60, Stop()), (25, 25, 200, 0, 0), strict=False):
        beaten.append(now[0] - 1000)
        now[0] += work
    assert beaten == [0, 60, 120, 360, 420]


def test_beats_stop_at_once_whenever_the_signal_comes():
    """Also in the moment in which a wait begins, where an Event would never end."""
    before = signal.getsignal(signal.SIGALRM)
    started = time.monotonic()
    try:
        for n in range(12):
            stop = Stop()
            signal.signal(signal.SIGALRM, stop.set)
            signal.setitimer(signal.ITIMER_REAL, 1e-5 + n * 2e-5)
            assert len(list(beats(600, stop))) <= 1
    finally:
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - started < 600, "none waited for its beat"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_loop_ends_cleanly_when_asked(tmp_path, number):
    env = os.environ | {"UNDERSTUDY_DATA": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    env.pop("DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "tick", "--every", "1"],
        cwd=REPOSITORY,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # There is no database yet: every round fails, says so and is followed by the next.
    line = process.stdout.readline()
    while "OperationalError" not in line and line:
        line = process.stdout.readline()
    process.send_signal(number)
    rest, _ = process.communicate(timeout=30)
    assert "Traceback" not in rest.partition("OperationalError")[0]
    assert process.returncode == 0


# Health


def seen(name, seconds_ago):
    when = timezone.now() - dt.timedelta(seconds=seconds_ago)
    Lease.objects.update_or_create(name=name, defaults={"seen_at": when})


def all_seen(seconds_ago=10):
    for name in ("tick", *map(health.cluster_beat, health.CLUSTERS)):
        seen(name, seconds_ago)


def test_all_is_well_when_all_were_seen_lately():
    from publishing import tasks

    seen("tick", 10)
    for number in range(3):
        tasks.beat(number)
    assert health.status()["ok"]


def test_an_installation_that_never_ran_says_what_is_missing():
    status = health.status()
    assert not status["ok"]
    assert any("has not run yet" in sentence for sentence in status["problems"])


def test_a_stuck_cluster_is_named():
    all_seen()
    seen("cluster:publish", 1200)
    status = health.status()
    assert status["parts"]["publish"] == {"state": "stuck", "seen_s_ago": 1200}
    assert status["problems"] == [
        "The publish cluster (`manage.py qcluster -n publish`) was last seen 20 minutes ago."
    ]


def test_a_long_render_is_busy_not_stuck():
    from avatar.models import Reel
    from tests import factories

    all_seen()
    seen("cluster:render", 1800)
    factories.ReelFactory(
        state=Reel.State.RENDERING,
        lease_owner="w",
        lease_until=timezone.now() + dt.timedelta(minutes=5),
    )
    status = health.status()
    assert status["ok"]
    assert status["parts"]["render"]["state"] == "busy"


def test_with_cron_alone_no_cluster_is_missed(jobs):
    tick.drain()
    assert health.status()["parts"].keys() == {"drain"}
    assert health.status()["ok"]


def test_a_clock_that_was_put_back_is_no_trouble():
    all_seen(-3600)
    assert health.status()["ok"]
