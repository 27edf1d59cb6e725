"""The part of a form that chooses who speaks and who performs, made from the engines' own data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.urls import reverse

from avatar import engine_keys
from avatar.choices import DEFAULTS, FOOTAGE, LISTENING, PHOTO
from avatar.engine.errors import InputError
from avatar.engine.options import EMOTIONS, SYNC_MODES
from avatar.engine.registry import find, of_kind, order_of
from avatar.engine.vendors.access import Access
from avatar.source_links import lacking
from creators.models import Creator
from studio.lib.engines import Engine, Kind, Option
from studio.lib.words import sentence

NOBODY = ""
KINDS = {"voice": Kind.VOICE, "performer": Kind.PERFORMER}
AS_USUAL = ""  # of an option
SYNC_WORDS = {
    "cut_off": "Cut it where the words end",
    "loop": "Begin it again",
    "bounce": "Play it back and forth",
    "silence": "Let its last frame stand",
    "remap": "Play it faster or slower",
}
SOURCES = [(PHOTO, "The photo"), (FOOTAGE, "Your video")]
NOBODY_TAKES_IT = "Nobody who takes a video is set up yet: see the page Engines, or add a photo."
LONGEST_WORDS = 500
BY_ITSELF = {  # what happens where no listener is chosen
    "denoiser": "Nobody: it stays as it is",
    "transcriber": "Nobody",
    "aligner": "The voice itself, or Understudy",
}


@dataclass(frozen=True)
class Part:
    """Fields that belong together; options: those that only some engines have."""

    title: str
    fields: list[BoundField]
    options: list[BoundField]

    @property
    def has_choice(self) -> bool:
        """An option is not as usual, or wrong."""
        return any(field.value() not in (None, AS_USUAL) or field.errors for field in self.options)


def choices(kind: Kind, access: Access, kept: str = "") -> list[tuple[str, str]]:
    """Engines that could be used now; and the one that is chosen already, whatever it lacks."""
    found = []
    for engine in of_kind(kind):
        lacks = lacking(engine, access)
        if not lacks:
            found.append((engine.name, engine.label))
        elif engine.name == kept:
            found.append((engine.name, f"{engine.label} (not set up)"))
    return found


class EngineFields(forms.Form):
    """Who speaks, performs and listens: those of avatar.services.ENGINES.

    What is left out is as in `initial`, or as usual. script_pk: whose price is shown beside it.
    """

    source = forms.ChoiceField(
        label="What is made to speak",
        required=False,
        choices=SOURCES,
    )
    voice = forms.ChoiceField(label="Who speaks", required=False)
    voice_else = forms.ChoiceField(label="If that voice cannot", required=False)
    emotion = forms.ChoiceField(
        label="In which mood",
        required=False,
        choices=[("", "As it comes"), *((name, name.capitalize()) for name in EMOTIONS)],
    )
    denoiser = forms.ChoiceField(
        label="Who takes noise out of the voice sample",
        required=False,
    )
    transcriber = forms.ChoiceField(
        label="Who writes down what the sample says",
        required=False,
        help_text="For voices that want its words.",
    )
    aligner = forms.ChoiceField(
        label="Who finds when each word is said",
        required=False,
        help_text="For captions, where the voice does not say so.",
    )
    performer = forms.ChoiceField(label="Who performs", required=False)
    performer_else = forms.ChoiceField(label="If that performer cannot", required=False)
    prompt = forms.CharField(
        label="How to act",
        required=False,
        max_length=LONGEST_WORDS,
        help_text="In a few words, for performers that read it.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    sync_mode = forms.ChoiceField(
        label="When your video is shorter or longer than the words",
        required=False,
        choices=[
            (name, SYNC_WORDS.get(name, name))
            for name in sorted(SYNC_MODES, key=lambda name: name != DEFAULTS["sync_mode"])
        ],
    )

    def __init__(
        self, creator: Creator, *args: Any, script_pk: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.access = engine_keys.access_of(creator)
        self.choose_url = reverse("engine-fields", args=[creator.pk])
        if script_pk is not None:
            self.choose_url += f"?script={script_pk}"
        self.options_of: dict[str, dict[str, Option]] = {}
        self._offer_sources(creator)
        for name, kind in KINDS.items():
            self._offer(name, kind)
            self._add_options(name, kind)
        for name, kind in LISTENING.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            kept_now = str(self.initial.get(name, ""))
            field.choices = [(NOBODY, BY_ITSELF[name]), *choices(kind, self.access, kept_now)]
            self._move_price(name)
        performers = self._named("performer", Kind.PERFORMER)
        if not any(engine.takes("prompt") for engine in performers):
            del self.fields["prompt"]
        if self._is_footage():
            self._move_price("sync_mode")
        else:
            del self.fields["sync_mode"]

    def engine_parts(self) -> list[Part]:
        """The voice's fields, then the performer's and the listeners'."""
        voice = ("voice", "voice_else", "emotion")
        performer = ("source", "performer", "performer_else", "prompt", "sync_mode")
        listeners = Part("The listeners", [self[name] for name in LISTENING], [])
        return [self._part("voice", voice), self._part("performer", performer), listeners]

    def _part(self, name: str, names: tuple[str, ...]) -> Part:
        fields = [self[one] for one in names if one in self.fields]
        return Part(f"The {name}", fields, [self[one] for one in self._option_names(name)])

    def other_fields(self) -> list[BoundField]:
        """Those about the look."""
        parts = self.engine_parts()
        chosen = {field.name for part in parts for field in (*part.fields, *part.options)}
        return [field for field in self if field.name not in chosen]

    def engine_options(self) -> dict[str, Any]:
        """By the names of avatar.services.ENGINES. The form is valid."""
        kept = {
            name: self.cleaned_data.get(name) or self.initial.get(name) or DEFAULTS[name]
            for name in ("sync_mode", "source")
        }
        for name in KINDS:
            first = self._value(name)
            second = self._value(f"{name}_else")
            kept[name] = ", ".join(dict.fromkeys(n for n in (first, second) if n))
            kept[f"{name}_options"] = self._chosen_options(name)
        for name in ("emotion", "prompt", *LISTENING):
            kept[name] = self.cleaned_data.get(name) or ""
        return kept

    def _offer_sources(self, creator: Creator) -> None:
        """The photo and the video, as far as they are there."""
        source = self.fields["source"]
        assert isinstance(source, forms.ChoiceField)
        source.widget.attrs["hx-get"] = self.choose_url  # others can move it
        if creator.footage is None and self.initial.get("source") != FOOTAGE:
            del self.fields["source"]
        elif creator.footage is not None and creator.portrait is None:
            source.choices = [(FOOTAGE, dict(SOURCES)[FOOTAGE])]
            self.initial = {**self.initial, "source": FOOTAGE}

    def _offer(self, name: str, kind: Kind) -> None:
        first, second = self.fields[name], self.fields[f"{name}_else"]
        assert isinstance(first, forms.ChoiceField)
        assert isinstance(second, forms.ChoiceField)
        first.choices = fitting = self._fitting(name, kind)
        if not fitting:
            first.help_text = NOBODY_TAKES_IT
        others = self._fitting(f"{name}_else", kind)
        second.choices = [(NOBODY, "Stop, and tell me"), *others]
        for field in (first, second):
            field.widget.attrs["hx-get"] = self.choose_url  # other engines, other options

    def _fitting(self, name: str, kind: Kind) -> list[tuple[str, str]]:
        """Those that are set up; performers that take what is to speak."""
        offered = choices(kind, self.access, str(self.initial.get(name, "")))
        if kind != Kind.PERFORMER:
            return offered
        wanted = "video" if self._is_footage() else "image"
        return [(one, label) for one, label in offered if find(one, kind).takes(wanted)]

    def _is_footage(self) -> bool:
        return "source" in self.fields and self._value("source") == FOOTAGE

    def _value(self, name: str) -> str:
        """What is chosen: in the form as it was sent, else in what it began with."""
        if self.is_bound and self.add_prefix(name) in self.data:
            return str(self.data[self.add_prefix(name)])
        usual = "" if name.endswith("_else") else DEFAULTS[name]
        return str(self.initial.get(name, usual))

    def _named(self, name: str, kind: Kind) -> list[Engine]:
        found = []
        for one in (self._value(name), self._value(f"{name}_else")):
            try:
                found.append(find(one, kind))
            except InputError:  # nobody, or a name that the field itself refuses
                continue
        return found

    def _add_options(self, name: str, kind: Kind) -> None:
        options: dict[str, Option] = {}
        priced: set[str] = set()
        for engine in self._named(name, kind):
            shown = {k: v for k, v in engine.options.items() if not v.by_hand}
            options = {**shown, **options}
            priced |= set(engine.price.by) if engine.price else set()
        self.options_of[name] = options
        for option_name, option in options.items():
            self.fields[_field_name(name, option_name)] = _field(option_name, option)
            if option_name in priced:
                self._move_price(_field_name(name, option_name))

    def _move_price(self, name: str) -> None:
        """Another choice is another price, which is asked for alone: the form stays as it is."""
        only = {"hx-target": "#quote", "hx-select": "#quote", "hx-swap": "outerHTML"}
        self.fields[name].widget.attrs |= {"hx-get": self.choose_url, **only}

    def _option_names(self, name: str) -> list[str]:
        return [_field_name(name, option) for option in self.options_of[name]]

    def _chosen_options(self, name: str) -> dict[str, Any]:
        """Those that are not as usual."""
        chosen = {}
        for option_name, option in self.options_of[name].items():
            value = self.cleaned_data.get(_field_name(name, option_name))
            if value in (None, AS_USUAL):
                continue
            if isinstance(option.default, bool):
                value = value == "yes"
            if value != option.default:
                chosen[option_name] = value
        return chosen


