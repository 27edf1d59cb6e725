"""Addresses under which a vendor fetches the footage of an order, for those that take none.

An address is for a copy of the very file that one order needs, fitted and cut, without sound and
metadata. It ends with the order, with the consent, or by itself; then the copy is deleted. See
studio.lib.public_files.
"""

import datetime as dt
from pathlib import Path

from django.urls import reverse
from django.utils import timezone

from avatar.engine.registry import missing
from avatar.engine.vendors.access import VENDORS, Access
from avatar.engine.vendors.orders import LONGEST_S
from avatar.models import Charge, SourceLink
from avatar.models.links import SourceLinkQuerySet
from studio.lib import file_server, public_files
from studio.lib.engines import Engine
from studio.lib.files import is_here, store_file

LIVES = dt.timedelta(seconds=LONGEST_S)  # after that a job is given up
NAME, TYPE = "footage.mp4", "video/mp4"
NO_ADDRESS = f"{{label}} fetches footage itself, {public_files.NEEDED}"


def lacking(engine: Engine, access: Access) -> str:
    """What is not set up so that it could be used in the dashboard, as a sentence; empty when it
    can. On the command line an address can be given by hand.
    """
    return missing(engine, access) or lacks_address(engine, access)


def lacks_address(engine: Engine, access: Access) -> str:
    """Why a vendor could not fetch footage from here, as a sentence; empty when it can, or is
    sent what it needs.
    """
    if not engine.public_url or public_files.can_be_fetched(_doubles(engine.vendor, access)):
        return ""
    return NO_ADDRESS.format(label=engine.label)


def publish(charge: Charge, path: Path) -> str:
    """The address of a copy of `path`, while the order is under way. An earlier one ends.

    Raises OSError (a full disk).
    """
    withdraw(SourceLink.objects.filter(charge=charge))
    token = public_files.new_token()
    link = SourceLink(
        charge=charge, digest=public_files.digest(token), expires_at=timezone.now() + LIVES
    )
    store_file(link.file, path)
    try:
        link.save()
    except BaseException:
        link.file.storage.delete(str(link.file.name))
        raise
    if not is_here(link.file):
        return str(link.file.url)
    where = reverse("source-link", args=[token, NAME])
    return public_files.address(link.file, where, TYPE, owner=_owner(charge.pk))


def find(token: str) -> SourceLink | None:
    """The file behind a token; None when there is none, or its time is over."""
    return SourceLink.objects.live().filter(digest=public_files.digest(token)).first()


def withdraw(links: SourceLinkQuerySet) -> None:
    """Nobody fetches these any more; the copies are deleted."""
    for link in links:
        file_server.forget(_owner(link.charge_id))
        link.file.storage.delete(str(link.file.name))  # first: a row without it is found again
        link.delete()


def over() -> SourceLinkQuerySet:
    """Those that nobody can fetch any more, and whose copies are still there."""
    live = SourceLink.objects.live()
    return SourceLink.objects.exclude(pk__in=live.values("pk"))


def _owner(charge_pk: int) -> str:
    return f"charge {charge_pk}"


def _doubles(vendor: str, access: Access) -> list[str]:
    """Where the vendor is instead of its own addresses."""
    found = {n: h.address(n, access.environ) for n, h in VENDORS[vendor].hosts.items()}
    return [url for name, url in found.items() if url != VENDORS[vendor].hosts[name].url]
