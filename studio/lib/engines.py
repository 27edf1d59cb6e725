"""What an engine is and can do, as data: voices, performers, writers and the rest."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import Any


class Kind(StrEnum):
    VOICE = "voice"
    PERFORMER = "performer"
    WRITER = "writer"
    TRANSCRIBER = "transcriber"
    TRANSLATOR = "translator"
    DENOISER = "denoiser"
    ALIGNER = "aligner"


PER_SECOND, PER_MINUTE, PER_HOUR, PER_FRAME, PER_CHARACTER, PER_CALL = (
    "second", "minute", "hour", "frame", "character", "call",
)  # fmt: skip
SECONDS = {PER_SECOND: 1, PER_MINUTE: 60, PER_HOUR: 3600}
USUAL_FPS = 25.0
ROUNDING = 1e-6  # of a step: 15 s in floating point are no 16


@dataclass(frozen=True)
class Price:
    """What a vendor takes. The dearer end where it depends on the plan."""

    usd: float
    per: str  # second, minute, hour or frame of what is made; character of what is said; call
    checked: str  # when, as an ISO date
    note: str = ""
    # Option -> its value -> what is taken instead of `usd`; of several the last one counts.
    by: Mapping[str, Mapping[Any, float]] = field(default_factory=dict)
    step_s: float = 0.0  # each order's seconds are counted in steps of so many, rounded up
    least_s: float = 0.0  # so many are counted of a shorter order

    def unit(self, options: Mapping[str, Any]) -> float:
        """US dollars for one second, frame, character or call with these options."""
        usd = self.usd
        for name, dearer in self.by.items():
            usd = dearer.get(options.get(name), usd)
        return usd

    def of(
        self,
        *,
        seconds: float = 0,
        characters: int = 0,
        fps: float = USUAL_FPS,
        options: Mapping[str, Any] | None = None,
    ) -> float:
        """US dollars for one order of so much."""
        unit = self.unit(options or {})
        if self.per == PER_CHARACTER:
            return unit * characters
        if self.per == PER_CALL:
            return unit
        if self.step_s:
            seconds = self.step_s * math.ceil(seconds / self.step_s - ROUNDING)
        seconds = max(seconds, self.least_s)
        return unit * seconds * (fps if self.per == PER_FRAME else 1 / SECONDS[self.per])


@dataclass(frozen=True)
class Option:
    """Something that can be chosen about an engine. A number has limits, a word has choices.

    whole: a number without fractions; one whose default is such a number is, too.
    """

    default: Any = None
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    about: str = ""
    by_hand: bool = False  # for the command line only: elsewhere it is found by itself
    whole: bool = False

    @property
    def is_whole(self) -> bool:
        is_number = isinstance(self.default, int) and not isinstance(self.default, bool)
        return self.low is not None and (self.whole or is_number)

    def typed(self, value: Any) -> Any:
        """The value as vendors want it: 7 for a whole number that came as 7.0."""
        return int(value) if self.is_whole and isinstance(value, float) else value

    def problem(self, value: Any) -> str:
        """Why it cannot be had, as the end of a sentence; empty when it can."""
        if isinstance(self.default, bool):
            return "" if isinstance(value, bool) else "is true or false"
        if self.choices and value not in self.choices:
            return f"is one of {', '.join(self.choices)}"
        if self.low is not None and self.high is not None:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not self.low <= value <= self.high:
                return f"goes from {self.low:g} to {self.high:g}"
            if self.is_whole and value != int(value):
                return "is a whole number"
        return ""


@dataclass(frozen=True)
class Engine:
    """One way to have something done.

    name: what people write, `sync:sync-3`; without a vendor it runs on this machine.
    path: `module:Class`, imported on first use.
    inputs: image, video, audio, text, prompt; those with a star are needed.
    """

    name: str
    kind: Kind
    label: str
    path: str
    vendor: str = ""  # key of avatar.engine.vendors.access.VENDORS
    model: str = ""  # the vendor's own name for it
    rows: tuple[str, ...] = ()  # the systems it serves, as docs/engines.md lists them
    inputs: tuple[str, ...] = ()
    options: Mapping[str, Option] = field(default_factory=dict)
    shortest_s: float = 0.0
    longest_s: float | None = None  # of the sound, or of the video
    longest_chars: int | None = None
    languages: str = ""  # in words; empty: any, as far as it knows
    sizes: str = ""  # in words
    aspects: tuple[str, ...] = ()  # shapes of picture, 9:16; empty: any
    image_mb: float | None = None  # a larger file is made smaller before it leaves
    audio_mb: float | None = None
    brings_sound: bool = False  # its film says something else than the sound it was given
    price: Price | None = None  # None: nothing, or not known (`note` says which)
    clones: bool = False  # a voice that imitates a sample
    clone_price: Price | None = None  # of making the voice once; None: nothing
    moods: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # emotion -> its options
    public_url: bool = False  # the vendor fetches the video itself
    licence: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)  # our name of an input -> the vendor's
    fixed: Mapping[str, Any] = field(default_factory=dict)  # inputs that are always the same
    needs: tuple[str, ...] = ()  # names of the environment without which it cannot run here
    confirmed: bool = True  # False: the id or the names of fields are not from the vendor itself
    note: str = ""

    @property
    def is_hosted(self) -> bool:
        return bool(self.vendor)

    def takes(self, name: str) -> bool:
        return name in self.inputs or f"{name}*" in self.inputs

    def usd(
        self,
        *,
        seconds: float = 0,
        characters: int = 0,
        fps: float = USUAL_FPS,
        options: Mapping[str, Any] | None = None,
    ) -> float | None:
        """What one order takes in US dollars; None where nobody knows.

        options: what was chosen; the rest is as usual.
        """
        if self.price is None:
            return None if self.is_hosted else 0.0
        usual = {name: option.default for name, option in self.options.items()}
        known = {**usual, **(options or {})}
        return self.price.of(seconds=seconds, characters=characters, fps=fps, options=known)

    def usd_in_parts(self, *, seconds: float, **how: Any) -> float | None:
        """The same of a sound that is ordered in parts where it is longer than the engine takes.

        how: as for `usd`. Parts end where sentences do, so there may be one more.
        """
        n = math.ceil(seconds / self.longest_s - ROUNDING) if self.longest_s else 1
        usd = self.usd(seconds=seconds / max(1, n), **how)
        return None if usd is None else max(1, n) * usd

    def settled(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """The options as they will be, defaults included. Raises ValueError with a sentence."""
        for name, value in chosen.items():
            if name not in self.options:
                known = ", ".join(self.options) or "none"
                raise ValueError(f"{self.label} has no option {name}; there are: {known}.")
            if problem := self.options[name].problem(value):
                raise ValueError(f"{self.label}: {name} {problem}.")
        defaults = {name: option.default for name, option in self.options.items()}
        typed = {name: self.options[name].typed(value) for name, value in chosen.items()}
        return {k: v for k, v in {**defaults, **typed}.items() if v is not None}


def load(path: str) -> Any:
    """What `module:name` names."""
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)
