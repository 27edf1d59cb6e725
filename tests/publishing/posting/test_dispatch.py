import dataclasses
import datetime as dt
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from creators import services as creators
from publishing import services
from publishing.models import Account, Attempt, Post
from publishing.platforms import errors
from publishing.platforms.base import (
    Absent,
    Accepted,
    Delivered,
    Failed,
    Published,
    Unclear,
)
from publishing.posting import aftermath, dispatch
from publishing.posting.dispatch import publish
from publishing.posting.story import timeline
from tests.publishing.conftest import build_post
from tests.publishing.doubles import DoublePlatform

State = Post.State
pytestmark = pytest.mark.django_db


def fresh(post):
    post.refresh_from_db()
    return post


def let_time_pass(post):
    """As if the wait were over."""
    Post.objects.filter(pk=post.pk).update(retry_at=timezone.now() - dt.timedelta(seconds=1))


def kill_the_worker(post):
    """As if the worker had died and its lease had run out."""
    Post.objects.filter(pk=post.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))


class Killed(BaseException):
    """A worker that is gone in the middle of a call: no exception handler of ours runs on."""


def test_a_due_post_goes_out_and_says_where(make_post, script):
    post = make_post()
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert post.permalink == f"https://x.test/id-{post.key}"
    assert post.published_at is not None
    assert post.lease_owner == ""
    assert script.calls == ["prepare", "check", "commit", "permalink"]
    assert list(post.attempts.values_list("phase", "outcome")) == [
        ("prepare", "ok"),
        ("check", "ok"),
        ("commit", "ok"),
        ("permalink", "ok"),
    ]


def test_a_live_post_is_on_record_however_long_its_name(make_post, script):
    post = make_post()
    script.commit = [Published("i" * 5000, "https://x.test/" + "l" * 5000)]
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert (len(post.external_id), len(post.permalink)) == (300, 1000)


def test_a_second_delivery_does_nothing(make_post, script):
    post = make_post()
    publish(post.pk)
    publish(post.pk)
    assert script.live == [post.key]
    assert script.calls.count("prepare") == 1


def test_a_post_before_its_hour_stays(make_post, script):
    post = make_post(due_at=timezone.now() + dt.timedelta(hours=1))
    publish(post.pk)
    assert fresh(post).state == State.SCHEDULED
    assert script.calls == []


def test_the_intent_is_on_record_before_the_commit_leaves(make_post, script):
    post = make_post()
    seen = {}

    def look():
        seen["state"] = fresh(post).state
        seen["attempts"] = list(post.attempts.values_list("phase", "outcome"))
        return DoublePlatform.show(post.key)

    script.commit = [look]
    publish(post.pk)
    assert seen["state"] == State.COMMITTING
    assert seen["attempts"][-1] == ("commit", "")


def test_lost_answer_is_not_a_failure(make_post, script):
    """The connection broke after the platform had acted: one post, found by looking."""
    post = make_post()

    def shown_but_no_answer():
        DoublePlatform.show(post.key)
        raise errors.OutcomeUnknown("No answer.")

    script.commit = [shown_but_no_answer]
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.live == [post.key]
    assert script.calls == ["prepare", "check", "commit", "reconcile"]


@pytest.mark.parametrize(
    "error", [errors.OutcomeUnknown("?"), errors.Transient("?"), OSError("?")]
)
def test_an_open_outcome_proved_absent_is_sent_again_where_allowed(make_post, script, error):
    post = make_post()
    script.commit = [error]
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.live == [post.key]
    assert script.calls.count("commit") == 2
    first, second = post.attempts.filter(phase="commit")
    assert first.proved_absent
    assert not second.proved_absent


def test_an_open_outcome_proved_absent_is_not_sent_again_where_not_allowed(make_post, script):
    post = make_post("wary")
    script.commit = [errors.OutcomeUnknown("?")]
    script.reconcile = [Absent()]
    publish(post.pk)
    assert fresh(post).state == State.UNCONFIRMED
    assert post.reason.endswith("the post was not found there.")
    assert script.calls.count("commit") == 1


def test_what_cannot_be_told_is_left_to_a_person(make_post, script):
    post = make_post("wary")
    script.commit = [errors.OutcomeUnknown("?")]
    publish(post.pk)
    assert fresh(post).state == State.UNCONFIRMED
    assert "may already be live" in post.reason
    publish(post.pk)
    assert script.calls.count("commit") == 1


