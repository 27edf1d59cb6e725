"""What a creator's orders cost, kept in the database: the Journal of renders.

Each verb is a transaction of its own, over before it returns. What is ordered, and how much is
left, is settled under one lock for the whole installation, held for milliseconds.
"""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from avatar import engine_keys, hooks, source_links
from avatar.engine.errors import Busy, Cancelled, OverBudget, Refused, ResourceError
from avatar.engine.registry import ENGINES
from avatar.engine.vendors.journal import Entry, Paid, State, check_price, dearer
from avatar.engine.vendors.orders import LONGEST_S
from avatar.models import Budget, Charge, Reel
from avatar.models.money import (
    COST,
    NOTHING,
    OVER,
    UNDER_WAY,
    ChargeQuerySet,
    default_budget,
)
from creators.models import Creator
from studio.lib.files import local_path, store_file
from studio.lib.models import Lease
from studio.lib.web import masked, storable

log = logging.getLogger(__name__)

LOCK = "orders"
MICRO_USD = Decimal("0.000001")
NEVER_SENT_S = 15 * 60  # longer than bringing files to a vendor takes: its worker is gone
# How long an order is taken to hold a place at its vendor when nothing more is heard of it.
HOLDS_S = {State.RESERVED: NEVER_SENT_S, State.SENDING: NEVER_SENT_S, State.PLACED: LONGEST_S}
ANOTHER_S = 20  # until a place may be free
GIVEN_UP = "It was prepared and never sent."
ANOTHERS = "This is being ordered for another reel; it is asked after soon."
WITHDRAWN = "The consent was withdrawn, so what came is not kept."


def money(usd: float) -> Decimal:
    """As it is kept: never less than it is."""
    return Decimal(repr(usd)).quantize(MICRO_USD, rounding=ROUND_UP)


def known(usd: float | None) -> Decimal | None:
    return None if usd is None else money(usd)


def _tellable(facts: Mapping[str, Any]) -> dict[str, Any]:
    """For the record: addresses without what stands behind the question mark."""
    return {k: masked(v) if isinstance(v, str) else v for k, v in storable(dict(facts)).items()}


def budget_of(creator: Creator) -> Decimal:
    """USD a month."""
    own = Budget.objects.filter(creator=creator).values_list("monthly_usd", flat=True).first()
    return default_budget() if own is None else own


def month_start(creator: Creator, now: dt.datetime | None = None) -> dt.datetime:
    """When the creator's current month began, by their own calendar."""
    local = (now or timezone.now()).astimezone(creator.zone)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)


def spent_usd(creator: Creator) -> Decimal:
    """Of this month's budget, orders under way included."""
    return Charge.objects.filter(creator=creator, created_at__gte=month_start(creator)).usd()


def left_usd(creator: Creator, but: Charge | None = None) -> Decimal:
    """Of this month's budget, never below nothing. but: an order that is not counted."""
    own = but.cost_usd or NOTHING if but else NOTHING
    return max(NOTHING, budget_of(creator) - spent_usd(creator) + own)


@dataclass(frozen=True)
class Month:
    """How a creator's calendar month stands."""

    creator: Creator
    spent_usd: Decimal  # orders under way included
    budget_usd: Decimal
    n_to_decide: int  # orders without an answer

    @property
    def left_usd(self) -> Decimal:
        return max(NOTHING, self.budget_usd - self.spent_usd)


def months(creators: Sequence[Creator]) -> list[Month]:
    """Of many creators, in three queries; who spent most comes first."""
    by_start: dict[dt.datetime, list[int]] = {}
    for one in creators:
        by_start.setdefault(month_start(one), []).append(one.pk)
    this_month = Q(pk__in=[])
    for start, pks in by_start.items():
        this_month |= Q(creator__in=pks, created_at__gte=start)
    spent = dict(
        Charge.objects.filter(this_month).order_by().values_list("creator").annotate(sum=COST)
    )
    unknown = Charge.objects.filter(creator__in=creators).to_decide().order_by()
    to_decide = dict(unknown.values_list("creator").annotate(Count("pk")))
    own = dict(Budget.objects.filter(creator__in=creators).values_list("creator", "monthly_usd"))
    found = [
        Month(
            one,
            spent.get(one.pk) or NOTHING,
            own.get(one.pk, default_budget()),
            to_decide.get(one.pk, 0),
        )
        for one in creators
    ]
    return sorted(found, key=lambda month: (-month.spent_usd, month.creator.name))


def set_budget(creator: Creator, monthly_usd: Decimal) -> None:
    """What may be spent a calendar month; orders under way go on."""
    Budget.objects.update_or_create(creator=creator, defaults={"monthly_usd": monthly_usd})


def _label(paid: Paid) -> str:
    return ENGINES[paid.engine].label if paid.engine in ENGINES else paid.engine


def _proved_absent(charge: Charge) -> bool:
    """Whether its row says nothing that must be remembered: no person's word, no revocation."""
    return charge.state == State.ABSENT and not charge.settled_by and charge.purged_at is None


