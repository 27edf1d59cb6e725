"""Rows that belong to the installation rather than to a creator."""

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from studio.lib.leases import lease_end, new_owner, run_out


class Lease(models.Model):
    """A named job that one process at a time may do, and when it was last seen doing it.

    Doubles as the heartbeat: a cluster whose `beat` row has not moved for minutes is stuck.
    """

    name = models.CharField(max_length=80, primary_key=True)
    owner = models.CharField(max_length=80, blank=True, default="")
    until = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def take(cls, name: str, *, seconds: int) -> str | None:
        """Become the only holder of `name` for `seconds`. None when somebody else is."""
        now, owner = timezone.now(), new_owner()
        values = {"owner": owner, "until": lease_end(now, seconds), "seen_at": now}
        free = models.Q(owner="") | run_out("until", now)
        if cls.objects.filter(free, name=name).update(**values):
            return owner
        try:
            with transaction.atomic():
                cls.objects.create(name=name, **values)
        except IntegrityError:
            return None
        return owner

    @classmethod
    def give_back(cls, name: str, owner: str) -> None:
        cls.objects.filter(name=name, owner=owner).update(owner="", seen_at=timezone.now())

    @classmethod
    def beat(cls, name: str) -> None:
        """Note that `name` is alive."""
        cls.objects.update_or_create(name=name, defaults={"seen_at": timezone.now()})