def test_a_worker_killed_in_the_commit_is_found_by_its_lease(make_post, script):
    post = make_post()

    def shown_then_killed():
        DoublePlatform.show(post.key)
        raise Killed

    script.commit = [shown_then_killed]
    with pytest.raises(Killed):
        publish(post.pk)
    assert fresh(post).state == State.COMMITTING
    publish(post.pk)
    assert fresh(post).state == State.COMMITTING  # the lease still holds
    kill_the_worker(post)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.live == [post.key]
    assert script.calls.count("commit") == 1


@pytest.mark.parametrize("step", ["prepare", "check"])
def test_a_worker_killed_before_the_commit_costs_one_step(make_post, script, step):
    post = make_post()
    setattr(script, step, [Killed()])
    with pytest.raises(Killed):
        publish(post.pk)
    kill_the_worker(post)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.live == [post.key]
    assert post.attempts.filter(phase=step).count() == 2


def test_a_worker_that_wakes_up_late_cannot_commit(make_post, script):
    """It was away longer than its lease; another has finished meanwhile."""
    post = make_post()

    def meanwhile():
        kill_the_worker(post)
        publish(post.pk)
        return {"container": "late"}

    script.check = [meanwhile]
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.live == [post.key]


def test_that_it_is_live_counts_whoever_holds_the_row(make_post, script):
    post = make_post("wary")

    def slow():
        kill_the_worker(post)
        publish(post.pk)  # another worker looks, cannot tell
        assert fresh(post).state == State.UNCONFIRMED
        return DoublePlatform.show(post.key)

    script.commit = [slow]
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.live == [post.key]


def test_two_open_commits_of_one_post_cannot_be_on_record(make_post, script):
    post = make_post()
    Attempt.objects.create(post=post, phase="commit", worker="a")
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(post=post, phase="commit", worker="b", outcome="ok")
    Attempt.objects.update(proved_absent=True)
    Attempt.objects.create(post=post, phase="commit", worker="b")


def test_an_open_commit_on_record_is_looked_up_not_repeated(make_post, script):
    post = make_post()
    Attempt.objects.create(post=post, phase="commit", worker="a")
    script.live.append(post.key)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert "commit" not in script.calls


def test_the_same_handle_is_not_committed_for_ever(make_post, script):
    post = make_post()
    script.commit = [errors.OutcomeUnknown("?")] * 10
    publish(post.pk)
    assert fresh(post).state == State.FAILED
    assert "Nothing is live" in post.reason
    assert script.calls.count("commit") == aftermath.MAX_COMMITS


def test_a_look_without_an_answer_is_repeated_then_left_to_a_person(make_post, script):
    post = make_post()
    script.commit = [errors.OutcomeUnknown("?")]
    script.reconcile = [errors.Transient("503")] * 10
    publish(post.pk)
    assert fresh(post).state == State.COMMITTING
    assert post.retry_at > timezone.now()
    for _ in range(dispatch.MAX_LOOKS):
        let_time_pass(post)
        publish(post.pk)
    assert fresh(post).state == State.UNCONFIRMED
    assert script.calls.count("commit") == 1


def test_what_was_only_accepted_is_looked_for_until_it_is_live(make_post, script):
    post = make_post("wary")
    script.commit = [Accepted()]
    script.reconcile = [errors.NotReady("Still working.", retry_after_s=60)] * 9
    script.reconcile.append(Published("7", "https://x.test/7"))
    for _ in range(9):
        publish(post.pk)
        assert fresh(post).state == State.COMMITTING
        assert 50 < (post.retry_at - timezone.now()).total_seconds() <= 60
        assert post.reason == "Still working."
        let_time_pass(post)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.calls.count("commit") == 1


def test_looks_without_an_answer_count_only_in_a_row(make_post, script):
    post = make_post()
    script.commit = [Accepted()]
    script.reconcile = [errors.Transient("In trouble."), errors.NotReady("Still working.")] * 6
    script.reconcile.append(Published("7", "https://x.test/7"))
    for _ in range(12):
        publish(post.pk)
        assert fresh(post).state == State.COMMITTING
        let_time_pass(post)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED


