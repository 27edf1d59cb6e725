"""What a platform lets one choose, as pages offer it: for an account, or for one post alone."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse

from avatar.models import Reel
from publishing.accounts import creator_info
from publishing.accounts.option_forms import OPTIONS, OptionsForm, options_form
from publishing.models import Account, Post


class OwnChoicesForm(forms.Form):
    """Whether this post goes by choices of its own, instead of its account's."""

    own = forms.BooleanField(label="Choose otherwise for this post only", required=False)


class Choices:
    """The choices for one post: the account's unless ticked. post None: one is being made."""

    def __init__(
        self,
        account: Account,
        reel: Reel,
        post: Post | None = None,
        data: Any = None,
        *,
        ask: bool = False,
    ) -> None:
        """ask: have the platform say now what may be chosen; see `options_of`."""
        chosen = post.options if post else {}
        self.asked = OwnChoicesForm(data, initial={"own": bool(chosen)})
        self.is_open = bool(chosen) if data is None else "own" in data
        self.is_asked = ask
        self.form: OptionsForm | None = None
        if account.platform in OPTIONS:
            subject = {"post": post.pk} if post else {"reel": reel.pk}
            self.form = _form(
                account,
                {**account.options, **chosen},
                data if self.is_open else None,
                ask=ask,
                duration_ms=reel.duration_ms,
                subject=subject,
            )
            del self.form.fields["min_gap_minutes"]  # is between posts, not in one

    def is_valid(self) -> bool:
        """True also when none are offered or none are made."""
        return self.form is None or not self.is_open or self.form.is_valid()

    def options(self) -> dict[str, Any]:
        return self.form.options() if self.form and self.is_open else {}

    @staticmethod
    def told(account: Account, chosen: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """What was chosen for one post alone, as (what, which) for a reader."""
        kind = OPTIONS.get(account.platform)
        fields = kind.base_fields if kind else {}
        for name, value in chosen.items():
            field = fields.get(name)
            if isinstance(field, forms.ChoiceField):
                named = dict(field.choices)  # type: ignore[arg-type]
                yield str(field.label), str(named.get(value, value))
            elif isinstance(field, forms.BooleanField):
                yield str(field.label), "yes" if value else "no"


def account_choices(account: Account, data: Any = None, *, ask: bool = False) -> OptionsForm:
    """The choices that hold for every post of an account."""
    return _form(account, account.options, data, ask=ask)


def _form(
    account: Account,
    chosen: dict[str, Any],
    data: Any,
    *,
    ask: bool,
    duration_ms: int | None = None,
    subject: dict[str, int] | None = None,
) -> OptionsForm:
    """Where the platform has to be asked first, and neither `ask` nor filled-in data calls for it,
    the form says under which address it is: `asked_at`.
    """
    told, asked_at = None, ""
    if creator_info.asks(account):
        wanted = ask or data is not None
        told = creator_info.ask(account) if wanted else creator_info.known(account)
    if told is None and creator_info.asks(account):
        query = f"?{urlencode(subject)}" if subject else ""
        asked_at = reverse("choice-fields", args=[account.pk]) + query
    form = options_form(account.platform)(data, initial=chosen, told=told, duration_ms=duration_ms)
    form.asked_at = asked_at
    return form
