"""Two workers that order at the same moment, on a database file of their own."""

import threading
from contextlib import ExitStack
from decimal import Decimal

import pytest
from django.db import connection, connections

from avatar.engine.errors import Busy, OverBudget
from avatar.engine.vendors.journal import Paid
from avatar.ledger import Ledger, set_budget
from avatar.models import Charge
from tests.factories import CreatorFactory

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(creator, *orders: Paid) -> list[str]:
    """What becomes of orders that several workers begin together."""
    start, told = threading.Barrier(len(orders)), []

    def work(order: Paid) -> None:
        try:
            with ExitStack() as stack:
                start.wait()
                told.append(Ledger(creator, None, stack).begin(order).state.value)
        except (Busy, OverBudget) as e:
            told.append(type(e).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def order(key: str, at_once: int = 0) -> Paid:
    return Paid(key * 64, "sync:sync-3", "film", 1.0, "sync:1", at_once)


@pytest.fixture
def creator():
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("threads do not share a database in memory")
    return CreatorFactory()


def test_together_they_do_not_spend_more_than_there_is(creator):
    set_budget(creator, Decimal("2.50"))
    told = at_once(creator, *(order(key) for key in "abcd"))
    assert told == ["OverBudget", "OverBudget", "reserved", "reserved"]


def test_together_they_do_not_take_more_places_than_there_are(creator):
    told = at_once(creator, *(order(key, at_once=1) for key in "abcd"))
    assert told == ["Busy", "Busy", "Busy", "reserved"]


def test_the_same_order_is_one_order(creator):
    told = at_once(creator, *[order("a")] * 4)
    assert told == ["reserved"] * 4
    assert Charge.objects.count() == 1
