"""Webhooks of vendors: who really sent one, and which job it is about.

A webhook carries nothing that is believed. It says that a job may be over, and the job is asked
after at the vendor as always, only sooner. Still, who cannot prove to be the vendor is refused:

    sync, wavespeed, replicate  sign with a secret of the account: without it they get no address
    fal                         signs with keys that it publishes
    heygen                      signs for registered endpoints; whether it signs what goes to the
                                address of one order is not said: it must once a secret is set
    hedra, kling                publish no signature: their address, which nobody guesses, is all

Source: the vendors' documents on webhooks; where Sync.so puts a dot is not said, so both pass.
"""

import base64
import binascii
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from avatar.engine.vendors.access import Access
from studio.lib import web

FRESH_S = 300  # what was signed longer ago, or for a time to come, is somebody's copy
JWKS_PATH = "/.well-known/jwks.json"
JWKS_S = 24 * 3600  # fal's keys may be kept so long
JWKS_AGAIN_S = 300  # until they are fetched for a signature that fits none: they may be new
JWKS_READ_S = 5.0
DEEPEST = 8  # of what a body is looked through


class NotTheirs(Exception):  # named for what is wrong with it
    """Not proved to be the vendor's; the message is a sentence."""


class NoWebhook(Exception):  # named for what it is not
    """The vendor's, and no message about a job; the message is a sentence."""


class CannotTell(Exception):  # named for what happened
    """What it takes to check the signature cannot be had now."""


@dataclass(frozen=True)
class Delivery:
    """What came. headers: their names in small letters. at: when, in seconds since 1970."""

    headers: Mapping[str, str]
    body: bytes
    at: float

    def header(self, name: str) -> str:
        """Raises NotTheirs when it is missing."""
        if found := self.headers.get(name, "").strip():
            return found
        raise NotTheirs(f"The header {name} is missing.")


Check = Callable[[Delivery, Access, str], None]


def tells(vendor: str, access: Access, account: str) -> bool:
    """Whether an order of that account may name an address: what comes there can be checked.

    account: see Access.account.
    """
    if vendor not in CHECKS:
        return False
    return vendor not in NEED_SECRET or bool(secret_of(vendor, access, account))


def secret_of(vendor: str, access: Access, account: str) -> str:
    """What the vendor signs with for that account; empty when it is not known. The environment has
    the one of the installation's account; a creator's own key belongs to another.
    """
    if access.missing(vendor) or access.account(vendor) != account:
        return ""
    return access.webhook_secret(vendor)


def ids_of(vendor: str, delivery: Delivery, access: Access, account: str) -> frozenset[str]:
    """The ids in a delivery that is really the vendor's, its job's among them.

    Raises NotTheirs, NoWebhook and CannotTell.
    """
    if vendor not in CHECKS:
        raise NotTheirs(f"{vendor} sends no webhooks.")
    CHECKS[vendor](delivery, access, secret_of(vendor, access, account))
    try:
        said = json.loads(delivery.body)
    except (ValueError, RecursionError) as e:
        raise NoWebhook("This is not JSON.") from e
    return frozenset(_ids(said))


def _ids(said: Any, depth: int = 0) -> Iterator[str]:
    """Whatever the body calls an id: the shapes of some vendors are not published."""
    if depth > DEEPEST:
        return
    if isinstance(said, list):
        for one in said:
            yield from _ids(one, depth + 1)
    elif isinstance(said, dict):
        for name, value in said.items():
            if isinstance(value, dict | list):
                yield from _ids(value, depth + 1)
            elif name == "id" or name.endswith("_id"):
                yield str(value)


# How each of them signs


def _sync(delivery: Delivery, access: Access, secret: str) -> None:
    given = _pairs(delivery.header("sync-signature"))
    at = next((value for name, value in given if name == "t"), "")
    _must_be_fresh(at, delivery)
    key, body = _key(secret).encode(), delivery.body
    right = [_hex(key, at.encode() + dot + body) for dot in (b".", b"")]
    _must_fit([value for name, value in given if name == "v1"], right)


def _wavespeed(delivery: Delivery, access: Access, secret: str) -> None:
    """The text behind the prefix is the key as it stands, base64 or not."""
    key = _key(secret).removeprefix("whsec_").encode()
    message, given = _standard(delivery, "v3")
    _must_fit(given, [_hex(key, message)])


def _replicate(delivery: Delivery, access: Access, secret: str) -> None:
    try:
        key = base64.b64decode(_key(secret).removeprefix("whsec_"))
    except ValueError as e:
        raise NotTheirs("The secret is not as Replicate gives it.") from e
    message, given = _standard(delivery, "v1")
    right = base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()
    _must_fit(given, [right])


