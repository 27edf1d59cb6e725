"""A few tries, then a pause. For guessing of passwords and codes."""

import hashlib

from django.core.cache import cache


def allow(name: str, *, tries: int, seconds: int) -> bool:
    """Take one of `tries`; each comes back after `seconds`. False when none is left.

    A try is taken before the guess is looked at, so that many at once gain nothing.
    """
    return any(cache.add(key, 1, seconds) for key in _keys(name, tries))


def forget(name: str, *, tries: int) -> None:
    """All tries are back: the guess was right."""
    cache.delete_many(_keys(name, tries))


def _keys(name: str, tries: int) -> list[str]:
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return [f"throttle:{digest}:{n}" for n in range(tries)]