def test_what_never_gets_done_is_left_to_a_person(make_post, script):
    post = make_post()
    script.commit = [Accepted()]
    script.reconcile = [errors.NotReady("Still working.")] * 2
    publish(post.pk)
    post.attempts.update(started_at=timezone.now() - dispatch.LOOK_FOR)
    let_time_pass(post)
    publish(post.pk)
    assert fresh(post).state == State.UNCONFIRMED
    assert "may still go live" in post.reason


def test_what_was_accepted_and_failed_later_is_a_failure(make_post, script):
    post = make_post()
    script.commit = [Accepted()]
    script.reconcile = [Failed(errors.Rejected("The sound cannot be read."))]
    publish(post.pk)
    assert fresh(post).state == State.FAILED
    assert post.reason == "The sound cannot be read."
    assert post.attempts.get(phase="commit").proved_absent


def test_what_failed_later_is_made_anew_but_not_for_ever(make_post, script):
    post = make_post()
    script.commit = [Accepted()] * 9
    script.reconcile = [Failed(errors.HandleExpired("Their trouble."))] * 9
    while fresh(post).state != State.FAILED:
        publish(post.pk)
        let_time_pass(post)
    assert script.calls.count("prepare") == aftermath.MAX_COMMITS
    assert script.live == []


def test_a_look_knows_when_the_commit_was_begun(make_post, script, monkeypatch):
    post, asked = make_post(), []
    script.commit = [errors.OutcomeUnknown("?")]

    def look(self, key, handle, since):
        asked.append(since)
        return Unclear()

    monkeypatch.setattr(DoublePlatform, "reconcile", look)
    publish(post.pk)
    assert asked == [post.attempts.get(phase="commit").started_at]


def test_a_delivered_post_waits_in_the_inbox(make_post, script):
    post = make_post()
    script.commit = [Delivered("inbox-1")]
    publish(post.pk)
    assert fresh(post).state == State.DELIVERED
    assert "finish it there" in post.reason


def test_a_live_post_without_a_link_is_still_live(make_post, script):
    post = make_post()
    script.permalink = [errors.Transient("500")]
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert post.permalink == ""


UNTIL = timezone.now() + dt.timedelta(days=7)


@pytest.mark.parametrize("step", ["prepare", "check", "commit"])
@pytest.mark.parametrize(
    ("error", "state"),
    [
        (errors.NotSent("No network."), State.WAITING),
        (errors.RateLimited("Slow down.", until=UNTIL), State.WAITING),
        (errors.QuotaExhausted("Enough for today.", until=UNTIL), State.WAITING),
        (errors.AuthExpired("Reconnect Double."), State.WAITING),
        (errors.Rejected("The caption is too rude."), State.FAILED),
        (errors.AccountBlocked("Double restricts this account."), State.FAILED),
        (errors.NotReady("Processing."), State.PROCESSING),
        (errors.HandleExpired("Too old."), State.PREPARING),
    ],
    ids=lambda value: value.code if isinstance(value, errors.PlatformError) else "",
)
def test_each_error_class_has_its_consequence(make_post, script, step, error, state):
    post = make_post()
    setattr(script, step, [error])
    publish(post.pk)
    if (step, state) == ("prepare", State.PROCESSING):
        state = State.PREPARING  # there is nothing there yet that could be asked about
    assert fresh(post).state == state
    assert post.reason
    assert post.lease_owner == ""
    assert script.live == []
    assert post.attempts.last().outcome == error.code
    assert not post.attempts.filter(phase="commit", proved_absent=False).exists()


@pytest.mark.parametrize("step", ["prepare", "check", "commit"])
def test_a_post_that_waited_goes_on(make_post, script, step):
    post = make_post()
    setattr(script, step, [errors.RateLimited("Slow down.", until=UNTIL)])
    publish(post.pk)
    assert fresh(post).retry_at == UNTIL
    publish(post.pk)
    assert script.live == []
    let_time_pass(post)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert (post.reason, post.retry_at) == ("", None)
    assert script.live == [post.key]


def pause(post):
    """What a platform says that knows posts by their words, and has shown it all the same."""
    error = errors.RateLimited("Slow down.", until=UNTIL)
    error.look_first = True

    def shown_all_the_same():
        DoublePlatform.show(post.key)
        raise error

    return error, shown_all_the_same


