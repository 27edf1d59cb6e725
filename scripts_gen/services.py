"""The verbs of the calendar and of approval. Every change of a script's state happens here."""

import datetime as dt
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.dispatch import Signal
from django.utils import timezone

from creators.models import Creator
from scripts_gen import cadence, language_model, learning, research, translations
from scripts_gen.briefs import persona_of, research_slot
from scripts_gen.errors import Changed, NotPossible
from scripts_gen.lessons import Outcome
from scripts_gen.models import Brief, Decision, Lesson, Note, Pillar, Script, Slot
from scripts_gen.research.markup import plain
from scripts_gen.research.sentences import split
from scripts_gen.signals import approval_withdrawn, script_approved
from scripts_gen.writing import (
    BriefData,
    Draft,
    TryLater,
    Writer,
    WriterError,
)
from scripts_gen.writing import writer as writer_named
from studio.lib.jobs import enqueue
from studio.lib.owned import User

HISTORY_DAYS = 56  # what planning looks back on
PARTS_OF_A_SCRIPT = ("hook", "body", "call_to_action", "caption", "hashtags")
CREATOR = "creator"  # who wrote a version that a person edited
FILM = "film"  # nobody here wrote it: it came with a finished film

State = Script.State
log = logging.getLogger(__name__)


# --- notes ---------------------------------------------------------------------------------------


def add_note(
    creator: Creator,
    *,
    title: str,
    text: str,
    kind: str = Note.Kind.NOTE,
    url: str = "",
    pillar: Pillar | None = None,
) -> Note:
    """Keep a note. Without a pillar it goes to the one it is about, if it is about one."""
    note = Note(creator=creator, title=title, text=text, kind=kind, url=url, pillar=pillar)
    if pillar is None:
        note.pillar_id = pillar_of(creator, f"{title} {title} {text[:5000]}")
    note.save()
    return note


def pillar_of(creator: Creator, text: str) -> int | None:
    pillars = [(p.pk, f"{p.name} {p.name} {p.description}") for p in creator.pillars.all()]
    return research.match_pillar(plain(text), pillars, creator.language)


# --- the calendar --------------------------------------------------------------------------------


def local_today(creator: Creator) -> dt.date:
    return timezone.now().astimezone(creator.zone).date()


def open_places(
    creator: Creator, monday: dt.date, per_week: int = cadence.PER_WEEK
) -> list[cadence.Place]:
    """What `plan_week` would add to the week that holds `monday`."""
    monday = cadence.monday_of(monday)
    slots = (
        creator.slots.planned()
        .filter(
            date__gte=monday - dt.timedelta(days=HISTORY_DAYS),
            date__lt=monday + dt.timedelta(days=7),
        )
        .order_by("date", "pk")
    )
    places = [cadence.Place(slot.date, slot.part, slot.pillar_id) for slot in slots]
    return cadence.plan(
        monday,
        taken=[place for place in places if place.date >= monday],
        history=[place for place in places if place.date < monday],
        pillars=learning.pillar_weights(creator),
        parts=learning.part_shares(creator),
        per_week=per_week,
        first_day=local_today(creator),
    )


@transaction.atomic
def plan_week(creator: Creator, monday: dt.date, per_week: int = cadence.PER_WEEK) -> list[Slot]:
    """Fill the week that holds `monday` up to `per_week` slots; days that are over stay.

    Returns all slots of the week, in the order of their days. Safe to call twice.
    """
    Creator.objects.select_for_update().get(pk=creator.pk)  # two tabs plan one after the other
    monday = cadence.monday_of(monday)
    for place in open_places(creator, monday, per_week):
        Slot.objects.get_or_create(
            creator=creator,
            date=place.date,
            part=place.part,
            defaults={"pillar_id": place.pillar_id},
        )
    week = creator.slots.planned().filter(date__gte=monday, date__lt=monday + dt.timedelta(days=7))
    return list(week.select_related("pillar"))


WEEKS_AHEAD = 52  # in which a free place is looked for


