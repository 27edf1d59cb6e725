"""What a reel is to be made of, checked as far as that needs no work."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ImageColor

from avatar.engine.cache import file_sha256
from avatar.engine.captions.ass import find_style, fonts_for
from avatar.engine.errors import InputError
from avatar.engine.face.backdrop import Colour
from avatar.engine.options import BLUR, EMOTIONS, KEEP, STILL, SYNC_MODES, ReelOptions
from avatar.engine.registry import of_kind, order_of
from avatar.engine.registry.choice import options_of
from avatar.engine.registry.performers import PUPPET
from avatar.engine.text import speakable
from avatar.engine.timing import HIGHEST_FPS, LOWEST_FPS, parse_fps
from avatar.engine.types import Image
from studio.lib.engines import Engine, Kind
from studio.lib.photos import PhotoError, read_photo
from studio.lib.sniff import HEAD_BYTES, sniff

SIDES = (96, 4096)  # px
KNOBS = ("motion", "blink", "expression")
LARGEST_KNOB = 3.0
IDLE_S = (1.0, 1800.0)
# Languages that are written in Latin letters only.
LATIN = {
    "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro",
    "hr", "sl", "et", "lv", "lt", "tr", "id", "ms", "vi",
}  # fmt: skip
SHOWN_ENGINES = 6  # in a sentence about engines
# What a file whose first bytes say nothing is taken for: transport streams have no signature.
VIDEO_SUFFIXES = (".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ts", ".mts")


@dataclass(frozen=True)
class Order:
    """One reel as it is wanted.

    source: a photo, which is in `picture` then, or footage. text: ready to be spoken, or None.
    performers: in the order in which they are tried. fill: what a new background is filled with.
    """

    source: Path
    picture: Image | None
    text: str | None
    audio: Path | None
    idle_s: float | None
    options: ReelOptions
    performers: tuple[Engine, ...]
    fps: Fraction
    fill: Image | Colour | None

    @property
    def is_footage(self) -> bool:
        return self.picture is None

    @property
    def photo(self) -> Image:
        """The picture of an order that has one."""
        assert self.picture is not None
        return self.picture


def checked_order(
    source: Path,
    text: str | None,
    audio: Path | None,
    idle_s: float | None,
    options: ReelOptions,
) -> Order:
    """Raises InputError with the sentence for the first thing that is wrong."""
    fps = check_options(options)
    if idle_s is not None:
        _check_idle(idle_s, text, audio)
    elif text is None and audio is None:
        raise InputError("There is nothing to say: give a text or a voice-over.")
    for sound in (audio, options.voice_sample):
        if sound is not None and not sound.is_file():
            raise InputError(f"There is no sound file {sound}.")
    spoken = None if text is None else speakable(text, options.language)
    picture = None if is_footage(source) else load_photo(source)
    performers = _performers(options, is_footage=picture is None, is_idle=idle_s is not None)
    if audio is None and idle_s is None:
        _check_language(spoken or "", options.language)
        voices = order_of(options.voice, Kind.VOICE)
        for voice in voices:
            options_of(voice, voices, options.voice_options)
    for names, kind in (
        (options.denoiser, Kind.DENOISER),
        (options.transcriber, Kind.TRANSCRIBER),
        (options.aligner, Kind.ALIGNER),
    ):
        if names:
            order_of(names, kind)
    fill = _fill(options.background)
    order = Order(source, picture, spoken, audio, idle_s, options, performers, fps, fill)
    shown = (spoken or "") if options.captions != "none" else ""
    shown += options.label + options.cover_text
    fonts_for(shown, options.captions)  # what they cannot show is said now, not after speaking
    return order


def is_footage(path: Path) -> bool:
    """Whether it is a moving picture, told from its first bytes, or else from its name."""
    try:
        with path.open("rb") as file:
            kind = sniff(file.read(HEAD_BYTES))
    except OSError:
        return False  # whoever reads it as a photo has the sentence
    if kind is not None and (kind.moves or kind.mime.startswith("image/")):
        return kind.moves and not kind.photo
    return path.suffix.lower() in VIDEO_SUFFIXES  # and whoever looks into it has the sentence


def _performers(options: ReelOptions, *, is_footage: bool, is_idle: bool) -> tuple[Engine, ...]:
    """Those that are named, all of which can take this source. Raises InputError."""
    engines = order_of(options.performer, Kind.PERFORMER)
    source, wanted = ("footage", "video") if is_footage else ("a photo", "image")
    for engine in engines:
        _check_needed(engine, options_of(engine, engines, options.performer_options))
        if not engine.takes(wanted):
            others = [e.name for e in of_kind(Kind.PERFORMER) if e.takes(wanted)]
            raise InputError(f"{engine.label} does not take {source}; {_some(others)} do.")
        if is_idle and engine.name != PUPPET.name:
            raise InputError(f"{engine.label} needs a sound; only the puppet makes idle clips.")
    return tuple(engines)


def _check_language(text: str, language: str) -> None:
    """A voice told the wrong language reads out the names of letters, and that costs as much.

    Raises InputError where hardly a letter is one of that language.
    """
    if language.partition("-")[0] not in LATIN:
        return
    letters = [sign for sign in text if sign.isalpha()]
    others = [script for sign in letters if (script := _script(sign)) != "Latin"]
    if 2 * len(others) > len(letters):
        raise InputError(
            f"The text is written in {others[0]} letters, and its language is said to be"
            f" {language}: choose the one that it is in."
        )


def _script(letter: str) -> str:
    """As its name in Unicode begins."""
    return unicodedata.name(letter, "other").partition(" ")[0].replace("CJK", "Chinese").title()


def _check_needed(engine: Engine, chosen: Mapping[str, Any]) -> None:
    """Options that only a person can choose, before anybody is paid. Raises InputError."""
    for name in engine.options:
        if f"{name}*" in engine.inputs and chosen.get(name) in (None, ""):
            raise InputError(f"{engine.label} needs the option {name}.")


def _some(names: list[str]) -> str:
    more = len(names) - SHOWN_ENGINES
    return ", ".join(names[:SHOWN_ENGINES]) + (f" and {more} more" if more > 0 else "")


def check_options(options: ReelOptions) -> Fraction:
    """The exact frame rate. Raises InputError with the sentence for the first wrong option."""
    low, high = SIDES
    for side, name in ((options.width, "width"), (options.height, "height")):
        if not low <= side <= high or side % 2:
            raise InputError(
                f"A {name} of {side} px is not possible: even numbers from {low} to {high} are."
            )
    for name in KNOBS:
        if not 0 <= getattr(options, name) <= LARGEST_KNOB:
            raise InputError(f"{name} goes from 0 to {LARGEST_KNOB:g}.")
    if options.seed < 0:
        raise InputError("The seed is a whole number from 0 on.")
    if options.device not in ("auto", "cpu", "cuda"):
        raise InputError(f"There is no device {options.device!r}: choose auto, cpu or cuda.")
    fps = parse_fps(options.fps)
    if not LOWEST_FPS <= fps <= HIGHEST_FPS:
        raise InputError(
            f"{float(fps):g} frames a second are not possible: {LOWEST_FPS} to {HIGHEST_FPS} are."
        )
    if options.sync_mode not in SYNC_MODES:
        some = ", ".join(SYNC_MODES)
        raise InputError(f"There is no sync mode {options.sync_mode!r}: choose {some}.")
    if options.emotion and options.emotion not in EMOTIONS:
        some = ", ".join(EMOTIONS)
        raise InputError(f"There is no emotion {options.emotion!r}: choose {some}.")
    find_style(options.captions)
    return fps


def _check_idle(seconds: float, text: str | None, audio: Path | None) -> None:
    if text is not None or audio is not None:
        raise InputError("An idle clip has no words and no sound; leave them out, or the idling.")
    low, high = IDLE_S
    if not low <= seconds <= high:
        raise InputError(f"An idle clip lasts from {low:g} to {high:g} seconds.")


def load_photo(path: Path) -> Image:
    """The photo as (height, width, 3) RGB. Raises InputError with a sentence."""
    try:
        return np.asarray(read_photo(path))
    except PhotoError as e:
        raise InputError(str(e)) from e
    except (FileNotFoundError, IsADirectoryError) as e:
        raise InputError(f"There is no photo or video {path}.") from e


def _fill(background: str) -> Image | Colour | None:
    """What a background is filled with; None where it is the photo's own.

    Raises InputError when it is neither a colour nor a picture that can be read.
    """
    if background in (KEEP, STILL, BLUR):
        return None
    try:
        return ImageColor.getrgb(background)[:3]
    except ValueError:
        pass
    try:
        return np.asarray(read_photo(Path(background)))
    except PhotoError as e:
        raise InputError(f"The background {Path(background).name}: {e}") from e
    except OSError as e:
        raise InputError(
            f"{background[:60]!r} is no background: keep, still, blur, a colour such as #204060 or"
            " the path of a picture is."
        ) from e


def background_identity(background: str) -> str:
    """The same for the same picture, whatever it is called."""
    path = Path(background)
    return file_sha256(path) if path.is_file() else background
