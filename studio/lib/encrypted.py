"""Columns that only this installation can read: tokens, upload addresses.

Fernet (AES-128-CBC and HMAC-SHA-256). `settings.TOKEN_KEYS` lists the keys: the first one locks,
any of them unlocks, so that a key is replaced by putting a new one in front and running
`manage.py rotate_token_keys`. Empty values stay empty and can be asked for; others cannot.

A value that no key opens reads as empty, so that no page falls over a lost key; `is_unreadable`
tells it from one that is empty, and saving its row leaves it locked as it was, for the day the key
is found again.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


class Unreadable(Exception):
    """A value that none of the keys opens."""


def lock(plain: str) -> str:
    return _fernet(tuple(settings.TOKEN_KEYS)).encrypt(plain.encode()).decode()


def unlock(locked: str) -> str:
    """Raises Unreadable when no key fits."""
    try:
        return _fernet(tuple(settings.TOKEN_KEYS)).decrypt(locked.encode()).decode()
    except InvalidToken as e:
        raise Unreadable(
            "Something stored was locked with a key that is not in TOKEN_KEYS any more."
        ) from e


def relock(locked: str) -> str | None:
    """The same value locked with the first key; None when it is already. Raises Unreadable."""
    plain = unlock(locked)
    try:
        _fernet((settings.TOKEN_KEYS[0],)).decrypt(locked.encode())
    except InvalidToken:
        return lock(plain)
    return None


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as e:
        raise ImproperlyConfigured(
            "TOKEN_KEYS must hold keys as `python -c 'from cryptography.fernet import Fernet;"
            " print(Fernet.generate_key().decode())'` prints them, separated by commas."
        ) from e


@dataclass(frozen=True)
class Locked:
    """A value to be stored as it is, for it is locked already."""

    stored: str


class _UnreadableText(str):
    """Empty to whoever reads it; knows what is stored."""

    stored: str


class _UnreadableObject(dict[str, Any]):
    stored: str


def is_unreadable(value: Any) -> bool:
    """Whether something is stored there that no key opens."""
    return isinstance(value, _UnreadableText | _UnreadableObject)


class EncryptedTextField(_TextField):
    """Text that is stored locked."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, _UnreadableText | Locked):
            return value.stored
        value = super().get_prep_value(value)
        return lock(value) if value else value

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        if not value:
            return value
        try:
            return unlock(value)
        except Unreadable:
            shut = _UnreadableText()
            shut.stored = value
            return shut


class EncryptedJSONField(_TextField):
    """A JSON object that is stored locked; `{}` is stored as nothing."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, _UnreadableObject | Locked):
            return value.stored
        return lock(json.dumps(value)) if value else ""

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        if not value:
            return {}
        try:
            return json.loads(unlock(value))
        except Unreadable:
            shut = _UnreadableObject()
            shut.stored = value
            return shut

    def to_python(self, value: Any) -> Any:
        return value
