"""What a creator may choose about a reel."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from avatar.choices import DEFAULTS, PICTURE
from avatar.engine.captions import STYLES
from avatar.engine.options import BLUR, KEEP, STILL
from avatar.engine_fields import EngineFields, engine_values
from avatar.models import Reel
from creators.models import Creator

SIZES = {(1080, 1920): "Full size, 1080 × 1920", (720, 1280): "Small and quick, 720 × 1280"}
AMOUNTS = [("0.0", "none"), ("0.5", "a little"), ("1.0", "as people do"), ("1.5", "a lot")]
KNOBS = ("motion", "blink", "expression")
SWITCHES = ("punch_in", "loop")
COLOUR = "colour"
A_COLOUR = "#24405c"  # offered where none is chosen yet


def _captions() -> list[tuple[str, str]]:
    styles = [(name, f"{name.capitalize()}: {style.about}") for name, style in STYLES.items()]
    return [*styles, ("none", "None")]


def _sizes() -> list[tuple[str, str]]:
    return [(f"{width}x{height}", words) for (width, height), words in SIZES.items()]


def _backgrounds(creator: Creator) -> list[tuple[str, str]]:
    pictures = [
        (PICTURE + picture.sha256, f"Picture {number}, {picture.width} × {picture.height}")
        for number, picture in enumerate(creator.backdrops.all(), 1)
    ]
    own = [
        (KEEP, "As in the photo"),
        (STILL, "As in the photo, quite still"),
        (BLUR, "As in the photo, out of focus"),
    ]
    return [*own, (COLOUR, "One colour"), *pictures]


class LookForm(EngineFields):
    """How reels are to look, and who speaks: what avatar.services.keep_look takes."""

    captions = forms.ChoiceField(label="Captions in the picture", choices=_captions)
    size = forms.ChoiceField(label="Size", choices=_sizes)
    background = forms.ChoiceField(label="Behind the person")
    colour = forms.CharField(
        label="The colour",
        help_text="Seen where “One colour” is chosen.",
        required=False,
        max_length=7,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "Write a colour like #24405c.")],
        widget=forms.TextInput(attrs={"type": "color"}),
    )
    punch_in = forms.BooleanField(
        label="Cut nearer and back between sentences",
        required=False,
    )
    motion = forms.ChoiceField(label="Head and shoulders move", choices=AMOUNTS)
    blink = forms.ChoiceField(label="Eyes blink", choices=AMOUNTS)
    expression = forms.ChoiceField(label="Brows and smile", choices=AMOUNTS)
    loop = forms.BooleanField(label="Let the end go on into the beginning", required=False)

    def __init__(self, creator: Creator, *args: Any, **kwargs: Any) -> None:
        super().__init__(creator, *args, **kwargs)
        background = self.fields["background"]
        assert isinstance(background, forms.ChoiceField)
        background.choices = _backgrounds(creator)

    def options(self) -> dict[str, Any]:
        """By the names of avatar.services.CHOICES."""
        chosen = self.cleaned_data
        width, height = (int(side) for side in chosen["size"].split("x"))
        background = chosen["background"]
        if background == COLOUR:
            background = (chosen["colour"] or A_COLOUR).lower()
        return {
            "captions": chosen["captions"],
            "width": width,
            "height": height,
            "background": background,
            **{name: float(chosen[name]) for name in KNOBS},
            **{name: bool(chosen[name]) for name in SWITCHES},
            **self.engine_options(),
        }


class ReelForm(LookForm):
    """How one reel is to look: what avatar.services.request_reel takes."""

    label = forms.CharField(
        label="Words shown in every frame",
        help_text="Small, at the top. For example: Made with a synthetic voice",
        max_length=80,
        required=False,
    )


class BackdropForm(forms.Form):
    picture = forms.FileField(
        label="A picture",
        allow_empty_file=True,  # the service has the sentence for it
        error_messages={"required": "Choose a picture first."},
        help_text="JPEG, PNG, WebP or HEIC. Its middle fills the frame.",
        widget=forms.FileInput(
            attrs={"accept": "image/jpeg,image/png,image/webp,image/heic,.heic,.heif"}
        ),
    )


def form_values(options: dict[str, Any]) -> dict[str, Any]:
    """The form as it would have to be filled in for these options: all of CHOICES."""
    background = options["background"]
    is_colour = background.startswith("#")
    return {
        "captions": options["captions"],
        "size": f"{options['width']}x{options['height']}",
        "background": COLOUR if is_colour else background,
        "colour": background if is_colour else A_COLOUR,
        **{name: str(float(options[name])) for name in KNOBS},
        **{name: options[name] for name in SWITCHES},
        **engine_values(options),
    }


def form_of(reel: Reel) -> ReelForm:
    """The form with what this reel was made with."""
    values = form_values({**DEFAULTS, **reel.options})
    initial = {**values, "label": reel.label}
    return ReelForm(reel.creator, initial=initial, script_pk=reel.take.script_id)
