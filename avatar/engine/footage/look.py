"""What a creator's video is, and whether it can be worked with. It is hostile until looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from avatar.engine.errors import EngineError, InputError
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.packets import count_packets
from avatar.engine.media.probe import Probe, probe
from avatar.engine.media.sound import CONTAINERS, MAX_MINUTES
from studio.lib.sniff import GIF, HEAD_BYTES, HEICS, sniff

MAX_BYTES = 2 * 10**9
SHORTEST_MS = 1000
SMALLEST_PX, LARGEST_PX = 256, 8192
SLOWEST_FPS = 5
USUAL_RATES = tuple(Fraction(n, d) for n, d in ((24000, 1001), (24, 1), (25, 1), (30000, 1001)))
USUAL_RATES += (Fraction(30),)
HIGHEST_STEADY = 31  # above it every other frame is enough: lips are read at 25 to 30
SAME_RATE = 0.02


@dataclass(frozen=True)
class Footage:
    """A video that can be decoded.

    width, height: as a player shows it, turned and with square pixels; even.
    fps: how often its frames come; most of them where they come irregularly (`variable`).
    rotation: degrees anticlockwise that a player turns it by; already in width and height.
    """

    path: Path
    duration_ms: int
    width: int
    height: int
    fps: Fraction
    n_frames: int
    rotation: int
    codec: str
    has_sound: bool
    variable: bool
    about: Probe

    def steady_fps(self) -> Fraction:
        """A constant rate that shows it well: its own where that is usual, at most 30."""
        fps = self.fps
        while fps > HIGHEST_STEADY:
            fps /= 2
        nearest = min(USUAL_RATES, key=lambda rate: abs(rate - fps))
        if abs(nearest - fps) <= SAME_RATE * fps and not self.variable:
            close = [rate for rate in USUAL_RATES if abs(rate - fps) < Fraction(1, 500)]
            return close[0] if close else nearest
        return Fraction(25 if fps <= 25 and not self.variable else 30)


def look(path: Path, should_stop: Callable[[], bool] = lambda: False) -> Footage:
    """Raises InputError with one sentence when it is no video to work with; Cancelled."""
    found = opened(path, should_stop)
    _check_time(found)
    _check_size(found)
    return found


def opened(path: Path, should_stop: Callable[[], bool] = lambda: False) -> Footage:
    """Any whole video that can be decoded, however small and short. Raises as `look` does."""
    _check_file(path)
    about = _probed(path)
    width, height = shown_size(about)
    if max(width, height) > LARGEST_PX:  # before a frame of it is decoded
        raise InputError(
            f"{path.name} is {width}x{height} px; {LARGEST_PX} px are the most for either side."
        )
    packets = count_packets(path, should_stop)
    if packets.cut_off:
        raise InputError(
            f"{path.name} breaks off after {packets.span_ms / 1000:.1f} of its"
            f" {about.duration_ms / 1000:.1f} seconds: copy or export it again."
        )
    if packets.n_frames < 2:
        raise InputError(f"{path.name} is a still picture, not a video.")
    for at_ms in (0, packets.first_ms + packets.span_ms // 2):
        _check_decodes(path, about, at_ms)
    return Footage(
        path=path,
        duration_ms=packets.span_ms,
        width=width,
        height=height,
        fps=packets.fps or about.fps,
        rotation=about.rotation,
        codec=about.video_codec,
        n_frames=packets.n_frames,
        has_sound=about.has_audio,
        variable=packets.variable,
        about=about,
    )


def shown_size(about: Probe) -> tuple[int, int]:
    """Width and height on the screen, rounded down to even numbers."""
    wide, high = round(about.width * about.sar), about.height
    if about.rotation % 180:
        wide, high = high, wide
    return wide // 2 * 2, high // 2 * 2


def _check_file(path: Path) -> None:
    name = path.name
    if not path.is_file():
        raise InputError(f"There is no video {path}.")
    size = path.stat().st_size
    if not size:
        raise InputError(f"{name} is empty.")
    if size > MAX_BYTES:
        raise InputError(f"{name} has {size / 10**9:.1f} GB; 2 GB are the most a video may have.")
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    if kind is None:  # MPEG transport streams have no signature, for instance
        return
    if kind in (GIF, HEICS) or not kind.moves:
        raise InputError(f"{name} is {kind.words}, not a video.")


def _probed(path: Path) -> Probe:
    try:
        about = probe(path, CONTAINERS)
    except InputError as e:
        raise InputError(
            f"{path.name} cannot be read as a video: it is damaged, cut off or of another kind."
        ) from e
    if not about.has_video:
        raise InputError(f"{path.name} has no picture in it, only sound.")
    return about


def _check_time(found: Footage) -> None:
    name, seconds = found.path.name, found.duration_ms / 1000
    if found.duration_ms < SHORTEST_MS:
        raise InputError(f"{name} is {seconds:.1f} seconds long; 1 second is the least.")
    if found.duration_ms > MAX_MINUTES * 60_000:
        raise InputError(
            f"{name} is {seconds / 60:.0f} minutes long; {MAX_MINUTES} minutes are the most."
        )
    if found.n_frames < SLOWEST_FPS * seconds:
        raise InputError(
            f"{name} has only {found.n_frames / seconds:.1f} pictures a second: that is a slide"
            f" show; {SLOWEST_FPS} are the least."
        )


def _check_size(found: Footage) -> None:
    if min(found.width, found.height) < SMALLEST_PX:
        raise InputError(
            f"{found.path.name} is {found.width}x{found.height} px; {SMALLEST_PX} px are the least"
            " for either side."
        )


def _check_decodes(path: Path, about: Probe, at_ms: int) -> None:
    """One frame, made small: a protected or unknown stream gives none."""
    safe = ["-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS]
    place = ["-ss", f"{at_ms / 1000:.3f}"] if at_ms else []
    small = ["-map", "0:v:0", "-frames:v", "1", "-vf", "scale=16:16", "-pix_fmt", "gray"]
    try:
        frame = run_ffmpeg(
            [*safe, *place, "-i", f"file:{path}", *small, "-f", "rawvideo", "pipe:1"],
            doing=f"looking into {path.name}",
        )
    except EngineError as e:
        raise _undecodable(path, about) from e
    if len(frame) != 16 * 16:
        raise _undecodable(path, about)


def _undecodable(path: Path, about: Probe) -> InputError:
    codec = "" if about.video_codec == "none" else f" ({about.video_codec})"
    return InputError(
        f"The picture of {path.name}{codec} cannot be decoded: it is protected or damaged. Export"
        " it as H.264."
    )
