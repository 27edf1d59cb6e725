"""One notice an incident: opened once, mailed once, closed when it is mended."""

import datetime as dt

import pytest
from django.core import mail
from django.utils import timezone

from publishing import tasks
from publishing.accounts import notices
from publishing.models import Account, Notice, Post
from studio.agenda import agenda
from tests import factories
from tests.publishing.conftest import build_post

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def account(script, settings):
    settings.EMAIL_URL = "smtp://mail.test"
    owner = factories.UserFactory(email="alice@example.org")
    creator = factories.CreatorFactory(owner=owner)
    return factories.AccountFactory(
        creator=creator, platform="tokened", name="Alice there", access_token="a1"
    )


def review(account):
    for task, pk, _ in tasks.due():
        if task == "publishing.tasks.review":
            tasks.review(pk)
    return list(Notice.objects.filter(account=account).order_by("pk"))


def test_an_incident_is_told_once_and_closed_when_mended(account):
    assert review(account) == []
    Account.objects.update(state="reconnect", last_error="Alice withdrew it.")
    [notice] = review(account)
    assert (notice.kind, notice.closed_at) == ("reconnect", None)
    assert "Alice withdrew it." in notice.text
    for _ in range(3):
        assert review(account) == [notice]
    assert [letter.subject for letter in mail.outbox] == ["Alice there must be connected again"]
    assert mail.outbox[0].to == ["alice@example.org"]
    Account.objects.update(state="connected")
    [closed] = review(account)
    assert closed.closed_at
    Account.objects.update(state="reconnect")
    assert len(review(account)) == 2  # another incident
    assert len(mail.outbox) == 2


def test_a_permission_that_ends_before_a_planned_post_is_warned_of(account):
    Account.objects.update(expires_at=timezone.now() + 20 * DAY)
    assert review(account) == []
    build_post(
        account=account,
        reel=factories.ReelFactory(ready=True, take__script__slot__creator=account.creator),
        due_at=timezone.now() + 21 * DAY,
    )
    [notice] = review(account)
    assert notice.kind == "runs_out"
    assert "a post is planned for" in notice.text
    [matter] = [m for m in agenda(account.creator.owner).matters if "permission" in m.text]
    assert matter.action == "Renew it"
    Account.objects.update(refresh_token="r1")  # now it renews itself
    [closed] = review(account)
    assert closed.closed_at


def test_a_permission_only_the_creator_can_renew_is_warned_of_in_time(account):
    Account.objects.update(expires_at=timezone.now() + 13 * DAY)
    [notice] = review(account)
    assert notice.kind == "runs_out"


def test_posts_that_may_be_live_are_one_incident(account):
    build_post(
        account=account,
        reel=factories.ReelFactory(ready=True, take__script__slot__creator=account.creator),
        state=Post.State.UNCONFIRMED,
    )
    [notice] = review(account)
    assert notice.kind == "unconfirmed"
    Post.objects.update(state=Post.State.PUBLISHED)
    assert review(account)[0].closed_at


def test_a_mail_that_could_not_be_sent_is_tried_again(account, monkeypatch):
    def down(*_):
        raise OSError("connection refused")

    Account.objects.update(state="blocked")
    with monkeypatch.context() as patch:
        patch.setattr(notices, "send_mail", down)
        [notice] = review(account)
    assert notice.mailed_at is None
    [notice] = review(account)
    assert notice.mailed_at
    assert len(mail.outbox) == 1


def test_without_mail_nothing_is_due_again_and_again(account, settings):
    settings.EMAIL_URL = ""
    Account.objects.update(state="reconnect")
    review(account)
    assert [job for job in tasks.due() if "review" in job[0]] == []
    assert mail.outbox == []


def test_a_name_from_outside_cannot_write_headers(account):
    Account.objects.update(state="reconnect", name="Alice\nBcc: everybody@example.org")
    review(account)
    assert "\n" not in mail.outbox[0].subject


def test_a_renewal_that_keeps_failing_after_the_end_is_told(account):
    ended = timezone.now() - DAY / 24
    Account.objects.update(refresh_token="r1", expires_at=ended, last_error="No answer.")
    assert review(account) == []
    Account.objects.update(renewal_tries=5)
    [notice] = review(account)
    assert "tried again by itself" in notice.text
