import datetime as dt

import pytest
from django.utils import timezone

from scripts_gen import diary, services
from scripts_gen.models import Script, Slot
from tests.factories import CreatorFactory, ReelFactory, ScriptFactory, SlotFactory, TakeFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 18)  # a Wednesday
MONDAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    now = dt.datetime(2026, 11, 18, 12, 0, tzinfo=dt.UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)


def headline(creator, monday=MONDAY):
    return diary.headline(diary.diary([creator], monday, 7), monday, TODAY)


def state_of(slot):
    return diary.entry_of(Slot.objects.get(pk=slot.pk)).state


def test_an_empty_week_is_called_empty(creator):
    assert headline(creator) == "Next week is empty."


def test_empty_evenings_are_named(creator):
    SlotFactory(creator=creator, date=MONDAY, part="midday")
    SlotFactory(creator=creator, date=MONDAY + dt.timedelta(days=3))
    assert headline(creator) == "Next week has one empty evening: Sunday."


def test_room_at_other_parts_is_named_with_its_part(creator):
    SlotFactory(creator=creator, date=MONDAY)
    found = headline(creator)
    assert found.startswith("Next week has room for two more")
    assert "midday" in found


def test_a_planned_week_without_scripts_says_so(creator):
    services.plan_week(creator, MONDAY)
    assert headline(creator) == "Next week is planned; three slots have no script."


def test_a_full_week_counts_what_waits(creator):
    for slot in services.plan_week(creator, MONDAY):
        ScriptFactory(slot=slot)
    assert headline(creator) == "Next week is full; three scripts wait for you."


def test_a_week_with_everything_approved_is_quiet(creator):
    for slot in services.plan_week(creator, MONDAY):
        ScriptFactory(slot=slot, approved=True)
    assert headline(creator) == "Next week is full, and nothing waits for you."


def test_a_week_that_is_over_is_history(creator):
    SlotFactory(creator=creator, date=dt.date(2026, 11, 10))
    assert headline(creator, dt.date(2026, 11, 9)) == "Last week had one slot."


def test_weeks_far_away_have_a_date(creator):
    assert headline(creator, dt.date(2026, 12, 7)) == "The week of 7 December is empty."


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "waits for you"),
        ({"approved": True}, "approved"),
        ({"state": Script.State.REJECTED}, "rejected"),
        ({"state": Script.State.SUPERSEDED}, "no script yet"),
    ],
)
def test_a_slot_tells_the_state_of_its_script(slot, fields, state):
    ScriptFactory(slot=slot, **fields)
    assert state_of(slot) == state


def test_a_slot_tells_about_its_writing(slot):
    assert state_of(slot) == "no script yet"
    Slot.objects.update(state=Slot.State.ASKED)
    assert state_of(slot) == "a script is being written"
    Slot.objects.update(state=Slot.State.STUCK)
    assert state_of(slot) == "no script could be written"


def test_a_slot_tells_the_state_of_its_reel(slot):
    script = ScriptFactory(slot=slot, approved=True)
    reel = ReelFactory(take=TakeFactory(script=script), ready=True)
    assert state_of(slot) == "the reel is ready"
    type(reel).objects.update(state="failed")
    assert state_of(slot) == "the reel could not be made"


def test_a_newer_version_beside_an_approved_one_is_told(slot):
    ScriptFactory(slot=slot, approved=True)
    ScriptFactory(slot=slot, version=2)
    assert state_of(slot) == "approved; a newer version waits for you"


def test_slots_of_a_day_stand_in_the_order_of_the_day(creator):
    for part in ("evening", "morning", "midday"):
        SlotFactory(creator=creator, date=MONDAY, part=part)
    day = diary.diary([creator], MONDAY, 7).days[0]
    assert [entry.slot.part for entry in day.entries] == ["morning", "midday", "evening"]


def test_only_the_creators_asked_for_are_shown(creator):
    SlotFactory(creator=CreatorFactory(), date=MONDAY)
    assert diary.diary([creator], MONDAY, 7).n_slots == 0


def test_names_are_listed_as_one_says_them():
    assert diary.listed([]) == ""
    assert diary.listed(["a"]) == "a"
    assert diary.listed(["a", "b", "c"]) == "a, b and c"
