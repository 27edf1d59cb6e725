"""One picture of footage, for pages that show whom it is of."""

from pathlib import Path

from avatar.engine.footage.look import Footage
from avatar.engine.footage.reading import fitting_size
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.planes import as_bt709
from avatar.engine.media.sound import CONTAINERS

AT_MS = 1000  # people have looked up by then
LARGEST = (1280, 720)  # the longer and the shorter side
JPEGS = "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p"  # the colours of every JPEG


def still(footage: Footage, out: Path) -> Path:
    """Write a picture of it as JPEG, upright, without metadata. Raises EncodeError."""
    size = fitting_size(footage.width, footage.height, LARGEST)
    safe = ["-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS]
    at_s = min(AT_MS, footage.duration_ms // 2) / 1000
    source = ["-ss", f"{at_s:.3f}", "-i", f"file:{footage.path}", "-map", "0:v:0"]
    chain = ",".join([*as_bt709(footage.about, *size), JPEGS])
    shown = ["-frames:v", "1", "-vf", chain, "-q:v", "3"]
    bare = ["-map_metadata", "-1", "-update", "1"]
    run_ffmpeg(
        ["-y", *safe, *source, *shown, *bare, f"file:{out}"], doing="taking a picture of footage"
    )
    return out
