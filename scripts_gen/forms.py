"""What a browser may send: slots, notes, pillars, wordings."""

from typing import Any

from django import forms

from creators.models import Creator
from scripts_gen import services
from scripts_gen.models import Note, Pillar, Script, Slot
from scripts_gen.research.markup import plain
from scripts_gen.writing.wording import as_hashtag
from studio.lib.owned import User

MAX_NOTE = 100_000
MAX_HASHTAGS = 30  # Instagram's limit


class OfCreator(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A form for something of a creator's; asks whose only when there are several creators."""

    creator = forms.ModelChoiceField(Creator.objects.none(), label="Creator", empty_label=None)

    def __init__(
        self, *args: Any, user: User, creator: Creator | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        mine = list(Creator.objects.for_user(user))
        if self.instance.pk:
            mine = [one for one in mine if one.pk == self.instance.creator_id]
        self.only = mine[0] if len(mine) == 1 else None
        if self.only:
            del self.fields["creator"]
            self.instance.creator = self.only
        else:
            field = self.fields["creator"]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = Creator.objects.for_user(user)
            self.initial.setdefault("creator", creator)
        if "pillar" in self.fields:
            self._offer_pillars(user)

    def _offer_pillars(self, user: User) -> None:
        field = self.fields["pillar"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Pillar.objects.for_user(user).select_related("creator")
        field.empty_label = "None"
        if self.only:
            field.queryset = field.queryset.filter(creator=self.only)
        else:
            field.choices = [("", "None"), *((p.pk, f"{p.creator}: {p}") for p in field.queryset)]

    @property
    def chosen(self) -> Creator | None:
        return self.only or self.cleaned_data.get("creator")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        pillar = data.get("pillar")
        if pillar and self.chosen and pillar.creator_id != self.chosen.pk:
            self.add_error("pillar", f"“{pillar}” is a pillar of another creator.")
        return data


class SlotForm(OfCreator):
    class Meta:
        model = Slot
        fields = ["creator", "date", "part", "pillar", "topic"]
        labels = {"date": "Day", "part": "Part of the day"}
        help_texts = {"topic": "What it should be about. Empty: whatever your notes hold most of."}
        widgets = {"date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        date, part, creator = data.get("date"), data.get("part"), self.chosen
        if not (date and part and creator):
            return data
        moved = not self.instance.pk or self.instance.date != date
        if "date" in self.changed_data and moved and date < services.local_today(creator):
            self.add_error("date", "That day is over.")
        taken = creator.slots.filter(date=date, part=part).exclude(pk=self.instance.pk)
        if taken.exists():
            self.add_error("part", f"There is a slot on {date:%A} {part} already.")
        return data


class NoteForm(OfCreator):
    title = forms.CharField(
        max_length=160,
        required=False,
        help_text="A question or a claim opens well. Empty: the first words of the note.",
    )
    url = forms.URLField(
        label="Where you found it",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="Named in the caption when a script uses it. Nothing is fetched from there.",
    )

    class Meta:
        model = Note
        fields = ["creator", "kind", "title", "text", "url", "pillar"]
        labels = {
            "kind": "Whose words are these?",
            "text": "The note",
        }
        help_texts = {
            "text": "Whole sentences work best, as you would say them. Lists are fine.",
            "pillar": "None: it goes to the pillar it is about.",
        }
        widgets = {"kind": forms.RadioSelect, "text": forms.Textarea(attrs={"rows": 14})}
        error_messages = {"text": {"required": "A note needs some words."}}

    field_order = ["creator", "text", "title", "kind", "url", "pillar"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind, text = self.fields["kind"], self.fields["text"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [
            (Note.Kind.NOTE, "Mine: they may be said as they are"),
            (Note.Kind.SOURCE, "Somebody else's: sentences with “I” and “we” are left out"),
        ]
        assert isinstance(text, forms.CharField)
        text.max_length = None  # said below, with the numbers
        text.validators = []
        text.widget.attrs.pop("maxlength", None)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\x00", "").strip()
        if len(text) > MAX_NOTE:
            raise forms.ValidationError(
                f"The note has {len(text):,} characters; {MAX_NOTE:,} fit. Split it into two."
            )
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("title") and data.get("text"):
            lines = [plain(line).lstrip("#-*• ").strip() for line in data["text"].splitlines()]
            first = next((line for line in lines if line), "Untitled")
            data["title"] = first if len(first) <= 160 else f"{first[:157].rsplit(' ', 1)[0]}…"
        return data


class PillarForm(OfCreator):
    weight = forms.TypedChoiceField(
        choices=[(0, "Rests"), (1, "Normal"), (2, "Twice as often"), (3, "Three times as often")],
        coerce=int,
        initial=1,
        label="How often",
    )

    class Meta:
        model = Pillar
        fields = ["creator", "name", "description", "weight"]
        help_texts = {"description": "Words that belong to it; notes find their pillar by them."}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        name, creator = data.get("name"), self.chosen
        if name and creator:
            twins = creator.pillars.filter(name__iexact=name).exclude(pk=self.instance.pk)
            if twins.exists():
                self.add_error("name", f"There is a pillar called “{name}” already.")
        return data


class ScriptForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The parts of a script, and which text the person started from."""

    hashtags = forms.CharField(
        required=False, max_length=1000, help_text="With spaces or commas between them."
    )
    seen_sha256 = forms.CharField(widget=forms.HiddenInput)

    class Meta:
        model = Script
        fields = ["hook", "body", "call_to_action", "caption"]
        labels = {"call_to_action": "Last words"}
        help_texts = {
            "hook": "The first sentence. It decides whether they stay.",
            "caption": "What stands under the reel.",
        }
        widgets = {
            "hook": forms.Textarea(attrs={"rows": 2}),
            "body": forms.Textarea(attrs={"rows": 10}),
            "call_to_action": forms.Textarea(attrs={"rows": 2}),
            "caption": forms.Textarea(attrs={"rows": 4}),
        }
        error_messages = {
            "hook": {"required": "A script needs a first sentence."},
            "body": {"required": "A script needs something to say."},
        }

    field_order = ["hook", "body", "call_to_action", "caption", "hashtags"]

    def clean_hashtags(self) -> list[str]:
        raw = self.cleaned_data["hashtags"].replace(",", " ").replace("#", " ").split()
        tags = list(dict.fromkeys(tag for tag in map(as_hashtag, raw) if tag))
        if len(tags) > MAX_HASHTAGS:
            raise forms.ValidationError(f"{len(tags)} hashtags; platforms take {MAX_HASHTAGS}.")
        return tags

    def parts(self) -> dict[str, Any]:
        """The wording, with line ends as they are stored."""
        return {
            name: value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
            if name != "seen_sha256"
        }


class TranslationForm(forms.Form):
    """Which language a script is wanted in. Whether it can be had in it, the service says."""

    language = forms.CharField(required=False, widget=forms.Select)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = self.fields["language"].widget
        assert isinstance(widget, forms.Select)
        widget.choices = [("", "Choose one"), *choices]


class RejectForm(forms.Form):
    note = forms.CharField(
        required=False,
        max_length=500,
        label="What should be different?",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
