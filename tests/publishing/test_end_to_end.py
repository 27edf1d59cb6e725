"""publish_reel, tick --drain, post_status: on every platform, by the commands and real sockets."""

import json
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from avatar.engine.media.ffmpeg import ffmpeg_exe
from publishing import tick
from publishing.accounts import connecting
from publishing.models import Attempt, MediaLink, Post
from publishing.platforms import PLATFORMS, platform
from tests import factories
from tests.publishing.platforms.stages import OPTIONS, log_in

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]
State = Post.State
HOSTED = sorted(set(PLATFORMS) - {"folder"})


@pytest.fixture(scope="module")
def upright(tmp_path_factory) -> Path:
    """Four seconds that every platform takes."""
    path = tmp_path_factory.mktemp("film") / "upright.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=size=540x960:rate=30:duration=4"]
    sound = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=4"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    tail = ["-movflags", "+faststart", "-shortest", str(path)]
    command = [ffmpeg_exe(), "-loglevel", "error", *source, *sound, *encode, *tail]
    subprocess.run(command, check=True)
    return path


@pytest.fixture
def hurry(sandbox, monkeypatch):
    """Nobody sleeps: both clocks are put forward instead."""

    def sleep(seconds):
        sandbox.advance(seconds)
        now, slept = timezone.now(), timezone.timedelta(seconds=seconds)
        Post.objects.filter(retry_at__gt=now).update(retry_at=now)
        Attempt.objects.update(started_at=F("started_at") - slept)

    monkeypatch.setattr(tick.time, "sleep", sleep)
    sandbox.set_rule("linkedin.min_bytes", 1)
    return sandbox


def account_on(name):
    creator = factories.CreatorFactory()
    return connecting.connect(creator, name, log_in(name)[0], options=OPTIONS.get(name, {}))


def publish_reel(film, account, *more):
    out = StringIO()
    words = ("--account", str(account.pk), "--caption", "Look at this #one")
    call_command("publish_reel", str(film), *words, *more, stdout=out)
    return int(out.getvalue())


def drain():
    out = StringIO()
    call_command("tick", "--drain", stdout=out)
    return out.getvalue()


def status(pk):
    out = StringIO()
    call_command("post_status", str(pk), "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("name", HOSTED)
def test_a_reel_reaches_its_audience(name, upright, hurry):
    account = account_on(name)
    pk = publish_reel(upright, account)
    said = drain()
    told = status(pk)
    assert told["state"] == "published", (said, told)
    assert told["external_id"]
    assert told["permalink"].startswith("http")
    [shown] = hurry.posts(name.partition("_")[0])
    assert "Look at this" in shown["text"]
    if platform(name).capabilities.ai_flag:
        assert shown["ai_label"]
    else:
        assert "Made with AI." in shown["text"]
    assert not MediaLink.objects.exists()


@pytest.mark.parametrize("name", ["facebook", "instagram", "tiktok"])
def test_a_lost_answer_to_the_commit_is_one_post(name, upright, hurry):
    hurry.fault("close_after", platform=name, commit=True, times=1)
    pk = publish_reel(upright, account_on(name))
    for _ in range(3):
        drain()
    assert status(pk)["state"] == "published", status(pk)
    assert len(hurry.posts(name)) == 1
    assert Attempt.objects.filter(phase="reconcile").exists()


PAGE = "urn:li:organization:5001"


@pytest.mark.parametrize("kind", ["status", "status_after"])
@pytest.mark.parametrize("name", ["x", "linkedin"])
def test_a_pause_that_outlasts_the_memory_of_words_is_one_post(
    name, kind, upright, hurry, monkeypatch
):
    hurry.set_rule("x.duplicate_hours", 0)
    hurry.set_rule("linkedin.duplicates", False)
    monkeypatch.setenv("LINKEDIN_PAGES", "1")
    hurry.fault(kind, platform=name, commit=True, status=429)
    grants = [one for one in log_in(name) if name == "x" or one.profile.external_id == PAGE]
    account = connecting.connect(factories.CreatorFactory(), name, grants[0])
    pk = publish_reel(upright, account)
    for _ in range(3):
        waits = (State.WAITING, State.COMMITTING)
        Post.objects.filter(state__in=waits).update(retry_at=timezone.now())
        hurry.advance(1000)
        drain()
    told = status(pk)
    assert told["state"] == "published", told
    assert len(hurry.posts(name)) == 1
    commits = [one["outcome"] for one in told["attempts"] if one["phase"] == "commit"]
    assert commits == (["rate_limited"] if kind == "status_after" else ["rate_limited", "ok"])


def test_a_tiktok_draft_waits_in_the_inbox(upright, hurry):
    account = account_on("tiktok")
    account.options = {}
    account.save()
    pk = publish_reel(upright, account)
    drain()
    assert status(pk)["state"] == "delivered_to_inbox", status(pk)
    assert "finish it there" in status(pk)["next_step"]