def _heygen(delivery: Delivery, access: Access, secret: str) -> None:
    if at := delivery.headers.get("heygen-timestamp", "").strip():
        _must_be_fresh(at, delivery)
    if not secret:
        return
    older = delivery.headers.get("signature", "").strip()  # of older endpoints
    _must_fit(
        [older or delivery.header("heygen-signature")], [_hex(secret.encode(), delivery.body)]
    )


def _fal(delivery: Delivery, access: Access, secret: str) -> None:
    names = ("request-id", "user-id", "timestamp")
    lines = [delivery.header(f"x-fal-webhook-{name}") for name in names]
    _must_be_fresh(lines[-1], delivery)
    message = "\n".join([*lines, hashlib.sha256(delivery.body).hexdigest()]).encode()
    try:
        signature = bytes.fromhex(delivery.header("x-fal-webhook-signature"))
    except ValueError as e:
        raise NotTheirs("The signature is not hexadecimal.") from e
    url = access.url("fal", "FAL_STORAGE_URL") + JWKS_PATH
    if not JWKS.has_signed(url, message, signature):
        raise NotTheirs("The signature does not fit.")


def _nothing(delivery: Delivery, access: Access, secret: str) -> None:
    """No signature is published."""


CHECKS: dict[str, Check] = {
    "sync": _sync,
    "wavespeed": _wavespeed,
    "replicate": _replicate,
    "fal": _fal,
    "heygen": _heygen,
    "hedra": _nothing,
    "kling": _nothing,
}
NEED_SECRET = ("sync", "wavespeed", "replicate")


def _key(secret: str) -> str:
    if not secret:
        raise NotTheirs("There is no secret to check the signature with.")
    return secret


def _standard(delivery: Delivery, version: str) -> tuple[bytes, list[str]]:
    """What is signed, and the signatures of that version: there are several while a secret is
    exchanged for another.
    """
    id, at = delivery.header("webhook-id"), delivery.header("webhook-timestamp")
    _must_be_fresh(at, delivery)
    both = [one.partition(",") for one in delivery.header("webhook-signature").split()]
    given = [value for name, _, value in both if name == version]
    return f"{id}.{at}.".encode() + delivery.body, given


def _pairs(header: str) -> list[tuple[str, str]]:
    """`t=1,v1=ab`"""
    parts = [one.strip().partition("=") for one in header.split(",")]
    return [(name, value) for name, _, value in parts]


def _must_be_fresh(at: str, delivery: Delivery) -> None:
    is_number = at.isascii() and at.isdigit() and len(at) < 12
    if not is_number or abs(delivery.at - int(at)) > FRESH_S:
        raise NotTheirs("It was signed too long ago, or for no time at all.")


def _must_fit(given: list[str], right: list[str]) -> None:
    """One of the signatures is one of the right ones. All are compared, each in constant time."""
    fits = [hmac.compare_digest(a.encode(), b.encode()) for a in given for b in right]
    if not any(fits):
        raise NotTheirs("The signature does not fit.")


def _hex(key: bytes, message: bytes) -> str:
    return hmac.digest(key, message, hashlib.sha256).hex()


class KeySet:
    """The public keys of whoever signs so, by address, kept for a day."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, list[Ed25519PublicKey]]] = {}
        self._lock = threading.Lock()

    def has_signed(self, url: str, message: bytes, signature: bytes) -> bool:
        """Raises CannotTell when the keys cannot be fetched."""
        if any(_fits(key, message, signature) for key in self._keys(url, JWKS_S)):
            return True
        return any(_fits(key, message, signature) for key in self._keys(url, JWKS_AGAIN_S))

    def _keys(self, url: str, most_s: float) -> list[Ed25519PublicKey]:
        with self._lock:
            fetched_at, keys = self._kept.get(url, (0.0, []))
            if time.time() - fetched_at > most_s:
                keys = _published(url)
                self._kept[url] = (time.time(), keys)
            return keys


def _fits(key: Ed25519PublicKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _published(url: str) -> list[Ed25519PublicKey]:
    try:
        answer = web.request("GET", url, read_s=JWKS_READ_S, most_s=JWKS_READ_S)
    except web.NoAnswer as e:
        raise CannotTell(f"The keys cannot be fetched: {e}") from e
    found = answer.get("keys") if answer.ok else None
    if not isinstance(found, list):
        raise CannotTell(f"The keys cannot be fetched: HTTP {answer.status}.")
    return [key for one in found if (key := _public_key(one))]


def _public_key(row: Any) -> Ed25519PublicKey | None:
    """Of a row of a JWKS; None for what is no such key."""
    text = row.get("x") if isinstance(row, dict) else None
    if not isinstance(text, str):
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(text + "=="))
    except (ValueError, binascii.Error):
        return None


JWKS = KeySet()
