"""How fast a reel is made, beside what encoding the same frames costs on this machine now.

The ratio is what counts: both halves run in the same minute on the same machine, so it can be
compared from one machine to another. The whole reel is the command as a process of its own, cold
start, voice, analysis and captions included; encoding alone is its frames without any of that.
By the clock it is what a creator waits; by processor seconds it holds on a busy machine, too.
"""

import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import Face
from avatar.engine.face.puppet import Puppet
from avatar.engine.lips import CURVES
from avatar.engine.media.encode import Encoder
from avatar.engine.order import load_photo
from avatar.engine.timing import parse_fps
from avatar.engine.types import Performance
from benchmarks.command import Run, run, spoken, workplace

SIZES = ("720x1280@25", "1080x1920@30")
BLOCKS, BLOCK = 4, 60  # frames drawn and encoded apart: so many from as many places of the reel
ONE_WORD = "Hello."
COLD_STARTS = 3


@dataclass(frozen=True)
class Spent:
    """What `frames` frames took, by the clock and in processor seconds."""

    frames: int
    wall_s: float
    cpu_s: float

    @property
    def fps(self) -> float:
        return self.frames / self.wall_s

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu_s / self.frames


class Watch:
    """Adds up clock and processor time, this process and its ended children, while it runs."""

    def __init__(self) -> None:
        self.wall_s = self.cpu_s = 0.0

    def __enter__(self) -> "Watch":
        self._since = time.perf_counter(), sum(os.times()[:4])
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s += time.perf_counter() - self._since[0]
        self.cpu_s += sum(os.times()[:4]) - self._since[1]


def speed(photo: Path, seconds: float, sizes: tuple[str, ...]) -> None:
    """Print whole reel over encode alone, and each stage, for each WIDTHxHEIGHT@FPS."""
    for size in sizes:
        with workplace() as folder:
            _measure(photo, spoken(seconds), size, Path(folder))


def cold_start(photo: Path, size: str = SIZES[0]) -> None:
    """Print how long the command takes until its first frame is with the encoder.

    Until then it loads its libraries, speaks one word and studies the photo.
    """
    made = []
    with workplace() as folder:
        for number in range(COLD_STARTS):
            out = Path(folder, str(number), "reel.mp4")  # each without what the last one kept
            out.parent.mkdir()
            made.append(run(photo, out, size, "--text", ONE_WORD))
    first_s = sorted(one.first_frame_s for one in made)
    cpu_s = statistics.median(one.cpu_s for one in made)
    print(
        f"cold start, {size}: first frame after {statistics.median(first_s):.2f} s"
        f" ({first_s[0]:.2f} to {first_s[-1]:.2f});"
        f" a reel of one word costs {cpu_s:.1f} s of processor\n"
    )


def _measure(photo: Path, text: str, size: str, folder: Path) -> None:
    """Make one reel, then draw and encode some of its frames apart; print what it took."""
    width, height = (int(side) for side in size.split("@")[0].split("x"))
    made = run(photo, folder / "reel.mp4", size, "--text", text)
    n = made.timings["frames"]
    drawn, kept = _drawn(photo, made, width, height, folder)
    encoded = _encoded(kept, width, height, made.cues["fps"], folder)
    whole = Spent(n, made.wall_s, made.cpu_s)
    length_s = made.timings["video_seconds"]
    print(f"{size}: {length_s:.1f} s of video, {n} frames")
    for name, spent in (("whole reel", whole), ("encode alone", encoded), ("draw alone", drawn)):
        print(f"  {name:13} {spent.fps:7.1f} fps   {spent.cpu_ms:6.2f} ms of processor a frame")
    print(
        f"  whole reel / encode alone  {encoded.fps / whole.fps:5.2f} by the clock,"
        f" {whole.cpu_ms / encoded.cpu_ms:5.2f} by processor seconds"
    )
    print(f"  whole reel / its length    {made.wall_s / length_s:5.2f}")
    stages = made.timings["stages"]
    parts = ", ".join(f"{stage} {s:.1f}" for stage, s in stages.items() if stage != "total")
    print(f"  seconds: {parts}, starting {made.wall_s - stages['total']:.1f}")
    print(
        f"  first frame after {made.first_frame_s:.1f} s;"
        f" peak memory {made.timings['peak_rss_mb']:.0f} MB, ffmpeg included\n"
    )


def _drawn(
    photo: Path, made: Run, width: int, height: int, folder: Path
) -> tuple[Spent, NDArray[np.uint8]]:
    """Draw some frames again, alone, and keep them for the encoder, on disk."""
    cues = made.cues
    curves = {name: np.array(cues["curves"][name], np.float32) for name in CURVES}
    performance = Performance(cues["fps"], cues["frames"], curves)
    puppet = Puppet(load_photo(photo), Face.load(folder / "face.npz"), width, height)
    blocks = list(_blocks(performance.n_frames))
    shape = (sum(stop - start for start, stop in blocks), height * 3 // 2, width)
    kept = np.memmap(folder / "frames.yuv", np.uint8, "w+", shape=shape)
    watch, number = Watch(), 0
    for start, stop in blocks:
        frames = puppet.frames(performance, start, stop)
        for _ in range(stop - start):
            with watch:
                frame = next(frames)
            kept[number] = frame
            number += 1
    return Spent(number, watch.wall_s, watch.cpu_s), kept


def _blocks(n_frames: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of the frames that are drawn apart: spread over the reel."""
    if n_frames <= BLOCKS * BLOCK:
        yield 0, n_frames
        return
    for k in range(BLOCKS):
        start = k * (n_frames - BLOCK) // (BLOCKS - 1)
        yield start, start + BLOCK


def _encoded(
    frames: NDArray[np.uint8], width: int, height: int, fps: float, folder: Path
) -> Spent:
    """Encode them with the reel's own settings, without sound and captions."""
    with (
        Watch() as watch,
        Encoder(folder / "encoded.mp4", width, height, parse_fps(fps)) as encoder,
    ):
        for frame in frames:
            encoder.write(frame)
    return Spent(len(frames), watch.wall_s, watch.cpu_s)