def engine_values(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they would have to be filled in for these options: all of ENGINES."""
    values: dict[str, Any] = {
        name: options[name] for name in ("emotion", "prompt", "sync_mode", "source")
    }
    for name, kind in KINDS.items():
        first, second, *_ = [*_known(options[name], kind), NOBODY, NOBODY]
        values |= {name: first, f"{name}_else": second}
        for option, value in options[f"{name}_options"].items():
            shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
            values[_field_name(name, option)] = shown
    return values


def _known(names: str, kind: Kind) -> list[str]:
    try:
        return [engine.name for engine in order_of(names, kind)]
    except InputError:  # chosen before it was taken out of the registry
        return []


def _field_name(name: str, option: str) -> str:
    return f"{name}-{option}"


def _field(name: str, option: Option) -> forms.Field:
    label, about = sentence(name.replace("_", " ")), sentence(option.about)
    usual = option.default
    if isinstance(usual, bool):
        words = [("yes", "Yes"), ("no", "No")]
        return _select(label, about, words, "Yes" if usual else "No")
    if option.choices:
        return _select(label, about, [(one, one) for one in option.choices], usual)
    if option.low is not None and option.high is not None:
        limits = f"{option.low:,.10g} to {option.high:,.10g}"
        usually = "" if usual is None else f"; usually {usual:,.10g}"
        kind = forms.IntegerField if option.is_whole else forms.FloatField
        bounds: dict[str, Any] = {"min_value": option.low, "max_value": option.high}
        return kind(
            label=label,
            required=False,
            help_text=_together(about, f"{limits}{usually}"),
            widget=forms.NumberInput(attrs={"step": "1" if option.is_whole else "any"}),
            **bounds,
        )
    return forms.CharField(label=label, required=False, max_length=LONGEST_WORDS, help_text=about)


def _select(
    label: str, about: str, words: Iterable[tuple[str, str]], usual: Any
) -> forms.ChoiceField:
    as_usual = "As usual" if usual in (None, "") else f"As usual: {usual}"
    offered = [(AS_USUAL, as_usual), *words]
    return forms.ChoiceField(label=label, required=False, choices=offered, help_text=about)


def _together(about: str, limits: str) -> str:
    return f"{about.rstrip('.')}: {limits}." if about else f"{limits}."
