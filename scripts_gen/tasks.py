"""What a worker runs here: writing the scripts that were asked for.

Nothing is written unasked. A slot is asked for by a person, with "Write" or "Plan and write this
week"; that it was asked for is a state in the database, so that a lost message or a killed worker
delays the script by a minute and loses nothing.
"""

import datetime as dt
import logging

from django.db.models import Q
from django.utils import timezone

from scripts_gen import services
from scripts_gen.models import Slot
from scripts_gen.writing import TryLater, WriterError

log = logging.getLogger(__name__)

LEASE_S = 180  # a language model takes a minute, asked twice two
MAX_TRIES = 5


def write(slot_pk: int) -> None:
    """Write the script that was asked for in a slot. A second delivery finds nothing to do."""
    owner = Slot.objects.claim(slot_pk, states=(Slot.State.ASKED,), seconds=LEASE_S)
    if owner is None:
        return
    slot = Slot.objects.select_related("creator", "pillar").get(pk=slot_pk)
    try:
        services.write_script(slot)
    except TryLater as error:
        _later(slot, owner, error)
    except WriterError as error:
        _give_up(slot, owner, str(error))
    except Exception:
        log.exception("Writing slot %s failed.", slot_pk)
        _give_up(slot, owner, "Writing failed for a reason of ours; it is in the log. Try again.")
    else:
        Slot.objects.release(slot_pk, owner, state=Slot.State.IDLE, problem="", tries=0)


def _later(slot: Slot, owner: str, error: TryLater) -> None:
    """Wait as long as the service asked, twice as long each time, and not for ever."""
    tries = slot.tries + 1
    if tries >= MAX_TRIES:
        _give_up(slot, owner, str(error))
        return
    wait = dt.timedelta(seconds=min(3600.0, max(error.retry_after_s, 30.0 * 2**tries)))
    Slot.objects.release(
        slot.pk, owner, tries=tries, try_after=timezone.now() + wait, problem=str(error)[:500]
    )


def _give_up(slot: Slot, owner: str, sentence: str) -> None:
    Slot.objects.release(slot.pk, owner, state=Slot.State.STUCK, problem=sentence[:500])


def due() -> list[tuple[str, int, str]]:
    """Slots that wait for their script and nobody is writing. Asking twice starts nothing
    twice.
    """
    ready = Q(try_after=None) | Q(try_after__lte=timezone.now())
    waiting = Slot.objects.free().filter(ready, state=Slot.State.ASKED)
    pks = waiting.order_by("date", "pk").values_list("pk", flat=True)
    return [("scripts_gen.tasks.write", pk, "default") for pk in pks]
