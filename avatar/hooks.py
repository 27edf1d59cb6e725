"""Webhooks of vendors: the address that goes with an order, and what is done when one comes.

It changes nothing about an order. The reels that wait for it look at the vendor again now instead
of in a minute, and who sent it knew the address and signed as the vendor signs.
"""

import datetime as dt
import logging
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from avatar import services
from avatar.engine.vendors import hooks
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.hooks import Delivery
from avatar.engine.vendors.orders import LONGEST_S
from avatar.models import Charge, Reel, ReelQuerySet
from avatar.models.money import UNDER_WAY

log = logging.getLogger(__name__)

PARAMETER = "order"  # behind the question mark, which no log has
LIVES_S = LONGEST_S + 3600  # a job is given up after that, and bringing files there takes a while
PAUSE = dt.timedelta(seconds=5)  # between two looks, however many webhooks come


class Unknown(Exception):  # an answer, not a fault
    """There is no such order, or not any more."""


def address(charge: Charge) -> str:
    """Where its vendor may tell that the job is over; empty where nobody can come, or where
    nobody could tell who came.
    """
    vendor, access = charge.account.partition(":")[0], Access()
    if not hooks.tells(vendor, access, charge.account) or not _can_come(vendor, access):
        return ""
    token = _signer().sign(str(charge.pk))
    path = reverse("engine-callback")
    return f"{settings.PUBLIC_URL}{path}?{urlencode({PARAMETER: token})}"


def _can_come(vendor: str, access: Access) -> bool:
    """Over the internet by https only; the sandbox is on this machine."""
    parts = urlsplit(settings.PUBLIC_URL)
    is_double = parts.scheme == "http" and access.is_sandbox(vendor)
    return bool(parts.hostname) and (parts.scheme == "https" or is_double)


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="avatar.hooks", sep=".")


def heard(token: str, headers: Mapping[str, str], body: bytes) -> None:
    """Take up what came to an order's address; what was heard before changes nothing.

    Raises Unknown, and NotTheirs, NoWebhook and CannotTell of avatar.engine.vendors.hooks.
    """
    charge = _charge(token)
    vendor = charge.account.partition(":")[0]
    small = {name.lower(): value for name, value in headers.items()}
    delivery = Delivery(small, body, timezone.now().timestamp())
    ids = hooks.ids_of(vendor, delivery, Access(), charge.account)
    # While the answer to the order is on its way, nobody knows the id.
    id = charge.handle.get("id")
    if id and str(id) not in ids:
        raise Unknown("This is about another job.")
    if charge.state in UNDER_WAY and charge.reel is not None:
        _look_again(charge.reel, vendor)


def _charge(token: str) -> Charge:
    try:
        pk = int(_signer().unsign(token, max_age=LIVES_S))
    except (signing.BadSignature, ValueError) as e:
        raise Unknown("There is no such order.") from e
    charge = Charge.objects.select_related("reel__take__script__slot").filter(pk=pk).first()
    if charge is None:
        raise Unknown("There is no such order.")
    return charge


def _look_again(reel: Reel, vendor: str) -> None:
    """All that is being made of the same words may wait for the same order."""
    take = reel.take
    same = Q(take__script=take.script_id) | Q(take__text_sha256=take.text_sha256)
    unfinished = Reel.objects.unfinished().filter(same, take__script__slot__creator=reel.creator)
    for pk in unfinished.values_list("pk", flat=True):
        if _tell(pk):
            log.info("Reel %s: %s tells that a job may be over.", pk, vendor)


def _tell(pk: int) -> bool:
    """Wake a reel that waits. One that looks right now, or did a moment ago, looks once more when
    it comes back (`missed`) or when a sweep finds it.
    """
    one, now = Reel.objects.filter(pk=pk), timezone.now()
    if not one.filter(Q(told_at=None) | Q(told_at__lte=now - PAUSE)).update(told_at=now):
        one.filter(told_at__lte=now).update(told_at=now + PAUSE)
        return False
    return _wake(one, pk)


def missed(pk: int, since: dt.datetime) -> None:
    """Look again at once when a webhook came while the reel was being made."""
    _wake(Reel.objects.filter(pk=pk, told_at__gte=since), pk)


def _wake(one: ReelQuerySet, pk: int) -> bool:
    waits = one.filter(state=Reel.State.QUEUED, waits_since__isnull=False)
    if not waits.update(retry_at=timezone.now()):
        return False
    services.wake(pk)
    return True
