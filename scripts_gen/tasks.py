"""What a worker runs here: writing the scripts that were asked for.

Nothing is written unasked. A slot is asked for by a person, with "Write" or "Write the missing
scripts"; that it was asked for is a state in the database, so that a lost message or a killed
worker delays the script by a minute and loses nothing.
"""

from django.db.models import Q
from django.utils import timezone

from scripts_gen import services
from scripts_gen.models import Slot


def write(slot_pk: int) -> None:
    """Write the script that was asked for in a slot. A second delivery finds nothing to do."""
    services.write_asked(slot_pk)


def due() -> list[tuple[str, int, str]]:
    """Slots that wait for their script and that nobody is writing at the moment."""
    ready = Q(try_after=None) | Q(try_after__lte=timezone.now())
    waiting = Slot.objects.free().filter(ready, state=Slot.State.ASKED)
    pks = waiting.order_by("date", "pk").values_list("pk", flat=True)
    return [("scripts_gen.tasks.write", pk, "default") for pk in pks]
