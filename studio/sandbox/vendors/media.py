"""What vendors make, made really: films and sounds, with ffmpeg and for its length only.

A film shows the picture it was given and plays the sound it was given. Nobody's lips move: the
double stands in for a vendor's server, not for its model.
"""

import functools
import math
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
from PIL import Image, ImageOps, UnidentifiedImageError

from studio.sandbox.state import sha256_of

FPS = 25
FFMPEG_S = 300  # longer than any film of the sandbox takes
BACKWARDS_S = 2  # of film are held in memory at a time while it is turned round
SAMPLE_RATE = 48000
LARGEST = 2160  # px of the shorter side; tests make it small
FORMATS = "mov,mp4,m4a,3gp,matroska,webm,avi,wav,mp3,ogg,flac,aac,asf,image2,png_pipe"
QUICK = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "23", "-pix_fmt", "yuv420p")

# Longest of sound (a) and film (v), in seconds, for the way they are fitted to each other.
# Source: sync.so/docs, media content tips.
LENGTHS: dict[str, Callable[[float, float], float]] = {
    "bounce": lambda a, v: a,
    "loop": lambda a, v: a,
    "remap": lambda a, v: a,
    "cut_off": min,
    "silence": max,
    "film": lambda a, v: v,  # the film as it is; sound is cut or padded
}


class NotMedia(Exception):
    """ffmpeg or Pillow cannot read it."""


@dataclass(frozen=True)
class Seen:
    """What a file is."""

    kind: str  # "image", "video" or "audio"
    seconds: float = 0.0  # 0 for a picture
    width: int = 0
    height: int = 0
    has_sound: bool = False


def run_ffmpeg(*arguments: str) -> None:
    """Files are read as files, whatever stands in them. Raises NotMedia when ffmpeg fails."""
    ended = subprocess.run(
        [_ffmpeg(), "-y", "-loglevel", "error", *arguments],
        capture_output=True,
        check=False,
        timeout=FFMPEG_S,
    )
    if ended.returncode:
        raise NotMedia(ended.stderr.decode(errors="replace").strip()[-300:])


def _ffmpeg() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def reading(path: Path) -> list[str]:
    """Arguments to open a file that a stranger sent."""
    safe = ["-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS]
    return [*safe, "-i", f"file:{path}"]


@dataclass(frozen=True)
class File:
    """What has the same content is the same file: callers send theirs again and again."""

    content: str
    path: Path = field(compare=False)


@functools.lru_cache(maxsize=256)
def _looked(file: File) -> Seen:
    path = file.path
    if picture := _picture(path):
        return picture
    described = subprocess.run(
        [_ffmpeg(), "-hide_banner", "-nostdin", *reading(path)],
        capture_output=True,
        check=False,
        timeout=FFMPEG_S,
    ).stderr.decode(errors="replace")
    has_sound = re.search(r"Stream #.*: Audio: ", described) is not None
    picture_stream = re.search(r"Stream #.*: Video: .*?(\d{2,5})x(\d{2,5})", described)
    length = re.search(r"Duration: (\d+):(\d+):([\d.]+)", described)
    if not length or not (has_sound or picture_stream):
        raise NotMedia("This is neither a picture nor a film nor a sound.")
    seconds = int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3])
    if not picture_stream or "(attached pic)" in described:
        return Seen("audio", seconds, has_sound=True)
    return Seen("video", seconds, int(picture_stream[1]), int(picture_stream[2]), has_sound)


def _picture(path: Path) -> Seen | None:
    try:
        with Image.open(path) as image:
            if image.format not in ("JPEG", "PNG", "WEBP"):
                return None
            upright = ImageOps.exif_transpose(image)
            return Seen("image", 0.0, *upright.size)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError):
        return None


def look(path: Path) -> Seen:
    """Raises NotMedia."""
    try:
        return _looked(File(sha256_of(path), path))
    except OSError as e:
        raise NotMedia("There is no such file.") from e


def speech_s(text: str) -> float:
    """How long the doubles take to say something: 15 characters a second, half a second at
    least. An estimate of ours; vendors differ.
    """
    return max(0.5, len(text.strip()) / 15)


# Making


_locks: dict[Path, threading.Lock] = {}
_locks_lock = threading.Lock()


def kept(target: Path, make: Callable[[Path], None]) -> Path:
    """The file at `target`, made by the first who asks for it. make: writes the path it gets."""
    with _locks_lock:
        lock = _locks.setdefault(target, threading.Lock())
    with lock:
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(f"part-{target.name}")
            try:
                make(beside)
                beside.replace(target)
            finally:
                beside.unlink(missing_ok=True)
    return target


@dataclass(frozen=True)
class Recipe:
    """What a film is made of.

    picture: a photo or a film. sound: None for a film that keeps its own.
    fit: how they are fitted to each other, a name of LENGTHS; a photo lasts as long as the sound.
    short_side: pixels of the picture's shorter side; 0 as it is. aspect: width to height, 0 as
    it is.
    """

    picture: Path
    sound: Path | None
    fit: str = "cut_off"
    short_side: int = 0
    aspect: float = 0.0


def length_s(recipe: Recipe) -> float:
    """How long the film will be. Raises NotMedia."""
    picture = look(recipe.picture)
    if recipe.sound is None:
        return picture.seconds
    sound_s = look(recipe.sound).seconds
    if picture.kind == "image":
        return sound_s
    return LENGTHS[recipe.fit](sound_s, picture.seconds)


