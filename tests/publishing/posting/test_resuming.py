"""A large upload outlives its worker: the next one goes on with what was saved."""

import datetime as dt

import pytest
from django.utils import timezone

from publishing import services, tasks
from publishing.models import Attempt, Post
from publishing.platforms import errors
from publishing.posting.dispatch import publish
from tests.publishing.posting.test_dispatch import Killed, fresh, kill_the_worker, let_time_pass

State = Post.State
pytestmark = pytest.mark.django_db
HALF = {"session": "s1", "sent": 7}


def saving(script, then):
    """A prepare that saves how far it got, and then comes to this."""

    def run():
        script.save(HALF)
        raise then

    return run


def test_the_next_worker_is_given_what_the_killed_one_saved(make_post, script):
    post = make_post()
    script.prepare = [saving(script, Killed())]
    with pytest.raises(Killed):
        publish(post.pk)
    assert (fresh(post).state, post.begun, post.is_prepared) == (State.PREPARING, HALF, False)
    kill_the_worker(post)
    publish(post.pk)
    assert script.begun == [{}, HALF]
    assert fresh(post).state == State.PUBLISHED
    assert post.handle == {"container": f"c-{post.key}", "checked": True}
    assert script.discarded == []


def test_an_upload_that_was_cut_goes_on_after_a_wait(make_post, script):
    post = make_post()
    script.prepare = [saving(script, errors.Transient("It broke off."))]
    publish(post.pk)
    assert fresh(post).state == State.WAITING
    let_time_pass(post)
    publish(post.pk)
    assert script.begun == [{}, HALF]
    assert script.calls == ["prepare", "prepare", "check", "commit", "permalink"]
    assert script.live == [post.key]


def test_processing_that_is_asked_too_early_is_not_taken_for_done(make_post, script):
    post = make_post()
    script.prepare = [saving(script, errors.NotReady("A moment."))]
    publish(post.pk)
    assert fresh(post).state == State.PREPARING


def test_what_was_begun_and_is_gone_is_begun_anew(make_post, script):
    post = make_post()
    script.prepare = [saving(script, Killed()), errors.HandleExpired("The session is gone.")]
    with pytest.raises(Killed):
        publish(post.pk)
    kill_the_worker(post)
    publish(post.pk)
    let_time_pass(post)
    publish(post.pk)
    assert script.begun == [{}, HALF, {}]
    assert fresh(post).state == State.PUBLISHED


def test_other_words_begin_another_upload_and_take_the_first_back(make_post, script):
    post = make_post()
    script.prepare = [saving(script, errors.Transient("It broke off."))]
    publish(post.pk)
    services.edit_words(fresh(post), post.approved_by, "Other words.")
    publish(post.pk)
    assert script.begun == [{}, {}]
    assert script.left == [HALF]
    assert fresh(post).state == State.PUBLISHED


def test_a_cancelled_upload_ends_at_its_next_part(make_post, script):
    post = make_post()

    def cancelled_meanwhile():
        script.save(HALF)
        services.cancel(fresh(post))
        script.save({"session": "s1", "sent": 8})
        raise AssertionError("it goes on")

    script.prepare = [cancelled_meanwhile]
    publish(post.pk)
    assert fresh(post).state == State.CANCELLED
    assert script.left == [HALF]
    assert post.handle == {}
    assert Attempt.objects.get(post=post).outcome == ""


def test_the_half_of_a_cancelled_upload_is_taken_back_by_a_sweep(make_post, script):
    post = make_post()
    script.prepare = [saving(script, errors.Transient("It broke off."))]
    publish(post.pk)
    Post.objects.update(state=State.CANCELLED)
    assert ("publishing.tasks.discard", post.pk, "publish") in tasks.due()
    tasks.discard(post.pk)
    assert script.left == [HALF]
    assert fresh(post).handle == {}


def test_the_half_of_a_refused_upload_is_taken_back(make_post, script):
    post = make_post()
    script.prepare = [saving(script, errors.Rejected("Too long."))]
    publish(post.pk)
    assert fresh(post).state == State.FAILED
    assert (script.left, post.handle) == ([HALF], {})


def test_the_lease_is_fresh_after_each_part(make_post, script):
    post = make_post()
    seen = []

    def upload():
        Post.objects.update(lease_until=timezone.now() + dt.timedelta(seconds=1))
        script.save(HALF)
        seen.append(fresh(post).lease_until - timezone.now())
        return {"container": "c"}

    script.prepare = [upload]
    publish(post.pk)
    assert seen[0] > dt.timedelta(seconds=60)