def test_after_a_pause_that_came_too_late_the_post_is_found_not_sent(make_post, script):
    post = make_post()
    script.commit = [pause(post)[1]]
    publish(post.pk)
    assert (fresh(post).state, post.retry_at) == (State.WAITING, UNTIL)
    let_time_pass(post)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.live == [post.key]
    assert script.calls.count("commit") == 1


@pytest.mark.parametrize("platform", ["double", "wary"])
def test_after_a_pause_what_is_not_there_is_sent(make_post, script, platform):
    post = make_post(platform)
    script.commit, script.reconcile = [pause(post)[0]] * 2, [Absent()] * 2
    for _ in range(3):
        publish(post.pk)
        let_time_pass(post)
    assert fresh(post).state == State.PUBLISHED
    assert (script.live, post.rounds) == ([post.key], 0)
    assert script.calls.count("reconcile") == 2
    assert not post.attempts.filter(outcome="rate_limited", proved_absent=False).exists()


def test_waits_grow_over_the_looks_between_them(make_post, script):
    post = make_post("wary")
    endless = errors.RateLimited("Slow down.")
    endless.look_first = True
    script.commit, script.reconcile, waits = [endless] * 4, [Absent()] * 4, []
    for _ in range(4):
        publish(post.pk)
        waits.append((fresh(post).retry_at - timezone.now()).total_seconds())
        let_time_pass(post)
    assert [round(wait, -1) for wait in waits] == [30, 60, 120, 240]


def test_other_words_during_a_pause_go_out_only_if_the_first_ones_did_not(make_post, script):
    post = make_post()
    script.commit = [pause(post)[1]]
    publish(post.pk)
    first = fresh(post).handle
    services.edit_words(fresh(post), post.approved_by, "Other words.")
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert post.handle == first  # looked for as it was sent
    assert script.live == [post.key]
    assert script.discarded == []


def test_other_words_after_a_true_pause_are_prepared_and_sent(make_post, script):
    post = make_post("wary")
    script.commit, script.reconcile = [pause(post)[0]], [Absent()]
    publish(post.pk)
    services.edit_words(fresh(post), post.approved_by, "Other words.")
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.calls.count("prepare") == 2
    assert script.live == [post.key]


def test_a_pause_does_not_forbid_to_try_again(make_post, script):
    post = make_post()
    script.commit = [pause(post)[1]]
    publish(post.pk)
    services.retry(fresh(post))
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.calls.count("commit") == 1


def test_what_cannot_be_told_after_a_pause_is_left_to_a_person(make_post, script):
    post = make_post("wary")
    script.commit = [pause(post)[0]]
    publish(post.pk)
    let_time_pass(post)
    publish(post.pk)
    assert fresh(post).state == State.UNCONFIRMED
    assert post.reason.startswith("Only a pause was asked for by Wary, so it may")
    assert script.calls.count("commit") == 1


def test_an_expired_handle_is_prepared_anew(make_post, script):
    post = make_post()
    script.check = [errors.HandleExpired("Too old.")]
    publish(post.pk)
    assert fresh(post).handle == {}
    let_time_pass(post)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.calls.count("prepare") == 2


def test_a_platform_whose_commit_sends_the_video_is_given_it(make_post, script, monkeypatch):
    post, seen = make_post(), []
    able = dataclasses.replace(DoublePlatform.capabilities, commit_sends_video=True)
    monkeypatch.setattr(DoublePlatform, "capabilities", able)

    def commit(self, key, handle):
        seen.append(Path(handle["video"]).read_bytes())
        return DoublePlatform.show(key)

    monkeypatch.setattr(DoublePlatform, "commit", commit)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert seen == [Path(post.reel.video.path).read_bytes()]
    assert "video" not in post.handle


def test_waits_grow_and_end(make_post, script):
    post = make_post()
    script.prepare = [errors.Transient("503")] * 20
    waits = []
    while fresh(post).state != State.FAILED:
        publish(post.pk)
        if fresh(post).retry_at:
            waits.append((post.retry_at - timezone.now()).total_seconds())
            let_time_pass(post)
    assert script.calls.count("prepare") == aftermath.MAX_TRIES
    assert "the last by itself" in post.reason
    assert 25 < waits[0] < 31 < waits[1] < 61 < max(waits) <= 3600


