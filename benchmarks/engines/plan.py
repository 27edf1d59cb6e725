"""Which reels prove which engines: a voice and a performer in each, listeners where they fit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from avatar.engine.registry import ENGINES, missing, of_kind
from avatar.engine.vendors.access import Access
from studio.lib.engines import Engine, Kind

VOICE, PERFORMER = ENGINES["sketch"], ENGINES["puppet"]  # who is there where nobody else is
LISTENERS = {
    Kind.TRANSCRIBER: "transcriber", Kind.ALIGNER: "aligner", Kind.DENOISER: "denoiser",
}  # fmt: skip
WANTED = {"output_language": "Spanish"}  # options that somebody has to choose


@dataclass(frozen=True)
class Plan:
    """One reel. more: fields of its form beside the engines."""

    voice: Engine
    performer: Engine
    listeners: tuple[Engine, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def engines(self) -> tuple[Engine, ...]:
        return (self.voice, self.performer, *self.listeners)

    @property
    def proves(self) -> list[Engine]:
        """Those that are not only there because a reel needs both."""
        return [one for one in self.engines if one not in (VOICE, PERFORMER)] or [VOICE, PERFORMER]

    @property
    def vendors(self) -> set[str]:
        return {one.vendor for one in self.engines if one.vendor}

    @property
    def labels(self) -> set[str]:
        return {one.label for one in self.engines}

    @property
    def is_pair(self) -> bool:
        return self.voice != VOICE and self.performer != PERFORMER

    def alone(self) -> "list[Plan]":
        """The same engines in reels of their own, when they fail together."""
        return [
            Plan(self.voice, PERFORMER, self.listeners),
            Plan(VOICE, self.performer, more=self.more),
        ]

    def fields(self) -> dict[str, str]:
        """What is chosen in the form, in this order: one choice brings the fields of the next."""
        is_footage = not self.performer.takes("image")
        chosen = {"source": "footage" if is_footage else "photo"}
        chosen |= {"voice": self.voice.name, "performer": self.performer.name}
        chosen |= {LISTENERS[one.kind]: one.name for one in self.listeners}
        for name, value in WANTED.items():
            if name in self.performer.options:
                chosen[f"performer__{name}"] = value
        return {**chosen, **self.more}


def plans(wanted: Iterable[Engine], access: Access) -> list[Plan]:
    """So that each of them makes a reel, or a part of one. Those that lack something are left out;
    what nobody has confirmed that the vendor offers goes alone.
    """
    able = [one for one in wanted if not missing(one, access)]
    sure = [one for one in able if one.confirmed]
    voices = [one for one in sure if one.kind == Kind.VOICE and one != VOICE]
    performers = [one for one in sure if one.kind == Kind.PERFORMER and one != PERFORMER]
    listeners = [one for one in able if one.kind in LISTENERS]
    heard = {voice.name: listener for voice, listener in _heard(listeners, voices, access)}
    voices += [ENGINES[name] for name in heard if ENGINES[name] not in voices]
    found = []
    for voice, performer in zip_longest(voices, performers):
        voice, performer = voice or VOICE, performer or PERFORMER
        listener = heard.get(voice.name)
        found.append(Plan(voice, performer, (listener,) if listener else ()))
    for one in able:
        if not one.confirmed:
            is_voice = one.kind == Kind.VOICE
            found.append(Plan(one, PERFORMER) if is_voice else Plan(VOICE, one))
    if VOICE in able or PERFORMER in able:
        found.append(Plan(VOICE, PERFORMER))
    return found


def _heard(
    listeners: list[Engine], voices: list[Engine], access: Access
) -> Iterator[tuple[Engine, Engine]]:
    """A voice of its own for each listener, one that needs it."""
    all_voices = [one for one in of_kind(Kind.VOICE) if one.confirmed]
    able = [one for one in all_voices if not missing(one, access)]
    taken: set[str] = {VOICE.name}
    for listener in listeners:
        fitting = [one for one in able if one.name not in taken and _is_heard(listener, one)]
        true = listener.is_hosted
        fitting.sort(key=lambda one: (_needs_true_words(one) != true, one not in voices))
        if fitting:
            taken.add(fitting[0].name)
            yield fitting[0], listener


def _is_heard(listener: Engine, voice: Engine) -> bool:
    """Whether that listener has something to do in a reel with that voice."""
    if listener.kind == Kind.TRANSCRIBER:
        return "sample_text" in voice.options and voice.vendor != listener.vendor
    if listener.kind == Kind.DENOISER:
        return voice.clones and voice.vendor != listener.vendor
    return voice.vendor == "fal" and "sample_text" not in voice.options  # gives no times


def _needs_true_words(voice: Engine) -> bool:
    """Resemble takes no sample without; our stand-in for whisper hears the same in everything."""
    return voice.name == "resemble:chatterbox-pro"
