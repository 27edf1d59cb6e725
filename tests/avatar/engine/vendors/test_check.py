"""Keys are tried with a call that costs nothing."""

import pytest

from avatar.engine.errors import KeyRefused, ModelUnavailable
from avatar.engine.vendors.access import VENDORS, Access
from avatar.engine.vendors.check import CLIENTS, PROBES, check
from studio.sandbox.vendors.common import orders as charged


def test_every_vendor_has_a_way():
    assert set(PROBES) | set(CLIENTS) == set(VENDORS)
    assert not set(PROBES) & set(CLIENTS)


@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_a_good_key_is_accepted_and_a_wrong_one_is_not(sandbox, vendor):
    label = VENDORS[vendor].label
    said = check(vendor, Access())
    assert said.startswith(label)
    assert said.endswith(".")
    assert charged(sandbox, vendor) == []
    wrong = Access(keys={VENDORS[vendor].key: "a-wrong-key"})
    with pytest.raises(KeyRefused, match=label):
        check(vendor, wrong)


def test_without_a_key_nobody_is_asked():
    with pytest.raises(ModelUnavailable, match="SYNC_API_KEY is not set"):
        check("sync", Access(environ={}))
