"""Prepared ahead of its hour, out at its second, and asked once more in between."""

import datetime as dt
import threading

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from publishing import platforms, services, tick
from publishing.management.commands import tick as command
from publishing.models import Attempt, Post
from publishing.platforms import errors
from publishing.platforms.base import Limits, Published
from publishing.posting import dispatch, hold
from publishing.posting.aftermath import patience
from publishing.posting.dispatch import publish
from tests.publishing.conftest import build_post
from tests.publishing.doubles import DoublePlatform
from tests.publishing.posting.test_dispatch import _another_reel, fresh

pytestmark = pytest.mark.django_db
State = Post.State
LEAD = DoublePlatform.capabilities.lead


def in_(**ahead):
    return timezone.now() + dt.timedelta(**ahead)


def its_hour_comes(post):
    past = timezone.now() - dt.timedelta(seconds=1)
    Post.objects.filter(pk=post.pk).update(due_at=past, retry_at=past)


def test_a_post_is_prepared_ahead_and_waits_for_its_hour(make_post, script):
    post = make_post(due_at=in_(minutes=10))
    publish(post.pk)
    assert fresh(post).state == State.READY
    assert post.retry_at == post.due_at
    assert script.calls == ["prepare", "check"]
    publish(post.pk)
    assert script.calls == ["prepare", "check"]
    its_hour_comes(post)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.calls.count("prepare") == 1


def test_no_earlier_than_what_is_prepared_lives(make_post, script):
    post = make_post(due_at=timezone.now() + LEAD + dt.timedelta(minutes=1))
    assert not Post.objects.due().exists()
    publish(post.pk)
    assert script.calls == []
    assert max(platforms.by_lead()) < dt.timedelta(hours=1)


def test_a_folder_needs_no_time_ahead(make_post):
    make_post("folder", due_at=in_(minutes=5))
    assert not Post.objects.due().exists()


def test_the_last_moments_are_waited_for(make_post, script, monkeypatch):
    post, slept = make_post(due_at=in_(minutes=10)), []
    monkeypatch.setattr(dispatch, "WORTH_WAITING", dt.timedelta(minutes=20))
    monkeypatch.setattr(dispatch.time, "sleep", slept.append)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert 300 < slept[0] <= 600


def test_permission_is_asked_again_at_the_hour(make_post, script):
    post = make_post(due_at=in_(minutes=10))
    publish(post.pk)
    post.creator.consents.update(revoked_at=timezone.now())
    its_hour_comes(post)
    publish(post.pk)
    assert fresh(post).state == State.CANCELLED
    assert "commit" not in script.calls
    assert script.discarded == [post.key]


def test_what_ran_out_while_it_waited_is_prepared_anew_at_once(make_post, script):
    post = make_post(due_at=in_(minutes=10))
    publish(post.pk)
    script.commit = [errors.HandleExpired("Older than a day.")]
    its_hour_comes(post)
    publish(post.pk)
    assert fresh(post).retry_at <= timezone.now()
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.calls.count("prepare") == 2


def test_other_words_take_back_what_was_prepared(make_post, script):
    post = make_post(due_at=in_(minutes=10))
    publish(post.pk)
    services.edit_words(fresh(post), post.creator.owner, "Better words")
    publish(post.pk)
    assert fresh(post).state == State.READY
    assert script.discarded == [post.key]
    assert script.calls.count("prepare") == 2


def test_of_two_prepared_posts_the_cap_lets_one_through(make_post, script, monkeypatch):
    """Both were admitted while there was room; the last moment decides."""
    monkeypatch.setattr(DoublePlatform, "limits", Limits(posts_a_day=1))
    one = make_post(due_at=in_(minutes=5))
    two = build_post(account=one.account, reel=_another_reel(one), due_at=in_(minutes=5))
    for post in (one, two):
        publish(post.pk)
        assert fresh(post).state == State.READY
        its_hour_comes(post)
    publish(one.pk)
    publish(two.pk)
    assert script.live == [one.key]
    assert fresh(two).state == State.WAITING
    assert "takes 1 posts a day" in two.reason


def test_a_post_that_may_be_live_counts_for_the_cap(make_post, script, monkeypatch):
    monkeypatch.setattr(DoublePlatform, "limits", Limits(posts_a_day=1))
    one = make_post("wary")
    script.commit = [errors.OutcomeUnknown("?")]
    publish(one.pk)
    assert fresh(one).state == State.UNCONFIRMED
    two = build_post(account=one.account, reel=_another_reel(one))
    publish(two.pk)
    assert fresh(two).state == State.WAITING


def test_an_account_keeps_its_own_gap(make_post, script):
    one = make_post()
    one.account.options = {"min_gap_minutes": 90}
    one.account.save()
    two = build_post(account=one.account, reel=_another_reel(one))
    publish(one.pk)
    publish(two.pk)
    assert fresh(two).state == State.WAITING
    sent = one.attempts.get(phase="commit").started_at
    assert two.retry_at == sent + dt.timedelta(minutes=90)
    assert "90 minutes are kept" in two.reason


@pytest.mark.parametrize("gap", [0, -5, "soon", 10**9, None])
def test_a_gap_that_is_none_holds_nothing_up(make_post, script, gap):
    one = make_post()
    one.account.options = {"min_gap_minutes": gap}
    one.account.save()
    two = build_post(account=one.account, reel=_another_reel(one))
    publish(one.pk)
    publish(two.pk)
    assert len(script.live) == 2


# The clock.


def names_in_queue():
    return sorted(row.task["args"][0] for row in OrmQ.objects.all())


