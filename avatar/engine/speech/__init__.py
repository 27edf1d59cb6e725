"""Text in, voice-over out. Voices are imported on first use."""

from avatar.engine.speech.base import Lines, Speaker
from avatar.engine.vendors.access import Access
from studio.lib.engines import Engine, Kind, load

__all__ = ["Lines", "Speaker", "check", "forget", "speaker"]


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


def check(engine_name: str, access: Access) -> str:
    """A sentence that says whether the voice can be used, from a call that costs nothing.

    Raises VendorError, or ModelUnavailable when something is not set up.
    """
    from avatar.engine.registry import find, missing
    from avatar.engine.speech.forgetting import checked

    engine = find(engine_name, Kind.VOICE)
    if problem := missing(engine, access):
        from avatar.engine.errors import ModelUnavailable

        raise ModelUnavailable(problem)
    return checked(engine, access)
