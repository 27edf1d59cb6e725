"""Small videos whose every frame can be told by its brightness."""

import numpy as np

from avatar.engine.media.ffmpeg import run_ffmpeg

STEP, BLACK = 4, 20  # of luma, from one frame to the next


def numbered(path, n_frames, fps="25", size=256, *, sound=True, args=()):
    """A video whose frame k is flat grey of level BLACK + STEP * k."""
    seconds = n_frames / eval_rate(fps)
    grey = f"nullsrc=size={size}x{size}:rate={fps}:duration={seconds:.4f},"
    grey += f"geq=lum='{BLACK}+{STEP}*N':cb=128:cr=128,format=yuv420p"
    heard = ["-f", "lavfi", "-i", f"sine=sample_rate=44100:duration={seconds:.4f}"] * sound
    codec = ["-c:v", "libx264", "-crf", "4", "-colorspace", "bt709"]
    run_ffmpeg(["-f", "lavfi", "-i", grey, *heard, *codec, *args, "-y", f"file:{path}"])
    return path


def eval_rate(fps):
    above, _, below = fps.partition("/")
    return int(above) / int(below or 1)


def levels(path):
    """Mean luma of every decoded frame."""
    planes = ["-vf", "format=yuv420p,extractplanes=y,crop=64:64", "-f", "rawvideo", "pipe:1"]
    raw = run_ffmpeg(["-i", f"file:{path}", "-fps_mode", "passthrough", *planes])
    return np.frombuffer(raw, np.uint8).reshape(-1, 64 * 64).mean(axis=1)


def numbers(path):
    """Which frame of `numbered` each decoded frame is."""
    return np.rint((levels(path) - BLACK) / STEP).astype(int).tolist()
