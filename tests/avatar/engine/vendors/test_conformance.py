"""Every vendor's client against its double: whatever goes wrong, nothing is paid for twice, and
the person gets one sentence with the vendor's reason in it.
"""

import pytest

from avatar.engine.errors import (
    BadResult,
    Busy,
    JobFailed,
    KeyRefused,
    OutcomeUnknown,
    Pending,
    Refused,
    Unpaid,
    Unreachable,
    VendorError,
)
from avatar.engine.registry import find
from avatar.engine.vendors import orders, results
from avatar.engine.vendors.access import VENDORS
from avatar.engine.vendors.clients import CLIENTS
from studio.lib.engines import Kind
from tests.avatar.engine.vendors.desk import Desk, given, inputs_of, looked_through

SOUND_MS = 2200
# One engine of each vendor.
ONES = {
    "sync": "sync:lipsync-2",
    "wavespeed": "wavespeed:sync/lipsync-3",
    "fal": "fal:veed/fabric-1.0",
    "replicate": "replicate:sync/lipsync-2",
    "hedra": "hedra:hedra-character-3",
    "heygen": "heygen:lipsync-speed",
    "kling": "kling:avatar",
    "pixverse": "pixverse:lipsync",
}
KEYED = {"sync", "hedra", "heygen"}
LISTED = {"wavespeed", "replicate", "kling"}  # whose jobs can be told apart in their lists


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return given(tmp_path_factory.mktemp("given"), SOUND_MS)


@pytest.fixture(params=sorted(ONES))
def desk(request, sandbox, tmp_path, files) -> Desk:
    engine = find(ONES[request.param], Kind.PERFORMER)
    sandbox.set_rule(f"{engine.vendor}.job_s", 0)
    return Desk(engine, tmp_path / "orders", inputs_of(engine, files), SOUND_MS)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(results, "PAUSE_S", 0.01)


@pytest.fixture
def _settled_long_ago(monkeypatch):
    monkeypatch.setattr(orders, "JUST_SENT_S", 0)


def test_every_vendor_is_here():
    assert set(ONES) == set(CLIENTS)


# It works


def test_an_order_becomes_a_film_and_is_paid_once(desk, sandbox):
    film = desk.order()
    looked_through(SOUND_MS, film)
    assert desk.order() == film
    assert desk.charges(sandbox) == [1]


def test_a_job_in_an_unknown_state_is_still_running(desk, sandbox):
    sandbox.set_rule(f"{desk.vendor}.odd_word", "pondering")
    sandbox.set_rule(f"{desk.vendor}.polls_until_done", 2)
    desk.order()
    assert desk.charges(sandbox) == [1]


def test_a_render_that_was_killed_goes_on_with_the_same_job(desk, sandbox):
    sandbox.set_rule(f"{desk.vendor}.polls_until_done", 2)
    with pytest.raises(Pending):
        desk.order(patience_s=0)
    desk.order()
    assert desk.charges(sandbox) == [1]


# The account


@pytest.mark.parametrize("key", ["nonsense-key", "expired-key", "forbidden-key"])
def test_a_wrong_key_is_told_and_nothing_is_ordered(desk, sandbox, key):
    with pytest.raises(KeyRefused) as caught:
        desk.order(key=key)
    assert desk.label in str(caught.value)
    assert key not in str(caught.value)
    assert desk.charges(sandbox) == []


def test_an_empty_account_is_told_as_such(desk, sandbox):
    with pytest.raises(Unpaid, match=desk.label):
        desk.order(key="unpaid-key")
    assert desk.charges(sandbox) == []


def test_a_pause_that_is_asked_for_is_made(desk, sandbox):
    sandbox.fault("status", platform=desk.vendor, commit=True, status=429, seconds=7)
    with pytest.raises(Busy) as caught:
        desk.order()
    assert caught.value.retry_after_s == pytest.approx(7, abs=1)
    desk.order()
    assert desk.charges(sandbox) == [1]


def test_taken_slots_are_waited_for(desk, sandbox):
    sandbox.set_rule(f"{desk.vendor}.busy_means", "slots")
    sandbox.fault("status", platform=desk.vendor, commit=True, status=429, seconds=7)
    with pytest.raises(Busy):
        desk.order()
    desk.order()
    assert desk.charges(sandbox) == [1]


# The job


