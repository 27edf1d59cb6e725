import datetime as dt

import pytest
from django.utils import timezone

from avatar.models import Reel
from avatar.signals import reel_ready, reel_withdrawn
from creators.signals import consent_revoked
from publishing import services, tasks
from publishing.accounts import connecting
from publishing.models import Account, Attempt, Post
from publishing.platforms import errors
from publishing.posting import captions, dispatch
from publishing.services import CannotPost
from scripts_gen.signals import approval_withdrawn
from tests import factories

State = Post.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def reel():
    """A finished reel that may go out, with no account yet."""
    reel = factories.ReelFactory(ready=True)
    portrait = factories.PortraitFactory(creator=reel.creator)
    Reel.objects.filter(pk=reel.pk).update(portrait=portrait)
    factories.ConsentFactory(creator=reel.creator)
    reel.refresh_from_db()
    return reel


@pytest.fixture
def account(reel):
    """A folder that was there before the reel was."""
    account = services.connect_folder(reel.creator)
    Account.objects.update(created_at=timezone.now() - dt.timedelta(days=1))
    return account


def fresh(post):
    post.refresh_from_db()
    return post


def queue(reel, account, **kwargs):
    return services.queue_post(reel, account, user=reel.creator.owner, **kwargs)


def test_a_queued_post_is_approved_and_scheduled_in_the_planned_part_of_the_day(reel, account):
    post = fresh(queue(reel, account))
    assert post.state == State.SCHEDULED
    assert post.is_approved
    local = post.due_at.astimezone(reel.creator.zone)
    assert local.date() == reel.script.slot.date
    assert 18 <= local.hour < 23  # the slot says evening
    assert "you planned" in post.due_reason


def test_the_caption_carries_hashtags_and_says_that_it_is_synthetic(reel, account):
    assert queue(reel, account).caption == "Why sourdough rises.\n\n#sourdough\n\nMade with AI."


def test_the_line_about_ai_cannot_be_left_out_where_no_flag_says_it(reel, account):
    assert queue(reel, account, caption="My words").caption == "My words\n\nMade with AI."


def test_the_line_about_ai_speaks_the_language_of_the_reel(reel, account):
    assert captions.disclosed("Hallo", account, "de-AT").endswith("Mit KI erstellt.")


def test_a_platform_with_a_flag_gets_the_caption_as_it_is(reel, account, script):
    account.platform = "double"
    assert captions.disclosed("Hello", account, "en") == "Hello"


def test_the_same_reel_is_not_queued_twice(reel, account):
    queue(reel, account)
    with pytest.raises(CannotPost, match="already in the queue for Folder"):
        queue(reel, account)
    assert Post.objects.count() == 1


def test_a_cancelled_post_makes_room(reel, account):
    services.cancel(queue(reel, account))
    assert queue(reel, account).state == State.SCHEDULED


def test_without_consent_nothing_is_queued(reel, account):
    reel.creator.consents.update(revoked_at=timezone.now())
    with pytest.raises(CannotPost, match="No consent"):
        queue(reel, account)
    assert not Post.objects.exists()


def test_a_new_photo_leaves_what_was_made_from_the_old_one_alone(reel, account):
    """The agreement about the old photo still stands."""
    factories.PortraitFactory(creator=reel.creator, sha256="1" * 64)
    assert queue(reel, account).state == State.SCHEDULED


def test_an_unfinished_reel_is_not_queued(reel, account):
    reel.state = Reel.State.RENDERING
    with pytest.raises(CannotPost, match="not finished"):
        queue(reel, account)


def test_a_reel_goes_to_its_own_creators_accounts_only(reel):
    with pytest.raises(CannotPost, match="own creator"):
        queue(reel, factories.AccountFactory())


def test_a_caption_that_the_platform_refuses_is_said_at_once(reel, account, monkeypatch):
    from publishing.platforms.base import Limits
    from publishing.platforms.folder import FolderPlatform

    monkeypatch.setattr(FolderPlatform, "limits", Limits(caption_chars=40, max_ms=5000))
    with pytest.raises(CannotPost, match=r"9 s long; Folder takes 5 s .* 40 at most"):
        queue(reel, account, caption="x" * 100)


