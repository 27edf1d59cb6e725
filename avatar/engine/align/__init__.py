"""Which sound and which word is when."""

from avatar.engine.align.known import align
from avatar.engine.align.unknown import hear

__all__ = ["align", "hear"]
