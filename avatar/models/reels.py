"""From approved words to a finished reel."""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from avatar.engine.stages import STAGES
from creators.models import Consent, Creator, Footage, Portrait
from scripts_gen.models import Script
from studio.lib.leases import Leased, LeasedQuerySet

FILM = "film"  # the engine of what was not made here: a finished film that was brought in


class Take(models.Model):
    """One voice-over of one approved script, with the time of every phone and word."""

    script = models.ForeignKey(Script, models.CASCADE, related_name="takes")
    # the voice, or the voices in their order, that were asked for; or FILM
    engine = models.CharField(max_length=200, default="sketch")
    settings = models.JSONField(default=dict, blank=True)  # the voice's own options, emotion
    settings_sha256 = models.CharField(max_length=64, blank=True, default="")  # empty: none
    text_sha256 = models.CharField(max_length=64)  # the approved text it speaks
    voice_sha256 = models.CharField(
        max_length=64, blank=True, default=""
    )  # the sample it imitates; empty: a voice of nobody
    audio = models.FileField(upload_to="takes/%Y/%m", blank=True)
    alignment = models.JSONField(default=dict, blank=True)  # avatar.engine.types.Alignment.to_json
    duration_ms = models.PositiveIntegerField(default=0)
    # who really spoke: engine, label, model, voice, usd, ...; and why none before it did
    made = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["script", "engine", "settings_sha256", "text_sha256", "voice_sha256"],
                name="take_once_a_text_and_voice",
            )
        ]

    def __str__(self) -> str:
        return f"take {self.pk} of {self.script}"


class Look(models.Model):
    """How a creator's reels look, unless one is asked for in another look."""

    creator = models.OneToOneField(Creator, models.CASCADE, related_name="look")
    options = models.JSONField(default=dict)  # any of avatar.services.CHOICES, by name

    def __str__(self) -> str:
        return f"look of {self.creator}"


class ReelQuerySet(LeasedQuerySet["Reel"]):
    owner = "take__script__slot__creator__owner"

    def of_creator(self, creator_id: int) -> Self:
        return self.filter(take__script__slot__creator_id=creator_id)

    def unfinished(self) -> Self:
        return self.filter(state__in=(Reel.State.QUEUED, Reel.State.RENDERING))

    def uncovered(self) -> Self:
        """Whose face or voice no live consent covers."""
        face = Consent.objects.live().filter(
            creator=OuterRef("take__script__slot__creator"),
            likeness_sha256=OuterRef("portrait__sha256"),
        )
        voice = face.filter(voice_sha256=OuterRef("take__voice_sha256"))
        moving = Consent.objects.live().filter(
            creator=OuterRef("take__script__slot__creator"),
            footage_sha256=OuterRef("footage_sha256"),
        )
        moving_voice = moving.filter(voice_sha256=OuterRef("take__voice_sha256"))
        film = (
            Consent.objects.live()
            .to_films()
            .filter(
                creator=OuterRef("take__script__slot__creator"), likeness_sha256=OuterRef("sha256")
            )
        )
        no_sample = Q(take__voice_sha256="")
        of_photo = Exists(voice) | (no_sample & Exists(face))
        of_footage = Exists(moving_voice) | (no_sample & Exists(moving))
        return self.exclude(
            (Q(footage_sha256="") & of_photo)
            | (~Q(footage_sha256="") & of_footage)
            | (Q(take__engine=FILM) & Exists(film))
        )

    def with_story(self) -> Self:
        """Everything a page says about a reel, in one query.

        footage_pk: of the video that speaks, where there is a picture of it.
        """
        footage = Footage.objects.exclude(still="").filter(
            creator=OuterRef("take__script__slot__creator"), sha256=OuterRef("footage_sha256")
        )
        with_footage = self.annotate(footage_pk=Subquery(footage.values("pk")[:1]))
        return with_footage.select_related("take__script__slot__creator", "portrait")

    def soon(self, until: dt.datetime) -> dt.datetime | None:
        """When the next waiting reel may be tried again, if that is before `until`."""
        waiting = self.filter(state=Reel.State.QUEUED, retry_at__lte=until)
        return waiting.order_by("retry_at").values_list("retry_at", flat=True).first()