def make_film(recipe: Recipe, target: Path) -> None:
    """Write the MP4. Raises NotMedia."""
    seen, seconds = look(recipe.picture), length_s(recipe)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if seen.kind == "image":
            picture = _still(recipe, folder / "still.png")
            turned = ["-loop", "1", "-framerate", str(FPS), *reading(picture)]
            filters = f"{_swaying(*_size(recipe, seen.width, seen.height))},fps={FPS}"
        elif seen.kind == "video":
            turned, filters = _moving(recipe, seen, seconds, folder)
        else:
            raise NotMedia("A picture is needed, and this is a sound.")
        if recipe.sound is None:
            sound, mapped = [], ["-map", "0:v", "-map", "0:a?"]
        else:
            sound = reading(recipe.sound)
            mapped = ["-map", "0:v", "-map", "1:a", "-af", "apad"]
        run_ffmpeg(
            *turned, *sound, *mapped, "-vf", filters, *QUICK,
            "-c:a", "aac", "-b:a", "128k", "-ar", str(SAMPLE_RATE), "-t", f"{seconds:.3f}",
            "-movflags", "+faststart", "-f", "mp4", f"file:{target}",
        )  # fmt: skip


def _still(recipe: Recipe, target: Path) -> Path:
    """The photo in the size of the film."""
    with Image.open(recipe.picture) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    size = _size(recipe, *upright.size)
    ImageOps.fit(upright, size, Image.Resampling.BILINEAR).save(target, compress_level=1)
    return target


def _swaying(width: int, height: int) -> str:
    """A photo moves a little within its frame, so that the film is one."""
    larger = f"scale={round(1.06 * width)}:{round(1.06 * height)}:flags=bilinear"
    along, down = "(iw-ow)/2*(1+sin(PI*t/2))", "(ih-oh)/2*(1+cos(PI*t/3))"
    return f"{larger},crop={width}:{height}:{along}:{down}"


def _moving(recipe: Recipe, seen: Seen, seconds: float, folder: Path) -> tuple[list[str], str]:
    """How to read the film and what to do with its frames, so that it lasts so long."""
    width, height = _size(recipe, seen.width, seen.height)
    steps = [
        f"scale={width}:{height}:force_original_aspect_ratio=increase",
        f"crop={width}:{height}",
        "setsar=1",
    ]
    read = reading(recipe.picture)
    if recipe.fit == "loop":
        read = ["-stream_loop", "-1", *read]
    elif recipe.fit == "bounce" and seconds > seen.seconds:
        read = _there_and_back(recipe.picture, seconds, seen.seconds, folder)
    elif recipe.fit == "remap" and seen.seconds:
        steps.append(f"setpts=PTS*{seconds / seen.seconds:.6f}")
    elif recipe.fit == "silence":
        steps.append(f"tpad=stop_mode=clone:stop_duration={max(0.0, seconds - seen.seconds):.3f}")
    return read, ",".join([*steps, f"fps={FPS}"])


def _there_and_back(path: Path, seconds: float, own_s: float, folder: Path) -> list[str]:
    """The film forward, backward, forward ... turned round in short pieces."""
    plain = ["-an", *QUICK, "-r", str(FPS), "-video_track_timescale", "12800"]
    forward = folder / "forward.mp4"
    run_ffmpeg(*reading(path), *plain, f"file:{forward}")
    pieces: list[Path] = []
    for at in range(math.ceil(own_s / BACKWARDS_S)):
        piece = folder / f"back{at}.mp4"
        cut = ["-ss", str(at * BACKWARDS_S), "-t", str(BACKWARDS_S)]
        run_ffmpeg(*cut, *reading(forward), "-vf", "reverse", *plain, f"file:{piece}")
        pieces.insert(0, piece)
    turns = math.ceil(seconds / max(own_s, 0.1)) + 1
    listed = [one for turn in range(turns) for one in (pieces if turn % 2 else [forward])]
    names = folder / "turns.txt"
    names.write_text("".join(f"file '{one.name}'\n" for one in listed))
    return ["-f", "concat", "-safe", "0", "-protocol_whitelist", "file,pipe", "-i", str(names)]


def _size(recipe: Recipe, width: int, height: int) -> tuple[int, int]:
    """Even numbers, as H.264 wants them."""
    aspect = recipe.aspect or width / height
    short = min(LARGEST, recipe.short_side or min(width, height))
    size = (short * aspect, short) if aspect >= 1 else (short, short / aspect)
    return max(2, round(size[0] / 2) * 2), max(2, round(size[1] / 2) * 2)


# Spoiling

SPOILT = ("truncated", "zero", "html", "silent", "short", "long", "broken")


def spoil(path: Path, how: str, target: Path) -> None:
    """A film or sound with something wrong. how: one of SPOILT."""
    data = path.read_bytes() if how in ("truncated", "broken") else b""
    if how == "truncated":
        target.write_bytes(data[: len(data) * 6 // 10])
    elif how == "broken":
        target.write_bytes(bytes(one ^ 0x5A for one in data[:65536]))
    elif how == "zero":
        target.write_bytes(b"")
    elif how == "html":
        target.write_text("<!doctype html><title>Not here</title><h1>Sign in to continue</h1>")
    elif how == "silent":
        quiet = ["-an", "-c", "copy"] if path.suffix == ".mp4" else ["-af", "volume=0"]
        run_ffmpeg(*reading(path), *quiet, "-f", path.suffix[1:], f"file:{target}")
    elif how == "short":
        half = f"{look(path).seconds / 2:.3f}"
        run_ffmpeg(
            *reading(path), "-t", half, "-c", "copy", "-f", path.suffix[1:], f"file:{target}"
        )
    elif how == "long":
        twice = ["-stream_loop", "1", *reading(path)]
        run_ffmpeg(*twice, "-c", "copy", "-f", path.suffix[1:], f"file:{target}")
    else:
        shutil.copyfile(path, target)
