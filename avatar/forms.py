"""What a creator may choose about a reel."""

from typing import Any

from django import forms

from avatar.engine.captions import STYLES
from avatar.models import Reel

SIZES = {(1080, 1920): "Full size, 1080 × 1920", (720, 1280): "Small and quick, 720 × 1280"}
AMOUNTS = [("0.0", "none"), ("0.5", "a little"), ("1.0", "as people do"), ("1.5", "a lot")]


def _captions() -> list[tuple[str, str]]:
    styles = [(name, f"{name.capitalize()}: {style.about}") for name, style in STYLES.items()]
    return [*styles, ("none", "None")]


def _sizes() -> list[tuple[str, str]]:
    return [(f"{width}x{height}", words) for (width, height), words in SIZES.items()]


class ReelForm(forms.Form):
    """How a reel is to look: what avatar.services.request_reel takes."""

    captions = forms.ChoiceField(label="Captions in the picture", choices=_captions)
    size = forms.ChoiceField(label="Size", choices=_sizes)
    motion = forms.ChoiceField(label="Head and shoulders move", choices=AMOUNTS)
    blink = forms.ChoiceField(label="Eyes blink", choices=AMOUNTS)
    expression = forms.ChoiceField(label="Brows and smile", choices=AMOUNTS)
    label = forms.CharField(
        label="Words shown in every frame",
        help_text="Small, at the top. For example: Made with a synthetic voice",
        max_length=80,
        required=False,
    )

    def options(self) -> dict[str, Any]:
        """By the names of avatar.services.CHOICES."""
        chosen = self.cleaned_data
        width, height = (int(side) for side in chosen["size"].split("x"))
        amounts = {name: float(chosen[name]) for name in ("motion", "blink", "expression")}
        return {"captions": chosen["captions"], "width": width, "height": height, **amounts}


def form_values(options: dict[str, Any], label: str) -> dict[str, str]:
    """The form as it would have to be filled in for these options."""
    return {
        "captions": options["captions"],
        "size": f"{options['width']}x{options['height']}",
        **{name: str(float(options[name])) for name in ("motion", "blink", "expression")},
        "label": label,
    }


def form_of(reel: Reel, defaults: dict[str, Any]) -> ReelForm:
    """The form with what this reel was made with."""
    return ReelForm(initial=form_values({**defaults, **reel.options}, reel.label))
