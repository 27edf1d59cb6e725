"""The frames of a film at the rate and size of a reel, from the beginning of its sound on."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction

from avatar.engine.footage.look import Footage
from avatar.engine.media.planes import Planes, as_bt709, read_planes

BLUR_SHARE = 0.03  # of the width: what is behind a picture that does not fill the frame


@dataclass(frozen=True)
class Window:
    """What is seen of a film, in pixels as it is shown; x, y, width, height even.

    laid_over: it has another aspect than the reel, and lies over a blurred and larger copy.
    """

    x: int
    y: int
    width: int
    height: int
    laid_over: bool = False


def film_frames(
    film: Footage, fps: Fraction, width: int, height: int, window: Window, lag_ms: int = 0
) -> Generator[Planes, None, None]:
    """Frame k is what is seen from k / fps on, as in avatar.engine.media.frames.

    lag_ms: how much later than it should the film begins; below 0 earlier.
    """
    early = [f"tpad=start_mode=clone:start_duration={-lag_ms}ms"] if lag_ms < 0 else []
    constant = [*early, f"fps={fps}:start_time=0"]
    square = [f"scale={film.width}:{film.height}", "setsar=1"] if film.about.sar != 1 else []
    start_s = Fraction(max(0, lag_ms), 1000)
    crop = f"crop={window.width}:{window.height}:{window.x}:{window.y}"
    placed = [crop, *([_over_itself(window, width, height)] if window.laid_over else [])]
    filters = [*constant, *square, *placed, *as_bt709(film.about, width, height)]
    return read_planes(film.path, width, height, filters, start_s=start_s)


def shown_size(window: Window, width: int, height: int) -> tuple[int, int]:
    """How large the part is in a frame of that size; both even."""
    scale = min(width / window.width, height / window.height)
    return round(window.width * scale / 2) * 2, round(window.height * scale / 2) * 2


def _over_itself(window: Window, width: int, height: int) -> str:
    """A filter graph: the part in front of a copy that is blurred, darker, and fills the frame."""
    wide, high = shown_size(window, width, height)
    fill = f"scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height}"
    blur = f"gblur=sigma={BLUR_SHARE * width:.1f}:steps=2,lutyuv=y=16+0.7*(val-16)"
    laid = "[behind][front]overlay=(W-w)/2:(H-h)/2"
    return f"split[a][b];[a]{fill},{blur}[behind];[b]scale={wide}:{high}[front];{laid}"


def middle(film: Footage, width: int, height: int) -> Window:
    """The largest part of that aspect, from the middle."""
    wide = min(film.width, film.height * width / height)
    high = min(film.height, film.width * height / width)
    w, h = int(wide / 2) * 2, int(high / 2) * 2
    return Window((film.width - w) // 4 * 2, (film.height - h) // 4 * 2, w, h)


def exactly(frames: Iterator[Planes], n_frames: int) -> Iterator[Planes]:
    """The first n_frames; the last one is held where there are fewer."""
    held: Planes | None = None
    for _ in range(n_frames):
        held = next(frames, held)
        if held is None:
            return
        yield held
