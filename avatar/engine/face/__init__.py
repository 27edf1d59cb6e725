"""One photo, analysed once, moved by curves. `puppet` draws the frames."""

from avatar.engine.face.portrait import Face, analyse
from avatar.engine.face.report import PhotoReport, inspect

__all__ = ["Face", "PhotoReport", "analyse", "inspect"]
