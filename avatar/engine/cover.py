"""The picture a reel is chosen by: its best early frame."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine import captions
from avatar.engine.captions.ass import Script
from avatar.engine.media.encode import BT709, captions_folder
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.types import Performance

HOOK_S = 4.0  # the frame is looked for in the first seconds
FRIENDLY_JAW = 0.12  # a mouth just parted


def best_frame(performance: Performance) -> int:
    """Eyes open, mouth at ease or smiling, head straight."""
    n = min(performance.n_frames, max(1, round(HOOK_S * performance.fps)))
    curve = {name: values[:n] for name, values in performance.curves.items()}
    lids = np.maximum(curve["blink_left"], curve["blink_right"])
    mouth = np.abs(curve["jaw"] - FRIENDLY_JAW) + curve["pucker"] + curve["press"] + curve["tuck"]
    gaze = np.hypot(curve["gaze_x"], curve["gaze_y"])
    head = (np.abs(curve["head_yaw"]) + np.abs(curve["head_pitch"])) / 10
    pleasing = 0.5 * curve["smile"] + 0.3 * curve["wide"]
    return int(np.argmin(4 * lids + 1.5 * mouth + gaze + head - pleasing))


def write_cover(
    path: Path, frame: NDArray[np.uint8], width: int, height: int, script: Script
) -> None:
    """The frame as JPEG, with the words of a script on it: the label, perhaps a hook.

    frame: YUV420 planar, BT.709 limited, (height*3//2, width).
    """
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{width}x{height}"]
    jpeg = "scale=in_color_matrix=bt709:out_color_matrix=bt601:out_range=pc,format=yuvj420p"
    filters = f"ass=captions.ass:fontsdir=fonts,{jpeg}"
    picture = ["-frames:v", "1", "-c:v", "mjpeg", "-q:v", "2", "-f", "image2pipe"]
    with captions_folder(script.text, captions.fonts_dir(script.fonts)) as folder:
        encoded = run_ffmpeg(
            [*raw, *BT709, "-i", "pipe:0", "-vf", filters, *picture, "pipe:1"],
            doing="writing the cover",
            data=frame.tobytes(),
            cwd=folder,
        )
    path.write_bytes(encoded)
