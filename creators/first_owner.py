"""The first visit to an empty installation makes its owner: who can read what the start prints."""

from django.contrib.auth.models import User
from django.utils.crypto import constant_time_compare, salted_hmac

from studio.lib.models import Lease

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that could be taken for something else
LENGTH = 8
LEASE = "creators.first-owner"


class SetupOver(Exception):  # an answer, not a fault
    """Somebody else owns this installation by now."""


def is_empty() -> bool:
    return not User.objects.exists()


def setup_code() -> str:
    """The installation's code; worth something only while there is no account.

    Derived from the secret key, so every process knows it and none has to store it.
    """
    number = int.from_bytes(
        salted_hmac("creators.first_owner", "setup code", algorithm="sha256").digest()
    )
    letters = []
    for _ in range(LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def is_setup_code(entered: str) -> bool:
    letters = "".join(letter for letter in entered.upper() if letter.isalnum())
    return constant_time_compare(letters, setup_code())


def become_owner(user: User) -> None:
    """Save `user` as the first account. Of two browsers at once, one wins.

    Raises SetupOver for the other.
    """
    lease = Lease.take(LEASE, seconds=30)
    if lease is None:
        raise SetupOver
    try:
        if not is_empty():
            raise SetupOver
        user.is_staff = user.is_superuser = True
        user.save()
    finally:
        Lease.give_back(LEASE, lease)
