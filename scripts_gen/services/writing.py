"""Scripts are asked for, written by whoever is set up, and wait for a decision."""

import datetime as dt
import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from creators.models import Creator
from scripts_gen import cadence, language_model, translations
from scripts_gen.briefs import persona_of, research_slot
from scripts_gen.errors import NotPossible
from scripts_gen.models import Brief, Script, Slot
from scripts_gen.services.planning import free_places, local_today
from scripts_gen.services.versions import lock, new_version
from scripts_gen.writing import BriefData, Draft, TryLater, Writer, WriterError
from scripts_gen.writing import writer as writer_named
from studio.lib.jobs import enqueue

State = Script.State
log = logging.getLogger(__name__)

LEASE_S = 180  # a language model takes a minute, asked twice two
MAX_TRIES = 5


def write_week(creator: Creator, monday: dt.date) -> list[Slot]:
    """Ask for a script in every slot of the week that has none. Returns the slots asked for."""
    monday = cadence.monday_of(monday)
    slots = creator.slots.planned().filter(
        date__gte=max(monday, local_today(creator)), date__lt=monday + dt.timedelta(days=7)
    )
    wanting = [slot for slot in slots.prefetch_related("scripts") if not _has_live_script(slot)]
    for slot in wanting:
        ask_for_script(slot)
    return wanting


def _has_live_script(slot: Slot) -> bool:
    return any(s.state in (State.PROPOSED, State.APPROVED) for s in slot.scripts.all())


def ask_for_script(slot: Slot) -> None:
    """Have the slot's script written: at once by an instant writer, else by a worker.

    That it was asked for is kept until the script is there or given up; `slot` learns how it went.
    """
    changes = {"state": Slot.State.ASKED, "problem": "", "tries": 0, "try_after": None}
    Slot.objects.filter(pk=slot.pk).update(**changes)
    if _is_instant(slot):
        write_asked(slot.pk)
    else:
        enqueue("scripts_gen.tasks.write", slot.pk)
    slot.refresh_from_db(fields=["state", "problem", "tries", "try_after"])


def ask_for_translation(script: Script, language: str) -> Slot:
    """Have a script translated into a place of its own, the next free one in the calendar.

    Asked twice it is the one that exists; where that was given up or rejected, or is of another
    version of the script, it is written again. The script stays as it is, and the translation
    waits for an approval of its own. Raises NotPossible.
    """
    translations.check(script, language)
    with transaction.atomic():
        Creator.objects.select_for_update().get(pk=script.creator.pk)  # one asks after the other
        slot = translations.found(script, language)
        if slot is None:
            slot = _place_for(script, language)
        elif slot.translation_of_id == script.pk and (
            slot.state == Slot.State.ASKED or _has_live_script(slot)
        ):
            return slot
        slot.translation_of = script
        slot.save(update_fields=["translation_of"])
    ask_for_script(slot)
    return slot


def _place_for(script: Script, language: str) -> Slot:
    creator, original = script.creator, script.slot
    for place in free_places(creator, original.date):
        slot, is_new = Slot.objects.get_or_create(
            creator=creator,
            date=place.date,
            part=place.part,
            defaults={
                "pillar_id": original.pillar_id,
                "topic": (original.topic or script.hook)[:200],
                "translation_of": script,
                "language": language,
            },
        )
        if is_new:  # else a form has taken the place this very moment
            return slot
    raise NotPossible("Your calendar is full for a year. Make room for the translation first.")


def _is_instant(slot: Slot) -> bool:
    if slot.language:
        return False  # a language model translates
    try:
        return configured_writer().instant
    except WriterError:
        return True  # it will say what is wrong, at once


def write_asked(slot_pk: int) -> None:
    """Write the script that was asked for in a slot, and keep how it went. Safe to call twice."""
    owner = Slot.objects.claim(slot_pk, states=(Slot.State.ASKED,), seconds=LEASE_S)
    if owner is None:
        return
    slot = Slot.objects.select_related("creator", "pillar").get(pk=slot_pk)
    try:
        write_script(slot)
    except TryLater as error:
        _later(slot, owner, error)
    except WriterError as error:
        _give_up(slot, owner, str(error))
    except Exception:
        log.exception("Writing slot %s failed.", slot_pk)
        _give_up(
            slot, owner, "Writing failed; the reason is in the installation's log. Try again."
        )
    else:
        Slot.objects.release(slot_pk, owner, state=Slot.State.IDLE, problem="", tries=0)


def _later(slot: Slot, owner: str, error: TryLater) -> None:
    """Wait as long as the service asked, twice as long each time, and not for ever."""
    tries = slot.tries + 1
    if tries >= MAX_TRIES:
        _give_up(slot, owner, f"{error} It was tried {MAX_TRIES} times.")
        return
    wait = dt.timedelta(seconds=min(3600.0, max(error.retry_after_s, 30.0 * 2**tries)))
    Slot.objects.release(
        slot.pk, owner, tries=tries, try_after=timezone.now() + wait, problem=str(error)[:500]
    )


def _give_up(slot: Slot, owner: str, sentence: str) -> None:
    Slot.objects.release(slot.pk, owner, state=Slot.State.STUCK, problem=sentence[:500])


def configured_writer() -> Writer:
    """The writer this installation is set to use."""
    if settings.WRITER == "openai":
        return writer_named("openai", **language_model.access())
    return writer_named(settings.WRITER)


def write_script(slot: Slot, writer: Writer | None = None) -> Script:
    """A new proposal for the slot, made of its creator's notes; an earlier one is replaced.

    In a slot with a language it is the translation of another script. An approved version stays
    until the new one is approved. Raises WriterError with a sentence.
    """
    if slot.language:
        draft = translations.translated(slot)
        return _propose(slot, draft, translations.TRANSLATION, slot.language)
    writer = writer or configured_writer()
    brief = research_slot(slot)
    draft = writer.write(brief, persona_of(slot.creator))
    return _keep_draft(slot, brief, draft, writer.name)


@transaction.atomic
def _keep_draft(slot: Slot, brief: BriefData, draft: Draft, writer: str) -> Script:
    script = _propose(slot, draft, writer, slot.creator.language)
    Brief.objects.update_or_create(
        slot=slot,
        defaults={
            "topic": brief.topic[:200],
            "points": [point.to_json() for point in brief.points],
            "created_at": timezone.now(),
        },
    )
    return script


@transaction.atomic
def _propose(slot: Slot, draft: Draft, writer: str, language: str) -> Script:
    lock(slot.pk)
    slot.scripts.filter(state__in=(State.PROPOSED, State.DRAFT)).update(state=State.SUPERSEDED)
    return new_version(
        slot,
        hook=draft.hook,
        body=draft.body,
        call_to_action=draft.call_to_action,
        caption=draft.caption,
        hashtags=list(draft.hashtags),
        evidence=[entry.to_json() for entry in draft.evidence],
        remarks=list(draft.remarks),
        writer=writer,
        language=language,
    )