def _is_withdrawn(charge: Charge, state: State) -> bool:
    """Whether the consent is gone that it takes to come to that state: nothing leaves once it is
    revoked, and nothing is kept once that has been seen to.
    """
    if state == State.SENDING and Charge.objects.filter(pk=charge.pk).revoked().exists():
        return True
    return state in (State.SENDING, State.DONE) and charge.purged_at is not None


def _give_up(charges: ChargeQuerySet) -> None:
    charges.filter(state=State.RESERVED).update(
        state=State.ABSENT, why=GIVEN_UP, usd=NOTHING, changed_at=timezone.now()
    )


class Ledger:
    """The orders of one creator; satisfies avatar.wire.Desk.

    stack: keeps a local copy of a result for as long as the render may read it, where files are
    stored elsewhere. reel_id: whose render it is.
    """

    def __init__(self, creator: Creator, reel_id: int | None, stack: ExitStack) -> None:
        self.creator, self.reel_id, self.stack = creator, reel_id, stack

    def begin(self, paid: Paid) -> Entry:
        charge = self._current(paid.key)
        if charge is None or self._is_lost(charge):
            charge = self._begun(paid)
        self._take_over(charge)
        return self._entry(charge)

    def _begun(self, paid: Paid) -> Charge:
        """A new order; or the one that another worker has begun just now."""
        Lease.objects.get_or_create(name=LOCK)
        with transaction.atomic(durable=True):
            Lease.objects.select_for_update().get(name=LOCK)
            self._give_up_what_never_left(paid)
            if charge := self._current(paid.key):
                return charge
            self._check_budget(paid)  # first: without money nobody need wait for a place
            self._check_slots(paid)
            return self._reserve(paid)

    def estimated(self, key: str, usd: float, rest_usd: float = 0.0) -> None:
        """Under the lock: what is left is shared with orders that are being begun."""
        why = ""
        with transaction.atomic(durable=True):
            Lease.objects.select_for_update().get(name=LOCK)
            charge = self._newest(key, for_update=True)
            if charge is None or charge.state != State.RESERVED:
                return  # `sending` says that it was given up
            left = left_usd(self.creator, but=charge)
            if money(usd + rest_usd) > left:
                shown = None if charge.estimated_usd is None else float(charge.estimated_usd)
                why = dearer(usd, shown, float(left), self._of_budget, rest_usd)
                changes: dict[str, Any] = {"state": State.ABSENT, "why": why, "usd": NOTHING}
            else:
                changes = {"estimated_usd": money(usd)}
            now = timezone.now()
            Charge.objects.filter(pk=charge.pk).update(changed_at=now, **changes)
        if why:
            raise OverBudget(why)

    def sending(self, key: str, handle: dict[str, Any] | None = None) -> None:
        if not self._move(key, (State.RESERVED,), State.SENDING, handle=handle or {}):
            raise Busy("This order was given up meanwhile; it begins anew.", retry_after_s=1)

    def placed(self, key: str, handle: dict[str, Any]) -> None:
        self._move(key, (State.SENDING, State.PLACED), State.PLACED, handle=handle)

    def absent(self, key: str, why: str) -> None:
        self._move(key, UNDER_WAY, State.ABSENT, why=why, usd=NOTHING)

    def failed(self, key: str, why: str, *, usd: float | None = 0.0) -> None:
        self._move(key, UNDER_WAY, State.FAILED, why=why, usd=known(usd))

    def done(
        self, key: str, result: Path | None, *, usd: float | None, facts: Mapping[str, Any]
    ) -> Path | None:
        """What comes after a person has said that it never would is kept all the same."""
        charge = self._newest(key)
        if charge is None:
            raise ResourceError("The record of this order is gone.")
        if charge.purged_at is not None:
            raise Cancelled(WITHDRAWN)
        if result is not None:
            store_file(charge.result, result)
        changes = {
            "result": charge.result.name,
            "usd": known(usd),
            "facts": {**charge.facts, **_tellable(facts)},
            "why": "",
        }
        try:
            is_kept = self._move(key, (*UNDER_WAY, *OVER), State.DONE, **changes)
        except BaseException:
            charge.result.storage.delete(str(charge.result.name))
            raise
        if not is_kept:  # somebody else has fetched it meanwhile, or the consent is gone
            if result is not None:
                charge.result.storage.delete(str(charge.result.name))
            charge.refresh_from_db()
            if charge.purged_at is not None:
                raise Cancelled(WITHDRAWN)
        return self._local(charge)

    def lost(self, key: str, why: str) -> None:
        """It stays paid."""
        self._move(key, (State.DONE,), State.FAILED, why=why)

    def give_up(self) -> None:
        """What was prepared for this reel and has not left holds neither money nor a place, and
        nobody fetches its footage: its render is over.
        """
        _give_up(Charge.objects.filter(creator=self.creator, reel=self.reel_id))

    def publish(self, key: str, file: Path) -> str:
        """The address of a copy of the file, from which the vendor of that order can fetch it.

        Raises Refused when no vendor could.
        """
        charge = self._newest(key)
        if charge is None:
            raise ResourceError("The record of this order is gone.")
        lacks = source_links.lacks_address(
            ENGINES[charge.engine], engine_keys.access_of(self.creator)
        )
        if lacks:
            raise Refused(lacks)
        return source_links.publish(charge, file)

    def _current(self, key: str) -> Charge | None:
        """The order that counts: neither over nor purged."""
        rows = Charge.objects.filter(creator=self.creator, key=key, purged_at=None)
        return rows.exclude(state__in=OVER).first()

    def _is_lost(self, charge: Charge) -> bool:
        """Paid for, and its file is gone: it can only be bought again."""
        if charge.state != State.DONE or self._local(charge) is not None:
            return False
        log.error("The result of charge %s is gone from the file store.", charge.pk)
        Charge.objects.filter(pk=charge.pk, state=State.DONE).update(
            state=State.FAILED, why="Its result was lost.", changed_at=timezone.now()
        )
        return True

    def _take_over(self, charge: Charge) -> None:
        """What another reel's render prepares is waited for, or both would send it; what a dead
        one has prepared is ours. Raises Busy.
        """
        if charge.state != State.RESERVED or charge.reel_id in (None, self.reel_id):
            return
        is_left = Reel.objects.free().filter(pk=charge.reel_id).exists()
        theirs = Charge.objects.filter(pk=charge.pk, state=charge.state, reel=charge.reel_id)
        if not is_left or not theirs.update(reel=self.reel_id, changed_at=timezone.now()):
            raise Busy(ANOTHERS, retry_after_s=ANOTHER_S)

    def _entry(self, charge: Charge) -> Entry:
        age_s = max(0.0, (timezone.now() - charge.changed_at).total_seconds())
        address = hooks.address(charge) if charge.state == State.RESERVED else ""
        local = self._local(charge)
        return Entry(State(charge.state), dict(charge.handle), local, age_s, webhook_url=address)

    def _local(self, charge: Charge) -> Path | None:
        if not charge.result:
            return None
        try:
            return self.stack.enter_context(local_path(charge.result))
        except FileNotFoundError:
            return None

    def _give_up_what_never_left(self, paid: Paid) -> None:
        """Orders that a dead worker had prepared hold neither money nor places."""
        before = timezone.now() - dt.timedelta(seconds=NEVER_SENT_S)
        stale = Charge.objects.filter(changed_at__lt=before)
        _give_up(stale.exclude(creator=self.creator, key=paid.key))

    def _check_slots(self, paid: Paid) -> None:
        if not paid.at_once:
            return
        now, taken = timezone.now(), 0
        for state, seconds in HOLDS_S.items():
            young = now - dt.timedelta(seconds=seconds)
            holding = Charge.objects.filter(account=paid.account, state=state)
            taken += holding.filter(changed_at__gte=young).count()
        if taken >= paid.at_once:
            jobs = "job" if paid.at_once == 1 else "jobs"
            raise Busy(
                f"{_label(paid)} waits for a free place: the account takes {paid.at_once} {jobs}"
                " at a time.",
                retry_after_s=ANOTHER_S,
            )

    def _check_budget(self, paid: Paid) -> None:
        if paid.whole_usd != 0:
            check_price(paid.whole_usd, float(left_usd(self.creator)), self._of_budget)

    @property
    def _of_budget(self) -> str:
        budget = budget_of(self.creator)
        return f"of this month's {budget:.2f} USD for {self.creator.name}"

    def _reserve(self, paid: Paid) -> Charge:
        """A row; what proved never to have been made is reserved in the row it had."""
        asked: dict[str, Any] = {
            "reel_id": self.reel_id,
            "state": State.RESERVED,
            "estimated_usd": known(paid.usd),
            "usd": None,
            "facts": dict(paid.about),
            "why": "",
            "handle": {},
            "created_at": timezone.now(),
            "changed_at": timezone.now(),
        }
        earlier = Charge.objects.filter(creator=self.creator, key=paid.key).order_by("-round")
        last = earlier.first()
        if last is not None and _proved_absent(last):
            Charge.objects.filter(pk=last.pk).update(**asked)
            last.refresh_from_db()
            return last
        return Charge.objects.create(
            creator=self.creator,
            what=paid.what,
            engine=paid.engine,
            key=paid.key,
            round=last.round + 1 if last else 1,
            account=paid.account,
            **asked,
        )

    def _newest(self, key: str, *, for_update: bool = False) -> Charge | None:
        rows = Charge.objects.filter(creator=self.creator, key=key).order_by("-round")
        return (rows.select_for_update() if for_update else rows).first()

    def _move(self, key: str, states: tuple[State, ...], state: State, **changes: Any) -> bool:
        """Bring the newest order of that key from one of `states` to another."""
        with transaction.atomic(durable=True):
            newest = self._newest(key, for_update=True)
            if newest is None or newest.state not in states:
                return False
            if _is_withdrawn(newest, state):
                return False
            Charge.objects.filter(pk=newest.pk).update(
                state=state, changed_at=timezone.now(), **changes
            )
        return True
