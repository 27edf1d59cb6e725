"""Where the time of Wav2Lip goes on this machine: `python -m benchmarks.wav2lip`.

    python -m benchmarks.wav2lip [--photo me.jpg] [--seconds 6] [--size 720x1280] [--device cpu]

The weights are random: the arithmetic is the same, the mouths are noise. A photo and footage of
the same size say the same sound. What counts are the shares of the parts, and how many times
longer than the film its making takes; both hold for this machine, in this hour, with what else it
does.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from avatar.engine.command import quiet_libraries
from avatar.engine.media.ffmpeg import peak_rss_mb, run_ffmpeg
from avatar.engine.media.sound import write_wav
from avatar.engine.wav2lip import Wav2LipOptions, lipsync
from benchmarks.command import HOPPER, workplace

FPS = 25
SAMPLE_RATE = 16_000
SWAY_PX = 16  # how far the face of the footage moves to each side


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--photo", type=Path, default=HOPPER)
    add("--seconds", type=float, default=6, help="length of the film")
    add("--size", default="720x1280", metavar="WIDTHxHEIGHT")
    add("--device", default="auto", choices=("auto", "cpu", "cuda"))
    given = parser.parse_args()
    with quiet_libraries(), workplace() as name:
        folder = Path(name)
        checkpoint, sound = _checkpoint(folder), _sound(folder, given.seconds)
        for what, source in _sources(folder, given.photo, given.size, given.seconds).items():
            _measure(what, source, sound, checkpoint, given.device)
        print(f"peak memory of all: {peak_rss_mb():.0f} MB")


def _measure(what: str, source: Path, sound: Path, checkpoint: Path, device: str) -> None:
    """Make one film; print how long it took and what each part's share was."""
    started = time.perf_counter()
    made = lipsync(
        source,
        sound,
        sound.with_name("film.mp4"),
        checkpoint=checkpoint,
        options=Wav2LipOptions(device=device),
    )
    wall_s = time.perf_counter() - started
    parts = {**made.seconds, "loading": wall_s - sum(made.seconds.values())}
    length_s = float(made.n_frames / made.fps)
    working_s = wall_s - parts["loading"]
    print(f"{what}, {made.width}x{made.height}, {made.n_frames} frames:")
    print(
        f"  {wall_s / length_s:.1f} times its length with loading,"
        f" {working_s / length_s:.1f} without"
    )
    shares = sorted(parts.items(), key=lambda part: -part[1])
    print("  " + ", ".join(f"{part} {seconds / wall_s:.1%}" for part, seconds in shares))
    mouth_ms = 1000 * parts["network"] / made.n_frames
    print(
        f"  network {mouth_ms:.0f} ms a frame, {parts['blend'] / parts['network']:.2f} of it blend"
    )


def _checkpoint(folder: Path) -> Path:
    import torch

    from avatar.engine.wav2lip.model import Wav2Lip

    torch.manual_seed(0)
    path = folder / "random.pth"
    torch.save({"state_dict": Wav2Lip().state_dict()}, path)
    return path


def _sound(folder: Path, seconds: float) -> Path:
    path = folder / "sound.wav"
    noise = np.random.default_rng(0).normal(0, 0.1, round(seconds * SAMPLE_RATE))
    write_wav(path, noise.astype(np.float32), SAMPLE_RATE)
    return path


def _sources(folder: Path, photo: Path, size: str, seconds: float) -> dict[str, Path]:
    """The photo at that size, and footage of it swaying."""
    width, height = (int(side) for side in size.split("x"))
    cover = f"scale={width}:{height}:force_original_aspect_ratio=increase"
    still, footage = folder / "photo.png", folder / "footage.mp4"
    run_ffmpeg(["-i", f"file:{photo}", "-vf", f"{cover},crop={width}:{height}", str(still)])
    larger = f"scale={width + 2 * SWAY_PX}:{height + 2 * SWAY_PX}"
    sway = f"crop={width}:{height}:{SWAY_PX}*(1+sin(2*t)):{SWAY_PX}*(1+cos(3*t))"
    moving = ["-loop", "1", "-framerate", str(FPS), "-i", str(still), "-t", str(seconds)]
    coding = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
    run_ffmpeg([*moving, "-vf", f"{larger},{sway}", *coding, str(footage)])
    return {"photo": still, "footage": footage}


if __name__ == "__main__":
    main()
