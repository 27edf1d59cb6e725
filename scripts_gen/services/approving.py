"""Yes, no, and not any more. Every decision is on record with the hash of what was seen."""

from django.db import transaction

from creators.models import Creator
from scripts_gen.errors import Changed, NotPossible
from scripts_gen.models import Decision, Script, Slot
from scripts_gen.services.planning import local_today
from scripts_gen.services.versions import decide, locked, send, set_state
from scripts_gen.signals import approval_withdrawn, script_approved
from studio.lib.owned import User

State = Script.State

FILM = "film"  # nobody here wrote it: it came with a finished film


@transaction.atomic
def approve(script: Script, user: User, *, seen_sha256: str | None = None) -> Script:
    """Approve exactly the text the person saw; another approved version of the slot gives way.

    Approving twice is approving once. Raises Changed, or NotPossible for a replaced version.
    """
    current = locked(script)
    if seen_sha256 is not None and seen_sha256 != current.text_sha256:
        raise Changed("This script changed since you looked. Read it once more, then decide.")
    if current.is_approved:
        return current
    if current.state == State.SUPERSEDED:
        raise NotPossible("A newer version has replaced this script. Look at the newer one.")
    for older in current.slot.scripts.filter(state=State.APPROVED).exclude(pk=current.pk):
        set_state(older, State.SUPERSEDED)
        decide(older, user, Decision.Verdict.WITHDRAWN, "A newer version was approved.")
        send(approval_withdrawn, older)
    set_state(current, State.APPROVED)
    decide(current, user, Decision.Verdict.APPROVED)
    send(script_approved, current)
    return current


@transaction.atomic
def reject(script: Script, user: User, note: str = "") -> Script:
    """Say no, with a reason the next version can learn from."""
    current = locked(script)
    if current.state == State.REJECTED:
        return current
    if current.state == State.SUPERSEDED:
        raise NotPossible("A newer version has replaced this script. Look at the newer one.")
    was_approved = current.state == State.APPROVED
    set_state(current, State.REJECTED)
    decide(current, user, Decision.Verdict.REJECTED, note)
    if was_approved:
        send(approval_withdrawn, current)
    return current


@transaction.atomic
def withdraw(script: Script, user: User) -> Script:
    """Take an approval back; the script waits for a decision again."""
    current = locked(script)
    if current.state != State.APPROVED:
        raise NotPossible("This script is not approved, so there is nothing to take back.")
    if current.slot.scripts.filter(state=State.PROPOSED).exists():
        set_state(current, State.SUPERSEDED)  # a newer version waits already
    else:
        set_state(current, State.PROPOSED)
    decide(current, user, Decision.Verdict.WITHDRAWN)
    send(approval_withdrawn, current)
    return current


@transaction.atomic
def record_film(
    creator: Creator, user: User, *, title: str, caption: str, duration_ms: int, how: str
) -> Script:
    """The words beside a film that was made elsewhere, approved by whoever brought it in.

    What is said in it is not known here, so there is nothing to read but title and caption, and no
    reel is made of it. how: where the approval was given.
    """
    slot = Slot.objects.create(creator=creator, date=local_today(creator), part="")
    script = Script.objects.create(
        slot=slot,
        state=State.APPROVED,
        hook=title,
        caption=caption,
        language=creator.language,
        writer=FILM,
        estimated_ms=duration_ms,
    )
    decide(script, user, Decision.Verdict.APPROVED, how)
    return script
