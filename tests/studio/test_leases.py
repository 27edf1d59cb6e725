"""Leases: one holder at a time, and none for ever."""

import datetime as dt

import pytest
from django.utils import timezone

from scripts_gen.models import Slot
from studio.lib.leases import LONGEST
from studio.lib.models import Lease
from tests.factories import SlotFactory

pytestmark = pytest.mark.django_db

ASKED = (Slot.State.ASKED,)


@pytest.fixture
def slot():
    return SlotFactory(state=Slot.State.ASKED)


def leased_until(slot, moment):
    Slot.objects.filter(pk=slot.pk).update(lease_owner="dead", lease_until=moment)


def test_a_row_that_is_held_is_not_given_out_again(slot):
    assert Slot.objects.claim(slot.pk, states=ASKED, seconds=60)
    assert Slot.objects.claim(slot.pk, states=ASKED, seconds=60) is None
    assert not Slot.objects.expired().exists()


def test_a_lease_written_while_the_clock_was_years_ahead_holds_nothing(slot):
    leased_until(slot, timezone.now() + dt.timedelta(days=3650))
    assert Slot.objects.expired().get() == slot
    assert Slot.objects.free().get() == slot
    assert Slot.objects.claim(slot.pk, states=ASKED, seconds=60)


def test_the_longest_lease_there_is_holds(slot):
    assert Slot.objects.claim(slot.pk, states=ASKED, seconds=int(LONGEST.total_seconds()))
    assert not Slot.objects.expired().exists()
    assert Slot.objects.claim(slot.pk, states=ASKED, seconds=60) is None


def test_a_lease_that_would_not_be_believed_is_not_given(slot):
    with pytest.raises(ValueError, match="No lease is longer"):
        Slot.objects.claim(slot.pk, states=ASKED, seconds=3600)


def test_a_worker_keeps_its_lease_when_the_clock_is_put_back(slot):
    owner = Slot.objects.claim(slot.pk, states=ASKED, seconds=60)
    Slot.objects.filter(pk=slot.pk).update(lease_until=timezone.now() + dt.timedelta(days=1))
    assert Slot.objects.keep(slot.pk, owner, seconds=60)
    assert Slot.objects.claim(slot.pk, states=ASKED, seconds=60) is None


def test_a_named_job_is_free_again_when_the_clock_that_took_it_was_wrong():
    assert Lease.take("tick", seconds=60)
    assert Lease.take("tick", seconds=60) is None
    Lease.objects.update(until=timezone.now() + dt.timedelta(days=3650))
    assert Lease.take("tick", seconds=60)
