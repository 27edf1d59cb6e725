"""Two workers, one post, a real database with real transactions: SQLite's file or PostgreSQL."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from publishing import services, tick
from publishing.models import Attempt, Post
from publishing.posting import dispatch
from publishing.services import CannotPost
from tests.publishing.conftest import at_once, build_post

pytestmark = pytest.mark.django_db(transaction=True)
State = Post.State
REPOSITORY = Path(__file__).resolve().parents[3]


def test_of_two_workers_one_posts(script, on_file):
    posts = [build_post() for _ in range(5)]
    for post in posts:
        wrong = at_once(*[lambda pk=post.pk: dispatch.publish(pk)] * 4)
        assert wrong == []
    assert sorted(script.live) == sorted(post.key for post in posts)
    assert Post.objects.filter(state=State.PUBLISHED).count() == len(posts)
    assert Attempt.objects.filter(phase="commit").count() == len(posts)


def test_two_workers_that_both_believe_to_hold_it_commit_once(script, on_file):
    """One lost its lease unnoticed just before the commit; the row lets only one through."""
    post = build_post()
    past = timezone.now() - timezone.timedelta(seconds=1)
    one_checks, both_checked = threading.Event(), threading.Barrier(2)

    def slow_check():
        Post.objects.filter(pk=post.pk).update(lease_until=past)
        one_checks.set()
        both_checked.wait(50)
        return {"container": "c"}

    script.check = [slow_check, slow_check]

    def late_worker():
        assert one_checks.wait(50)
        dispatch.publish(post.pk)

    wrong = at_once(lambda: dispatch.publish(post.pk), late_worker)
    assert wrong == []
    assert script.live == [post.key]
    assert Post.objects.get().state == State.PUBLISHED


def test_cancel_and_commit_at_once_leave_one_winner(script, on_file):
    posts = [build_post() for _ in range(6)]
    refused = []

    def cancel(post):
        try:
            services.cancel(Post.objects.get(pk=post.pk))
        except CannotPost:
            refused.append(post.pk)

    for post in posts:
        wrong = at_once(lambda p=post: dispatch.publish(p.pk), lambda p=post: cancel(p))
        assert wrong == []
        state = Post.objects.get(pk=post.pk).state
        assert (state, post.key in script.live) in (
            (State.PUBLISHED, True),
            (State.CANCELLED, False),
        )
        assert (state == State.PUBLISHED) == (post.pk in refused)


WORKER = """
import django, os, pathlib, signal, sys
django.setup()
from django.conf import settings
from publishing.posting import dispatch
settings.POSTED_DIR, settings.MEDIA_ROOT, killed = sys.argv[2:5]
if killed:
    rename = pathlib.Path.rename

    def rename_and_die(self, target):
        if killed == "after":
            rename(self, target)
        os.kill(os.getpid(), signal.SIGKILL)

    pathlib.Path.rename = rename_and_die
dispatch.publish(int(sys.argv[1]))
"""


def worker(post, killed=""):
    """A worker in a process of its own, on the very database of this test.

    killed: "before" or "after" the moment in which the folder appears; by SIGKILL.
    """
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        who = ":".join(filter(None, (database["USER"], database["PASSWORD"])))
        url = f"postgres://{who}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return subprocess.Popen(
        [
            *(sys.executable, "-c", WORKER, str(post.pk)),
            *(str(settings.POSTED_DIR), str(settings.MEDIA_ROOT), killed),
        ],
        cwd=REPOSITORY,
        env=os.environ
        | {
            "DATABASE_URL": url,
            "TOKEN_KEYS": ",".join(settings.TOKEN_KEYS),
            "DJANGO_SETTINGS_MODULE": "studio.settings",
            "UNDERSTUDY_DATA": str(Path(settings.POSTED_DIR).parent),
        },
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def folder_post(on_file):
    post = build_post("folder")
    post.account.external_id = str(services.folder_path(post.creator))
    post.account.save()
    return post


def shown(post):
    """What somebody who looks into the folder sees."""
    folder = Path(post.account.external_id)
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


def test_two_processes_make_one_folder(folder_post):
    for process in [worker(folder_post), worker(folder_post)]:
        _, complaints = process.communicate(timeout=60)
        assert process.returncode == 0, complaints.decode()
    assert Post.objects.get().state == State.PUBLISHED
    assert len(shown(folder_post)) == 1
    assert Attempt.objects.filter(phase="commit").count() == 1


@pytest.mark.parametrize(("moment", "commits"), [("before", 2), ("after", 1)])
def test_a_process_killed_in_the_commit_leaves_one_folder(folder_post, moment, commits):
    """Nothing was shown: it is sent again. It was shown: that is found out, not repeated."""
    process = worker(folder_post, moment)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert Post.objects.get().state == State.COMMITTING
    assert len(shown(folder_post)) == commits % 2
    dispatch.publish(folder_post.pk)  # the lease of the dead still holds
    assert Post.objects.get().state == State.COMMITTING
    Post.objects.update(lease_until=timezone.now() - timezone.timedelta(seconds=1))
    tick.drain()
    assert Post.objects.get().state == State.PUBLISHED
    assert len(shown(folder_post)) == 1
    assert Attempt.objects.filter(phase="commit").count() == commits
