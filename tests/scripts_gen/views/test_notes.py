import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scripts_gen.models import Note, Pillar
from scripts_gen.research.sentences import sentences
from tests.factories import CreatorFactory, NoteFactory, PillarFactory, ScriptFactory, SlotFactory
from tests.scripts_gen.conftest import RISOTTO
from tests.scripts_gen.views.test_calendar import text

pytestmark = pytest.mark.django_db


def post(client, **fields):
    return client.post(
        reverse("note-create"), {"kind": "note", "title": "", "url": "", **fields}, follow=True
    )


def test_a_note_is_kept_and_its_sentences_counted(as_owner, creator):
    response = post(as_owner, text=RISOTTO, title="Risotto")
    assert f"It holds {len(sentences(RISOTTO))} sentences for scripts." in text(response)
    note = Note.objects.get()
    assert (note.creator, note.title, note.kind) == (creator, "Risotto", Note.Kind.NOTE)


def test_a_note_without_a_title_takes_its_first_words(as_owner):
    post(as_owner, text="## Why bread **rises**\nYeast makes gas.")
    assert Note.objects.get().title == "Why bread rises"


def test_a_source_keeps_its_address(as_owner):
    post(as_owner, kind="source", text=RISOTTO, url="https://cooks.example/a")
    assert Note.objects.get().url == "https://cooks.example/a"


def test_few_sentences_are_said_to_be_few(as_owner):
    assert "It holds two sentences; a script needs about five." in text(
        post(as_owner, text="Rice is wrapped in starch. Parmesan goes in last.")
    )


@pytest.mark.parametrize("words", ["https://a.example", "🔥🔥🔥", "<script>alert(1)</script>"])
def test_a_note_nobody_can_say_is_kept_with_a_warning(as_owner, words):
    response = post(as_owner, text=words)
    assert "holds no sentence that can be said" in text(response)
    assert Note.objects.get().text == words


def test_ten_thousand_words_are_taken(as_owner):
    response = post(as_owner, text="Good bread needs warm hands and time. " * 1450)
    assert response.status_code == 200
    assert Note.objects.exists()


def test_too_much_is_refused_with_the_numbers_and_kept_in_the_form(as_owner):
    response = post(as_owner, text="x" * 100_001)
    assert response.status_code == 422
    assert "100,001 characters; 100,000 fit" in text(response)
    assert "x" * 1000 in response.content.decode()


def test_nothing_is_no_note(as_owner):
    response = post(as_owner, text="  ")
    assert response.status_code == 422
    assert "A note needs some words." in text(response)


def test_a_wrong_address_is_refused(as_owner):
    response = post(as_owner, text=RISOTTO, url="javascript:alert(1)")
    assert response.status_code == 422
    assert not Note.objects.exists()


def test_tags_in_a_note_are_shown_as_text(as_owner):
    post(as_owner, text="<img src=x onerror=alert(1)>", title="<b>bold</b>")
    for url in (reverse("note-list"), reverse("note-update", args=[Note.objects.get().pk])):
        page = as_owner.get(url).content.decode()
        assert "<img src=x" not in page
        assert "<b>bold" not in page


def test_a_note_is_edited_and_deleted(as_owner, note, creator):
    url = reverse("note-update", args=[note.pk])
    assert "Why your risotto is gluey" in text(as_owner.get(url))
    as_owner.post(url, {"kind": "note", "title": "New", "text": "Warm rice is good rice."})
    note.refresh_from_db()
    assert note.title == "New"
    assert as_owner.get(reverse("note-delete", args=[note.pk])).status_code == 200
    as_owner.post(reverse("note-delete", args=[note.pk]))
    assert not Note.objects.exists()


def test_a_script_survives_its_note(as_owner, slot, note):
    script = ScriptFactory(
        slot=slot, evidence=[{"sentence": "Rice.", "note_id": note.pk, "quote": "Rice!"}]
    )
    note.delete()
    page = text(as_owner.get(reverse("script-detail", args=[script.pk])))
    assert "from a note that was deleted" in page
    assert "Rice!" in page


def test_notes_can_be_seen_for_one_creator(as_owner, creator, note):
    bob = CreatorFactory(owner=creator.owner, name="Bob Baker", handle="bob")
    NoteFactory(creator=bob, title="Bobs rye")
    page = text(as_owner.get(reverse("note-list")))
    assert "Bobs rye" in page
    assert "Bob Baker" in page
    page = text(as_owner.get(f"{reverse('note-list')}?creator=bob"))
    assert "Why your risotto" not in page


def test_a_list_costs_the_same_at_any_length(as_owner, creator):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            as_owner.get(reverse("note-list"))
        return len(caught)

    def add(n):
        for _ in range(n):
            NoteFactory(creator=creator, pillar=PillarFactory(creator=creator))

    add(10)
    at_ten = queries()
    add(10)
    assert queries() == at_ten


@pytest.mark.parametrize("name", ["note-update", "note-delete"])
def test_somebody_elses_note_is_not_there(as_stranger, note, name):
    url = reverse(name, args=[note.pk])
    assert as_stranger.get(url).status_code == 404
    assert as_stranger.post(url).status_code == 404
    assert Note.objects.filter(pk=note.pk).exists()


def test_a_note_for_somebody_elses_creator_is_refused(as_stranger, creator):
    mine = CreatorFactory(owner_id=as_stranger.session["_auth_user_id"])
    response = post(as_stranger, text=RISOTTO, creator=creator.pk)
    assert response.status_code == 422
    assert post(as_stranger, text=RISOTTO, creator=mine.pk).status_code == 200
    assert not creator.notes.exists()


# Pillars


def test_a_pillar_is_added_changed_and_deleted(as_owner, creator):
    as_owner.post(reverse("pillar-create"), {"name": "Rice", "weight": 2})
    pillar = Pillar.objects.get()
    assert (pillar.creator, pillar.weight) == (creator, 2)
    url = reverse("pillar-update", args=[pillar.pk])
    as_owner.post(url, {"name": "Grains", "weight": 0})
    page = text(as_owner.get(reverse("pillar-list")))
    assert "Grains" in page
    assert "rests" in page
    SlotFactory(creator=creator, pillar=pillar)
    as_owner.post(reverse("pillar-delete", args=[pillar.pk]))
    assert not Pillar.objects.exists()
    assert creator.slots.exists()


def test_a_pillar_has_its_name_for_itself(as_owner, creator):
    PillarFactory(creator=creator, name="Rice")
    response = as_owner.post(reverse("pillar-create"), {"name": "rice", "weight": 1})
    assert response.status_code == 422
    assert "already" in text(response)


@pytest.mark.parametrize("name", ["pillar-update", "pillar-delete"])
def test_somebody_elses_pillar_is_not_there(as_stranger, creator, name):
    pillar = PillarFactory(creator=creator)
    assert as_stranger.post(reverse(name, args=[pillar.pk])).status_code == 404
