"""What a reel holds in memory at most, short and long: it must not grow with its length."""

from pathlib import Path

from benchmarks.command import run, spoken, workplace

SIZE = "1080x1920@30"
SECONDS = 30.0, 300.0
SMALL, HALF_AN_HOUR = "96x160@24", 1500.0  # the sketch voice takes a little longer


def memory(photo: Path) -> None:
    """Print the peak of the command and its ffmpeg together."""
    print(f"peak memory at {SIZE}, ffmpeg included:")
    for seconds in SECONDS:
        with workplace() as folder:
            _print(photo, Path(folder), SIZE, "--text", spoken(seconds))
    print(f"at {SMALL}: spoken, then the same voice-over with its text, and without")
    with workplace() as folder:
        for seconds in (SECONDS[0], HALF_AN_HOUR):
            text, voice = spoken(seconds), str(Path(folder, "voice.mp4"))
            _print(photo, Path(folder), SMALL, "--text", text)
            Path(folder, "reel.mp4").rename(voice)
            _print(photo, Path(folder), SMALL, "--audio", voice, "--text", text)
            _print(photo, Path(folder), SMALL, "--audio", voice)
    print()


def _print(photo: Path, folder: Path, size: str, *options: str) -> None:
    made = run(photo, folder / "reel.mp4", size, *options)
    length_s, peak_mb = made.timings["video_seconds"], made.timings["peak_rss_mb"]
    print(
        f"  {length_s:6.1f} s of video: {peak_mb:5.0f} MB  (made in {made.wall_s:.0f} s)",
        flush=True,
    )