def test_a_pulse_hands_out_what_is_due_once(make_post, script, django_capture_on_commit_callbacks):
    post, pulse = make_post(), tick.Pulse()
    make_post(due_at=in_(hours=2))
    with django_capture_on_commit_callbacks(execute=True):
        assert len(pulse.beat().jobs) == 1
        assert pulse.beat().jobs == []
    assert names_in_queue() == [post.pk]
    script.check = [errors.NotReady("Processing.")]
    publish(post.pk)
    assert pulse.beat().jobs == []
    its_hour_comes(post)  # another state, another moment: due anew
    assert len(pulse.beat().jobs) == 1


def test_what_is_about_to_be_seen_goes_before_uploads_and_links(make_post, script):
    now = timezone.now()
    link = make_post(state=State.PUBLISHED, retry_at=now, due_at=now - dt.timedelta(days=2))
    upload = make_post(due_at=now - dt.timedelta(minutes=5))
    ready = make_post(state=State.READY, retry_at=now)
    assert list(Post.objects.due().in_order()) == [ready, upload, link]


def test_what_was_handed_out_in_vain_is_handed_out_again(make_post, script, monkeypatch):
    make_post()
    pulse = tick.Pulse()
    assert len(pulse.beat().jobs) == 1
    monkeypatch.setattr(tick, "HANDED_OUT_S", 0)
    assert len(pulse.beat().jobs) == 1


def test_between_two_ticks_there_are_pulses(monkeypatch):
    done, stop, now = [], threading.Event(), [1000.0]
    monkeypatch.setattr(command, "beats", lambda every, stop: iter(range(7)))
    monkeypatch.setattr(command.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(command.Pulse, "beat", lambda self: "pulse")

    def once(self, work):
        done.append(work())
        now[0] += 20

    monkeypatch.setattr(command.Command, "_once", once)
    command.Command()._run(lambda: "tick", 60, stop, with_pulse=True)
    assert done == ["tick", "tick", "pulse", "pulse", "tick", "pulse", "pulse"]


def test_a_drain_waits_for_what_is_still_processed(make_post, script, monkeypatch):
    """Here nobody sleeps: time passes by itself."""
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        Post.objects.filter(retry_at__gt=timezone.now()).update(retry_at=timezone.now())

    monkeypatch.setattr(tick.time, "sleep", sleep)
    script.check = [errors.NotReady("Processing.")] * 4
    post = make_post()
    assert "publish" in str(tick.drain(wait_s=120))
    assert fresh(post).state == State.PUBLISHED
    assert len(slept) == 4


def test_small_films_are_asked_after_often_and_large_ones_every_20_seconds():
    waits = [patience(errors.NotReady("Processing."), n).total_seconds() for n in range(1, 91)]
    assert waits[:6] == [2, 4, 8, 16, 20, 20]
    assert sum(waits) <= 1800
    told = errors.NotReady("Processing.", retry_after_s=60)
    assert patience(told, 1).total_seconds() == 60


def test_a_drain_waits_no_longer_than_it_was_told(make_post, script, monkeypatch):
    monkeypatch.setattr(tick.time, "sleep", lambda seconds: pytest.fail("waited"))
    script.check = [errors.NotReady("Processing.", retry_after_s=60)]
    post = make_post()
    tick.drain(wait_s=30)
    assert fresh(post).state == State.PROCESSING
    tick.drain()


def test_a_lease_is_kept_while_a_platform_takes_its_time(monkeypatch):
    kept = []
    monkeypatch.setattr(hold, "BEAT_S", 0.01)
    monkeypatch.setattr(hold.Hold, "load", lambda self: None)
    monkeypatch.setattr(
        hold.Post.objects.__class__, "keep", lambda *args, **kwargs: kept.append(args) or True
    )
    mine = hold.Hold(1, "me")
    waited = threading.Event()
    with mine._kept():
        while len(kept) < 3:
            waited.wait(0.01)
    n = len(kept)
    waited.wait(0.05)
    assert len(kept) <= n + 1


# What a second answer of "you have that already" means.


def test_a_duplicate_of_our_own_lost_commit_is_that_post(make_post, script):
    post = make_post("wary")
    Attempt.objects.create(
        post=post, phase="commit", worker="a", outcome="unknown_outcome", proved_absent=True
    )  # a person said it was not there, and it was
    script.commit = [errors.Duplicate("Said already.", external_id="urn:1")]
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert post.external_id == "urn:1"


def test_a_duplicate_of_another_post_is_refused(make_post, script):
    one = make_post("wary")
    script.commit = [Published("urn:1"), errors.Duplicate("Said already.", external_id="urn:1")]
    publish(one.pk)
    two = build_post(account=one.account, reel=_another_reel(one))
    publish(two.pk)
    assert fresh(two).state == State.FAILED
    assert "Change the caption" in two.reason
    assert not two.attempts.filter(phase="commit", proved_absent=False).exists()


def test_a_duplicate_that_nobody_knows_is_left_to_a_person(make_post, script):
    post = make_post("wary")
    script.commit = [errors.Duplicate("Said already.", external_id="urn:9")]
    publish(post.pk)
    assert fresh(post).state == State.UNCONFIRMED


def test_being_sent_back_again_and_again_ends(make_post, script):
    """Ready by its own word, and not ready when it is to go out."""
    post = make_post()
    script.commit = [errors.NotReady("Not ready.")] * 50
    while fresh(post).state != State.FAILED:
        its_hour_comes(post)
        publish(post.pk)
    assert script.calls.count("commit") < 10
    assert "Nothing is live" in post.reason


def test_a_look_that_needs_a_new_permission_waits_for_it(make_post, script):
    post = make_post()
    script.commit = [errors.OutcomeUnknown("?")]
    script.reconcile = [errors.AuthExpired("Ended.")]
    publish(post.pk)
    assert fresh(post).state == State.COMMITTING
    assert post.retry_at > in_(hours=20)
    assert "Connect it again" in post.reason
