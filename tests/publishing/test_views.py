import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from publishing import services
from publishing.models import Account, Attempt, Post
from publishing.platforms import errors
from publishing.platforms.base import Absent
from publishing.posting import dispatch
from studio.lib.models import Lease
from tests import factories
from tests.publishing.conftest import build_post

State = Post.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def post(script):
    return build_post(due_at=timezone.now() + dt.timedelta(hours=3))


@pytest.fixture
def owner(client, post):
    """A browser with the post's owner signed in."""
    client.force_login(post.creator.owner)
    return client


def words(response):
    return " ".join(response.content.decode().split())


def fresh(post):
    post.refresh_from_db()
    return post


def another(post, **fields):
    """One more post of the same account."""
    slot = factories.SlotFactory(creator=post.creator)
    reel = factories.ReelFactory(
        ready=True, take__script=factories.ScriptFactory(approved=True, slot=slot)
    )
    return build_post(account=post.account, reel=reel, **fields)


# The queue


def test_the_queue_says_that_all_is_on_time(owner, post):
    Lease.beat("drain")
    page = words(owner.get(reverse("post-list")))
    assert "Everything is on time." in page
    assert post.reel.script.hook in page


def test_the_queue_promises_nothing_while_nobody_works(owner, post):
    page = words(owner.get(reverse("post-list")))
    assert "Nothing goes out at the moment." in page
    assert "Everything is on time." not in page


def test_an_empty_queue_says_what_to_do(client):
    client.force_login(factories.UserFactory())
    page = words(client.get(reverse("post-list")))
    assert "Nothing is in the queue." in page
    assert reverse("script-list") in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": State.UNCONFIRMED}, "One post may already be live."),
        ({"state": State.FAILED}, "One post did not go out."),
        ({"state": State.WAITING, "reason": "Too many posts."}, "One post is held up."),
        ({"state": State.DRAFT}, "One post waits for you."),
        ({"due_at": timezone.now() - dt.timedelta(hours=1)}, "One post is late."),
    ],
)
def test_the_queue_says_what_is_not_on_time(owner, post, fields, said):
    Post.objects.filter(pk=post.pk).update(**fields)
    assert said in words(owner.get(reverse("post-list")))


def test_a_day_in_the_queue_is_the_creators_own(owner, post):
    """22:30 in New York is already tomorrow in UTC."""
    post.creator.time_zone = "America/New_York"
    post.creator.save()
    Post.objects.update(due_at=dt.datetime(2030, 1, 2, 3, 30, tzinfo=dt.UTC))
    page = words(owner.get(reverse("post-list")))
    assert "Tuesday 1 January 2030" in page
    assert ">22:30</time>" in page


def test_a_stopped_clock_is_said_where_times_are_promised(owner, post):
    page = words(owner.get(reverse("post-list")))
    assert "The publish cluster (`manage.py qcluster -n publish`) has not run yet." in page


def test_the_queue_can_be_narrowed_to_one_creator(owner, post):
    other = build_post(due_at=timezone.now() + dt.timedelta(hours=1))
    account_owner = post.creator.owner
    other.creator.owner = account_owner
    other.creator.name = "Bob Baker"
    other.creator.save()
    both = owner.get(reverse("post-list"))
    assert len([p for day in both.context["days"] for p in day.posts]) == 2
    one = owner.get(reverse("post-list"), {"creator": other.creator.handle})
    assert [p.pk for day in one.context["days"] for p in day.posts] == [other.pk]
    odd = owner.get(reverse("post-list"), {"creator": "x", "page": "y"})
    assert odd.status_code == 200


def test_twelve_more_rows_cost_no_more_queries(owner, post):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            owner.get(reverse("post-list"))
        return len(captured)

    states = (State.SCHEDULED, State.PUBLISHED, State.DRAFT, State.WAITING)
    for state in states:
        another(post, state=state)
    few = queries()
    for state in states * 2:
        another(post, state=state)
    assert queries() == few


def test_the_past_is_on_pages(owner, post):
    for _ in range(21):
        another(post, state=State.CANCELLED)
    assert "Page 1 of 2" in words(owner.get(reverse("post-list")))


# One post


@pytest.mark.parametrize("state", State.values)
def test_every_state_has_a_page(owner, post, state):
    Post.objects.filter(pk=post.pk).update(
        state=state, reason="Because.", published_at=timezone.now()
    )
    Attempt.objects.create(post=post, phase="prepare", worker="w", outcome="ok")
    Attempt.objects.create(post=post, phase="commit", worker="w", outcome="unknown_outcome")
    response = owner.get(reverse("post-detail", args=[post.pk]))
    assert response.status_code == 200
    assert "Sending it out: no answer came" in words(response)


