"""How fast a reel is made, beside what encoding the same frames costs on this machine now.

    python -m benchmarks.reel [--seconds 6] [--photo me.jpg] [720x1280@25 1080x1920@30 …]

The ratio is what counts: both halves run in the same minute on the same machine, so it can be
compared from one machine to another. The whole reel is the command as a process of its own, cold
start, voice, analysis and captions included; encoding alone is its frames without any of that.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import matplotlib
import numpy as np

from avatar.engine.face import Face
from avatar.engine.face.puppet import Puppet
from avatar.engine.lips import CURVES
from avatar.engine.media.encode import Encoder
from avatar.engine.pipeline import load_photo
from avatar.engine.timing import parse_fps
from avatar.engine.types import Performance

HOPPER = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
SENTENCE = "Most people wait for the perfect moment, and then they wait a little longer. "
SENTENCE_S = 4.2  # as the sketch voice says it
SIZES = ("720x1280@25", "1080x1920@30")
SAMPLE = 120  # frames drawn and encoded apart from each other, at most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sizes", nargs="*", default=SIZES, metavar="WIDTHxHEIGHT@FPS")
    parser.add_argument("--photo", type=Path, default=HOPPER)
    parser.add_argument("--seconds", type=float, default=6.0, help="length of the reel, roughly")
    given = parser.parse_args()
    text = SENTENCE * math.ceil(given.seconds / SENTENCE_S)
    for size in given.sizes:
        with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
            measure(given.photo, text, size, Path(folder))


def measure(photo: Path, text: str, size: str, folder: Path) -> None:
    """Make one reel, then draw and encode some of its frames apart; print what it took."""
    sides, fps = size.split("@")
    width, height = (int(side) for side in sides.split("x"))
    wall_s, timings, cues = whole_reel(photo, text, sides, fps, folder)
    stages, n = timings["stages"], timings["frames"]
    sample = min(SAMPLE, n)
    drawn_s = draw(photo, cues, width, height, folder, sample)
    encoded_s = encode(width, height, fps, folder, sample)

    reel_s, encode_s = wall_s / n, encoded_s / sample
    print(f"{size}: {timings['video_seconds']:.1f} s of video, {n} frames")
    print(f"  whole reel    {wall_s:6.1f} s   {1 / reel_s:6.1f} fps   cold start included")
    print(f"  encode alone              {1 / encode_s:6.1f} fps")
    print(f"  draw alone                {sample / drawn_s:6.1f} fps")
    print(f"  whole reel / encode alone {reel_s / encode_s:6.2f}")
    print(f"  whole reel / its length   {wall_s / timings['video_seconds']:6.2f}")
    parts = ", ".join(f"{stage} {s:.1f}" for stage, s in stages.items() if stage != "total")
    print(f"  seconds: {parts}, starting {wall_s - stages['total']:.1f}")
    print(f"  peak memory {timings['peak_rss_mb']:.0f} MB, ffmpeg included\n")


def whole_reel(
    photo: Path, text: str, sides: str, fps: str, folder: Path
) -> tuple[float, dict, dict]:
    """Seconds on the clock, TIMINGS and CUES of the command as anybody runs it."""
    command = [sys.executable, "-m", "avatar.engine", str(photo), "--text", text]
    command += ["-o", str(folder / "reel.mp4"), "--size", sides, "--fps", fps]
    for name in ("timings", "cues", "face"):
        ending = "npz" if name == "face" else "json"
        command += [f"--{name}", str(folder / f"{name}.{ending}")]
    started = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    wall_s = time.perf_counter() - started
    timings, cues = (json.loads((folder / f"{n}.json").read_text()) for n in ("timings", "cues"))
    return wall_s, timings, cues


def draw(photo: Path, cues: dict, width: int, height: int, folder: Path, sample: int) -> float:
    """Draw the sample again, alone, into frames.yuv. Seconds without the writing."""
    curves = {name: np.array(cues["curves"][name], np.float32) for name in CURVES}
    performance = Performance(cues["fps"], cues["frames"], curves)
    puppet = Puppet(load_photo(photo), Face.load(folder / "face.npz"), width, height)
    frames = puppet.frames(performance)
    drawn_s = 0.0
    with (folder / "frames.yuv").open("wb") as file:
        for _ in range(sample):
            started = time.perf_counter()
            frame = next(frames)
            drawn_s += time.perf_counter() - started
            file.write(frame.data)
    return drawn_s


def encode(width: int, height: int, fps: str, folder: Path, sample: int) -> float:
    """Seconds to encode frames.yuv with the reel's own settings, without sound and captions."""
    shape = (sample, height * 3 // 2, width)
    frames = np.memmap(folder / "frames.yuv", np.uint8, "r", shape=shape)
    started = time.perf_counter()
    with Encoder(folder / "encoded.mp4", width, height, parse_fps(fps)) as encoder:
        for frame in frames:
            encoder.write(frame)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
