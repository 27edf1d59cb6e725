"""What is said, and when."""

import hashlib
import json
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from creators.languages import LANGUAGES
from creators.models import Creator
from studio.lib.leases import Leased, LeasedQuerySet
from studio.lib.owned import OwnedQuerySet


class Pillar(models.Model):
    """One of the few subjects a creator keeps coming back to."""

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="pillars")
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    weight = models.PositiveSmallIntegerField(default=1)  # share of the calendar, relative
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OwnedQuerySet["Pillar"].as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["creator", "name"], name="pillar_name_once_a_creator")
        ]

    def __str__(self) -> str:
        return self.name


class Note(models.Model):
    """Something the creator wrote down or pasted: what scripts are made of."""

    class Kind(models.TextChoices):
        NOTE = "note", "my note"
        SOURCE = "source", "a source"

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="notes")
    pillar = models.ForeignKey(
        Pillar, models.SET_NULL, null=True, blank=True, related_name="notes"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.NOTE)
    title = models.CharField(max_length=160)
    text = models.TextField(max_length=100_000)
    # Where a source was found; never fetched from here.
    url = models.URLField(blank=True, max_length=500)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OwnedQuerySet["Note"].as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class SlotQuerySet(LeasedQuerySet["Slot"]):
    def planned(self) -> Self:
        """Those that are places in the calendar."""
        return self.exclude(part="")


class Slot(Leased):
    """A place in the calendar: a day and a part of it, in the creator's own time zone.

    Without a part of the day it is outside the calendar: the day a film made elsewhere came in.
    With a language its scripts are translations, else they are in the creator's own.

    `state` is about the writing of a script, nothing else: what the scripts are worth, they say
    themselves.
    """

    class State(models.TextChoices):
        IDLE = "idle", "nothing is being written"
        ASKED = "asked", "a script is being written"
        STUCK = "stuck", "the script could not be written"

    class Part(models.TextChoices):
        MORNING = "morning", "morning"
        MIDDAY = "midday", "midday"
        AFTERNOON = "afternoon", "afternoon"
        EVENING = "evening", "evening"

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="slots")
    date = models.DateField()
    part = models.CharField(max_length=10, choices=Part, default=Part.EVENING)  # "": see above
    pillar = models.ForeignKey(
        Pillar, models.SET_NULL, null=True, blank=True, related_name="slots"
    )
    topic = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.IDLE)
    problem = models.CharField(max_length=500, blank=True)  # why writing failed, for the creator
    tries = models.PositiveSmallIntegerField(default=0)  # of the writing that is asked for now
    try_after = models.DateTimeField(null=True, blank=True)  # a service asked for patience
    translation_of = models.ForeignKey(
        "Script", models.SET_NULL, null=True, blank=True, related_name="translations"
    )
    language = models.CharField(max_length=16, blank=True)  # of a translation, BCP 47

    objects = SlotQuerySet.as_manager()

    class Meta:
        ordering = ["date", "pk"]
        indexes = [models.Index(fields=["state"], name="slot_state")]  # tasks.due, every minute
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "date", "part"],
                condition=~models.Q(part=""),
                name="one_slot_a_part_of_day",
            ),
            models.UniqueConstraint(
                fields=["translation_of", "language"], name="one_translation_a_language"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.part}"

    @property
    def language_name(self) -> str:
        return LANGUAGES.get(self.language, self.language)


class Brief(models.Model):
    """What a script is to be made of: the points found for a slot and where each came from."""

    slot = models.OneToOneField(Slot, models.CASCADE, related_name="brief")
    topic = models.CharField(max_length=200)
    points = models.JSONField(default=list)  # research.Point.to_json: text, note_id, quote, ...
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.topic


class ScriptQuerySet(OwnedQuerySet["Script"]):
    owner = "slot__creator__owner"

    def awaiting(self) -> Self:
        return self.filter(state=Script.State.PROPOSED)

    def written(self) -> Self:
        """Those that somebody here wrote; not the words beside a film made elsewhere."""
        return self.exclude(slot__part="")


