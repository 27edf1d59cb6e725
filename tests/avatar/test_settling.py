"""Orders without an answer: a person decides, and it is on record who did."""

import pytest
from django.utils import timezone

from avatar import services, settling
from avatar.models import Charge, Reel
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def reel(script):
    reel = services.request_reel(script)
    Reel.objects.update(state=Reel.State.FAILED, error="No answer came.")
    reel.refresh_from_db()
    return reel


@pytest.fixture
def charge(reel):
    return Charge.objects.create(
        creator=reel.creator, reel=reel, what="film", engine="puppet", key="k" * 64,
        state="sending", account="sync:1", estimated_usd=2,
    )  # fmt: skip


@pytest.fixture
def alice(client, creator):
    client.force_login(creator.owner)
    return client


def test_the_page_of_its_reel_asks_what_became_of_it(alice, reel, charge):
    page = alice.get(f"/reels/{reel.pk}/").content.decode()
    assert "It was not made: order again" in page
    assert "Do not" in page
    assert "Sync.so" in page
    assert "2.00 USD" in page


def test_ordering_again_counts_nothing_and_makes_the_reel(alice, reel, charge):
    answer = alice.post(f"/charges/{charge.pk}/again/")
    assert answer.url == f"/reels/{reel.pk}/"
    charge.refresh_from_db()
    reel.refresh_from_db()
    assert (charge.state, charge.usd) == ("absent", 0)
    assert charge.settled_by == reel.creator.owner.username
    assert charge.settled_at <= timezone.now()
    assert reel.state == Reel.State.QUEUED


def test_leaving_it_counts_it_as_paid_and_makes_nothing(alice, reel, charge):
    alice.post(f"/charges/{charge.pk}/leave/")
    charge.refresh_from_db()
    reel.refresh_from_db()
    assert (charge.state, charge.usd) == ("failed", 2)
    assert "decided not to" in charge.why
    assert reel.state == Reel.State.FAILED


def test_it_is_settled_once(reel, charge):
    settling.leave(charge, reel.creator.owner)
    with pytest.raises(settling.SettleRefused, match="settled already"):
        settling.order_again(charge, reel.creator.owner)


def test_what_is_on_its_way_right_now_is_not_settled(alice, reel, charge):
    Reel.objects.update(state=Reel.State.RENDERING)
    page = alice.post(f"/charges/{charge.pk}/again/", follow=True).content.decode()
    assert "on its way right now" in page
    assert Charge.objects.get().state == "sending"


@pytest.mark.parametrize("verb", ["again", "leave"])
def test_nobody_settles_somebody_elses_orders(client, charge, verb):
    client.force_login(UserFactory())
    assert client.post(f"/charges/{charge.pk}/{verb}/").status_code == 404
