"""The versions of a slot's script, one change at a time: what the verbs are made of."""

from functools import partial
from typing import Any, cast

from django.db import transaction
from django.db.models import Max
from django.dispatch import Signal

from scripts_gen import cadence
from scripts_gen.errors import Changed
from scripts_gen.models import Decision, Script, Slot
from studio.lib.owned import User

State = Script.State


def new_version(slot: Slot, **fields: Any) -> Script:
    last = slot.scripts.aggregate(last=Max("version"))["last"] or 0
    script = Script(slot=slot, version=last + 1, state=State.PROPOSED, **fields)
    script.estimated_ms = cadence.estimate_ms(script.spoken, script.language)
    script.save()
    return script


def lock(slot_pk: int) -> None:
    """One decision at a time in a slot: the second tab waits, then sees what the first did."""
    Slot.objects.select_for_update().get(pk=slot_pk)


def locked(script: Script) -> Script:
    """The script as it is now, held until this transaction ends; memory gives way."""
    lock(script.slot_id)
    script.refresh_from_db(from_queryset=Script.objects.select_for_update())
    return script


def set_state(script: Script, state: str) -> None:
    """Move a script on from the state it was read in. Raises Changed when that is gone."""
    moved = Script.objects.filter(pk=script.pk, state=script.state).update(state=state)
    if not moved:
        raise Changed("Somebody else decided about this script just now. Look at it once more.")
    script.state = state


def decide(script: Script, user: User, verdict: str, note: str = "") -> None:
    Decision.objects.create(
        script=script,
        verdict=verdict,
        text_sha256=script.text_sha256,
        note=note[:500],
        decided_by_id=cast(int, user.pk),
    )


def send(signal: Signal, script: Script) -> None:
    """After commit, and robustly: a receiver that fails cannot undo what was decided."""
    transaction.on_commit(partial(signal.send_robust, sender=Script, script_id=script.pk))
