"""A creator's own keys for vendors: kept locked, handed to renders, shown to nobody."""

from avatar.engine.vendors.access import VENDORS, Access
from avatar.models import EngineKey
from creators.models import Creator
from studio.lib.encrypted import is_unreadable

LONGEST = 500  # characters; a JWT has some three hundred


class KeyProblem(ValueError):
    """It cannot be kept; the message is a sentence."""


def own(creator: Creator) -> dict[str, str]:
    """By the names of the environment. A key that cannot be unlocked counts as none."""
    rows = EngineKey.objects.filter(creator=creator, vendor__in=VENDORS)
    return {VENDORS[row.vendor].key: row.key for row in rows if not is_unreadable(row.key)}


def access_of(creator: Creator) -> Access:
    """The creator's own keys before the installation's."""
    return Access(keys=own(creator))


def keep(creator: Creator, vendor: str, key: str) -> EngineKey:
    """Use this key from now on, instead of one that was kept before. Raises KeyProblem."""
    if vendor not in VENDORS:
        raise KeyProblem("There is no such vendor.")
    key = key.strip()
    if not key or len(key) > LONGEST or not key.isascii() or not key.isprintable() or " " in key:
        raise KeyProblem(
            "This is no key: keys are letters, digits and signs, without spaces, in one line."
        )
    account = Access(environ={}, keys={VENDORS[vendor].key: key}).account(vendor)
    fingerprint = account.partition(":")[2]
    row, _ = EngineKey.objects.update_or_create(
        creator=creator, vendor=vendor, defaults={"key": key, "fingerprint": fingerprint}
    )
    return row


def forget(row: EngineKey) -> None:
    """The installation's key is used again, if it has one."""
    row.delete()
