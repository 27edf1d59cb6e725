import datetime as dt

import pytest
from django.utils import timezone

from scripts_gen import services, tasks
from scripts_gen.models import Script, Slot
from scripts_gen.services import writing
from scripts_gen.writing import BadSetup, TryLater
from tests.factories import SlotFactory

pytestmark = pytest.mark.django_db
State = Slot.State


@pytest.fixture
def asked(creator, note):
    return SlotFactory(creator=creator, state=State.ASKED)


@pytest.fixture
def fails(monkeypatch):
    """Make the installation's writer fail as told."""

    def with_(error):
        def write_script(slot):
            raise error

        monkeypatch.setattr(writing, "write_script", write_script)

    return with_


def due():
    return [pk for _, pk, _ in tasks.due()]


def test_what_was_asked_for_is_due_until_it_is_there(asked):
    assert tasks.due() == [("scripts_gen.tasks.write", asked.pk, "default")]
    tasks.write(asked.pk)
    asked.refresh_from_db()
    assert asked.state == State.IDLE
    assert asked.scripts.get().state == Script.State.PROPOSED
    assert due() == []


def test_a_second_delivery_writes_nothing(asked):
    tasks.write(asked.pk)
    tasks.write(asked.pk)
    assert Script.objects.count() == 1


def test_nothing_is_written_unasked(slot, note):
    tasks.write(slot.pk)
    assert due() == []
    assert not Script.objects.exists()


def test_a_slot_somebody_is_writing_is_not_due(asked):
    Slot.objects.claim(asked.pk, states=(State.ASKED,), seconds=60)
    assert due() == []
    tasks.write(asked.pk)
    assert not Script.objects.exists()


def test_what_a_killed_worker_left_is_due_again(asked):
    Slot.objects.claim(asked.pk, states=(State.ASKED,), seconds=-1)
    assert due() == [asked.pk]
    tasks.write(asked.pk)
    assert Script.objects.count() == 1


def test_what_the_creator_can_fix_is_told_and_not_tried_again(creator):
    slot = SlotFactory(creator=creator, state=State.ASKED)
    tasks.write(slot.pk)
    slot.refresh_from_db()
    assert slot.state == State.STUCK
    assert "no notes" in slot.problem
    assert due() == []


def test_what_passes_is_tried_later(asked, fails):
    fails(TryLater("Too often.", retry_after_s=120))
    before = timezone.now()
    tasks.write(asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.tries, asked.problem) == (State.ASKED, 1, "Too often.")
    assert asked.try_after >= before + dt.timedelta(seconds=120)
    assert due() == []
    Slot.objects.update(try_after=timezone.now())
    assert due() == [asked.pk]


def test_patience_ends(asked, fails):
    fails(TryLater("Too often."))
    for _ in range(writing.MAX_TRIES):
        tasks.write(asked.pk)
    asked.refresh_from_db()
    assert asked.state == State.STUCK
    assert "tried 5 times" in asked.problem


def test_a_wrong_setup_is_told(asked, fails):
    fails(BadSetup("The key is wrong."))
    tasks.write(asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.problem) == (State.STUCK, "The key is wrong.")


def test_a_fault_of_ours_is_logged_and_told(asked, fails, caplog):
    fails(RuntimeError("secret detail"))
    tasks.write(asked.pk)
    asked.refresh_from_db()
    assert asked.state == State.STUCK
    assert "secret" not in asked.problem
    assert "secret detail" in caplog.text


def test_an_instant_writer_needs_no_worker(creator, note, slot):
    services.ask_for_script(slot)
    assert slot.state == State.IDLE
    assert slot.scripts.count() == 1


def test_a_slow_writer_is_left_to_a_worker(
    creator, note, slot, settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.WRITER, settings.OPENAI_API_KEY = "openai", "key"
    sent = []
    monkeypatch.setattr(writing, "enqueue", lambda task, pk: sent.append((task, pk)))
    services.ask_for_script(slot)
    assert slot.state == State.ASKED
    assert sent == [("scripts_gen.tasks.write", slot.pk)]


def test_in_the_sandbox_the_service_needs_no_key(creator, note, slot, settings, sandbox):
    settings.WRITER, settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "openai", "", ""
    script = services.write_script(slot)
    assert script.body
    assert sandbox.calls["openai"]


def test_asking_again_forgets_the_last_trouble(creator, note):
    slot = SlotFactory(creator=creator, state=State.STUCK, problem="Old.", tries=5)
    services.ask_for_script(slot)
    assert (slot.state, slot.problem, slot.tries) == (State.IDLE, "", 0)


def test_a_week_is_written_where_nothing_is(creator, note):
    monday = services.local_today(creator) + dt.timedelta(days=7)
    slots = services.plan_week(creator, monday)
    services.write_script(slots[0])
    asked = services.write_week(creator, monday)
    assert [slot.pk for slot in asked] == [slot.pk for slot in slots[1:]]
    assert slots[0].scripts.count() == 1
