"""A script in another language: where it goes, who writes it, what stays as it is."""

import datetime as dt

import pytest

from scripts_gen import cadence, services, tasks
from scripts_gen.errors import NotPossible
from scripts_gen.models import Script, Slot
from scripts_gen.services import planning
from tests.factories import ScriptFactory, SlotFactory
from tests.scripts_gen.writing.server import says, serving

pytestmark = pytest.mark.django_db
State = Script.State
TUESDAY = dt.date(2030, 1, 8)
TEXTS = (
    "Warum geht Sauerteig auf?",
    "Wilde Hefe frisst Zucker und macht Gas.",
    "Das Gluten hält das Gas in Blasen.",
    "Füttere deinen Ansatz heute Abend.",
)
ORIGINALS = (
    "Why does sourdough rise?",
    "Wild yeast eats sugar and makes gas.",
    "The gluten holds that gas in bubbles.",
    "Feed your starter tonight.",
)


def german(texts=TEXTS):
    return {
        "sentences": [{"number": n, "text": text} for n, text in enumerate(texts, 1)],
        "caption": "Warum Sauerteig aufgeht.",
        "hashtags": ["sauerteig"],
    }


@pytest.fixture(autouse=True)
def _model(settings):
    """Set up, and reached by nobody: a test that asks it says what answers."""
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "", "http://127.0.0.1:9/v1"
    settings.OPENAI_MODEL = "for-scripts"


@pytest.fixture
def script(creator, note):
    evidence = [
        {"sentence": ORIGINALS[0], "note_id": None, "quote": ""},
        {"sentence": ORIGINALS[1], "note_id": note.pk, "quote": "Yeast eats sugar."},
        {"sentence": ORIGINALS[2], "note_id": None, "quote": "", "edited": True},
        {"sentence": ORIGINALS[3], "note_id": None, "quote": ""},
    ]
    slot = SlotFactory(creator=creator, date=TUESDAY)
    return ScriptFactory(slot=slot, approved=True, evidence=evidence)


def write(settings, slot, *replies):
    """A worker writes what was asked for; the questions it put to the model come back."""
    with serving(*replies) as server:
        settings.OPENAI_BASE_URL = server.url
        tasks.write(slot.pk)
        slot.refresh_from_db()
        return server.asked


def test_it_gets_the_next_free_place_and_a_worker(script):
    SlotFactory(creator=script.creator, date=TUESDAY + dt.timedelta(days=1))
    slot = services.ask_for_translation(script, "de")
    assert slot.date in [TUESDAY + dt.timedelta(days=n) for n in range(2, 6)]
    assert (slot.state, slot.language, slot.translation_of) == (Slot.State.ASKED, "de", script)
    assert slot.topic == script.hook
    assert tasks.due() == [("scripts_gen.tasks.write", slot.pk, "default")]


def test_what_was_to_be_said_long_ago_is_said_from_today_on(script):
    Slot.objects.update(date=dt.date(2020, 1, 7))
    script.refresh_from_db()
    slot = services.ask_for_translation(script, "de")
    assert slot.date >= services.local_today(script.creator)


def test_a_full_week_is_passed_over(script):
    services.plan_week(script.creator, TUESDAY)
    slot = services.ask_for_translation(script, "de")
    assert cadence.monday_of(slot.date) == cadence.monday_of(TUESDAY) + dt.timedelta(days=7)


def test_a_calendar_without_a_place_says_so(script, monkeypatch):
    monkeypatch.setattr(planning, "WEEKS_AHEAD", 1)
    services.plan_week(script.creator, TUESDAY)
    with pytest.raises(NotPossible, match="full for a year"):
        services.ask_for_translation(script, "de")
    assert not Slot.objects.exclude(language="").exists()


def test_the_translation_waits_for_its_own_approval(script, note, settings, heard):
    slot = services.ask_for_translation(script, "de")
    write(settings, slot, says(german()))
    found = slot.scripts.get()
    assert (found.state, found.language, found.writer) == (State.PROPOSED, "de", "translation")
    assert (found.hook, found.body) == (TEXTS[0], f"{TEXTS[1]} {TEXTS[2]}")
    assert found.estimated_ms == cadence.estimate_ms(found.spoken, "de")
    script.refresh_from_db()
    assert script.is_approved
    assert not found.is_approved
    assert heard == []


def test_each_sentence_keeps_its_note_and_whose_words_it_is(script, note, settings):
    slot = services.ask_for_translation(script, "de")
    write(settings, slot, says(german()))
    evidence = slot.scripts.get().evidence
    assert [entry["original"] for entry in evidence] == list(ORIGINALS)
    assert [entry["note_id"] for entry in evidence] == [None, note.pk, None, None]
    assert evidence[1]["quote"] == "Yeast eats sugar."
    assert [bool(entry.get("edited")) for entry in evidence] == [False, False, True, False]


