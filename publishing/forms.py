"""What a creator chooses about posts."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from creators.models import Creator
from publishing.models import Account
from publishing.platforms import PLATFORMS, platform
from publishing.platforms.base import Platform
from publishing.posting.local_time import instants
from studio.lib import words
from studio.lib.owned import User

YEARS_AHEAD = 2


class OwnTimeField(forms.DateTimeField):
    """Neither optional nor required by itself: it goes with one of the choices above it."""

    is_conditional = True


class TimeForm(forms.Form):
    """When a post goes out. `due_at()` is UTC, or None for the next good hour."""

    when = forms.ChoiceField(
        label="When", widget=forms.RadioSelect, choices=[], initial="peak", required=True
    )
    own_time = OwnTimeField(
        label="Your time",
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(
        self, *args: Any, zone: ZoneInfo, good_hour: dt.datetime | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        good = f": {words.when(good_hour, zone)}" if good_hour else ""
        self.fields["when"].choices = [  # type: ignore[attr-defined]
            ("peak", f"At the next good hour{good}"),
            ("own", "At a time of your own"),
            ("now", "Now"),
        ]
        self.fields["own_time"].help_text = f"By the clock in {zone.key.replace('_', ' ')}."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("when") == "own" and "own_time" not in self.errors:
            try:
                cleaned["due_at"] = self._instant(cleaned.get("own_time"))
            except forms.ValidationError as e:
                self.add_error("own_time", e)
        elif cleaned.get("when") == "now":
            cleaned["due_at"] = timezone.now()
        return cleaned

    def due_at(self) -> dt.datetime | None:
        due_at: dt.datetime | None = self.cleaned_data.get("due_at")
        return due_at

    def _instant(self, given: dt.datetime | None) -> dt.datetime:
        if given is None:
            raise forms.ValidationError("Say which time.")
        wall, now = given.replace(tzinfo=None), timezone.now()
        if wall.year > now.year + YEARS_AHEAD:
            raise forms.ValidationError(f"That is more than {YEARS_AHEAD} years away.")
        if wall.year < now.year - 1:
            raise forms.ValidationError("That time has passed; choose a later one.")
        moments = instants(wall, self.zone)
        if not moments:
            raise forms.ValidationError(
                f"There is no {wall:%H:%M} on {wall.day} {wall:%B}: the clock is put forward over"
                " it that day. Choose another time."
            )
        ahead = [moment for moment in moments if moment > now]
        if not ahead:
            raise forms.ValidationError("That time has passed; choose a later one.")
        return ahead[0]


class WordsForm(forms.Form):
    """The words beside a reel, as one platform takes them."""

    title = forms.CharField(
        label="Title",
        max_length=200,
        required=False,
        help_text="Empty: the reel's first sentence.",
    )
    caption = forms.CharField(
        label="Caption", widget=forms.Textarea({"rows": 6}), max_length=5000, required=False
    )
    first_comment = forms.CharField(
        label="First comment",
        widget=forms.Textarea({"rows": 2}),
        max_length=2000,
        required=False,
        help_text="Written below the post once it is live.",
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if account.platform not in PLATFORMS:  # it was once
            return
        kind = platform(account.platform)
        if not kind.capabilities.has_title:
            del self.fields["title"]
        if not kind.capabilities.first_comment:
            del self.fields["first_comment"]
        self.fields["caption"].help_text = " ".join(_about_captions(kind))

    def words(self) -> dict[str, Any]:
        """What was written, by the names of a post's columns."""
        names = ("title", "caption", "first_comment")
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


def _about_captions(kind: type[Platform]) -> Iterator[str]:
    limits = kind.limits
    if limits.caption_chars is not None:
        tags = f", {limits.hashtags} hashtags" if limits.hashtags is not None else ""
        yield f"{kind.label} takes {limits.caption_chars} characters{tags}."
    if not kind.capabilities.ai_flag:
        yield "It has no mark for it, so a last line says that this is made with AI."


def agreement(account: Account, options: dict[str, Any]) -> str:
    """What the creator agrees to by posting there, in the platform's own words."""
    chosen = {**account.options, **options}
    if account.platform != "tiktok" or chosen.get("mode") != "direct":
        return ""
    branded = "Branded Content Policy and " if chosen.get("brand_content") else ""
    return (
        f"By posting, you agree to TikTok's {branded}Music Usage Confirmation. It may take a few"
        " minutes until the post shows on your profile."
    )


class PostForm(WordsForm, TimeForm):
    """A finished reel for one account."""

    account = forms.ModelChoiceField(Account.objects.none(), widget=forms.HiddenInput)
    field_order = ("account", "title", "caption", "first_comment", "when", "own_time")

    def __init__(self, *args: Any, accounts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["account"]
        field.queryset = accounts


class SettleForm(forms.Form):
    permalink = forms.URLField(
        label="Its link there", required=False, max_length=1000, assume_scheme="https"
    )


class FolderForm(forms.Form):
    """Whose folder to connect."""

    creator = forms.ModelChoiceField(Creator.objects.none(), label="For", empty_label=None)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        connected = Account.objects.connected().filter(platform="folder")
        without = Creator.objects.for_user(user).exclude(accounts__in=connected)
        self.fields["creator"].queryset = without  # type: ignore[attr-defined]
