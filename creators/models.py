"""Who is seen and heard, and what they agreed to."""

from functools import cache
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from creators.languages import LANGUAGES
from studio.lib.owned import OwnedQuerySet


@cache
def time_zone_names() -> frozenset[str]:
    return frozenset(available_timezones())  # walks through some six hundred files


def validate_time_zone(name: str) -> None:
    if name not in time_zone_names():
        raise ValidationError(f"“{name}” is not a time zone; write it like “Europe/Berlin”.")


def validate_language(code: str) -> None:
    if code not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise ValidationError(
            f"“{code}” is not a language the voices speak; choose one of {known}."
        )


class CreatorQuerySet(OwnedQuerySet["Creator"]):
    owner = "owner"

    def with_readiness(self) -> Self:
        """Adds what a list shows, in the same query.

        portrait_pk, footage_pk: the photo and the video that new reels use; likeness_now,
        voice_now, footage_now: the hashes of photo, voice sample and video; None where there is
        none. still_pk: a video with a picture of it; agreed: `services.live_consent` would find
        one.
        """
        portraits = Portrait.objects.filter(creator=OuterRef("pk"), state=Portrait.State.READY)
        voices = Voice.objects.filter(creator=OuterRef("pk"), state=Voice.State.READY)
        footage = Footage.objects.filter(creator=OuterRef("pk"), state=Footage.State.READY)
        agreed = Consent.objects.live().filter(
            creator=OuterRef("pk"),
            likeness_sha256=Coalesce(OuterRef("likeness_now"), models.Value("")),
            voice_sha256=Coalesce(OuterRef("voice_now"), models.Value("")),
            footage_sha256=Coalesce(OuterRef("footage_now"), models.Value("")),
        )
        with_files = self.annotate(
            portrait_pk=Subquery(portraits.values("pk")[:1]),
            likeness_now=Subquery(portraits.values("sha256")[:1]),
            voice_now=Subquery(voices.values("sha256")[:1]),
            footage_pk=Subquery(footage.values("pk")[:1]),
            still_pk=Subquery(footage.exclude(still="").values("pk")[:1]),
            footage_now=Subquery(footage.values("sha256")[:1]),
        )
        has_face = Q(portrait_pk__isnull=False) | Q(footage_pk__isnull=False)
        return with_files.annotate(agreed=Exists(agreed) & has_face)

    def agreed(self) -> Self:
        """Those for whom `services.live_consent` finds one."""
        return self.with_readiness().filter(agreed=True)


class Creator(models.Model):
    """Somebody who talks to an audience: the star the understudy performs for."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="creators")
    name = models.CharField(max_length=80)
    handle = models.SlugField(max_length=40, unique=True)
    language = models.CharField(max_length=16, default="en", validators=[validate_language])
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    topics = models.JSONField(default=list, blank=True)  # [str]
    tone = models.CharField(max_length=200, blank=True)
    words_to_use = models.JSONField(default=list, blank=True)  # [str]
    words_to_avoid = models.JSONField(default=list, blank=True)  # [str]
    sign_off = models.CharField(max_length=200, blank=True)
    review_reels = models.BooleanField(default=False)  # also asks before a finished reel goes out
    reel_label = models.CharField(max_length=80, blank=True)  # words shown in every frame
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CreatorQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def portrait(self) -> "Portrait | None":
        """The photo that new reels use: the newest one that passed its check."""
        return self.portraits.filter(state=Portrait.State.READY).first()

    @property
    def voice(self) -> "Voice | None":
        """The voice that new takes use: the newest sample that passed its check."""
        return self.voices.filter(state=Voice.State.READY).first()

    @property
    def footage(self) -> "Footage | None":
        """The video that new reels may use: the newest one that passed its check."""
        return self.footages.filter(state=Footage.State.READY).first()


class Portrait(models.Model):
    """One photo, re-encoded without metadata, and what a worker found in it."""

    class State(models.TextChoices):
        CHECKING = "checking", "being looked at"
        CHOOSE = "choose", "several faces: choose one"
        READY = "ready", "ready"
        REFUSED = "refused", "cannot be used"

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="portraits")
    image = models.FileField(upload_to="portraits/%Y/%m")
    preview = models.FileField(upload_to="portraits/%Y/%m", blank=True)  # the same, for pages
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    face_index = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # chosen among report["faces"]
    report = models.JSONField(default=dict, blank=True)  # avatar.engine.face.inspect: PhotoReport
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OwnedQuerySet["Portrait"].as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"photo {self.pk} of {self.creator}"


class Backdrop(models.Model):
    """One picture to stand behind the creator, re-encoded without metadata."""

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="backdrops")
    image = models.FileField(upload_to="backdrops/%Y/%m")
    preview = models.FileField(upload_to="backdrops/%Y/%m")  # the same, for pages
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OwnedQuerySet["Backdrop"].as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "sha256"], name="backdrop_once_a_creator_and_picture"
            )
        ]

    def __str__(self) -> str:
        return f"background {self.pk} of {self.creator}"


class Voice(models.Model):
    """One sample of the creator's voice, and what a worker heard in it."""

    class State(models.TextChoices):
        CHECKING = "checking", "being listened to"
        READY = "ready", "ready"
        REFUSED = "refused", "cannot be used"

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="voices")
    sample = models.FileField(upload_to="voices/%Y/%m")
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    report = models.JSONField(default=dict, blank=True)  # avatar.engine.media.sound: SoundReport
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OwnedQuerySet["Voice"].as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"voice sample {self.pk} of {self.creator}"


class Footage(models.Model):
    """One video of the creator, kept as it came, and what a worker saw in it."""

    class State(models.TextChoices):
        CHECKING = "checking", "being looked at"
        READY = "ready", "ready"
        REFUSED = "refused", "cannot be used"

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="footages")
    video = models.FileField(upload_to="footage/%Y/%m")
    still = models.FileField(upload_to="footage/%Y/%m", blank=True)  # a picture of it, for pages
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    report = models.JSONField(default=dict, blank=True)  # avatar.child: inspect_footage
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OwnedQuerySet["Footage"].as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"video {self.pk} of {self.creator}"


FILM = "film"  # the wording of a consent to a film that was made elsewhere


class ConsentQuerySet(OwnedQuerySet["Consent"]):
    def live(self) -> "ConsentQuerySet":
        return self.filter(revoked_at=None)

    def to_films(self) -> "ConsentQuerySet":
        """Those about a film that was made elsewhere."""
        return self.filter(wording_version=FILM)

    def to_speak(self) -> "ConsentQuerySet":
        """Those about a photo and a voice that are made to speak here."""
        return self.exclude(wording_version=FILM)


class Consent(models.Model):
    """A person's agreement that this photo, this video and this voice may be made to speak, or
    that this film may be posted.

    Never edited, only revoked.
    """

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="consents")
    person = models.CharField(max_length=120)  # whose likeness and voice it is
    basis = models.TextField(blank=True)  # how the agreement was given, or why none is needed
    wording_version = models.CharField(max_length=20)
    likeness_sha256 = models.CharField(
        max_length=64, blank=True
    )  # the portrait's file, or the film's; empty: there is only a video
    voice_sha256 = models.CharField(
        max_length=64, blank=True
    )  # the sample's file; empty: a synthetic voice
    footage_sha256 = models.CharField(
        max_length=64, blank=True, default=""
    )  # the video's file; empty: only the photo is moved
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-given_at", "-pk"]

    def __str__(self) -> str:
        return f"consent of {self.person}"
