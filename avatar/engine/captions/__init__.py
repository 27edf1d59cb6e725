"""Words in time, on the picture (ASS for libass) and beside it (SRT, VTT)."""

from avatar.engine.captions.ass import Script, script
from avatar.engine.captions.fonts import fonts_dir
from avatar.engine.captions.styles import STYLES
from avatar.engine.captions.subtitles import srt, vtt
from avatar.engine.captions.zones import FaceRows

__all__ = ["STYLES", "FaceRows", "Script", "fonts_dir", "script", "srt", "vtt"]