def test_endless_processing_ends(make_post, script):
    post = make_post()
    script.check = [errors.NotReady("Processing.")] * 200
    while fresh(post).state != State.FAILED:
        publish(post.pk)
        let_time_pass(post)
    assert script.calls.count("check") == aftermath.MAX_CHECKS
    assert script.calls.count("prepare") == 1


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (errors.NotReady("Processing."), errors.Transient("In trouble.")),
        (errors.RateLimited("Slowly."), errors.Transient("In trouble.")),
        (errors.NotReady("Processing."), errors.RateLimited("Slowly.")),
    ],
)
def test_one_error_after_a_long_wait_is_one_error(make_post, script, told, error):
    post = make_post()
    script.check = [told] * 20 + [error]
    for _ in range(21):
        publish(post.pk)
        assert fresh(post).state in (State.PROCESSING, State.WAITING)
        wait = (post.retry_at - timezone.now()).total_seconds()
        let_time_pass(post)
    assert 25 < wait < 31
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED


def test_a_duplicate_is_looked_up(make_post, script):
    post = make_post("wary")
    script.commit = [errors.Duplicate("You said that already.")]
    script.reconcile = [Published("7", "https://x.test/7")]
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert post.permalink == "https://x.test/7"


def test_a_duplicate_that_is_nowhere_to_be_found_ends(make_post, script):
    post = make_post()
    script.prepare = [errors.Duplicate("You have that already.")] * 20
    publish(post.pk)
    assert fresh(post).state == State.FAILED
    assert script.live == []


def test_a_dead_token_asks_to_reconnect_and_holds_the_account(make_post, script):
    post = make_post()
    script.prepare = [errors.AuthExpired("Reconnect Double; its permission ended.")]
    publish(post.pk)
    post.account.refresh_from_db()
    assert post.account.state == Account.State.RECONNECT
    assert fresh(post).retry_at is None
    other = build_post(account=post.account, reel=_another_reel(post))
    publish(other.pk)
    assert fresh(other).state == State.WAITING
    assert "must be connected again" in other.reason
    assert script.calls == ["prepare"]


def test_a_blocked_account_gets_nothing_more(make_post, script):
    post = make_post()
    script.commit = [errors.AccountBlocked("Double restricts this account.")]
    publish(post.pk)
    other = build_post(account=post.account, reel=_another_reel(post))
    publish(other.pk)
    assert script.calls.count("commit") == 1
    assert script.live == []


def _another_reel(post):
    from tests import factories

    slot = factories.SlotFactory(creator=post.creator)
    return factories.ReelFactory(
        ready=True, take__script=factories.ScriptFactory(approved=True, slot=slot)
    )


def test_a_consent_revoked_in_the_last_moment_stops_it(make_post, script):
    post = make_post()

    def revoked_meanwhile():
        post.creator.consents.update(revoked_at=timezone.now())
        return {"container": "c"}

    script.check = [revoked_meanwhile]
    publish(post.pk)
    assert fresh(post).state == State.CANCELLED
    assert "consent" in post.reason
    assert script.live == []
    assert script.discarded == [post.key]
    assert not post.attempts.filter(phase="commit").exists()


def test_an_approval_withdrawn_in_the_last_moment_stops_it(make_post, script):
    post = make_post()

    def withdrawn_meanwhile():
        type(post.reel.script).objects.update(state="rejected")
        return {"container": "c"}

    script.check = [withdrawn_meanwhile]
    publish(post.pk)
    assert fresh(post).state == State.CANCELLED
    assert "no longer approved" in post.reason
    assert script.live == []


def test_other_words_than_the_approved_ones_do_not_go_out(make_post, script):
    post = make_post()
    Post.objects.filter(pk=post.pk).update(caption="Something else entirely")
    publish(post.pk)
    assert fresh(post).state == State.DRAFT
    assert script.live == []


def test_a_post_cancelled_while_it_is_prepared_does_not_go_out(make_post, script):
    post = make_post()

    def cancelled_meanwhile():
        services.cancel(Post.objects.get(pk=post.pk))
        return {"container": "c"}

    script.prepare = [cancelled_meanwhile]
    publish(post.pk)
    assert fresh(post).state == State.CANCELLED
    assert script.live == []
    assert script.discarded == [post.key]


