"""What a model takes, as data, and what is wrong with what it was sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.sandbox.vendors.jobs import Wanted

Values = tuple[Any, ...]


@dataclass(frozen=True)
class Field:
    """One input. kind: file, text, number, whole, flag, any; files are addresses or data URIs."""

    kind: str
    must: bool = False
    among: Values = ()
    least: float | None = None
    most: float | None = None  # of numbers; of texts: characters


def file(*, must: bool = True) -> Field:
    return Field("file", must)


def text(most: float | None = None, *, must: bool = False) -> Field:
    return Field("text", must, most=most)


def number(least: float, most: float) -> Field:
    return Field("number", least=least, most=most)


def one_of(*among: Any, must: bool = False) -> Field:
    return Field("any", must, among)


FLAG = Field("flag")
SEED = Field("whole")
TYPES: dict[str, Callable[[Any], bool]] = {
    "file": lambda value: isinstance(value, str) and bool(value),
    "text": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "whole": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "flag": lambda value: isinstance(value, bool),
    "any": lambda value: True,
}


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong. kind: missing, type, enum, range, too_long, unknown."""

    field: str
    kind: str
    text: str


@dataclass(frozen=True)
class Model:
    """One row of a vendor's table.

    picture, sound, say: the names of its inputs. either: of these one is needed and enough.
    fit: how sound and film are fitted where `sync_mode` does not say. Lengths in seconds, 0 none.
    """

    fields: Mapping[str, Field]
    picture: str = "image"
    sound: str = "audio"
    say: str = ""
    either: tuple[str, ...] = ()
    fit: str = "cut_off"
    sound_s: tuple[float, float] = (0.0, 0.0)
    film_s: tuple[float, float] = (0.0, 0.0)
    short_side: int = 720  # of a film made of a photo, where no `resolution` says it
    makes: str = "film"  # or speech, voice: see jobs.Wanted; `sound` is the sample then
    voice: str = ""  # the name of the input that says whose, perhaps behind a dot in another
    suffix: str = ".mp3"
    longest_at: Mapping[str, float] = field(default_factory=dict)  # sound, by `resolution`
    more: Mapping[str, Any] = field(default_factory=dict)  # what only its vendor knows about it

    def flaws(self, body: Mapping[str, Any]) -> list[Flaw]:
        """All that is wrong with the inputs, in the order of the table."""
        found = [flaw for name, one in self.fields.items() if (flaw := _flaw(name, one, body))]
        if self.either and not any(body.get(name) for name in self.either):
            names = " or ".join(self.either)
            found.append(Flaw(self.either[0], "missing", f"{names} is required"))
        return found

    @property
    def is_photo(self) -> bool:
        return "image" in self.picture

    def _wanted_sound(self, body: Mapping[str, Any], sample: str) -> Wanted:
        speed = _inside(body, "voice_setting.speed") or body.get("speed") or 1.0
        return Wanted(
            sound=sample,
            say=str(body.get(self.say) or ""),
            sound_s=self.sound_s,
            makes=self.makes,
            voice=str(_inside(body, self.voice) or ""),
            speed=float(speed),
            suffix=self.suffix,
        )

    def wanted(self, body: Mapping[str, Any]) -> Wanted:
        """What to make of inputs without a flaw."""
        sound = _address(body.get(self.sound))
        if self.makes != "film":
            return self._wanted_sound(body, sound)
        resolution = str(body.get("resolution") or f"{self.short_side}p")
        fit = str(body.get("sync_mode") or body.get("lipsync_mode") or self.fit)
        if body.get("enable_dynamic_duration") is False:  # HeyGen's: the film stays as long
            fit = "film"
        return Wanted(
            picture=_address(body.get(self.picture)),
            sound=sound,
            say="" if sound else str(body.get(self.say) or "") if self.say else "",
            picture_is=("image",) if self.is_photo else ("video",),
            fit=fit,
            short_side=short_side(resolution, self.short_side) if self.is_photo else 0,
            aspect=aspect(body.get("aspect_ratio")) if self.is_photo else 0.0,
            sound_s=(self.sound_s[0], self.longest_at.get(resolution, self.sound_s[1])),
            film_s=self.film_s,
        )


def _flaw(name: str, wanted: Field, body: Mapping[str, Any]) -> Flaw | None:
    value = body.get(name)
    if value is None or (value == "" and wanted.kind == "file"):
        return Flaw(name, "missing", f"{name} is required") if wanted.must else None
    if not TYPES[wanted.kind](value):
        return Flaw(name, "type", f"{name} is not of the type {wanted.kind}")
    if wanted.among and value not in wanted.among:
        return Flaw(name, "enum", f"{name} must be one of {', '.join(map(str, wanted.among))}")
    if isinstance(value, str):
        if wanted.must and not value.strip():
            return Flaw(name, "missing", f"{name} is required")
        if wanted.most is not None and len(value) > wanted.most:
            return Flaw(name, "too_long", f"{name} has more than {wanted.most:g} characters")
        return None
    if wanted.kind in ("number", "whole"):
        if wanted.least is not None and value < wanted.least:
            return Flaw(name, "range", f"{name} must be {wanted.least:g} or more")
        if wanted.most is not None and value > wanted.most:
            return Flaw(name, "range", f"{name} must be {wanted.most:g} or less")
    return None


def _address(value: Any) -> str:
    """An input that is a file; of a list the first."""
    if isinstance(value, list):
        return _address(value[0]) if value else ""
    return value if isinstance(value, str) else ""


def _inside(body: Mapping[str, Any], name: str) -> Any:
    """An input, or one within another: "voice_setting.voice_id"."""
    found: Any = body
    for part in name.split(".") if name else ["-"]:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def short_side(value: Any, usual: int) -> int:
    """Pixels of "720p", 720 or "4k"."""
    digits = {"4k": "2160", "2k": "1440"}.get(str(value).lower(), str(value).rstrip("pP"))
    return int(digits) if digits.isdigit() else usual


def aspect(value: Any) -> float:
    """Width to height of "9:16"; 0 for anything else."""
    wide, _, high = str(value or "").partition(":")
    return int(wide) / int(high) if wide.isdigit() and high.isdigit() and int(high) else 0.0
