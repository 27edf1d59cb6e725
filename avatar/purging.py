"""What was ordered under a consent that is gone: deleted here, and at the vendors."""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from avatar import engine_keys, source_links
from avatar.engine.errors import EngineError, InputError
from avatar.engine.speech import forget
from avatar.engine.vendors.journal import State
from avatar.models import Charge, SourceLink
from studio.lib.jobs import enqueue

log = logging.getLogger(__name__)

AGAIN = timedelta(hours=1)  # a vendor that could not delete a voice is asked again after
A_ROUND = 20


def purge_orders(creator_id: int) -> None:
    """Delete the results of what was ordered, and have voices deleted where they were made.

    The rows stay, with what it cost; each deletion is an audit line in the log. Nothing of them
    is used for a new order. Safe to repeat.
    """
    charges = Charge.objects.filter(creator=creator_id).revoked()
    source_links.withdraw(SourceLink.objects.filter(charge__in=charges))
    for voice in charges.voices().filter(forget_at=None):
        Charge.objects.filter(pk=voice.pk).update(forget_at=timezone.now())
        enqueue("avatar.tasks.forget_voice", voice.pk)
    # Of a voice that is being made right now the vendor's name for it is still to come.
    in_the_air = charges.filter(what="clone", state=State.SENDING)
    others = charges.exclude(pk__in=charges.voices().values("pk"))
    for charge in others.exclude(pk__in=in_the_air.values("pk")):
        _purge(charge)


def voices_to_forget() -> list[int]:
    due = Charge.objects.revoked().voices().filter(forget_at__lte=timezone.now())
    return list(due.order_by("forget_at").values_list("pk", flat=True)[:A_ROUND])


def forget_voice(charge_pk: int) -> None:
    """Ask the vendor to delete a voice; in an hour again when that fails. Asking twice is safe.

    Where no call deletes a voice, what is to be done by hand is kept in `why`.
    """
    voices = Charge.objects.revoked().voices().filter(~Q(forget_at=None), pk=charge_pk)
    charge = voices.select_related("creator").first()
    if charge is None:
        return
    voice_id = str(charge.handle.get("voice_id") or charge.facts.get("voice_id") or "")
    if not voice_id:
        _purge(charge, "It is not known what the vendor calls this voice; look for it there.")
        return
    try:
        forget(charge.engine, voice_id, engine_keys.access_of(charge.creator))
    except InputError as e:
        _purge(charge, str(e))
    except EngineError as e:
        log.warning("Voice %s of charge %s is not deleted yet: %s", voice_id, charge.pk, e)
        Charge.objects.filter(pk=charge.pk).update(forget_at=timezone.now() + AGAIN)
    else:
        log.warning("Audit: consent withdrawn, voice %s deleted at %s.", voice_id, charge.vendor)
        _purge(charge)


def _purge(charge: Charge, to_do: str = "") -> None:
    """Under its lock: a render may be about to keep what came of it."""
    if to_do:
        log.warning("Audit: consent withdrawn, charge %s: %s", charge.pk, to_do)
    changes = {"result": "", "purged_at": timezone.now(), **({"why": to_do} if to_do else {})}
    with transaction.atomic():
        result = Charge.objects.select_for_update().get(pk=charge.pk).result
        Charge.objects.filter(pk=charge.pk).update(**changes)
    if result:
        result.storage.delete(str(result.name))
        log.warning("Audit: consent withdrawn, result of charge %s deleted.", charge.pk)