def free_places(creator: Creator, day: dt.date) -> Iterator[cadence.Place]:
    """What planning would add from `day` on, but not before today, the nearest first."""
    first = max(day, local_today(creator))
    for n in range(WEEKS_AHEAD):
        week = open_places(creator, first + dt.timedelta(days=7 * n))
        yield from (place for place in week if place.date >= first)


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


def delete_slot(slot: Slot) -> None:
    """Take a slot out of the calendar. NotPossible when a script of it was ever approved."""
    scripts = slot.scripts.filter(decisions__verdict=Decision.Verdict.APPROVED)
    if scripts.exists():
        raise NotPossible(
            "A script of this slot was approved, and its reel and posts hang on it. "
            "Move the slot instead."
        )
    slot.delete()


# --- writing -------------------------------------------------------------------------------------


LEASE_S = 180  # a language model takes a minute, asked twice two
MAX_TRIES = 5


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
    _lock(slot.pk)
    slot.scripts.filter(state__in=(State.PROPOSED, State.DRAFT)).update(state=State.SUPERSEDED)
    return _new_version(
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


def _new_version(slot: Slot, **fields: Any) -> Script:
    last = slot.scripts.aggregate(last=Max("version"))["last"] or 0
    script = Script(slot=slot, version=last + 1, state=State.PROPOSED, **fields)
    script.estimated_ms = cadence.estimate_ms(script.spoken, script.language)
    script.save()
    return script


# --- what worked -------------------------------------------------------------------------------


def learn(creator: Creator, outcomes: Sequence[Outcome]) -> list[Lesson]:
    """Take in what became of all the creator's posts; plans and scripts follow it from now on.

    outcomes: every comparable one, not only the new. Replaces what was learned before.
    """
    return learning.learn(creator, outcomes)


# --- decisions -----------------------------------------------------------------------------------


@transaction.atomic
def approve(script: Script, user: User, *, seen_sha256: str | None = None) -> Script:
    """Approve exactly the text the person saw; another approved version of the slot gives way.

    Approving twice is approving once. Raises Changed, or NotPossible for a replaced version.
    """
    current = _locked(script)
    if seen_sha256 is not None and seen_sha256 != current.text_sha256:
        raise Changed("This script changed since you looked. Read it once more, then decide.")
    if current.is_approved:
        return current
    if current.state == State.SUPERSEDED:
        raise NotPossible("A newer version has replaced this script. Look at the newer one.")
    for older in current.slot.scripts.filter(state=State.APPROVED).exclude(pk=current.pk):
        _set_state(older, State.SUPERSEDED)
        _decide(older, user, Decision.Verdict.WITHDRAWN, "A newer version was approved.")
        _send(approval_withdrawn, older)
    _set_state(current, State.APPROVED)
    _decide(current, user, Decision.Verdict.APPROVED)
    _send(script_approved, current)
    return current


@transaction.atomic
def reject(script: Script, user: User, note: str = "") -> Script:
    """Say no, with a reason the next version can learn from."""
    current = _locked(script)
    if current.state == State.REJECTED:
        return current
    if current.state == State.SUPERSEDED:
        raise NotPossible("A newer version has replaced this script. Look at the newer one.")
    was_approved = current.state == State.APPROVED
    _set_state(current, State.REJECTED)
    _decide(current, user, Decision.Verdict.REJECTED, note)
    if was_approved:
        _send(approval_withdrawn, current)
    return current


@transaction.atomic
def withdraw(script: Script, user: User) -> Script:
    """Take an approval back; the script waits for a decision again."""
    current = _locked(script)
    if current.state != State.APPROVED:
        raise NotPossible("This script is not approved, so there is nothing to take back.")
    if current.slot.scripts.filter(state=State.PROPOSED).exists():
        _set_state(current, State.SUPERSEDED)  # a newer version waits already
    else:
        _set_state(current, State.PROPOSED)
    _decide(current, user, Decision.Verdict.WITHDRAWN)
    _send(approval_withdrawn, current)
    return current


@transaction.atomic
def edit(script: Script, user: User, *, seen_sha256: str | None = None, **parts: Any) -> Script:
    """The creator's own wording as a new version that waits for approval.

    parts: any of hook, body, call_to_action, caption, hashtags. A caption that is left as it was
    and quotes the hook quotes the new one. The old version is replaced and, when it was approved,
    its approval withdrawn. Without a change the script itself comes back.
    Raises Changed when the text is not what the person started from, NotPossible for a replaced
    version.
    """
    unknown = parts.keys() - set(PARTS_OF_A_SCRIPT)
    if unknown:
        raise TypeError(f"A script has no {', '.join(sorted(unknown))}.")
    current = _locked(script)
    if seen_sha256 is not None and seen_sha256 != current.text_sha256:
        raise Changed("This script changed since you looked.")
    if current.state == State.SUPERSEDED:
        raise NotPossible("A newer version has replaced this script. Edit the newer one.")
    wanted = {name: parts.get(name, getattr(current, name)) for name in PARTS_OF_A_SCRIPT}
    if all(wanted[name] == getattr(current, name) for name in PARTS_OF_A_SCRIPT):
        return current
    wanted["caption"] = _caption_after(current, wanted["hook"], wanted["caption"])
    was_approved = current.state == State.APPROVED
    others = current.slot.scripts.exclude(pk=current.pk)
    others.filter(state__in=(State.PROPOSED, State.DRAFT)).update(state=State.SUPERSEDED)
    _set_state(current, State.SUPERSEDED)
    if was_approved:
        _decide(current, user, Decision.Verdict.WITHDRAWN, "Edited.")
        _send(approval_withdrawn, current)
    version = _new_version(
        current.slot,
        **wanted,
        language=current.language,
        writer=CREATOR,
        remarks=[],
    )
    version.evidence = evidence_of(version, current.evidence)
    version.save(update_fields=["evidence"])
    return version


def _caption_after(script: Script, hook: str, caption: str) -> str:
    """The caption of an edited script. Writers begin captions with the hook: as long as nobody
    wrote another caption, the new hook stands there too.
    """
    if caption != script.caption or not script.hook.strip():
        return caption
    quoted = rf"(?<!\w){re.escape(script.hook.strip())}(?!\w)"
    followed = re.sub(quoted, lambda _: hook, caption, count=1)
    longest = Script._meta.get_field("caption").max_length
    return followed if longest is None or len(followed) <= longest else caption


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
    _decide(script, user, Decision.Verdict.APPROVED, how)
    return script


def evidence_of(script: Script, known: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where each spoken sentence comes from, after an edit: kept ones keep their note."""
    by_sentence = {entry["sentence"]: entry for entry in known}
    found = []
    for part in (script.hook, script.body, script.call_to_action):
        for paragraph in part.splitlines():
            for sentence in split(paragraph, script.language):
                fresh = {"sentence": sentence, "note_id": None, "quote": "", "edited": True}
                found.append(by_sentence.get(sentence, fresh))
    return found


def _lock(slot_pk: int) -> None:
    """One decision at a time in a slot: the second tab waits, then sees what the first did."""
    Slot.objects.select_for_update().get(pk=slot_pk)


def _locked(script: Script) -> Script:
    """The script as it is now, held until this transaction ends; memory gives way."""
    _lock(script.slot_id)
    script.refresh_from_db(from_queryset=Script.objects.select_for_update())
    return script


def _set_state(script: Script, state: str) -> None:
    """Move a script on from the state it was read in. Raises Changed when that is gone."""
    moved = Script.objects.filter(pk=script.pk, state=script.state).update(state=state)
    if not moved:
        raise Changed("Somebody else decided about this script just now. Look at it once more.")
    script.state = state


def _decide(script: Script, user: User, verdict: str, note: str = "") -> None:
    Decision.objects.create(
        script=script,
        verdict=verdict,
        text_sha256=script.text_sha256,
        note=note[:500],
        decided_by_id=cast(int, user.pk),
    )


def _send(signal: Signal, script: Script) -> None:
    """After commit, and robustly: a receiver that fails cannot undo what was decided."""
    transaction.on_commit(partial(signal.send_robust, sender=Script, script_id=script.pk))