def test_the_page_answers_why_it_is_not_out(owner, post, script):
    from publishing.platforms import errors
    from publishing.posting import dispatch

    Post.objects.filter(pk=post.pk).update(due_at=timezone.now())
    script.check = [errors.NotReady("Processing.", reply="<b>IN_PROGRESS</b>")] * 2
    dispatch.publish(post.pk)
    Post.objects.filter(pk=post.pk).update(retry_at=timezone.now())
    dispatch.publish(post.pk)
    page = words(owner.get(reverse("post-detail", args=[post.pk])))
    assert "The files were brought there" in page
    assert 'still being processed <span class="meta num">(2 times)</span>' in page
    assert "&lt;b&gt;IN_PROGRESS&lt;/b&gt;" in page
    assert "Double is still processing the video. Next try today at" in page


def test_the_page_follows_a_post_that_is_on_its_way(owner, post):
    url = reverse("post-detail", args=[post.pk])
    assert "every 3s" not in words(owner.get(url))
    Post.objects.update(due_at=timezone.now())
    assert "every 3s" in words(owner.get(url))
    Post.objects.update(state=State.COMMITTING, retry_at=timezone.now() + dt.timedelta(hours=1))
    assert "every 3s" not in words(owner.get(url))


def test_the_page_looks_again_when_the_hour_comes(owner, post):
    url = reverse("post-detail", args=[post.pk])
    Post.objects.update(state=State.READY, retry_at=timezone.now() + dt.timedelta(seconds=60.5))
    assert 'hx-trigger="load delay:62s"' in words(owner.get(url))
    Post.objects.update(retry_at=timezone.now() + dt.timedelta(hours=3))
    assert "load delay" not in words(owner.get(url))


def test_a_post_without_an_answer_is_not_called_on_its_way(owner, post):
    Post.objects.update(
        state=State.COMMITTING,
        retry_at=timezone.now() + dt.timedelta(seconds=30),
        reason="Double is asked again.",
    )
    Attempt.objects.create(
        post=post, phase="commit", worker="w", outcome="unknown_outcome", detail="reset by peer"
    )
    Attempt.objects.create(
        post=post, phase="reconcile", worker="w", outcome="not_ready", detail="Not yet."
    )
    page = words(owner.get(reverse("post-detail", args=[post.pk])))
    assert "It was sent. Is it live? Double is asked." in page
    assert "Looking whether it is live: it cannot be told yet" in page
    assert page.index("<summary> What happened </summary>") < page.index("reset by peer")
    assert page.index("<summary> What the platform said </summary>") < page.index("Not yet.")
    assert "It is on its way" not in page


def test_a_draft_is_approved(owner, post):
    services.reschedule(post, timezone.now() + dt.timedelta(days=1))
    Post.objects.filter(pk=post.pk).update(state=State.DRAFT)
    response = owner.post(
        reverse("post-approve", args=[post.pk]), {"seen": post.content_hash}, follow=True
    )
    assert "Approved. It goes out tomorrow at" in words(response)
    assert fresh(post).state == State.SCHEDULED


def test_a_post_is_cancelled(owner, post):
    page = words(owner.post(reverse("post-cancel", args=[post.pk]), follow=True))
    assert "Cancelled. Nothing goes out." in page
    assert fresh(post).state == State.CANCELLED


def test_what_comes_too_late_is_said(owner, post):
    Post.objects.filter(pk=post.pk).update(state=State.PUBLISHED, published_at=timezone.now())
    page = words(owner.post(reverse("post-cancel", args=[post.pk]), follow=True))
    assert "Too late: the post is published. Nothing was changed." in page


def test_a_failed_post_is_tried_again(owner, post):
    Post.objects.filter(pk=post.pk).update(state=State.FAILED, reason="No.")
    assert "Try again now" in words(owner.get(reverse("post-detail", args=[post.pk])))
    owner.post(reverse("post-retry", args=[post.pk]))
    assert fresh(post).state == State.SCHEDULED


def test_a_person_says_that_it_is_live(owner, post):
    Post.objects.filter(pk=post.pk).update(state=State.UNCONFIRMED)
    owner.post(
        reverse("post-settle", args=[post.pk]), {"live": "yes", "permalink": "https://x.test/9"}
    )
    assert (fresh(post).state, post.permalink) == (State.PUBLISHED, "https://x.test/9")
    page = words(owner.get(reverse("post-detail", args=[post.pk])))
    assert "Somebody looked there: it is live" in page


