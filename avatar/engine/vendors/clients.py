"""Which client speaks to which vendor of jobs. Imported by name: nobody loads them all."""

from collections.abc import Callable

from avatar.engine.vendors.access import Access
from avatar.engine.vendors.orders import JobClient
from studio.lib.engines import load

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
