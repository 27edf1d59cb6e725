"""What a reel holds in memory at most, short and long: it must not grow with its length."""

from pathlib import Path

from benchmarks.command import run, spoken, workplace

SIZE = "1080x1920@30"
SECONDS = 30.0, 300.0


def memory(photo: Path) -> None:
    """Print the peak of the command and its ffmpeg together."""
    print(f"peak memory at {SIZE}, ffmpeg included:")
    for seconds in SECONDS:
        with workplace() as folder:
            made = run(photo, Path(folder, "reel.mp4"), SIZE, "--text", spoken(seconds))
        length_s, peak_mb = made.timings["video_seconds"], made.timings["peak_rss_mb"]
        print(f"  {length_s:6.1f} s of video: {peak_mb:5.0f} MB  (made in {made.wall_s:.0f} s)")
    print()
