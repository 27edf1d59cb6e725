"""Which sound and which word is when."""

from avatar.engine.align.known import align

__all__ = ["align"]