def test_a_ready_reel_is_queued_everywhere(reel, account, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        reel_ready.send(sender=Reel, reel_id=reel.pk)
    assert ("publishing.tasks.post_reel", reel.pk, "default") in tasks.due()
    tasks.post_reel(reel.pk)
    post = Post.objects.get()
    assert (post.state, post.approved_by) == (State.SCHEDULED, reel.creator.owner)
    tasks.post_reel(reel.pk)
    assert Post.objects.count() == 1
    assert tasks.due() == []


def test_a_creator_who_reviews_reels_gets_a_draft(reel, account):
    reel.creator.__class__.objects.update(review_reels=True)
    tasks.post_reel(reel.pk)
    post = Post.objects.get()
    assert (post.state, post.approved_by) == (State.DRAFT, None)
    services.approve_post(post, reel.creator.owner)
    assert fresh(post).state == State.SCHEDULED


def test_what_stands_against_a_ready_reel_is_said_in_a_draft_once(reel, account):
    reel.creator.consents.update(revoked_at=timezone.now())
    tasks.post_reel(reel.pk)
    post = Post.objects.get()
    assert post.state == State.DRAFT
    assert "No consent" in post.reason
    assert tasks.due() == []
    with pytest.raises(CannotPost, match="It stays a draft"):
        services.approve_post(post, reel.creator.owner)


def test_an_account_connected_later_does_not_get_old_reels(reel, account):
    Account.objects.update(created_at=timezone.now() + dt.timedelta(minutes=1))
    assert tasks.due() == []


def test_another_text_than_the_one_shown_is_not_approved(reel, account):
    post = queue(reel, account, draft=True)
    seen = post.content_hash
    services.edit_words(post, reel.creator.owner, "Other words")
    with pytest.raises(CannotPost, match="changed while you were reading"):
        services.approve_post(post, reel.creator.owner, seen_sha256=seen)
    assert fresh(post).state == State.DRAFT


def test_a_draft_whose_hour_has_passed_gets_the_next_one(reel, account):
    post = queue(reel, account, draft=True, due_at=timezone.now() - dt.timedelta(days=2))
    services.approve_post(post, reel.creator.owner)
    assert fresh(post).due_at > timezone.now()


def test_edited_words_stay_approved_and_go_out(make_post, script):
    post = make_post()
    services.edit_words(post, post.creator.owner, "Better words")
    dispatch.publish(post.pk)
    assert fresh(post).state == State.PUBLISHED


def test_a_refused_caption_can_be_mended_and_tried_again(make_post, script):
    post = make_post()
    script.prepare = [errors.Rejected("The caption is too rude.")]
    dispatch.publish(post.pk)
    services.edit_words(fresh(post), post.creator.owner, "Nicer")
    assert fresh(post).state == State.FAILED
    services.retry(post)
    dispatch.publish(post.pk)
    assert fresh(post).state == State.PUBLISHED


def test_reschedule_moves_and_prepares_anew(make_post, script):
    post = make_post()
    script.check = [errors.NotReady("Processing.")]
    dispatch.publish(post.pk)
    later = timezone.now() + dt.timedelta(days=1)
    services.reschedule(fresh(post), later)
    assert fresh(post).state == State.SCHEDULED
    assert (post.due_at, post.outdated) == (later, True)
    dispatch.publish(post.pk)
    assert script.live == []


def test_reschedule_without_a_time_picks_a_good_hour(make_post, script):
    post = make_post()
    services.reschedule(post)
    assert fresh(post).due_at > timezone.now()
    assert "own posts" in post.due_reason


@pytest.mark.parametrize("verb", [services.cancel, services.reschedule])
@pytest.mark.parametrize("state", [State.COMMITTING, State.PUBLISHED, State.UNCONFIRMED])
def test_what_may_be_live_is_neither_cancelled_nor_moved(make_post, script, verb, state):
    post = make_post()
    stale = Post.objects.with_story().get(pk=post.pk)
    Post.objects.filter(pk=post.pk).update(state=state)
    with pytest.raises(CannotPost, match="Too late"):
        verb(stale)
    assert fresh(post).state == state


def test_a_cancelled_post_gives_back_what_was_prepared(make_post, script):
    post = make_post()
    script.check = [errors.NotReady("Processing.")]
    dispatch.publish(post.pk)
    services.cancel(fresh(post))
    assert ("publishing.tasks.discard", post.pk, "publish") in tasks.due()
    tasks.discard(post.pk)
    assert script.discarded == [post.key]
    assert tasks.due() == []


def unconfirmed(make_post, script):
    post = make_post("wary")
    script.commit = [errors.OutcomeUnknown("?")]
    dispatch.publish(post.pk)
    assert fresh(post).state == State.UNCONFIRMED
    return post


def test_settled_as_live(make_post, script):
    post = unconfirmed(make_post, script)
    services.settle(post, True, " https://x.test/7 ")
    assert fresh(post).state == State.PUBLISHED
    assert post.permalink == "https://x.test/7"
    assert post.published_at == post.attempts.get(phase="commit").started_at
    dispatch.publish(post.pk)
    assert script.calls.count("commit") == 1


def test_settled_as_not_live_is_sent_once_more(make_post, script):
    post = unconfirmed(make_post, script)
    services.settle(post, False)
    dispatch.publish(post.pk)
    assert fresh(post).state == State.PUBLISHED
    assert script.live == [post.key]
    assert script.calls.count("commit") == 2


def test_settling_twice_does_not_send_twice(make_post, script):
    post = unconfirmed(make_post, script)
    again = Post.objects.with_story().get(pk=post.pk)
    services.settle(post, True)
    with pytest.raises(CannotPost, match="Too late"):
        services.settle(again, False)
    assert fresh(post).state == State.PUBLISHED


def test_retry_is_refused_when_it_may_be_live(make_post, script):
    post = make_post(state=State.FAILED)
    Attempt.objects.create(post=post, phase="commit", worker="w")
    with pytest.raises(CannotPost, match="may already be live"):
        services.retry(post)


def test_retry_of_a_waiting_post_does_not_wait(make_post, script):
    post = make_post()
    script.prepare = [errors.Transient("503")]
    dispatch.publish(post.pk)
    services.retry(fresh(post))
    dispatch.publish(post.pk)
    assert fresh(post).state == State.PUBLISHED


def test_reconnecting_lets_waiting_posts_go_on(reel, account):
    post = queue(reel, account, due_at=timezone.now())
    connecting.disconnect(account)
    dispatch.publish(post.pk)
    assert fresh(post).state == State.WAITING
    assert tasks.due() == []
    services.connect_folder(reel.creator)
    dispatch.publish(post.pk)
    assert fresh(post).state == State.PUBLISHED


@pytest.mark.parametrize(
    ("signal", "ids"),
    [
        (reel_withdrawn, lambda post: {"reel_id": post.reel_id}),
        (approval_withdrawn, lambda post: {"script_id": post.reel.take.script_id}),
        (consent_revoked, lambda post: {"creator_id": post.creator.pk}),
    ],
    ids=["reel", "approval", "consent"],
)
def test_what_is_withdrawn_upstream_stops_here(make_post, script, signal, ids):
    doomed, other = make_post(), make_post()
    out = make_post(state=State.PUBLISHED)
    signal.send(sender=None, **ids(doomed))
    signal.send(sender=None, **ids(out))
    assert fresh(doomed).state == State.CANCELLED
    assert "withdrawn" in doomed.reason or "revoked" in doomed.reason
    assert fresh(other).state == State.SCHEDULED
    assert fresh(out).state == State.PUBLISHED


def test_a_script_made_again_in_another_look_is_not_posted_a_second_time(reel, account):
    tasks.post_reel(reel.pk)
    again = factories.ReelFactory(ready=True, take=reel.take, portrait=reel.portrait, label="New")
    tasks.post_reel(again.pk)
    post = Post.objects.get(reel=again)
    assert (post.state, post.approved_by) == (State.DRAFT, None)
    assert "Another reel of this script" in post.reason
    assert tasks.due() == []
    services.approve_post(post, reel.creator.owner)
    assert fresh(post).state == State.SCHEDULED


def test_a_script_whose_first_post_was_cancelled_is_posted_in_its_new_look(reel, account):
    tasks.post_reel(reel.pk)
    services.cancel(Post.objects.get())
    again = factories.ReelFactory(ready=True, take=reel.take, portrait=reel.portrait, label="New")
    tasks.post_reel(again.pk)
    assert Post.objects.get(reel=again).state == State.SCHEDULED