class Script(models.Model):
    """One version of what is said in a slot."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        PROPOSED = "proposed", "waits for you"
        APPROVED = "approved", "approved"
        REJECTED = "rejected", "rejected"
        SUPERSEDED = "superseded", "replaced by a newer version"

    slot = models.ForeignKey(Slot, models.CASCADE, related_name="scripts")
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    hook = models.TextField(max_length=400)
    body = models.TextField(max_length=8000)
    call_to_action = models.TextField(max_length=400, blank=True)
    caption = models.TextField(max_length=2200, blank=True)
    hashtags = models.JSONField(default=list, blank=True)  # [str], without '#'
    language = models.CharField(max_length=16, default="en")
    # key of scripts_gen.writing.WRITERS, "creator", "translation", or "film": it came with one
    writer = models.CharField(max_length=40)
    # [Evidence.to_json]: sentence, note_id, quote; note_id None: words that claim nothing.
    evidence = models.JSONField(default=list, blank=True)
    remarks = models.JSONField(default=list, blank=True)  # [str], what the writer wants known
    estimated_ms = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScriptQuerySet.as_manager()

    class Meta:
        ordering = ["slot__date", "slot_id", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["slot", "version"], name="script_version_once_a_slot"),
            models.UniqueConstraint(
                fields=["slot"],
                condition=models.Q(state="approved"),
                name="one_approved_script_a_slot",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hook[:60]} (version {self.version})"

    @property
    def creator(self) -> Creator:
        return self.slot.creator

    @property
    def language_name(self) -> str:
        return LANGUAGES.get(self.language, self.language)

    @property
    def spoken(self) -> str:
        """What the voice says, one paragraph a part."""
        parts = (self.hook, self.body, self.call_to_action)
        return "\n\n".join(part.strip() for part in parts if part.strip())

    @property
    def text_sha256(self) -> str:
        """The hash a decision is about: everything an audience would hear or read."""
        words = [
            self.hook,
            self.body,
            self.call_to_action,
            self.caption,
            self.hashtags,
            self.language,
        ]
        return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()

    @property
    def is_approved(self) -> bool:
        """Approved, and still the very text that was approved."""
        if self.state != self.State.APPROVED:
            return False
        last = next(iter(self.decisions.all()), None)  # newest first; often prefetched
        return bool(
            last
            and last.verdict == Decision.Verdict.APPROVED
            and last.text_sha256 == self.text_sha256
        )


class Decision(models.Model):
    """What a person decided about a script, and the hash of the text they saw. Never edited."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", "approved"
        REJECTED = "rejected", "rejected"
        WITHDRAWN = "withdrawn", "withdrawn"

    script = models.ForeignKey(Script, models.CASCADE, related_name="decisions")
    verdict = models.CharField(max_length=10, choices=Verdict)
    text_sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-decided_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.decided_by}"


class Lesson(models.Model):
    """How posts of one kind did against the creator's others. Written anew with every result."""

    class Subject(models.TextChoices):
        ALL = "all", "all posts"  # one row: how many there are to learn from
        PILLAR = "pillar", "subject"
        HOOK = "hook", "opening"
        LENGTH = "length", "length"
        PART = "part", "part of the day"

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="lessons")
    subject = models.CharField(max_length=10, choices=Subject)
    kind = models.CharField(max_length=40, blank=True)  # a pillar's pk, else the word for it
    n = models.PositiveIntegerField()  # posts of this kind
    # Logs of what a post reaches in 24 hours, drawn towards none; low to high holds 80 %.
    effect = models.FloatField(default=0.0)
    low = models.FloatField(default=0.0)
    high = models.FloatField(default=0.0)
    learned_at = models.DateTimeField(default=timezone.now)

    objects = OwnedQuerySet["Lesson"].as_manager()

    class Meta:
        ordering = ["creator", "subject", "-effect", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "subject", "kind"], name="lesson_once_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.kind}: {self.effect:+.2f} from {self.n}"