def test_a_video_that_is_not_the_approved_one_is_refused(make_post, script):
    post = make_post()
    with open(post.reel.video.path, "wb") as file:
        file.write(b"something else")
    publish(post.pk)
    assert fresh(post).state == State.FAILED
    assert "changed" in post.reason
    assert script.calls == []


def test_a_video_that_is_gone_is_said_so(make_post, script):
    post = make_post()
    post.reel.video.storage.delete(post.reel.video.name)
    publish(post.pk)
    assert fresh(post).state == State.FAILED
    assert "gone" in post.reason


def test_what_was_missed_is_not_poured_out_at_once(make_post, script):
    """The machine was off for a week and two posts are late: one goes now, one later."""
    week = dt.timedelta(days=7)
    one = make_post(due_at=timezone.now() - week)
    two = build_post(
        account=one.account, reel=_another_reel(one), due_at=one.due_at + dt.timedelta(hours=12)
    )
    publish(one.pk)
    publish(two.pk)
    assert fresh(one).state == State.PUBLISHED
    assert fresh(two).state == State.SCHEDULED
    assert two.due_at > timezone.now() + dt.timedelta(hours=1)
    assert "came late" in two.due_reason


@pytest.mark.parametrize("minutes", [10, -10])
def test_late_posts_keep_the_distance_they_were_planned_with(make_post, script, minutes):
    """Whoever wants posts ten minutes apart gets them so, two hours late; not days later."""
    apart, hour = dt.timedelta(minutes=10), timezone.now() - dt.timedelta(hours=2)
    one = make_post(due_at=hour)
    other = hour + dt.timedelta(minutes=minutes)
    two = build_post(account=one.account, reel=_another_reel(one), due_at=other)
    publish(one.pk)
    publish(two.pk)
    assert fresh(one).state == State.PUBLISHED
    assert fresh(two).state == State.WAITING
    assert two.retry_at == one.attempts.get(phase="commit").started_at + apart
    assert "10 minutes are kept between two posts" in two.reason


def test_the_daily_cap_of_a_platform_is_kept(make_post, script, monkeypatch):
    from publishing.platforms.base import Limits

    monkeypatch.setattr(DoublePlatform, "limits", Limits(posts_a_day=1))
    one = make_post()
    two = build_post(account=one.account, reel=_another_reel(one))
    publish(one.pk)
    publish(two.pk)
    assert fresh(two).state == State.WAITING
    sent = one.attempts.get(phase="commit").started_at
    assert two.retry_at == sent + dt.timedelta(days=1)


def test_secrets_in_a_reply_are_not_kept(make_post, script):
    post = make_post()
    script.prepare = [
        errors.Transient("Try later.", reply='{"access_token": "EAAB123", "x": 1} Bearer abc.def')
    ]
    publish(post.pk)
    detail = post.attempts.get().detail
    assert "EAAB123" not in detail
    assert "abc.def" not in detail
    assert '"x": 1' in detail


def test_revoking_consent_through_the_product_stops_what_is_queued(
    make_post, script, django_capture_on_commit_callbacks
):
    post = make_post(due_at=timezone.now() + dt.timedelta(days=1))
    with django_capture_on_commit_callbacks(execute=True):
        creators.revoke_consent(post.creator.consents.get(), post.creator.owner)
    assert fresh(post).state == State.CANCELLED
    assert post.reason == "The consent was revoked."


def test_unclear_words_reach_the_creator(make_post, script):
    post = make_post()
    script.commit = [errors.OutcomeUnknown("?")]
    script.reconcile = [Unclear("The folder cannot be reached.")]
    publish(post.pk)
    assert "The folder cannot be reached." in fresh(post).reason


def test_what_was_left_out_is_in_the_story_and_not_in_the_handle(make_post, script):
    post = make_post()
    Path(post.reel.cover.path).write_bytes(b"not one")
    script.prepare = [{"container": "c", "said": "Double took no subtitles."}]
    publish(post.pk)
    assert "said" not in fresh(post).handle
    [entry] = [one for one in timeline(post, post.attempts.all()) if "brought" in one.text]
    assert entry.text == (
        "The files were brought there. The cover is no picture that can be read, so the reel goes"
        " without it. Double took no subtitles."
    )
