"""What the publishing bench says of a run, and the clock its processes share."""

import datetime as dt
import pickle
import subprocess
import sys
import time

import pytest

from benchmarks.publishing import clock, report, stage
from studio.sandbox.state import Sandbox

CALLS = {
    "calls": 10, "calls_under_fire": 10, "faults": 2, "kills": 1, "restarts": 0, "shots": [],
    "took_s": 5.0, "dead": [], "rate": 10.0,
}  # fmt: skip


def post(state="published", sha="a", outcome="ok", late=30.0, **more):
    return {
        "pk": 1, "platform": "threads", "account": "77", "sha256": sha, "state": state,
        "reason": "", "due_at": 1000.0, "published_at": 1000.0 + late,
        "attempts": [["commit", outcome, 1000.0, "w", ""]], **more,
    }  # fmt: skip


def shown(sha="a", visible_at=1.0, platform="threads"):
    return {"platform": platform, "account": "77", "media_sha256": sha, "visible_at": visible_at}


@pytest.mark.parametrize(
    ("story", "seen", "words"),
    [
        ([post()], [shown()], ""),
        ([post(platform="instagram_facebook")], [shown(platform="instagram")], ""),
        ([post("failed")], [], ""),
        ([post("failed")], [shown(visible_at=None)], ""),
        ([post("unconfirmed")], [shown()], ""),
        ([post()], [shown(), shown()], "seen 2 times"),
        ([post()], [], "nobody can see it"),
        ([post("failed")], [shown()], "it is live"),
        ([post("waiting")], [], "stuck"),
        ([post()], [shown(), shown("b")], "of no post"),
    ],
)
def test_a_run_is_as_it_should_be_or_says_what_is_wrong(capsys, story, seen, words):
    fine = report.tell(story, seen, report.Counter(), CALLS, [])
    told = capsys.readouterr().out
    assert fine == (not words)
    assert words in told


def test_lateness_is_that_of_undisturbed_posts(capsys):
    story = [post(), post(sha="b", outcome="transient", late=900.0)]
    report.tell(story, [shown(), shown("b")], report.Counter(), CALLS, [])
    assert "1 undisturbed posts: late by 30 s (p50), 30 s (p99)" in capsys.readouterr().out
    report.tell([post()], [shown()], report.Counter(), CALLS | {"shots": [1010.0]}, [])
    assert "no post went undisturbed" in capsys.readouterr().out


@pytest.mark.parametrize(("rate", "fine"), [(1.0, False), (10.0, True)])
def test_being_late_counts_at_true_speed(rate, fine):
    story, calls = [post(late=61.0)], CALLS | {"rate": rate}
    assert report.tell(story, [shown()], report.Counter(), calls, []) is fine


def test_the_faults_ordered_are_the_share_that_was_asked_for(tmp_path):
    sandbox = Sandbox(tmp_path)
    stage.order_faults(sandbox, 0.2, seed=3)
    struck = sum(
        sandbox.faults.draw("x", "GET", "/", commit=False, creates=False) is not None
        for _ in range(5000)
    )
    sandbox.close()
    assert 0.17 < struck / 5000 < 0.23


def test_a_clock_stands_elsewhere_and_goes_faster(tmp_path):
    made = clock.Clock(tmp_path / "clock.json")
    made.set(stands_for=5000.0, rate=100.0)
    first = made.time()
    time.sleep(0.02)
    assert 5000.0 <= first < 5100.0
    assert made.time() - first >= 2.0


def test_a_process_lives_by_it(tmp_path):
    made = clock.Clock(tmp_path / "clock.json")
    day = dt.datetime(2026, 10, 25, tzinfo=dt.UTC).timestamp()
    made.set(stands_for=day, rate=1.0)
    code = (
        "from benchmarks.publishing import clock; clock.install()\n"
        "import datetime as dt, pickle, time\n"
        "from django.utils import timezone\n"
        "now = dt.datetime.now(dt.UTC)\n"
        "assert isinstance(now, dt.datetime) and pickle.loads(pickle.dumps(now)) == now\n"
        "print(now.date(), timezone.now().date(), dt.date.fromtimestamp(time.time()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={clock.NAME: str(made.path), "TZ": "UTC"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["2026-10-25"] * 3


def test_moments_can_still_be_sent_between_processes():
    reduced = clock._taken_apart(dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC))
    build, parts = pickle.loads(pickle.dumps(reduced))
    assert build(*parts) == dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC)