def test_an_edited_translation_keeps_its_language_and_the_sentences_it_was_made_from(
    script, settings
):
    slot = services.ask_for_translation(script, "de")
    write(settings, slot, says(german()))
    edited = services.edit(slot.scripts.get(), script.creator.owner, hook="Geht er auf?")
    assert edited.language == "de"
    assert [entry.get("original", "") for entry in edited.evidence] == ["", *ORIGINALS[1:]]


def test_asked_twice_it_is_the_one_that_exists(script, settings):
    slot = services.ask_for_translation(script, "de")
    assert services.ask_for_translation(script, "de") == slot
    write(settings, slot, says(german()))
    again = services.ask_for_translation(script, "de")
    assert (again, again.state) == (slot, Slot.State.IDLE)
    assert services.ask_for_translation(script, "fr").date != slot.date
    assert Slot.objects.exclude(language="").count() == 2


def test_a_rejected_one_is_translated_again_with_what_was_wished(script, settings):
    slot = services.ask_for_translation(script, "de")
    write(settings, slot, says(german()))
    services.reject(slot.scripts.get(), script.creator.owner, "Say du, please.")
    assert services.ask_for_translation(script, "de") == slot
    asked = write(settings, slot, says(german()))
    assert "Say du, please." in asked[0][2]["messages"][-1]["content"]
    assert [one.state for one in slot.scripts.all()] == [State.PROPOSED, State.REJECTED]


def test_a_newer_version_is_translated_anew_in_the_same_place(script, settings):
    slot = services.ask_for_translation(script, "de")
    write(settings, slot, says(german()))
    services.approve(slot.scripts.get(), script.creator.owner)
    newer = services.edit(script, script.creator.owner, hook="Does sourdough rise?")
    again = services.ask_for_translation(newer, "de")
    assert (again, again.translation_of) == (slot, newer)
    write(settings, slot, says(german(("Geht Sauerteig auf?", *TEXTS[1:]))))
    assert [one.state for one in slot.scripts.all()] == [State.PROPOSED, State.APPROVED]


def test_trouble_of_the_service_is_waited_out(script, settings):
    slot = services.ask_for_translation(script, "de")
    write(settings, slot, (503, {"error": {}}, {}))
    assert (slot.state, slot.tries) == (Slot.State.ASKED, 1)
    write(settings, slot, says("no"), says("no"))
    assert slot.state == Slot.State.STUCK
    assert "translate it yourself" in slot.problem


def test_without_its_original_there_is_nothing_to_translate(script, settings):
    waiting = ScriptFactory(slot=SlotFactory(creator=script.creator, part="midday"))
    slot = services.ask_for_translation(waiting, "de")
    services.delete_slot(waiting.slot)
    write(settings, slot)
    assert slot.state == Slot.State.STUCK
    assert "was deleted" in slot.problem


def test_the_week_s_missing_scripts_are_translated_where_they_are_translations(script, settings):
    slot = services.ask_for_translation(script, "de")
    Slot.objects.filter(pk=slot.pk).update(state=Slot.State.STUCK)
    assert slot in services.write_week(script.creator, slot.date)
    write(settings, slot, says(german()))
    assert slot.scripts.get().language == "de"


def test_a_creator_goes_with_all_translations(script, settings):
    slot = services.ask_for_translation(script, "de")
    write(settings, slot, says(german()))
    Script.objects.update(state=State.PROPOSED)
    script.decisions.all().delete()
    script.creator.delete()
    assert not Slot.objects.exists()


def superseded(script):
    script.state = State.SUPERSEDED
    return script


def rejected(script):
    script.state = State.REJECTED
    return script


def translation(script):
    script.slot.language = "fr"
    return script


def film(script):
    script.slot.part = ""
    return script


@pytest.mark.parametrize(
    ("changed", "language", "sentence"),
    [
        (None, "en", r"is in English \(Britain\) already"),
        (None, "tlh", "No voice here speaks “tlh”"),
        (None, "", "Choose a language"),
        (superseded, "de", "newer version"),
        (rejected, "de", "You rejected"),
        (translation, "de", "page of its original"),
        (film, "de", "film made elsewhere"),
    ],
)
def test_what_cannot_be_translated_is_told_in_a_sentence(script, changed, language, sentence):
    with pytest.raises(NotPossible, match=sentence):
        services.ask_for_translation(changed(script) if changed else script, language)
    assert Slot.objects.count() == 1


def test_without_a_model_the_settings_are_named(script, settings):
    settings.OPENAI_BASE_URL = ""
    with pytest.raises(NotPossible, match="OPENAI_API_KEY, or OPENAI_BASE_URL"):
        services.ask_for_translation(script, "de")
    settings.OPENAI_API_KEY = "key"
    assert services.ask_for_translation(script, "de").state == Slot.State.ASKED


def test_the_sandbox_translates_without_a_key(script, settings, sandbox):
    settings.OPENAI_BASE_URL, settings.OPENAI_MODEL = "", "gpt-4o-mini"
    services.ask_for_translation(script, "de")
    slot = Slot.objects.get(language="de")
    services.write_asked(slot.pk)
    slot.refresh_from_db()
    assert slot.problem == ""
    assert slot.scripts.get().language == "de"
