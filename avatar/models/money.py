"""What engines over the network were ordered for, what that cost, and with whose keys."""

import datetime as dt
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from avatar.engine.registry import ENGINES
from avatar.engine.vendors.access import VENDORS
from avatar.engine.vendors.journal import State
from avatar.engine.vendors.orders import JUST_SENT_S
from avatar.models.reels import Reel
from creators.models import Consent, Creator
from studio.lib.encrypted import EncryptedJSONField, EncryptedTextField
from studio.lib.owned import OwnedQuerySet

NOTHING = Decimal(0)
MICRO: dict[str, Any] = {"max_digits": 12, "decimal_places": 6}  # a character costs 0.00005 USD
OVER = (State.FAILED, State.ABSENT)
UNDER_WAY = (State.RESERVED, State.SENDING, State.PLACED)
# Of orders together; those under way as estimated.
COST = Sum(Coalesce("usd", "estimated_usd", output_field=models.DecimalField()))
TOLD = {
    State.RESERVED: "being prepared",
    State.SENDING: "sent, and not answered",
    State.PLACED: "being worked on",
    State.DONE: "made",
    State.FAILED: "came to nothing",
    State.ABSENT: "never made",
}


def default_budget() -> Decimal:
    """USD a month, for creators that have set none."""
    return Decimal(str(settings.ENGINE_BUDGET_USD))


class ChargeQuerySet(OwnedQuerySet["Charge"]):
    def under_way(self) -> Self:
        return self.filter(state__in=UNDER_WAY)

    def unknown(self) -> Self:
        """Orders that left and were not answered: a person may have to decide."""
        return self.filter(state=State.SENDING)

    def to_decide(self) -> Self:
        """Of those the ones that nothing asks after by itself any more: a person must."""
        young = timezone.now() - dt.timedelta(seconds=JUST_SENT_S)
        left = self.unknown().exclude(reel__state__in=("queued", "rendering"))
        return left.exclude(reel=None, changed_at__gte=young)

    def abandoned(self) -> Self:
        """Placed, and no reel that is under way asks after them."""
        reels = Reel.objects.unfinished().filter(take__script__slot__creator=OuterRef("creator"))
        # What is ordered goes by the words: another script that says the same shares the order.
        of_its_words = reels.filter(
            Q(take__script=OuterRef("reel__take__script"))
            | Q(take__text_sha256=OuterRef("reel__take__text_sha256"))
        )
        unwanted = ~Exists(of_its_words) & (Q(reel__isnull=False) | ~Exists(reels))
        return self.filter(Q(purged_at__isnull=False) | unwanted, state=State.PLACED)

    def revoked(self) -> Self:
        """Ordered under a consent that was revoked since, and not purged yet."""
        revoked = Consent.objects.filter(creator=OuterRef("creator"))
        since = revoked.filter(revoked_at__gte=OuterRef("created_at"))
        return self.filter(Exists(since), purged_at=None)

    def voices(self) -> Self:
        """Voices that vendors made after a sample, or may have made."""
        return self.filter(what="clone", state__in=(State.PLACED, State.DONE))

    def usd(self) -> Decimal:
        """What they cost together; those under way as estimated."""
        return Decimal(self.aggregate(sum=COST)["sum"] or NOTHING)


class Charge(models.Model):
    """One order to a vendor: avatar.engine.vendors.journal says what its states mean."""

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="charges")
    reel = models.ForeignKey(
        "avatar.Reel", models.SET_NULL, null=True, blank=True, related_name="charges"
    )  # that it was ordered for
    what = models.CharField(max_length=20)  # film, speech, clone, words or sound
    engine = models.CharField(max_length=80)  # name in avatar.engine.registry
    key = models.CharField(max_length=64)  # hash of everything that went in
    round = models.PositiveSmallIntegerField(default=1)  # a failed order may be placed again
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State])
    handle = EncryptedJSONField(default=dict, blank=True)  # the vendor's names for it
    account = models.CharField(max_length=80, blank=True)  # vendor and fingerprint of the key
    estimated_usd = models.DecimalField(**MICRO, null=True, blank=True)  # None: no price known
    usd = models.DecimalField(**MICRO, null=True, blank=True)  # None: not known yet
    result = models.FileField(upload_to="charges/%Y/%m", blank=True)  # so that it is paid for once
    facts = models.JSONField(default=dict, blank=True)  # what was asked for and what came
    why = models.TextField(blank=True)  # it failed or never was, in a sentence
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)  # of its state
    settled_by = models.CharField(max_length=150, blank=True)  # the person who decided
    settled_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)  # result deleted, consent gone
    forget_at = models.DateTimeField(
        null=True, blank=True
    )  # not before: when the vendor is asked (again) to delete the voice it made
    look_at = models.DateTimeField(
        null=True, blank=True
    )  # not before: when an order that no reel asks after is looked at again

    objects = ChargeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "key"],
                condition=~Q(state__in=[s.value for s in OVER]) & Q(purged_at=None),
                name="one_open_charge_a_key",
            )
        ]
        indexes = [
            models.Index(fields=["account", "state"], name="charge_slots"),  # Ledger: free slots
            models.Index(fields=["creator", "created_at"], name="charge_month"),  # spent
        ]

    def __str__(self) -> str:
        return f"charge {self.pk}: {self.what} by {self.engine}"

    @property
    def is_unknown(self) -> bool:
        return self.state == State.SENDING

    @property
    def is_in_the_air(self) -> bool:
        """It left just now, and a worker is still waiting for the answer."""
        if not self.is_unknown:
            return False
        if self.reel is not None:
            return self.reel.is_unfinished and not self.reel.is_waiting
        return (timezone.now() - self.changed_at).total_seconds() < JUST_SENT_S

    @property
    def label(self) -> str:
        """The engine in words."""
        found = ENGINES.get(self.engine)
        return found.label if found else self.engine

    @property
    def told(self) -> str:
        """How it stands, in words."""
        return TOLD[State(self.state)]

    @property
    def cost_usd(self) -> Decimal | None:
        """None where neither table nor vendor says."""
        return self.estimated_usd if self.usd is None else self.usd

    @property
    def vendor(self) -> str:
        """In words; empty for what runs here."""
        found = VENDORS.get(self.account.partition(":")[0])
        return found.label if found else ""


class Budget(models.Model):
    """What a creator lets engines over the network cost in a calendar month; 0 allows nothing."""

    creator = models.OneToOneField(Creator, models.CASCADE, related_name="budget")
    monthly_usd = models.DecimalField(
        max_digits=9, decimal_places=2, validators=[MinValueValidator(0)]
    )

    def __str__(self) -> str:
        return f"budget of {self.creator}"


class EngineKey(models.Model):
    """A creator's own key for one vendor, used before the installation's. Shown to nobody."""

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="engine_keys")
    vendor = models.CharField(max_length=40)  # key of avatar.engine.vendors.access.VENDORS
    key = EncryptedTextField()
    fingerprint = models.CharField(max_length=12)
    added_at = models.DateTimeField(default=timezone.now)

    objects = OwnedQuerySet["EngineKey"].as_manager()

    class Meta:
        ordering = ["vendor"]
        constraints = [
            models.UniqueConstraint(fields=["creator", "vendor"], name="one_key_a_vendor")
        ]

    def __str__(self) -> str:
        return f"key of {self.creator} for {self.vendor}"

    def __repr__(self) -> str:  # never the key
        return f"<EngineKey {self.pk}>"
