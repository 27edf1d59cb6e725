"""A photo or footage, and a voice-over, become a film. Performers are imported on first use."""

from avatar.engine.performers.base import Performer, Take
from studio.lib.engines import Engine, load

__all__ = ["Performer", "Take", "performer"]


def performer(engine: Engine) -> Performer:
    made: Performer = load(engine.path)(engine)
    return made
