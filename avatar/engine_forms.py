"""A creator's own keys and the month's budget, as a browser sends them."""

from typing import Any

from django import forms

from avatar.engine.vendors.access import VENDORS
from avatar.engine_keys import LONGEST
from studio.lib.engines import Engine


def vendors_of(engines: list[Engine]) -> list[tuple[str, str]]:
    """Those that the listed engines ask, by label."""
    used = {engine.vendor for engine in engines if engine.vendor} or set(VENDORS)
    return sorted(((name, VENDORS[name].label) for name in used), key=lambda one: one[1].lower())


class KeyForm(forms.Form):
    vendor = forms.ChoiceField(label="For")
    key = forms.CharField(
        label="Key",
        max_length=LONGEST,
        strip=True,
        help_text="Kept locked and never shown again. It goes before the installation’s.",
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "data-1p-ignore": "true"}
        ),
    )

    def __init__(self, engines: list[Engine], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vendor = self.fields["vendor"]
        assert isinstance(vendor, forms.ChoiceField)
        vendor.choices = vendors_of(engines)


class BudgetForm(forms.Form):
    monthly_usd = forms.DecimalField(
        label="US dollars a month",
        min_value=0,
        max_digits=9,
        decimal_places=2,
        help_text="No order is placed that would go beyond it. 0: nothing is ordered that costs.",
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
    )
