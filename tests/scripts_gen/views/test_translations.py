import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scripts_gen import services, tasks
from scripts_gen.models import Slot
from tests.factories import ScriptFactory, SlotFactory
from tests.scripts_gen.test_translations import ORIGINALS, german
from tests.scripts_gen.views.test_calendar import text
from tests.scripts_gen.writing.server import says, serving

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _model(settings):
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "", "http://127.0.0.1:9/v1"
    settings.OPENAI_MODEL = "for-pages"


@pytest.fixture
def script(creator):
    return ScriptFactory(slot=SlotFactory(creator=creator, date=dt.date(2030, 1, 8)))


@pytest.fixture
def where(script):
    return reverse("script-translate", args=[script.pk])


@pytest.fixture
def page(script):
    return reverse("script-detail", args=[script.pk])


def write(settings):
    with serving(says(german())) as server:
        settings.OPENAI_BASE_URL = server.url
        tasks.write(Slot.objects.exclude(language="").get().pk)


def test_the_page_offers_every_other_language(as_owner, page):
    shown = text(as_owner.get(page))
    assert "In another language" in shown
    assert '<option value="de">German</option>' in shown
    assert '<option value="en">' not in shown
    assert "every 2s" not in shown


def test_asked_for_it_stands_on_the_page_and_is_watched(as_owner, script, where, page):
    response = as_owner.post(where, {"language": "de"}, follow=True)
    assert response.redirect_chain == [(page, 302)]
    shown = text(response)
    assert "It is being translated into German" in shown
    assert f'hx-get="{where}" hx-trigger="every 2s"' in shown
    assert "a script is being written" in shown
    script.refresh_from_db()
    assert script.state == script.State.PROPOSED


def test_htmx_gets_the_part_and_what_there_is_to_say(as_owner, where):
    response = as_owner.post(where, {"language": "de"}, headers=HTMX)
    shown = text(response)
    assert response.status_code == 200
    assert "<h1" not in shown
    assert 'id="translations"' in shown
    assert "German</a>" in shown
    assert "It is being translated into German" in shown
    assert "HX-Request" in response.headers["Vary"]


def test_it_is_asked_after_until_it_is_there(as_owner, where, settings):
    as_owner.post(where, {"language": "de"})
    coming = as_owner.get(where, headers=HTMX)
    assert (coming.status_code, "every 2s" in text(coming)) == (200, True)
    assert "<form" not in text(coming)  # somebody may be choosing in it
    write(settings)
    there = as_owner.get(where, headers=HTMX)
    assert (there.status_code, "every 2s" in text(there)) == (286, False)
    found = Slot.objects.exclude(language="").get().scripts.get()
    assert reverse("script-detail", args=[found.pk]) in text(there)
    assert "waits for you" in text(there)


def test_without_htmx_its_address_is_the_scripts_page(as_owner, where, page):
    assert as_owner.get(where).headers["Location"] == page


def test_asked_twice_it_is_there_already(as_owner, where, settings):
    as_owner.post(where, {"language": "de"})
    write(settings)
    shown = text(as_owner.post(where, {"language": "de"}, follow=True))
    assert "It is there in German already" in shown
    assert Slot.objects.exclude(language="").count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["browser", "htmx"])
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("", "Choose a language."),
        ("en", "This script is in English (Britain) already."),
        ("<b>", "No voice here speaks “&lt;b&gt;”."),
    ],
)
def test_what_cannot_be_had_is_said_at_the_field(as_owner, where, language, sentence, headers):
    response = as_owner.post(where, {"language": language}, headers=headers)
    assert response.status_code == 422
    assert sentence in text(response)
    assert ("<h1" in text(response)) is not bool(headers)
    assert not Slot.objects.exclude(language="").exists()


def test_without_a_model_it_says_what_to_set(as_owner, where, page, settings):
    settings.OPENAI_BASE_URL = ""
    shown = text(as_owner.get(page))
    assert "No language model is set up to translate with." in shown
    assert "Translate it" not in shown
    assert as_owner.post(where, {"language": "de"}).status_code == 422


@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_elses_script_is_not_there(as_stranger, where, method):
    assert getattr(as_stranger, method)(where, {"language": "de"}).status_code == 404
    assert not Slot.objects.exclude(language="").exists()


def test_a_translation_shows_each_sentence_with_the_one_it_was(as_owner, where, page, settings):
    as_owner.post(where, {"language": "de"})
    write(settings)
    slot = Slot.objects.exclude(language="").get()
    shown = text(as_owner.get(reverse("script-detail", args=[slot.scripts.get().pk])))
    assert "Translated by a language model" in shown
    assert all(sentence in shown for sentence in ORIGINALS)
    assert page in shown
    assert "in German. Other languages are asked for there." in shown
    assert "<select" not in shown
    place = text(as_owner.get(reverse("slot-update", args=[slot.pk])))
    assert "Translate it again" in place
    assert page in place


def test_one_whose_original_was_deleted_says_so(as_owner, script, where, settings):
    as_owner.post(where, {"language": "de"})
    write(settings)
    services.delete_slot(script.slot)
    found = Slot.objects.get().scripts.get()
    shown = text(as_owner.get(reverse("script-detail", args=[found.pk])))
    assert "the script it was translated from was deleted" in shown


def test_three_languages_cost_as_many_queries_as_one(as_owner, script, page):
    def asked():
        with CaptureQueriesContext(connection) as found:
            as_owner.get(page)
        return len(found)

    services.ask_for_translation(script, "de")
    one = asked()
    for language in ("fr", "it"):
        services.ask_for_translation(script, language)
    assert asked() == one
