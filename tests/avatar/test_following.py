"""Orders that no reel asks after: cancelled, or seen to their end; their place is free again."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from avatar import following, services, tasks
from avatar.engine.errors import Pending
from avatar.engine.registry import find
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.clients import client_of
from avatar.engine.vendors.journal import Paid, State
from avatar.engine.vendors.orders import LONGEST_S, Context, ordered, paid_key
from avatar.ledger import Ledger
from avatar.models import Charge, Reel
from creators.services import revoke_consent
from studio.lib.engines import Kind
from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import orders
from tests.avatar.engine.vendors.desk import given, inputs_of
from tests.factories import ScriptFactory

pytestmark = pytest.mark.django_db

SECONDS = 3.0
TASK = "avatar.tasks.follow_order"


@pytest.fixture
def place(script, sandbox, tmp_path, stack, monkeypatch):
    """Order a film of a reel at a vendor that takes an hour, where one job is done at a time."""
    monkeypatch.setattr(media, "LARGEST", 180)

    def order(name: str) -> Charge:
        engine = find(name, Kind.PERFORMER)
        sandbox.set_rule(f"{engine.vendor}.job_s", 3600)
        reel = services.request_reel(script)
        access = Access()
        account = access.account(engine.vendor)
        inputs = inputs_of(engine, given(tmp_path, round(1000 * SECONDS)))
        key, about = paid_key(engine, inputs, account), {"seconds": SECONDS}
        paid = Paid(key, name, "film", 0.5, account, 1, about)
        context = Context(access, Ledger(reel.creator, reel.pk, stack), patience_s=0)
        client = client_of(engine.vendor, access)
        with pytest.raises(Pending):
            ordered(context, client, engine, paid, inputs, check=lambda film: None)
        return Charge.objects.get()

    return order


def followed() -> list[int]:
    return [pk for task, pk, _ in tasks.due() if task == TASK]


def follow(charge: Charge) -> Charge:
    Charge.objects.update(look_at=None)
    tasks.follow_order(charge.pk)
    charge.refresh_from_db()
    return charge


def test_a_cancelled_reels_job_is_cancelled_where_a_vendor_can(place):
    charge = place("fal:fal-ai/latentsync")
    assert followed() == [], "its reel asks after it"
    services.cancel(charge.reel)
    assert followed() == [charge.pk]
    follow(charge)
    assert (charge.state, charge.usd) == (State.FAILED, 0)
    assert charge.why == "Cancelled at fal: nobody waits for it any more."
    assert followed() == []


def test_a_job_that_another_script_of_the_same_words_waits_for_is_left(place, creator):
    charge = place("fal:fal-ai/latentsync")
    twin = ScriptFactory(slot__creator=creator, approved=True)
    assert twin.text_sha256 == charge.reel.take.text_sha256
    services.request_reel(twin)
    services.cancel(charge.reel)
    assert followed() == []


def test_what_cannot_be_cancelled_is_kept_for_a_reel_that_is_tried_again(place, sandbox, stack):
    charge = place("sync:lipsync-2")
    Reel.objects.update(state=Reel.State.FAILED)
    follow(charge)
    assert charge.state == State.PLACED
    assert charge.look_at > timezone.now()
    assert followed() == [], "not before that"
    other = Paid("o" * 64, charge.engine, "film", 0.5, charge.account, 1)
    ledger = Ledger(charge.creator, None, stack)
    with pytest.raises(following.Busy):
        ledger.begin(other)

    sandbox.advance(3600)
    follow(charge)
    assert charge.state == State.DONE, charge.why
    assert charge.usd == charge.estimated_usd
    assert 0.1 < charge.usd < 0.2, "as Sync.so said, not as the table did"
    assert ledger.begin(other).state == State.RESERVED, "its place is free"
    paid = Paid(charge.key, charge.engine, "film", 0.5, charge.account, 1)
    assert ledger.begin(paid).result.stat().st_size > 1000
    assert [one["charged"] for one in orders(sandbox, "sync")] == [1]


def test_under_a_revoked_consent_it_is_counted_and_not_kept(place, sandbox):
    charge = place("sync:lipsync-2")
    consent = charge.creator.consents.live().get()
    revoke_consent(consent, charge.creator.owner)
    services.withdraw_consent(charge.creator_id)
    sandbox.advance(3600)
    assert followed() == [charge.pk]
    follow(charge)
    assert (charge.state, charge.why) == (State.DONE, following.WITHDRAWN)
    assert charge.usd > 0
    assert not charge.result


def test_what_cannot_be_asked_after_is_given_up_as_paid(script):
    reel = services.request_reel(script)
    services.cancel(reel)
    row = {"creator": script.creator, "reel": reel, "what": "film", "engine": "sync:sync-3"}
    charge = Charge.objects.create(
        **row, key="k" * 64, state="placed", account="sync:gone", estimated_usd=2,
        handle={"id": "1", "placed_at": time.time()},
    )  # fmt: skip
    assert follow(charge).state == State.PLACED
    placed_at = (timezone.now() - timedelta(seconds=LONGEST_S + 1)).timestamp()
    Charge.objects.filter(pk=charge.pk).update(handle={"id": "1", "placed_at": placed_at})
    assert (follow(charge).state, charge.usd) == (State.FAILED, 2)
