"""What a creator writes down."""

from creators.models import Creator
from scripts_gen import research
from scripts_gen.models import Note, Pillar
from scripts_gen.research.markup import plain


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
