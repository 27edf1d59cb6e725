"""What a script is to be made of: a slot's brief out of the creator's notes. Reads only."""

from creators.models import Creator
from scripts_gen import learning, research
from scripts_gen.models import Decision, Lesson, Note, Script, Slot
from scripts_gen.research.markup import plain
from scripts_gen.research.points import Source
from scripts_gen.writing import BriefData, NeedsNotes, Persona


def research_slot(slot: Slot) -> BriefData:
    """What the notes hold for a slot, without what other scripts have said. Raises NeedsNotes."""
    creator = slot.creator
    notes = {note.pk: note for note in creator.notes.all()}
    if not notes:
        raise NeedsNotes(
            "There are no notes to write from. Add one with about five sentences on your subject."
        )
    said = _said_elsewhere(slot)
    used = [sentence for _, sentence in said]
    chosen = research.choose_sources(
        [_source(note) for note in notes.values()],
        slot.topic,
        creator.language,
        pillar_id=slot.pillar_id,
        pillar=f"{slot.pillar.name} {slot.pillar.description}" if slot.pillar else "",
        used=used,
    )
    if not chosen:
        subject = slot.topic or (slot.pillar.name if slot.pillar else "this")
        raise NeedsNotes(
            f"None of your notes is about “{subject}”. Add one, or give the slot another topic."
        )
    points = research.find_points(
        chosen, slot.topic or chosen[0].title, creator.language, used=used
    )
    return BriefData(
        topic=slot.topic or plain(chosen[0].title),
        points=tuple(points),
        pillar=slot.pillar.name if slot.pillar else "",
        titles={source.note_id: source.title for source in chosen},
        links={s.note_id: notes[s.note_id].url for s in chosen if notes[s.note_id].url},
        wishes=wishes_of(slot),
        worked=learning.sentences(creator),
        hooks=learning.learned(creator, Lesson.Subject.HOOK),
        said_before=sum(note_id in {source.note_id for source in chosen} for note_id, _ in said),
    )


def _source(note: Note) -> Source:
    return Source(
        note_id=note.pk,
        title=note.title,
        text=note.text,
        own=note.kind == Note.Kind.NOTE,
        pillar_id=note.pillar_id,
    )


def _said_elsewhere(slot: Slot) -> list[tuple[int, str]]:
    """Sentences of notes, with the note's id, that are in scripts other than this slot's.

    What was rejected may be said again, but not in the slot in which it was rejected.
    """
    said = Script.objects.filter(slot__creator_id=slot.creator_id)
    others = said.exclude(slot=slot).filter(
        state__in=(Script.State.PROPOSED, Script.State.APPROVED)
    )
    here = said.filter(slot=slot, state=Script.State.REJECTED)
    return [
        (entry["note_id"], entry.get("quote") or entry["sentence"])
        for evidence in [
            *others.values_list("evidence", flat=True),
            *here.values_list("evidence", flat=True),
        ]
        for entry in evidence
        if entry.get("note_id")
    ]


def wishes_of(slot: Slot) -> tuple[str, ...]:
    rejected = Decision.objects.filter(script__slot=slot, verdict=Decision.Verdict.REJECTED)
    return tuple(note for note in rejected.values_list("note", flat=True)[:3] if note)


def persona_of(creator: Creator) -> Persona:
    return Persona(
        name=creator.name,
        language=creator.language,
        tone=creator.tone,
        topics=tuple(creator.topics),
        words_to_use=tuple(creator.words_to_use),
        words_to_avoid=tuple(creator.words_to_avoid),
        sign_off=creator.sign_off,
    )