def test_a_person_says_that_it_is_not(owner, post):
    Post.objects.filter(pk=post.pk).update(state=State.UNCONFIRMED)
    owner.post(reverse("post-settle", args=[post.pk]), {"live": "no"})
    assert fresh(post).state == State.SCHEDULED
    page = words(owner.get(reverse("post-detail", args=[post.pk])))
    assert "Somebody looked there: it is not live" in page


def test_a_live_post_without_an_id_says_why_it_has_no_counts(owner, post):
    Post.objects.update(state=State.PUBLISHED, published_at=timezone.now())
    said = "Double has not said which post it is, so its counts cannot be read."
    assert said in words(owner.get(reverse("post-detail", args=[post.pk])))
    Post.objects.update(external_id="id-7")
    assert said not in words(owner.get(reverse("post-detail", args=[post.pk])))


def test_whoever_has_to_look_is_asked_to_once(owner, post, script):
    script.commit, script.reconcile = [errors.OutcomeUnknown("?")], [Absent()]
    Account.objects.update(platform="wary")
    Post.objects.update(due_at=timezone.now())
    dispatch.publish(post.pk)
    assert fresh(post).state == State.UNCONFIRMED
    notice = words(owner.get(reverse("post-detail", args=[post.pk])))
    notice = notice.partition('role="alert"')[2].partition("</p>")[0]
    assert notice.lower().count("look") == 1


def test_the_form_asks_for_a_time_of_ones_own_only_with_that_choice(owner, post):
    page = words(owner.get(reverse("post-detail", args=[post.pk])))
    label = page.partition('for="id_own_time"')[2].partition("</label>")[0]
    assert "optional" not in label
    reel = factories.ReelFactory(ready=True, take__script__slot__creator=post.creator)
    form = words(owner.get(reverse("post-create", args=[reel.pk])))
    assert 'data-with="peak"' in form


@pytest.mark.parametrize(
    ("data", "status"),
    [({}, 302), ({"live": "maybe"}, 302), ({"live": "yes", "permalink": "javascript:x"}, 422)],
)
def test_a_settlement_that_says_nothing_settles_nothing(owner, post, data, status):
    Post.objects.filter(pk=post.pk).update(state=State.UNCONFIRMED)
    assert owner.post(reverse("post-settle", args=[post.pk]), data).status_code == status
    assert fresh(post).state == State.UNCONFIRMED


def test_a_post_is_moved_by_the_creators_clock(owner, post):
    post.creator.time_zone = "America/New_York"
    post.creator.save()
    tomorrow = (timezone.now() + dt.timedelta(days=2)).date()
    response = owner.post(
        reverse("post-reschedule", args=[post.pk]),
        {"when": "own", "own_time": f"{tomorrow}T19:30"},
    )
    assert response.status_code == 302
    local = fresh(post).due_at.astimezone(post.creator.zone)
    assert (local.date(), local.hour, local.minute) == (tomorrow, 19, 30)


@pytest.mark.parametrize(
    ("own_time", "said"),
    [
        ("2027-03-28T02:30", "There is no 02:30 on 28 March: the clock is put forward over it"),
        ("2020-01-01T10:00", "That time has passed"),
        ("0001-01-01T00:00", "That time has passed"),
        ("9999-12-31T23:59", "more than 2 years away"),
        ("", "Say which time."),
        ("soon", "Enter a valid date/time."),
    ],
)
def test_a_time_that_cannot_be_is_said_in_a_sentence(owner, post, monkeypatch, own_time, said):
    now = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    post.creator.time_zone = "Europe/Berlin"
    post.creator.save()
    before = fresh(post).due_at
    response = owner.post(
        reverse("post-reschedule", args=[post.pk]), {"when": "own", "own_time": own_time}
    )
    assert response.status_code == 422
    assert said in words(response)
    assert fresh(post).due_at == before


def test_the_caption_is_changed(owner, post):
    owner.post(reverse("post-update", args=[post.pk]), {"caption": "Better"})
    assert fresh(post).caption == "Better"
    assert post.is_approved


def test_a_caption_that_is_too_long_is_kept_in_the_form(owner, post, monkeypatch):
    from publishing.platforms.base import Limits
    from tests.publishing.doubles import DoublePlatform

    monkeypatch.setattr(DoublePlatform, "limits", Limits(caption_chars=5))
    response = owner.post(reverse("post-update", args=[post.pk]), {"caption": "Much too long"})
    assert response.status_code == 422
    assert "5 at most" in words(response)
    assert "Much too long</textarea>" in words(response)


