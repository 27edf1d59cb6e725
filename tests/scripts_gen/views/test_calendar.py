import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scripts_gen import services
from scripts_gen.models import Script, Slot
from tests.factories import (
    CreatorFactory,
    PillarFactory,
    ReelFactory,
    ScriptFactory,
    SlotFactory,
    TakeFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
SOON = dt.timedelta(days=8)


def text(response):
    return " ".join(response.content.decode().split())


def week_of(day):
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


@pytest.fixture
def soon(creator):
    return services.local_today(creator) + SOON


def test_the_calendar_opens_with_a_sentence(as_owner):
    response = as_owner.get(reverse("slot-list"))
    assert response.status_code == 200
    assert "<h1> This week" in text(response)


@pytest.mark.parametrize("query", ["week=2026-W99", "week=x", "month=2026-13", "week=9999-W01"])
def test_a_time_that_is_none_shows_this_week(as_owner, query):
    response = as_owner.get(f"{reverse('slot-list')}?{query}")
    assert response.status_code == 200
    assert "This week" in text(response)


def test_a_month_shows_its_slots(as_owner, creator):
    SlotFactory(creator=creator, date=dt.date(2027, 2, 14), topic="Valentine bread")
    SlotFactory(creator=creator, date=dt.date(2027, 3, 1), topic="March bread")
    page = text(as_owner.get(f"{reverse('slot-list')}?month=2027-02"))
    assert "February 2027 has one slot." in page
    assert "Valentine bread" in page


def test_nobody_yet_leads_to_adding_somebody(client):
    client.force_login(UserFactory())
    page = text(client.get(reverse("slot-list")))
    assert reverse("creator-create") in page


def test_a_week_costs_the_same_at_any_number_of_slots(as_owner, creator):
    days = [dt.date(2026, 11, 23) + dt.timedelta(days=n) for n in range(7)]

    def queries():
        with CaptureQueriesContext(connection) as caught:
            as_owner.get(f"{reverse('slot-list')}?week=2026-W48")
        return len(caught)

    def add(slots):
        for day in slots:
            script = ScriptFactory(slot=SlotFactory(creator=creator, date=day), approved=True)
            ReelFactory(take=TakeFactory(script=script), ready=True)

    add(days[:3])
    at_three = queries()
    add(days[3:])
    assert queries() == at_three


def test_several_creators_are_named_and_can_be_chosen(as_owner, creator):
    other = CreatorFactory(owner=creator.owner, name="Bob Baker", handle="bob")
    SlotFactory(creator=other, date=dt.date(2026, 11, 24), topic="Bobs topic")
    SlotFactory(creator=creator, date=dt.date(2026, 11, 25), topic="Alices topic")
    url = f"{reverse('slot-list')}?week=2026-W48"
    page = text(as_owner.get(url))
    assert "Bobs topic" in page
    assert "Alices topic" in page
    assert "Bob Baker" in page
    page = text(as_owner.get(f"{url}&creator=bob"))
    assert "Bobs topic" in page
    assert "Alices topic" not in page


def test_a_week_is_planned_and_written_from_the_page(as_owner, note, soon):
    response = as_owner.post(reverse("week-plan"), {"week": week_of(soon)}, follow=True)
    assert "Three slots added." in text(response)
    response = as_owner.post(
        reverse("week-plan"), {"week": week_of(soon), "write": "1"}, follow=True
    )
    page = text(response)
    assert Script.objects.exists()
    assert "for you." in page
    assert "Add more notes." in page  # one note does not hold three scripts, and that is said


def test_planning_a_full_week_says_so(as_owner, soon):
    for _ in range(2):
        response = as_owner.post(reverse("week-plan"), {"week": week_of(soon)}, follow=True)
    assert "Nothing was left to plan" in text(response)


def test_planning_is_for_the_creator_asked_for(as_owner, creator, soon):
    other = CreatorFactory(owner=creator.owner)
    as_owner.post(reverse("week-plan"), {"week": week_of(soon), "creator": other.handle})
    assert set(Slot.objects.values_list("creator", flat=True)) == {other.pk}


def test_nobody_plans_for_somebody_elses_creator(as_stranger, creator, soon):
    as_stranger.post(reverse("week-plan"), {"week": week_of(soon), "creator": creator.handle})
    assert not Slot.objects.filter(creator=creator).exists()


def test_a_slot_is_added_moved_and_deleted(as_owner, creator, soon):
    pillar = PillarFactory(creator=creator)
    fields = {"date": soon, "part": "morning", "pillar": pillar.pk, "topic": "Rye"}
    response = as_owner.post(reverse("slot-create"), fields)
    slot = Slot.objects.get()
    assert response.url == f"{reverse('slot-list')}?week={week_of(soon)}"
    assert (slot.creator, slot.date, slot.topic) == (creator, soon, "Rye")

    as_owner.post(reverse("slot-update", args=[slot.pk]), {**fields, "part": "evening"})
    slot.refresh_from_db()
    assert slot.part == "evening"

    assert as_owner.get(reverse("slot-delete", args=[slot.pk])).status_code == 200
    as_owner.post(reverse("slot-delete", args=[slot.pk]))
    assert not Slot.objects.exists()


def test_a_taken_part_is_refused_and_nothing_is_lost(as_owner, creator, soon):
    SlotFactory(creator=creator, date=soon)
    fields = {"date": soon, "part": "evening", "topic": "My long topic"}
    response = as_owner.post(reverse("slot-create"), fields)
    assert response.status_code == 422
    assert f"There is a slot on {soon:%A} evening already." in text(response)
    assert "My long topic" in text(response)


def test_a_day_that_is_over_is_refused(as_owner):
    response = as_owner.post(reverse("slot-create"), {"date": "2020-01-01", "part": "evening"})
    assert response.status_code == 422
    assert "That day is over." in text(response)


def test_a_past_slot_can_still_be_edited_in_its_place(as_owner, creator):
    slot = SlotFactory(creator=creator, date=dt.date(2020, 1, 1))
    fields = {"date": "2020-01-01", "part": "evening", "topic": "Late thought"}
    assert as_owner.post(reverse("slot-update", args=[slot.pk]), fields).status_code == 302


def test_a_pillar_of_another_creator_is_refused(as_owner, creator, soon):
    foreign = PillarFactory()
    fields = {"date": soon, "part": "evening", "pillar": foreign.pk}
    assert as_owner.post(reverse("slot-create"), fields).status_code == 422
    mine = PillarFactory(creator=CreatorFactory(owner=creator.owner))
    fields |= {"pillar": mine.pk, "creator": creator.pk}
    response = as_owner.post(reverse("slot-create"), fields)
    assert response.status_code == 422
    assert "another creator" in text(response)


def test_an_approved_slot_stays_and_says_why(as_owner, slot):
    ScriptFactory(slot=slot, approved=True)
    response = as_owner.post(reverse("slot-delete", args=[slot.pk]), follow=True)
    assert "Move the slot instead." in text(response)
    assert Slot.objects.exists()


def test_writing_leads_to_the_script(as_owner, slot, note):
    response = as_owner.post(reverse("slot-write", args=[slot.pk]))
    assert response.url == reverse("script-detail", args=[Script.objects.get().pk])


def test_writing_without_notes_says_what_is_missing(as_owner, slot):
    response = as_owner.post(reverse("slot-write", args=[slot.pk]), follow=True)
    assert "There are no notes to write from." in text(response)


@pytest.mark.parametrize("name", ["slot-update", "slot-delete", "slot-write"])
def test_somebody_elses_slot_is_not_there(as_stranger, slot, name):
    url = reverse(name, args=[slot.pk])
    assert as_stranger.post(url).status_code == 404
    if name != "slot-write":
        assert as_stranger.get(url).status_code == 404


@pytest.mark.parametrize("name", ["week-plan"])
def test_changes_are_posts(as_owner, slot, name):
    assert as_owner.get(reverse(name)).status_code == 405
    assert as_owner.get(reverse("slot-write", args=[slot.pk])).status_code == 405


def test_pages_need_somebody_signed_in(client, slot):
    for name in ("slot-list", "note-list", "pillar-list", "script-list"):
        assert client.get(reverse(name)).status_code == 302
