"""What a browser may send. Files are judged by `services`, by their content."""

import re
from itertools import chain, count
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UserCreationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import slugify

from creators import throttle
from creators.first_owner import is_setup_code
from creators.languages import LANGUAGES
from creators.models import Creator, time_zone_names
from creators.services import MAX_FOOTAGE_BYTES

HANDLE_LENGTH = 40
SETUP_TRIES, SETUP_PAUSE_S = 10, 600
LOGIN_TRIES, LOGIN_PAUSE_S = 8, 300


class SetupForm(UserCreationForm):  # type: ignore[type-arg]  # not generic at run time
    """The first account of an empty installation."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="Eight letters and digits, printed where the studio was started.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "autofocus": True}
        ),
    )
    field_order = ("code", "username", "password1", "password2")

    class Meta:
        model = User
        fields = ("username",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.pop("autofocus", None)
        self.fields["username"].label = "User name"
        self.fields["username"].help_text = "What you will sign in with."
        self.fields["password1"].help_text = "Eight characters or more, not a common one."
        self.fields["password2"].help_text = ""
        self.fields["password2"].label = "The same password again"

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not throttle.allow("setup", tries=SETUP_TRIES, seconds=SETUP_PAUSE_S):
            raise ValidationError("Too many wrong codes. Wait ten minutes, then try again.")
        if not is_setup_code(code):
            raise ValidationError(
                "This is not the code. It stands where the studio was started; "
                "“manage.py setup_code” prints it again."
            )
        throttle.forget("setup", tries=SETUP_TRIES)
        return code


class LoginForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "This name and password do not fit together. Mind upper and lower case.",
        "inactive": "This account is switched off.",
        "too_many": "Too many wrong passwords. Wait five minutes, then try again.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username", "")
        guesser = f"login:{username.lower()}:{_address(self.request)}"
        if not throttle.allow(guesser, tries=LOGIN_TRIES, seconds=LOGIN_PAUSE_S):
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        cleaned = super().clean()
        throttle.forget(guesser, tries=LOGIN_TRIES)
        return cleaned


def _address(request: HttpRequest | None) -> str:
    return str(request.META.get("REMOTE_ADDR", "")) if request else ""


class WordsField(forms.CharField):
    """Several words or short phrases, separated by commas or new lines."""

    def __init__(self, *, max_words: int = 40, **kwargs: Any) -> None:
        self.max_words = max_words
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = (value or "").replace("\x00", "")  # which PostgreSQL keeps nowhere
        parts = [" ".join(part.split()) for part in re.split(r"[,;\n]", text)]
        unlike: dict[str, str] = {}
        for part in filter(None, parts):
            unlike.setdefault(part.lower(), part)
        return list(unlike.values())

    def validate(self, value: Any) -> None:
        if len(value) > self.max_words:
            raise ValidationError(f"{len(value)} are too many; {self.max_words} are kept.")
        if too_long := next((word for word in value if len(word) > 80), None):
            raise ValidationError(f"“{too_long[:40]}…” is too long; 80 characters are enough.")

    def run_validators(self, value: Any) -> None:
        pass  # those of CharField are about one text


class HandleField(forms.SlugField):
    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").removeprefix("@").lower()


def time_zones(chosen: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices of a select, grouped by continent. An unusual one that is chosen already stays."""
    groups: dict[str, list[tuple[str, str]]] = {}
    legacy = ("Etc/", "SystemV/", "US/", "Canada/", "Brazil/", "Mexico/", "Chile/")
    for name in sorted(time_zone_names()):
        if "/" in name and not name.startswith(legacy):
            region, _, place = name.partition("/")
            groups.setdefault(region, []).append((name, place.replace("_", " ")))
    other = [("UTC", "UTC")]
    if chosen and not any(chosen == name for group in groups.values() for name, _ in group):
        other = list(dict.fromkeys([*other, (chosen, chosen)]))
    return [*groups.items(), ("Other", other)]


def free_handle(name: str) -> str:
    """A handle like `name` that nobody has: "zoe", "zoe-2"."""
    stem = slugify(name)[: HANDLE_LENGTH - 5] or "creator"
    taken = set(Creator.objects.filter(handle__startswith=stem).values_list("handle", flat=True))
    numbered = (f"{stem}-{n}" for n in count(2))
    return next(handle for handle in chain([stem], numbered) if handle not in taken)


class CreatorForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    handle = HandleField(
        max_length=HANDLE_LENGTH,
        required=False,
        help_text="Letters, digits, hyphens and underscores. Empty: made from the name.",
        error_messages={
            "invalid": "Use letters without accents, digits, hyphens and underscores only.",
            "unique": "This handle is taken already.",
        },
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    language = forms.ChoiceField(choices=list(LANGUAGES.items()), label="Language spoken")
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="Calendar and posting times are shown in it."
    )
    topics = WordsField(label="Topics", help_text="What the reels are about, separated by commas.")
    words_to_use = WordsField(label="Words to use", help_text="Separated by commas.")
    words_to_avoid = WordsField(
        label="Words to avoid", help_text="Separated by commas; no script will contain them."
    )

    class Meta:
        model = Creator
        fields = (
            "name",
            "handle",
            "language",
            "time_zone",
            "topics",
            "tone",
            "words_to_use",
            "words_to_avoid",
            "sign_off",
            "reel_label",
            "review_reels",
        )
        labels = {
            "reel_label": "Words shown in every frame",
            "review_reels": "Ask me again before a finished reel is posted",
        }
        help_texts = {
            "name": "As the audience knows them.",
            "tone": "How they talk: “warm, a little dry, short sentences”.",
            "sign_off": "How every reel ends, word for word.",
            "reel_label": "Small, at the edge: “Made with AI”, for example.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.fields["time_zone"]
        assert isinstance(zone, forms.ChoiceField)
        zone.choices = time_zones(self.instance.time_zone)
        if self.instance.pk is None and not self.is_bound:
            zone.widget.attrs["data-browser-zone"] = True  # time_zone.js selects this browser's

    def clean_handle(self) -> str:
        chosen = self.cleaned_data["handle"] or self.instance.handle
        return chosen or free_handle(self.cleaned_data.get("name", ""))


class PortraitForm(forms.Form):
    photo = forms.FileField(
        label="Photo",
        allow_empty_file=True,  # the service has the sentence for it
        error_messages={"required": "Choose a photo first."},
        help_text="JPEG, PNG, WebP or HEIC. One face, looking at the camera, lips closed.",
        widget=forms.FileInput(
            attrs={"accept": "image/jpeg,image/png,image/webp,image/heic,.heic,.heif"}
        ),
    )


class VoiceForm(forms.Form):
    recording = forms.FileField(
        label="Recording",
        allow_empty_file=True,
        error_messages={"required": "Record something or choose a file first."},
        help_text="15 seconds or more, one voice, a quiet room. Sound files and videos will do.",
        widget=forms.FileInput(attrs={"accept": "audio/*,video/webm,video/mp4,video/quicktime"}),
    )


class FootageForm(forms.Form):
    video = forms.FileField(
        label="Video",
        allow_empty_file=True,
        error_messages={"required": "Choose a video first."},
        help_text="Ten to twenty seconds of you talking to the camera, upright. MP4, MOV or WebM,"
        f" {MAX_FOOTAGE_BYTES // 2**20} MB at most.",
        widget=forms.FileInput(
            attrs={
                "accept": "video/mp4,video/quicktime,video/webm",
                "data-max-bytes": MAX_FOOTAGE_BYTES,  # app.js says so before it is sent
            }
        ),
    )


class ConsentForm(forms.Form):
    """An agreement to the wording that stands above the form."""

    OWN, PERMISSION = "own", "permission"

    person = forms.CharField(
        max_length=120,
        label="Name of the person",
        help_text="Whose face and voice it is; the legal name.",
        error_messages={"required": "Whose face is it? Write the name."},
    )
    standing = forms.ChoiceField(
        label="Who agrees",
        widget=forms.RadioSelect,
        choices=[
            (OWN, "It is my own face and voice."),
            (PERMISSION, "It is somebody else, who has given me permission."),
        ],
        error_messages={"required": "Say whether it is you or somebody else."},
    )
    details = forms.CharField(
        max_length=1000,
        required=False,
        label="Where that permission is kept",
        help_text="When it is somebody else: a contract, a letter, a licence, and its date.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    agree = forms.BooleanField(
        label="I have read this, and I agree.",
        error_messages={"required": "Without this tick nothing is agreed."},
    )
    seen_likeness = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    seen_voice = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    seen_footage = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("standing") == self.PERMISSION and not cleaned.get("details"):
            self.add_error("details", "Say where the permission is kept.")
        return cleaned

    @property
    def basis(self) -> str:
        """How the agreement was given, for the record."""
        if self.cleaned_data["standing"] == self.OWN:
            return "Given by the person, in this studio."
        return f"Given to the account's holder: {self.cleaned_data['details']}"

    @property
    def seen(self) -> tuple[str, str, str]:
        files = self.cleaned_data
        return files["seen_likeness"], files["seen_voice"], files["seen_footage"]
