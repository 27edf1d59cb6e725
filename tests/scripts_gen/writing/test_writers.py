"""What every writer keeps to."""

import pytest

from scripts_gen.writing import WRITERS, BadSetup, NeedsNotes, Persona, writer
from tests.scripts_gen.conftest import RISOTTO
from tests.scripts_gen.writing.briefs import brief
from tests.scripts_gen.writing.server import says, script, serving


@pytest.fixture(params=sorted(WRITERS))
def anyone(request):
    if request.param != "openai":
        yield writer(request.param)
        return
    with serving(says(script())) as server:
        yield writer("openai", base_url=server.url, model="m")


def test_a_draft_is_whole(anyone):
    draft = anyone.write(brief(RISOTTO), Persona(language="en"), seconds=25)
    assert draft.hook
    assert draft.body
    said = " ".join(entry.sentence for entry in draft.evidence)
    assert said == f"{draft.hook} {draft.body} {draft.call_to_action}".strip()
    assert {entry.note_id for entry in draft.evidence} <= {1, None}
    assert all(entry.quote for entry in draft.evidence if entry.note_id)
    assert not any(tag.startswith("#") or " " in tag for tag in draft.hashtags)
    assert len(draft.caption) <= 2200


def test_too_little_is_said_in_a_sentence(anyone):
    with pytest.raises(NeedsNotes, match=r"Add more notes\.$"):
        anyone.write(brief("Rice is wrapped in starch."), Persona())


def test_it_is_known_by_its_name(anyone):
    assert WRITERS[anyone.name].endswith(type(anyone).__name__)
    assert isinstance(anyone.instant, bool)


def test_an_unknown_writer_is_a_matter_of_setup():
    with pytest.raises(BadSetup, match="'shakespeare'"):
        writer("shakespeare")
