"""A live post stays live, whatever becomes of its link and its first comment."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from publishing import services
from publishing.models import Account, Attempt, Post
from publishing.platforms import errors
from publishing.platforms.base import Absent, Capabilities, Delivered, Published, Unclear
from publishing.posting.aftercare import MAX_COMMENTS, MAX_LOOKS
from publishing.posting.dispatch import publish
from tests.publishing.doubles import DoublePlatform
from tests.publishing.posting.test_dispatch import Killed, fresh, kill_the_worker, let_time_pass
from tests.publishing.test_views import another

pytestmark = pytest.mark.django_db
State = Post.State


@pytest.fixture
def comments(script, monkeypatch):
    """The double takes comments; what it answers, and what was written."""
    able = Capabilities(commit_retry_allowed=True, ai_flag=True, first_comment=True)
    monkeypatch.setattr(DoublePlatform, "capabilities", able)
    answers, written = [], []

    def comment(self, external_id, text):
        written.append((external_id, text))
        answer = answers.pop(0) if answers else "c-1"
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(DoublePlatform, "comment", comment)
    return answers, written


def again(post):
    let_time_pass(post)
    publish(post.pk)
    return fresh(post)


def test_a_link_that_is_late_is_asked_for_again(make_post, script):
    post = make_post()
    script.permalink = ["", errors.Transient("503"), "https://x.test/late"]
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert post.retry_at > timezone.now()
    again(post)
    assert again(post).permalink == "https://x.test/late"
    assert (post.state, post.retry_at, post.reason) == (State.PUBLISHED, None, "")
    outcomes = post.attempts.filter(phase="permalink").values_list("outcome", flat=True)
    assert list(outcomes) == ["not_ready", "transient", "ok"]


def test_a_link_that_never_comes_is_not_asked_for_for_ever(make_post, script):
    post = make_post()
    script.permalink = [""] * 100
    publish(post.pk)
    while fresh(post).retry_at:
        again(post)
    assert post.state == State.PUBLISHED
    assert 10 < script.calls.count("permalink") < 30


def test_the_first_comment_is_written_once_it_is_live(make_post, comments):
    post = make_post(first_comment="More in the bio")
    sign(post)
    publish(post.pk)
    assert fresh(post).comment_id == "c-1"
    assert comments[1] == [(f"id-{post.key}", "More in the bio")]
    publish(post.pk)
    assert len(comments[1]) == 1


def sign(post):
    Post.objects.filter(pk=post.pk).update(content_sha256=post.content_hash)


def test_a_comment_whose_words_are_there_already_is_told(make_post, comments):
    post = make_post(first_comment="More in the bio")
    sign(post)
    comments[0].append(errors.Duplicate("Duplicate content."))
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert "the same words are on the account already" in post.reason


@pytest.mark.parametrize(
    "error", [errors.Transient("?"), errors.OutcomeUnknown("?"), OSError("?")]
)
def test_a_comment_that_may_be_there_is_not_written_again(make_post, comments, error):
    post = make_post(first_comment="More in the bio")
    sign(post)
    comments[0].append(error)
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert "not known" in post.reason
    assert post.permalink
    again(post)
    assert len(comments[1]) == 1


def test_a_comment_that_never_left_is_written_later(make_post, comments):
    post = make_post(first_comment="More in the bio")
    sign(post)
    comments[0].append(errors.NotSent("No network."))
    publish(post.pk)
    assert fresh(post).comment_id == ""
    assert again(post).comment_id == "c-1"
    assert (post.state, post.reason, post.retry_at) == (State.PUBLISHED, "", None)


def test_a_comment_is_given_up(make_post, comments):
    post = make_post(first_comment="More in the bio")
    sign(post)
    comments[0].extend([errors.NotSent("No network.")] * 50)
    publish(post.pk)
    while fresh(post).retry_at:
        again(post)
    assert len(comments[1]) == MAX_COMMENTS
    assert post.state == State.PUBLISHED


def test_a_refused_comment_leaves_post_and_account_alone(make_post, comments):
    post = make_post(first_comment="More in the bio")
    sign(post)
    comments[0].append(errors.AuthExpired("Comments are not allowed to us."))
    publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert "Comments are not allowed" in post.reason
    assert post.account.state == Account.State.CONNECTED
    assert post.retry_at is None


def test_a_worker_killed_in_the_comment_leaves_one_comment(make_post, comments):
    post = make_post(first_comment="More in the bio")
    sign(post)
    comments[0].append(Killed())
    with pytest.raises(Killed):
        publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    kill_the_worker(post)
    publish(post.pk)
    assert len(comments[1]) == 1
    assert fresh(post).permalink


def test_two_open_comments_of_one_post_cannot_be_on_record(make_post, script):
    post = make_post()
    Attempt.objects.create(post=post, phase="comment", worker="a")
    Attempt.objects.create(post=post, phase="commit", worker="a")
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(post=post, phase="comment", worker="b")


def test_a_post_that_went_out_long_ago_is_left_alone(make_post, script):
    post = make_post(state=State.PUBLISHED, published_at=timezone.now() - dt.timedelta(days=1))
    publish(post.pk)
    assert script.calls == []
    assert fresh(post).state == State.PUBLISHED


def seen_there(post, script, permalink=""):
    """A person found a post whose commit had no answer; the worker went on with it."""
    script.commit = [errors.OutcomeUnknown("No answer.")]
    given, script.reconcile = script.reconcile, [Unclear("It is not known.")]
    publish(post.pk)
    assert fresh(post).state == State.UNCONFIRMED
    script.reconcile = given
    services.settle(post, True, permalink)
    publish(post.pk)
    return fresh(post)


def test_a_post_that_a_person_saw_is_asked_for_its_id(make_post, script):
    post = make_post()
    script.reconcile = [Published("id-7", "https://x.test/7")]
    seen_there(post, script)
    assert (post.state, post.external_id) == (State.PUBLISHED, "id-7")
    assert (post.permalink, post.retry_at) == ("https://x.test/7", None)
    assert post.published_at == post.attempts.get(phase="commit").started_at


def test_the_link_that_a_person_found_stays(make_post, script):
    post = make_post()
    script.reconcile = [Published("id-7", "https://x.test/7")]
    seen_there(post, script, "https://x.test/mine")
    assert (post.external_id, post.permalink) == ("id-7", "https://x.test/mine")


def test_a_post_that_was_identified_late_gets_its_comment(make_post, script, comments):
    post = make_post(first_comment="More below")
    sign(post)
    script.reconcile = [Published("id-7", "https://x.test/7")]
    assert seen_there(post, script).comment_id == "c-1"
    assert comments[1] == [("id-7", "More below")]


@pytest.mark.parametrize("finding", [Absent(), Unclear("Nobody says."), Delivered("draft-1")])
def test_a_post_that_cannot_be_identified_stays_live_and_is_left_alone(make_post, script, finding):
    post = make_post()
    script.reconcile = [finding]
    seen_there(post, script)
    assert (post.state, post.external_id, post.retry_at) == (State.PUBLISHED, "", None)
    assert again(post).attempts.filter(phase="reconcile").count() == 3


def test_it_is_asked_again_while_no_answer_comes_and_not_for_ever(make_post, script):
    post = make_post()
    script.reconcile = [errors.Transient("503")] * 100
    seen_there(post, script)
    for _ in range(12):
        again(post)
    assert (post.state, post.retry_at) == (State.PUBLISHED, None)
    assert len(script.reconcile) == 100 - MAX_LOOKS


def test_anothers_id_is_not_taken_for_its_own(make_post, script):
    other = make_post(external_id="id-7", state=State.PUBLISHED)
    post = another(other)
    script.reconcile = [Published("id-7", "https://x.test/7")]
    assert seen_there(post, script).external_id == ""