@pytest.mark.parametrize("outcome", ["fail", "no_face", "trouble"])
def test_a_job_that_failed_is_ordered_anew_only_when_somebody_asks(desk, sandbox, outcome):
    sandbox.set_rule(f"{desk.vendor}.outcome", outcome)
    with pytest.raises((JobFailed, Refused)) as caught:
        desk.order()
    assert desk.label in str(caught.value)
    assert sum(desk.charges(sandbox)) == 1
    sandbox.set_rule(f"{desk.vendor}.outcome", "")
    desk.order()
    assert sum(desk.charges(sandbox)) == 2


def test_moderation_is_a_refusal_with_its_reason(desk, sandbox):
    sandbox.set_rule(f"{desk.vendor}.outcome", "refuse")
    with pytest.raises(Refused, match=r"(?i)sensitive|moderat|policy|risk"):
        desk.order()


# The answer to the order


@pytest.mark.usefixtures("_settled_long_ago")
@pytest.mark.parametrize("kind", ["close_after", "html", "malformed", "status_after"])
def test_an_order_whose_answer_is_lost_is_never_paid_twice(desk, sandbox, kind):
    sandbox.fault(kind, platform=desk.vendor, commit=True, status=502)
    with pytest.raises(VendorError) as caught:
        desk.order()
    assert isinstance(caught.value, Busy if desk.vendor in KEYED else OutcomeUnknown)
    if desk.vendor in KEYED | LISTED:
        looked_through(SOUND_MS, desk.order())
    else:
        with pytest.raises(OutcomeUnknown):
            desk.order()
    assert desk.charges(sandbox) == [1]


@pytest.mark.usefixtures("_settled_long_ago")
@pytest.mark.parametrize("desk", sorted(LISTED), indirect=True)
@pytest.mark.parametrize("kind", ["close_before", "status"])
def test_an_order_that_never_arrived_is_missed_in_the_list_and_placed_anew(desk, sandbox, kind):
    sandbox.fault(kind, platform=desk.vendor, commit=True, status=503)
    with pytest.raises(OutcomeUnknown):
        desk.order()
    with pytest.raises(Busy, match="never got this order"):
        desk.order()
    desk.order()
    assert desk.charges(sandbox) == [1]


@pytest.mark.usefixtures("_settled_long_ago")
def test_a_person_may_say_that_a_lost_order_came_to_nothing(desk, sandbox):
    sandbox.fault("close_before", platform=desk.vendor, commit=True)
    with pytest.raises(VendorError):
        desk.order()
    desk.order(again=True)
    assert desk.charges(sandbox) == [1]


def test_a_vendor_that_is_not_there_is_told(desk):
    nowhere = dict.fromkeys(VENDORS[desk.vendor].hosts, "http://127.0.0.1:9")
    desk.environ = {**nowhere, VENDORS[desk.vendor].key: "some-key"}
    with pytest.raises(Unreachable, match="cannot be reached"):
        desk.order()


# Asking after it


@pytest.mark.parametrize("kind", ["html", "malformed", "close_after", "status", "status_after"])
def test_trouble_while_asking_after_a_job_is_waited_out(desk, sandbox, kind):
    sandbox.fault(kind, platform=desk.vendor, method="GET", status=503, times=2)
    desk.order()
    assert desk.charges(sandbox) == [1]


def test_a_pause_while_asking_after_a_job_is_made(desk, sandbox, monkeypatch):
    paused = []
    monkeypatch.setattr(orders, "pause", lambda context, seconds: paused.append(seconds))
    sandbox.fault("status", platform=desk.vendor, method="GET", status=429, seconds=7)
    desk.order()
    assert paused[0] == pytest.approx(7, abs=1)
    assert desk.charges(sandbox) == [1]


# The film


def refused_film(desk, sandbox, bad):
    sandbox.set_rule(f"{desk.vendor}.bad_result", bad)
    with pytest.raises(BadResult) as caught:
        desk.order()
    assert str(caught.value).endswith(".")
    assert desk.charges(sandbox) == [1]


@pytest.mark.parametrize("bad", ["empty", "403", "truncated"])
def test_a_film_of_no_use_is_refused_with_the_reason(desk, sandbox, bad):
    refused_film(desk, sandbox, bad)


# Fetching is the same for all.
@pytest.mark.parametrize("desk", ["sync"], indirect=True)
@pytest.mark.parametrize("bad", ["404", "410", "zero", "html", "silent", "short", "broken"])
def test_whatever_is_wrong_with_a_film_is_seen(desk, sandbox, bad):
    refused_film(desk, sandbox, bad)
