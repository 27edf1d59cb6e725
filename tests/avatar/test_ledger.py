"""Orders in the database: paid for once, within the budget, no more at once than allowed."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from avatar import ledger
from avatar.engine.errors import Busy, OverBudget
from avatar.engine.vendors.journal import Paid, State
from avatar.ledger import Ledger
from avatar.models import Budget, Charge, Reel
from tests.factories import CreatorFactory, ReelFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def creator():
    return CreatorFactory()


@pytest.fixture
def journal(creator, stack):
    return Ledger(creator, None, stack)


def paid(key="a", usd=1.0, account="sync:1", at_once=0, **more) -> Paid:
    return Paid(key * 64, "sync:sync-3", "film", usd, account, at_once, more)


def placed(journal, order):
    journal.begin(order)
    journal.sending(order.key, {"key": "sent"})
    journal.placed(order.key, {"id": "7"})


def film(tmp_path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"a film")
    return path


def ago(**length) -> dt.datetime:
    return timezone.now() - dt.timedelta(**length)


# One order


def test_a_new_order_is_reserved_with_its_estimate(journal, creator):
    assert journal.begin(paid(seconds=9)).state == State.RESERVED
    charge = Charge.objects.get()
    assert (charge.creator, charge.engine, charge.what) == (creator, "sync:sync-3", "film")
    assert (charge.estimated_usd, charge.usd, charge.facts) == (1, None, {"seconds": 9})


def test_an_order_comes_back_as_it_stands(journal):
    placed(journal, paid())
    entry = journal.begin(paid())
    assert (entry.state, entry.handle) == (State.PLACED, {"id": "7"})
    assert Charge.objects.count() == 1


def test_an_order_that_left_knows_for_how_long_it_is_gone(journal):
    journal.begin(paid())
    journal.sending(paid().key, {"key": "sent"})
    Charge.objects.update(changed_at=ago(seconds=300))
    entry = journal.begin(paid())
    assert (entry.state, entry.handle) == (State.SENDING, {"key": "sent"})
    assert 299 < entry.since_s < 310


def test_what_was_made_is_kept_and_given_again(journal, tmp_path):
    placed(journal, paid())
    kept = journal.done(paid().key, film(tmp_path), usd=0.9, facts={"id": "7"})
    assert kept.read_bytes() == b"a film"
    entry = journal.begin(paid())
    assert (entry.state, entry.result) == (State.DONE, kept)
    assert Charge.objects.get().usd == Decimal("0.9")


def test_handles_are_not_to_be_read_in_the_database(journal):
    placed(journal, paid())
    with connection.cursor() as cursor:
        cursor.execute("SELECT handle FROM avatar_charge")
        assert '"id"' not in cursor.fetchone()[0]


def test_addresses_are_recorded_without_what_opens_them(journal, tmp_path):
    placed(journal, paid())
    facts = {"url": "https://cdn.example/film.mp4?signature=secret"}
    journal.done(paid().key, film(tmp_path), usd=0.9, facts=facts)
    assert "secret" not in str(Charge.objects.get().facts)


def test_another_creator_does_not_get_the_film(journal, stack, tmp_path):
    placed(journal, paid())
    journal.done(paid().key, film(tmp_path), usd=0.9, facts={})
    other = Ledger(CreatorFactory(), None, stack)
    assert other.begin(paid()).state == State.RESERVED


def test_a_vendors_estimate_is_what_is_reserved(journal, creator):
    Budget.objects.create(creator=creator, monthly_usd=3)
    journal.begin(paid(usd=1.0))
    journal.estimated(paid().key, 2.5)
    assert ledger.left_usd(creator) == Decimal("0.5")
    journal.begin(paid("b", usd=0.4))
    with pytest.raises(OverBudget, match=r"take 0\.60 USD .* 0\.40 USD was shown.* 0\.50 are"):
        journal.estimated(paid("b").key, 0.6)
    assert Charge.objects.get(key=paid("b").key).state == State.ABSENT
    journal.begin(paid("c", usd=0.1))
    with pytest.raises(OverBudget, match=r"0\.20 USD for this and 0\.40 USD for the parts"):
        journal.estimated(paid("c").key, 0.2, 0.4)
    assert ledger.left_usd(creator) == Decimal("0.5")


def test_what_costs_nobody_knows_what_needs_a_budget(journal, creator, tmp_path):
    Budget.objects.create(creator=creator, monthly_usd=0)
    with pytest.raises(OverBudget, match="is not known"):
        journal.begin(paid(usd=None))
    Budget.objects.update(monthly_usd=1)
    placed(journal, paid(usd=None))
    journal.done(paid().key, film(tmp_path), usd=None, facts={})
    assert Charge.objects.get().cost_usd is None
    assert ledger.left_usd(creator) == 1


def test_after_a_failure_the_same_thing_is_a_new_order(journal):
    placed(journal, paid())
    journal.failed(paid().key, "No face was found.", usd=0.2)
    assert journal.begin(paid()).state == State.RESERVED
    assert [charge.round for charge in Charge.objects.order_by("pk")] == [1, 2]


def test_what_was_never_made_does_not_pile_up(journal):
    for _ in range(3):
        journal.begin(paid())
        journal.absent(paid().key, "Sync.so asks for a pause.")
    charge = Charge.objects.get()
    assert (charge.state, charge.usd, charge.why) == ("absent", 0, "Sync.so asks for a pause.")


def test_an_order_given_up_meanwhile_does_not_leave(journal):
    journal.begin(paid())
    journal.absent(paid().key, "Nobody wants it any more.")
    with pytest.raises(Busy):
        journal.sending(paid().key)


def test_what_another_reel_is_preparing_is_not_sent_by_two(stack):
    """Both would bring files there; and when one of them could not, the other's order was lost."""
    first, second = ReelFactory(), ReelFactory()
    theirs, ours = (Ledger(first.creator, reel.pk, stack) for reel in (first, second))
    worker = Reel.objects.claim(first.pk, states=("queued",), seconds=60, state="rendering")
    theirs.begin(paid())
    with pytest.raises(Busy, match="for another reel"):
        ours.begin(paid())
    Reel.objects.release(first.pk, worker, state="failed")
    assert ours.begin(paid()).state == State.RESERVED
    assert Charge.objects.get().reel == second


