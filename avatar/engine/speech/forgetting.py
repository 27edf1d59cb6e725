"""What is asked of a vendor beside speaking: whether it can be used, and to forget a voice."""

from avatar.engine.errors import InputError
from avatar.engine.speech.client import CloningClient
from avatar.engine.speech.hosted import CLIENTS, voice_client
from avatar.engine.vendors.access import Access
from studio.lib.engines import Engine


def forget_voice(engine: Engine, voice_id: str, access: Access) -> None:
    """Raises InputError where no call deletes a voice: the vendor's website does, then."""
    client = voice_client(engine.vendor, access) if engine.vendor in CLIENTS else None
    if not isinstance(client, CloningClient):
        raise InputError(
            f"{engine.label} has no call that deletes a voice: delete {voice_id} on its website."
        )
    client.forget(voice_id)
