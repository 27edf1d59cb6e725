"""Text in, voice-over out. Voices are imported on first use."""

from avatar.engine.speech.base import Lines, Speaker
from avatar.engine.vendors.access import Access
from studio.lib.engines import Engine, Kind, load

__all__ = ["Lines", "Speaker", "forget", "speaker"]


def speaker(engine: Engine) -> Speaker:
    made: Speaker = load(engine.path)(engine)
    return made


def forget(engine_name: str, voice_id: str, access: Access) -> None:
    """Delete a cloned voice at its vendor, when a consent is revoked for instance.

    engine_name: of the take's or the clone's record. A voice that is gone already is no error.
    Raises VendorError when the vendor did not do it; asking again is safe.
    """
    from avatar.engine.registry import find
    from avatar.engine.speech.forgetting import forget_voice

    forget_voice(find(engine_name, Kind.VOICE), voice_id, access)
