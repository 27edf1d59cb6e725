"""Orders of which nobody knows what became of them: a person decides."""

import logging

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from avatar import services
from avatar.engine.vendors.journal import State
from avatar.models import Charge, Reel
from avatar.models.money import NOTHING

log = logging.getLogger(__name__)

NOT_MADE = "{user} looked and found that it was not made."
LEFT = "Nobody can tell what became of it; {user} decided not to order it again."


class SettleRefused(Exception):  # an answer, not a fault
    """There is nothing to decide; the message is a sentence."""


def order_again(charge: Charge, user: AbstractBaseUser) -> Reel | None:
    """It was not made: it counts for nothing, and what it was for is made after all.

    Returns that reel; None when it is gone or needs something else first, which is said elsewhere.
    Raises SettleRefused.
    """
    _settle(charge, user, State.ABSENT, NOT_MADE)
    reel = charge.reel
    if reel is None or reel.state != Reel.State.FAILED:
        return None
    try:
        return services.retry(reel)
    except services.ReelRefused as e:
        log.info("Reel %s is not made again: %s", reel.pk, e)
        return None


def leave(charge: Charge, user: AbstractBaseUser) -> None:
    """Do not: it is counted as paid, and over. Raises SettleRefused."""
    _settle(charge, user, State.FAILED, LEFT)


def _settle(charge: Charge, user: AbstractBaseUser, state: State, why: str) -> None:
    name = user.get_username()
    with transaction.atomic():
        row = Charge.objects.select_for_update().get(pk=charge.pk)
        if not row.is_unknown:
            raise SettleRefused("This order is settled already; nothing was changed.")
        if row.is_in_the_air:
            raise SettleRefused("This order is on its way right now; look again in a minute.")
        row.state, row.why = state, why.format(user=name)
        row.usd = NOTHING if state == State.ABSENT else row.estimated_usd
        row.settled_by, row.settled_at, row.changed_at = name, timezone.now(), timezone.now()
        row.save(update_fields=["state", "why", "usd", "settled_by", "settled_at", "changed_at"])
    log.warning("Audit: charge %s settled as %s by %s.", charge.pk, state.value, name)