def stage_choices() -> list[tuple[str, str]]:
    return [(name, stage.label) for name, stage in STAGES.items()]


class Reel(Leased):
    """One finished (or coming) vertical video of one take."""

    class State(models.TextChoices):
        QUEUED = "queued", "waits for a worker"
        RENDERING = "rendering", "being made"
        READY = "ready", "ready"
        FAILED = "failed", "could not be made"
        CANCELLED = "cancelled", "cancelled"

    take = models.ForeignKey(Take, models.CASCADE, related_name="reels")
    portrait = models.ForeignKey(
        Portrait, models.SET_NULL, null=True, blank=True, related_name="reels"
    )  # the photo that speaks
    footage_sha256 = models.CharField(
        max_length=64, blank=True, default=""
    )  # the video that is made to speak instead
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=10, choices=stage_choices, blank=True)
    progress = models.FloatField(default=0.0)  # of the whole, 0 to 1
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)  # not before; `error` says why
    waits_since = models.DateTimeField(
        null=True, blank=True
    )  # since when an engine over the network has been waited for
    told_at = models.DateTimeField(
        null=True, blank=True
    )  # when a webhook came for it; a moment ahead while many come
    error = models.TextField(blank=True)  # one sentence for the creator
    cancel_requested = models.BooleanField(default=False)
    options = models.JSONField(
        default=dict, blank=True
    )  # avatar.engine.options.ReelOptions, by name
    label = models.CharField(max_length=80, blank=True)  # words burned into every frame
    recipe_sha256 = models.CharField(
        max_length=64, blank=True, default=""
    )  # photo, options and label: with the take, what the reel is
    video = models.FileField(upload_to="reels/%Y/%m", blank=True)
    cover = models.FileField(upload_to="reels/%Y/%m", blank=True)
    srt = models.FileField(upload_to="reels/%Y/%m", blank=True)
    vtt = models.FileField(upload_to="reels/%Y/%m", blank=True)
    sha256 = models.CharField(max_length=64, blank=True)  # of the video
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    fps = models.FloatField(default=0)
    duration_ms = models.PositiveIntegerField(default=0)
    timings = models.JSONField(default=dict, blank=True)  # the engine's TIMINGS
    made = models.JSONField(default=dict, blank=True)  # who really performed, as Take.made
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ready_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)  # files deleted, consent gone

    objects = ReelQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["take", "recipe_sha256"],
                condition=models.Q(state__in=["queued", "rendering", "ready"]),
                name="one_live_reel_a_recipe",
            )
        ]
        indexes = [
            models.Index(fields=["state", "created_at"], name="reel_due")  # tasks.due: what waits
        ]

    def __str__(self) -> str:
        return f"reel {self.pk}: {self.take.script.hook[:60]}"

    @property
    def is_film(self) -> bool:
        """Made elsewhere and brought in as it is."""
        return self.take.engine == FILM

    @property
    def film_consent(self) -> Consent | None:
        """The live agreement to posting this film; None for what was made here."""
        films = self.creator.consents.live().to_films()
        return films.filter(likeness_sha256=self.sha256).first() if self.is_film else None

    @property
    def script(self) -> Script:
        return self.take.script

    @property
    def creator(self) -> Creator:
        return self.take.script.slot.creator

    @property
    def is_unfinished(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RENDERING)

    @property
    def is_waiting(self) -> bool:
        """For something that `error` names; it goes on by itself at `retry_at`."""
        return self.state == self.State.QUEUED and self.retry_at is not None

    @property
    def stage_words(self) -> str:
        """What is being done, for people; empty before it has begun."""
        if self.stage == "analyse" and self.footage_sha256:
            return "studying the video"
        return self.get_stage_display()

    @property
    def percent(self) -> int:
        return round(100 * self.progress)

    @property
    def video_bytes(self) -> int:
        """Asks the file store; 0 when the file is gone."""
        try:
            return int(self.video.size) if self.video else 0
        except OSError:
            return 0
