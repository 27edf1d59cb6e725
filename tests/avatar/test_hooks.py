"""Webhooks of vendors: an order goes out, the double tells its end, the reel looks at once."""

import time
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from avatar import hooks, rendering, services
from avatar.engine.errors import Busy, Pending
from avatar.engine.registry import find
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.clients import client_of
from avatar.engine.vendors.journal import Paid
from avatar.engine.vendors.orders import Context, ordered, paid_key
from avatar.ledger import Ledger
from avatar.models import Charge, Reel
from studio.lib.engines import Kind
from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import orders as charged
from studio.sandbox.vendors.hooks import MANNERS
from tests.avatar.engine.vendors.desk import given, inputs_of
from tests.factories import ChargeFactory, ReelFactory

ONES = {
    "sync": "sync:lipsync-2",
    "wavespeed": "wavespeed:sync/lipsync-3",
    "fal": "fal:veed/fabric-1.0",
    "replicate": "replicate:sync/lipsync-2",
    "hedra": "hedra:hedra-character-3",
    "heygen": "heygen:lipsync-speed",
    "kling": "kling:avatar",
}
JOB_S = 200  # by the sandbox's clock, which is moved; signatures may be 300 s off
WAIT_S = 20


@pytest.fixture(autouse=True)
def _quick(monkeypatch, sandbox):
    monkeypatch.setattr(media, "LARGEST", 180)
    monkeypatch.setattr(hooks, "PAUSE", timedelta(0))