# A reel into the queue


@pytest.fixture
def reel(owner, post):
    slot = factories.SlotFactory(creator=post.creator)
    take = factories.TakeFactory(script=factories.ScriptFactory(approved=True, slot=slot))
    return factories.ReelFactory(ready=True, take=take, portrait=post.reel.portrait)


def test_a_reel_is_put_in_the_queue_at_the_suggested_hour(owner, post, reel):
    url = reverse("post-create", args=[reel.pk])
    page = words(owner.get(url))
    assert "At the next good hour: on" in page
    suggested = page.partition("At the next good hour: ")[2].partition("<")[0].strip()
    assert "Why sourdough rises." in page
    response = owner.post(
        url, {"account": post.account.pk, "caption": "Mine", "when": "peak"}, follow=True
    )
    made = Post.objects.get(reel=reel)
    assert made.state == State.SCHEDULED
    assert made.caption == "Mine"
    assert made.due_at.astimezone(reel.creator.zone).date() == reel.script.slot.date
    assert f"It goes out {suggested}." in words(response)


def test_a_reel_goes_out_now(owner, post, reel):
    owner.post(
        reverse("post-create", args=[reel.pk]),
        {"account": post.account.pk, "caption": "Mine", "when": "now"},
    )
    assert Post.objects.due().filter(reel=reel).exists()


def test_what_forbids_it_is_said_beside_the_form(owner, post, reel):
    post.creator.consents.update(revoked_at=timezone.now())
    response = owner.post(
        reverse("post-create", args=[reel.pk]),
        {"account": post.account.pk, "caption": "Mine", "when": "now"},
    )
    assert response.status_code == 422
    assert "No consent covers the photo" in words(response)
    assert "Mine</textarea>" in words(response)


def test_a_reel_that_every_account_has_says_so(owner, post):
    page = words(owner.get(reverse("post-create", args=[post.reel_id])))
    assert "Every connected account has this reel already" in page


def test_another_creators_account_is_not_offered(owner, post, reel):
    stranger = factories.AccountFactory()
    response = owner.post(
        reverse("post-create", args=[reel.pk]), {"account": stranger.pk, "when": "now"}
    )
    assert response.status_code == 422
    assert not Post.objects.filter(reel=reel).exists()


# Accounts


def test_a_folder_is_connected_and_disconnected(owner, post):
    url = reverse("account-list")
    assert f"posted/{post.creator.handle}" in words(owner.get(url))
    owner.post(reverse("account-create"), {"creator": post.creator.pk})
    folder = Account.objects.get(platform="folder")
    assert folder.state == Account.State.CONNECTED
    page = words(owner.post(reverse("account-disconnect", args=[folder.pk]), follow=True))
    assert "Disconnected; nothing more goes there." in page
    assert "Connect again" in page
    owner.post(reverse("account-create"), {"creator": post.creator.pk})
    folder.refresh_from_db()
    assert folder.state == Account.State.CONNECTED


def test_without_a_creator_the_page_says_what_comes_first(client):
    client.force_login(factories.UserFactory())
    assert "First a creator" in words(client.get(reverse("account-list")))


# Who may


def addresses(post):
    for name in ("post-detail",):
        yield "get", reverse(name, args=[post.pk])
    for verb in ("approve", "cancel", "reschedule", "update", "settle", "retry"):
        yield "post", reverse(f"post-{verb}", args=[post.pk])
    yield "get", reverse("post-create", args=[post.reel_id])
    yield "post", reverse("post-create", args=[post.reel_id])
    yield "post", reverse("account-disconnect", args=[post.account_id])


def test_another_owners_rows_are_not_there(client, post):
    client.force_login(factories.UserFactory())
    for method, url in addresses(post):
        assert getattr(client, method)(url).status_code == 404, url
    assert fresh(post).state == State.SCHEDULED
    assert post.reel.script.hook not in words(client.get(reverse("post-list")))
    assert post.account.name not in words(client.get(reverse("account-list")))


def test_another_owners_creator_is_not_connected(client, post):
    client.force_login(factories.UserFactory())
    response = client.post(reverse("account-create"), {"creator": post.creator.pk})
    assert response.status_code == 422
    assert not Account.objects.filter(platform="folder").exists()


def test_a_stranger_is_sent_to_the_door(client, post):
    for method, url in addresses(post):
        response = getattr(client, method)(url)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("login"))


def test_changes_are_not_made_by_following_a_link(owner, post):
    for method, url in addresses(post):
        if method == "post" and "reels" not in url:
            assert owner.get(url).status_code == 405
