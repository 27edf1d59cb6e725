"""Performers that are asked over the network: one way for all of them."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from avatar.engine.errors import InputError
from avatar.engine.performers.base import Take
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import Paid
from avatar.engine.vendors.orders import Context, JobClient, ordered, paid_key
from studio.lib.engines import Engine, load

# Vendor -> its client, made with an Access.
CLIENTS: dict[str, str] = {
    "sync": "avatar.engine.vendors.sync:Sync",
    "wavespeed": "avatar.engine.vendors.wavespeed:WaveSpeed",
    "fal": "avatar.engine.vendors.fal:Fal",
    "replicate": "avatar.engine.vendors.replicate:Replicate",
    "hedra": "avatar.engine.vendors.hedra:Hedra",
    "heygen": "avatar.engine.vendors.heygen:HeyGen",
    "kling": "avatar.engine.vendors.kling:Kling",
    "pixverse": "avatar.engine.vendors.pixverse:PixVerse",
}


def client_of(vendor: str, access: Access) -> JobClient:
    make: Callable[[Access], JobClient] = load(CLIENTS[vendor])
    return make(access)


class HostedPerformer:
    """Satisfies performers.base.Performer."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def price_usd(self, take: Take) -> float:
        price = self.engine.price
        return price.of(seconds=take.duration_ms / 1000) if price else 0.0

    def perform(self, take: Take, context: Context, folder: Path) -> Path:
        self._check(take)
        inputs = self._inputs(take)
        account = context.access.account(self.engine.vendor)
        paid = Paid(
            key=paid_key(self.engine, inputs, account),
            engine=self.engine.name,
            what="film",
            usd=self.price_usd(take),
            account=account,
            at_once=context.access.at_once(self.engine.vendor),
            about={**take.options, "seconds": take.duration_ms / 1000},
        )
        client = client_of(self.engine.vendor, context.access)
        check = partial(_usable, take)
        return ordered(context, client, self.engine, paid, inputs, check=check)

    def _check(self, take: Take) -> None:
        engine, seconds = self.engine, take.duration_ms / 1000
        if not engine.takes(take.kind):
            other = "a photo" if take.is_footage else "footage"
            raise InputError(f"{engine.label} animates {other}; give it that, or choose another.")
        if engine.longest_s is not None and seconds > engine.longest_s:
            raise InputError(
                f"{engine.label} takes {engine.longest_s:g} seconds at most; this is"
                f" {seconds:.1f} s."
            )
        if seconds < engine.shortest_s:
            raise InputError(
                f"{engine.label} needs {engine.shortest_s:g} seconds; this is {seconds:.1f} s."
            )

    def _inputs(self, take: Take) -> Mapping[str, Any]:
        """By logical name: what the client maps to the vendor's own names."""
        offered: dict[str, Any] = {
            take.kind: take.source,
            "audio": take.audio,
            "prompt": take.prompt,
            "aspect_ratio": take.aspect,
        }
        wanted = {k: v for k, v in offered.items() if self.engine.takes(k) and v}
        return {**wanted, **self.engine.fixed, **take.options}


def _usable(take: Take, film: Path) -> None:
    """Raises BadResult for what is no film of that length."""
    from avatar.engine.errors import BadResult
    from avatar.engine.media.probe import probe

    try:
        found = probe(film)
    except InputError as e:
        raise BadResult("What came back is no video.") from e
    if not found.has_video:
        raise BadResult("What came back has no picture.")