@pytest.fixture
def woken(monkeypatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(services, "wake", found.append)
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return given(tmp_path_factory.mktemp("given"), 2200)


def waiting(reel: Reel) -> Reel:
    """As a render leaves it whose vendor is at work."""
    later = timezone.now() + timedelta(minutes=9)
    Reel.objects.filter(pk=reel.pk).update(
        state=Reel.State.QUEUED, waits_since=timezone.now(), retry_at=later
    )
    return reel


@pytest.fixture
def order(live_server, settings, stack, files, tmp_path):
    """Order a film for the reel as a render does, without waiting for it."""
    settings.PUBLIC_URL = live_server.url

    def order(vendor: str, reel: Reel):
        engine, access = find(ONES[vendor], Kind.PERFORMER), Access()
        inputs, account = inputs_of(engine, files), access.account(vendor)
        paid = Paid(paid_key(engine, inputs, account), engine.name, "film", 0.1, account)
        context = Context(access, Ledger(reel.creator, reel.pk, stack), patience_s=0)
        client = client_of(vendor, access)
        return ordered(context, client, engine, paid, inputs, check=lambda film: None)

    return order


def outcomes(sandbox, vendor, n) -> list[str]:
    """What our address answered, as soon as the double has been there so often."""
    until = time.monotonic() + WAIT_S
    while len(found := sandbox.of(vendor).find("webhook")) < n:
        assert time.monotonic() < until, found
        time.sleep(0.05)
    return [one["outcome"] for one in found]


@pytest.mark.parametrize("vendor", list(ONES))
def test_its_end_wakes_the_reel_that_waits_for_it(order, sandbox, woken, vendor):
    """One for a job of nobody and the same one twice are among what comes."""
    assert set(ONES) == set(MANNERS)
    sandbox.set_rule(f"{vendor}.job_s", JOB_S)
    sandbox.set_rule(f"{vendor}.webhooks", "unknown twice reversed")
    reel = ReelFactory()
    with pytest.raises(Pending):
        order(vendor, reel)
    waiting(reel)

    sandbox.advance(JOB_S)
    told = outcomes(sandbox, vendor, 9 if vendor == "kling" else 3)  # of three stages
    assert set(zip(told[::3], told[1::3], told[2::3], strict=True)) == {("404", "200", "200")}
    assert set(woken) == {reel.pk}
    assert Reel.objects.get().retry_at <= timezone.now()
    assert Charge.objects.get().state == "placed", "what was told is not believed"

    assert order(vendor, reel).exists()
    assert [one["charged"] for one in charged(sandbox, vendor)] == [1]


def test_an_order_that_is_sent_again_names_the_same_address(order, sandbox, woken):
    """Another body under the same key would be a conflict."""
    sandbox.set_rule("sync.job_s", JOB_S)
    sandbox.fault("close_after", platform="sync", commit=True)
    reel = ReelFactory()
    with pytest.raises(Busy, match="sent again"):
        order("sync", reel)
    sent = Charge.objects.get().handle["webhook_url"]
    with pytest.raises(Pending):
        order("sync", reel)
    (job,) = sandbox.of("sync").find("job")
    assert job["hook"] == sent
    waiting(reel)
    sandbox.advance(JOB_S)
    assert outcomes(sandbox, "sync", 1) == ["200"]
    assert woken == [reel.pk]


# Whoever else comes


@pytest.fixture
def charge(db, settings, sandbox):
    """An order to Sync.so whose reel waits."""
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    account = Access().account("sync")
    return ChargeFactory(
        state="placed", handle={"id": "7"}, account=account, reel=waiting(ReelFactory())
    )


@pytest.fixture
def told(client, charge, sandbox):
    """Come to its address with Sync.so's signature; what is given replaces what is right."""
    right = hooks.address(charge).partition("?")[2]

    def told(body=b'{"id": "7"}', *, signed=None, query=right, method="post", age_s=0, **more):
        sign = MANNERS["sync"].sign
        headers = sign(sandbox.of("sync"), "m", int(time.time()) - age_s, signed or body)
        url = f"{reverse('engine-callback')}?{query}"
        ask = getattr(client, method)
        return ask(url, body, "application/json", headers={**headers, **more}).status_code

    return told


REFUSED = [
    ({"query": ""}, 404),
    ({"query": "order=1.2.3"}, 404),
    ({"query": "order=%00%ff"}, 404),
    ({"body": b'{"id": "8"}'}, 404),
    ({"signed": b"{}"}, 401),
    ({"age_s": 400}, 401),
    ({"Sync-Signature": "t=,v1="}, 401),
    ({"body": b"{" * 9000}, 400),
    ({"body": b"\xff\xfe"}, 400),
    ({"body": b"[" + b" " * 300_000 + b"]"}, 413),
    ({"method": "put"}, 405),
]


@pytest.mark.parametrize(("given", "status"), REFUSED)
def test_what_is_not_the_vendors_word_about_this_order_changes_nothing(
    told, charge, woken, caplog, given, status
):
    before = Reel.objects.values().get()
    assert told(**given) == status
    assert (woken, Reel.objects.values().get()) == ([], before)
    assert hooks.PARAMETER not in caplog.text
    assert told() == 200
    assert woken == [charge.reel_id]


def test_an_address_ends_with_its_time_and_with_its_order(told, charge, woken, monkeypatch):
    Charge.objects.update(state="done")
    assert told() == 200, "a duplicate of what is over"
    monkeypatch.setattr(hooks, "LIVES_S", -1)
    assert told() == 404
    monkeypatch.undo()
    Charge.objects.all().delete()
    assert told() == 404
    assert woken == []


def test_many_of_them_wake_a_reel_once_and_remember_one_more(told, charge, woken, monkeypatch):
    monkeypatch.setattr(hooks, "PAUSE", timedelta(seconds=5))
    for _ in range(4):
        assert told() == 200
    assert woken == [charge.reel_id]
    assert Reel.objects.get().told_at > timezone.now()


def test_one_that_comes_while_the_reel_is_being_made_is_not_lost(told, charge, woken, monkeypatch):
    """The vendor's job ended just after the render had asked for it."""
    Reel.objects.update(retry_at=None)

    def told_late(reel, hold, bench):
        assert told() == 200
        assert woken == [], "it is being made"
        raise rendering.Waiting("It works on it.", 600)

    monkeypatch.setattr(rendering, "_run", told_late)
    monkeypatch.setattr(rendering, "_stop_unless_allowed", lambda reel, hold: None)
    rendering.make(rendering.claim(charge.reel_id))
    assert woken == [charge.reel_id]
    assert Reel.objects.get().retry_at <= timezone.now()


@pytest.mark.parametrize(
    ("public_url", "sandbox_url", "has_address"),
    [
        ("https://reels.example.org", "", True),
        ("http://reels.example.org", "", False),
        ("", "", False),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8090", True),
    ],
)
def test_only_who_can_come_is_given_an_address(
    settings, monkeypatch, db, public_url, sandbox_url, has_address
):
    monkeypatch.setenv("SANDBOX_URL", sandbox_url)
    monkeypatch.setenv("SYNC_API_KEY", "key")
    monkeypatch.setenv("SYNC_WEBHOOK_SECRET", "whsec_x")
    settings.PUBLIC_URL = public_url
    found = hooks.address(ChargeFactory(account=Access().account("sync")))
    assert bool(found) == has_address
    assert found.startswith(public_url if has_address else "")
    assert not hooks.address(ChargeFactory(account="pixverse:1"))
