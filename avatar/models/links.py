"""Addresses under which vendors fetch what they were ordered to work on."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone

from avatar.models.money import UNDER_WAY, Charge
from studio.lib.owned import OwnedQuerySet


class SourceLinkQuerySet(OwnedQuerySet["SourceLink"]):
    owner = "charge__creator__owner"

    def live(self) -> Self:
        """Those whose order is under way, and whose consent nobody has revoked since."""
        orders = Charge.objects.filter(pk=OuterRef("charge"))
        return self.filter(
            Exists(orders.filter(state__in=UNDER_WAY, purged_at=None)),
            ~Exists(orders.revoked()),
            expires_at__gt=timezone.now(),
        )


class SourceLink(models.Model):
    """An address under which anybody who has it can fetch the source of one order, for a while.

    Only its hash is kept: who reads the database cannot fetch anything with it.
    """

    charge = models.ForeignKey(Charge, models.CASCADE, related_name="source_links")
    file = models.FileField(upload_to="sources/%Y/%m")  # a copy, as it was made for this order
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token
    expires_at = models.DateTimeField()

    objects = SourceLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"source of charge {self.charge_id} until {self.expires_at}"
