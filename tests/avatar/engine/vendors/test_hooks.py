"""Webhooks as the doubles sign them: taken when they are the vendor's, refused otherwise."""

import time

import pytest

from avatar.engine.vendors import hooks
from avatar.engine.vendors.access import VENDORS, Access
from avatar.engine.vendors.hooks import CannotTell, Delivery, NotTheirs, NoWebhook
from studio.sandbox.vendors.hooks import MANNERS

BODY = b'{"data": {"id": 7, "input": [{"asset_id": "a"}]}, "request_id": "r"}'
SIGNED = ("sync", "wavespeed", "replicate", "fal", "heygen")


@pytest.fixture(autouse=True)
def _no_keys_yet(monkeypatch):
    monkeypatch.setattr(hooks, "JWKS", hooks.KeySet())


def delivery(sandbox, vendor, *, signed=BODY, sent=BODY, age_s=0, dot=True) -> Delivery:
    sandbox.set_rule("sync.webhook_dot", dot)
    now = int(time.time())
    headers = MANNERS[vendor].sign(sandbox.of(vendor), "msg_1", now - age_s, signed)
    return Delivery({k.lower(): v for k, v in headers.items()}, sent, now)


def ids(vendor, found, environ=None, account="") -> frozenset[str]:
    access = Access() if environ is None else Access(environ)
    return hooks.ids_of(vendor, found, access, account or access.account(vendor))


@pytest.mark.parametrize("vendor", list(MANNERS))
def test_what_the_vendor_signed_is_taken(sandbox, vendor):
    assert ids(vendor, delivery(sandbox, vendor)) == {"7", "a", "r"}
    with pytest.raises(NoWebhook, match="not JSON"):
        ids(vendor, delivery(sandbox, vendor, signed=b"\xff", sent=b"\xff"))


@pytest.mark.parametrize("vendor", SIGNED)
def test_what_somebody_else_sent_is_refused(sandbox, vendor):
    with pytest.raises(NotTheirs, match="does not fit"):
        ids(vendor, delivery(sandbox, vendor, signed=b"{}"))
    for age_s in (hooks.FRESH_S + 5, -hooks.FRESH_S - 5):
        with pytest.raises(NotTheirs, match="too long ago"):
            ids(vendor, delivery(sandbox, vendor, age_s=age_s))
    with pytest.raises(NotTheirs, match="missing"):
        ids(vendor, Delivery({}, BODY, time.time()))
    odd = dict.fromkeys(delivery(sandbox, vendor).headers, "ä=,v1=ä,²")
    with pytest.raises(NotTheirs):
        ids(vendor, Delivery(odd, BODY, time.time()))


def test_sync_may_put_a_dot_or_none(sandbox):
    assert ids("sync", delivery(sandbox, "sync", dot=False))


@pytest.mark.parametrize("vendor", list(MANNERS))
def test_without_a_secret_only_those_get_an_address_that_need_none(vendor):
    """A creator's own key is of another account than the installation's secret."""
    keys = {VENDORS[one].key: "k" for one in hooks.NEED_SECRET}
    secrets = {VENDORS[one].webhook_secret: "whsec_czNjcmV0" for one in hooks.NEED_SECRET}
    bare, full = Access(keys), Access({**keys, **secrets})
    needs = vendor in hooks.NEED_SECRET
    own = bare.account(vendor) if needs else f"{vendor}:own"
    assert hooks.tells(vendor, bare, own) != needs
    assert hooks.tells(vendor, full, own)
    assert hooks.tells(vendor, full, f"{vendor}:another") != needs


def test_keys_that_cannot_be_fetched_decide_nothing(sandbox, monkeypatch):
    found = delivery(sandbox, "fal")
    monkeypatch.setenv("FAL_STORAGE_URL", "http://127.0.0.1:9")
    with pytest.raises(CannotTell):
        ids("fal", found)
    monkeypatch.delenv("FAL_STORAGE_URL")
    assert ids("fal", found)
    sandbox.fault("status", platform="fal-storage", times=None)  # they are kept for a day
    assert ids("fal", found)