def test_a_result_whose_file_was_lost_is_bought_again(journal, tmp_path):
    placed(journal, paid())
    journal.done(paid().key, film(tmp_path), usd=0.9, facts={}).unlink()
    assert journal.begin(paid()).state == State.RESERVED
    assert ledger.spent_usd(journal.creator) == Decimal("1.9")


def test_what_is_gone_at_the_vendor_stays_paid_and_is_ordered_anew(journal, tmp_path):
    placed(journal, paid())
    journal.done(paid().key, film(tmp_path), usd=1.5, facts={})
    journal.lost(paid().key, "The vendor has deleted the voice.")
    assert journal.begin(paid()).state == State.RESERVED
    old, new = Charge.objects.order_by("round")
    assert (old.state, old.usd) == ("failed", Decimal("1.5"))
    assert old.why == "The vendor has deleted the voice."
    assert new.round == old.round + 1


def test_a_film_that_comes_after_a_person_gave_it_up_is_kept(journal, tmp_path):
    placed(journal, paid())
    Charge.objects.update(state=State.ABSENT, settled_by="alice", usd=0)
    assert journal.done(paid().key, film(tmp_path), usd=0.9, facts={}) is not None
    assert Charge.objects.get().state == State.DONE


# The budget


def test_what_the_month_has_no_money_for_is_not_ordered(journal, creator):
    Budget.objects.create(creator=creator, monthly_usd=Decimal("1.50"))
    journal.begin(paid("a"))
    with pytest.raises(OverBudget, match=r"0\.50 are left"):
        journal.begin(paid("b"))
    assert Charge.objects.count() == 1


def test_a_budget_of_nothing_allows_nothing_but_what_is_free(journal, creator):
    Budget.objects.create(creator=creator, monthly_usd=0)
    journal.begin(paid("a", usd=0.0))
    with pytest.raises(OverBudget):
        journal.begin(paid("b", usd=0.0001))


def test_without_a_budget_of_their_own_the_installations_holds(journal, settings):
    settings.ENGINE_BUDGET_USD = 0.5
    with pytest.raises(OverBudget, match=r"0\.50 USD"):
        journal.begin(paid())


def test_what_it_really_cost_counts_and_what_never_was_does_not(journal, creator, tmp_path):
    placed(journal, paid("a"))
    journal.done(paid("a").key, film(tmp_path), usd=0.25, facts={})
    placed(journal, paid("b"))
    journal.begin(paid("c"))
    journal.absent(paid("c").key, "Refused.")
    assert ledger.spent_usd(creator) == Decimal("1.25")


def test_the_month_begins_at_midnight_where_the_creator_lives(creator):
    creator.time_zone = "Pacific/Auckland"
    moment = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)  # 1 December there already
    assert ledger.month_start(creator, moment).isoformat() == "2026-12-01T00:00:00+13:00"


def test_last_months_orders_cost_nothing_of_this_months_money(journal, creator):
    placed(journal, paid())
    Charge.objects.update(created_at=ago(days=32))
    assert ledger.spent_usd(creator) == 0


def test_a_cent_is_never_rounded_away():
    assert ledger.money(0.0000001) == Decimal("0.000001")
    assert ledger.money(0.1 + 0.2) == Decimal("0.300001")


# Places at the vendor


def test_no_more_jobs_are_in_flight_than_the_account_takes(journal, stack):
    placed(journal, paid("a", at_once=1))
    other = Ledger(CreatorFactory(), None, stack)  # with the same key, the installation's
    with pytest.raises(Busy, match="1 job at a time") as busy:
        other.begin(paid("b", at_once=1))
    assert busy.value.retry_after_s
    assert other.begin(paid("b", account="sync:2", at_once=1)).state == State.RESERVED


def test_without_money_nobody_waits_for_a_place(journal, creator):
    placed(journal, paid("a", at_once=1))
    Budget.objects.create(creator=creator, monthly_usd=0)
    with pytest.raises(OverBudget):
        journal.begin(paid("b", at_once=1))


def test_a_finished_job_frees_its_place(journal, tmp_path):
    placed(journal, paid("a", at_once=1))
    journal.done(paid("a").key, film(tmp_path), usd=1, facts={})
    assert journal.begin(paid("b", at_once=1)).state == State.RESERVED


def test_what_a_dead_worker_prepared_holds_neither_place_nor_money(journal, creator):
    journal.begin(paid("a", at_once=1))
    Charge.objects.update(changed_at=ago(minutes=16))
    journal.begin(paid("b", at_once=1))
    assert Charge.objects.get(key=paid("a").key).state == State.ABSENT
    assert ledger.spent_usd(creator) == 1


def test_a_job_nobody_asks_after_frees_its_place_in_the_end(journal):
    placed(journal, paid("a", at_once=1))
    Charge.objects.update(changed_at=ago(hours=4))
    assert journal.begin(paid("b", at_once=1)).state == State.RESERVED
