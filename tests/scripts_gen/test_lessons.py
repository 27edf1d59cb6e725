"""What worked, and how far plans and scripts follow it."""

import datetime as dt
from collections import Counter

import pytest

from scripts_gen import learning, services
from scripts_gen.briefs import persona_of, research_slot
from scripts_gen.cadence import next_pillar
from scripts_gen.lessons import Outcome, effects, length_kind, turns
from scripts_gen.models import Lesson
from scripts_gen.writing.hook import choose_hook, hook_kind
from scripts_gen.writing.openai import ask
from tests.factories import (
    CreatorFactory,
    NoteFactory,
    PillarFactory,
    ScriptFactory,
    SlotFactory,
)
from tests.studio.pages import Page

MONDAY = dt.date(2030, 12, 2)


def outcomes_of(creator, pillar, gain, n, *, hook="Bread is patience.", part="evening", day=1):
    """n posts of the pillar that all did `gain` better than usual."""
    start = dt.date(2026, 1, 1) + dt.timedelta(days=100 * day)
    return [
        Outcome(
            ScriptFactory(
                slot=SlotFactory(
                    creator=creator, pillar=pillar, date=start + dt.timedelta(days=i), part=part
                ),
                hook=hook,
            ).pk,
            duration_ms=25_000,
            part=part,
            gain=gain,
        )
        for i in range(n)
    ]


# Pure


def test_little_data_says_little_and_much_says_what_it_says():
    one = effects([("a", 1.0), ("b", -1.0)])["a"]
    many = effects([("a", 1.0), ("b", -1.0)] * 100)["a"]
    assert one.mean == pytest.approx(1 / 9)
    assert many.mean == pytest.approx(100 / 108)
    assert not one.is_clear
    assert many.is_clear
    assert many.low > 0.7


def test_effects_are_against_the_creators_own_usual():
    found = effects([("a", 2.0)] * 20 + [("b", 1.0)] * 20)
    assert found["a"].mean == pytest.approx(-found["b"].mean)
    assert effects([]) == {}


def test_what_has_no_kind_is_compared_with_and_not_reported():
    found = effects([("", 0.0)] * 10 + [("a", 1.0)] * 10)
    assert set(found) == {"a"}
    assert found["a"].mean > 0.2


def test_turns_follow_views_within_bounds():
    assert turns(0) == 1
    assert turns(0.4) == pytest.approx(1.49, abs=0.01)
    assert (turns(9), turns(-9)) == (2.0, 0.5)


@pytest.mark.parametrize(
    ("ms", "kind"), [(8_000, "under 20 s"), (25_000, "20 to 30 s"), (90_000, "over 45 s")]
)
def test_lengths_have_names(ms, kind):
    assert length_kind(ms) == kind


@pytest.mark.parametrize(
    ("hook", "language", "kind"),
    [
        ("Why does it rise?", "en", "question"),
        ("Three hours at 24 degrees.", "en", "number"),
        ("Most people never wait.", "en", "contrast"),
        ("Bread is patience.", "en", "statement"),
        ("Das stimmt nicht.", "de", "contrast"),
    ],
)
def test_hooks_have_kinds(hook, language, kind):
    assert hook_kind(hook, language) == kind


# In the calendar


@pytest.fixture
def creator(db):
    return CreatorFactory()


def test_a_pillar_that_worked_gets_more_of_the_calendar_and_no_other_starves(creator):
    bread, cake, soup = (PillarFactory(creator=creator) for _ in range(3))

    def share():
        used = []
        for _ in range(60):
            used.append(next_pillar(learning.pillar_weights(creator), used))
        return Counter(used)

    assert set(share().values()) == {20}
    found = outcomes_of(creator, bread, 0.9, 20)
    found += outcomes_of(creator, cake, -1.2, 20, day=2) + outcomes_of(creator, soup, 0, 9, day=3)
    services.learn(creator, found)
    after = share()
    assert after[bread.pk] > 26
    assert 8 <= after[cake.pk] < 16
    assert after[soup.pk] > after[cake.pk]


def test_two_posts_hardly_move_a_plan(creator):
    bread, cake = PillarFactory(creator=creator), PillarFactory(creator=creator)
    services.learn(
        creator,
        outcomes_of(creator, bread, 0.5, 2) + outcomes_of(creator, cake, -0.5, 2, day=2),
    )
    weights = dict(learning.pillar_weights(creator))
    assert 1.0 < weights[bread.pk] < 1.15


def test_a_resting_pillar_goes_on_resting(creator):
    bread = PillarFactory(creator=creator, weight=0)
    services.learn(creator, outcomes_of(creator, bread, 2.0, 30))
    assert learning.pillar_weights(creator) == [(bread.pk, 0)]


def test_a_planned_week_follows_what_was_learned(creator):
    bread, cake = PillarFactory(creator=creator), PillarFactory(creator=creator)

    def planned():
        slots = [slot for n in range(8) for slot in _week(creator, n)]
        found = Counter(slot.pillar_id for slot in slots), Counter(slot.part for slot in slots)
        creator.slots.filter(date__gte=MONDAY).delete()
        return found

    def _week(creator, n):
        return services.plan_week(creator, MONDAY + dt.timedelta(weeks=n))

    pillars, parts = planned()
    assert pillars == {bread.pk: 12, cake.pk: 12}
    assert parts["evening"] + parts["midday"] == 24
    found = outcomes_of(creator, cake, 0.8, 25, part="morning")
    found += outcomes_of(creator, bread, -0.8, 25, part="evening", day=2)
    services.learn(creator, found)
    pillars, parts = planned()
    assert pillars[cake.pk] >= 16 > 8 >= pillars[bread.pk] >= 4
    assert parts["morning"] >= 6
    assert parts["evening"] < 14


def test_a_part_of_the_day_joins_only_when_it_clearly_did_better(creator):
    found = outcomes_of(creator, None, 0.2, 4, part="morning")
    found += outcomes_of(creator, None, 0.0, 4, part="evening", day=2)
    services.learn(creator, found)
    assert set(learning.part_shares(creator)) == {"evening", "midday"}


# Kept and told


def test_lessons_are_replaced_and_one_row_counts_the_posts(creator):
    bread = PillarFactory(creator=creator)
    found = outcomes_of(creator, bread, 0.5, 4)
    services.learn(creator, found)
    services.learn(creator, found)
    assert creator.lessons.get(subject=Lesson.Subject.ALL).n == 4
    assert creator.lessons.filter(subject="pillar").count() == 1
    services.learn(creator, [])
    assert creator.lessons.get().n == 0


def test_a_script_on_three_accounts_is_one_reel(creator):
    [once] = outcomes_of(creator, PillarFactory(creator=creator), 0.6, 1)
    services.learn(creator, [once, once, once])
    assert {lesson.n for lesson in creator.lessons.all()} == {1}


def test_scripts_of_somebody_else_teach_nothing(creator):
    foreign = outcomes_of(CreatorFactory(), None, 2.0, 6)
    services.learn(creator, foreign)
    assert creator.lessons.get().n == 0


def test_what_is_told_has_its_numbers_and_forgets_deleted_pillars(creator):
    bread = PillarFactory(creator=creator, name="Bread")
    found = outcomes_of(creator, bread, 0.9, 20, hook="Why?", day=1)
    found += outcomes_of(creator, None, -0.9, 20, day=2)
    services.learn(creator, found)
    told = {lesson.about: lesson for lesson in learning.told(creator)}
    assert told["Bread"].n == 20
    assert told["Bread"].low > 0.2
    assert told["opening with a question"].is_clear
    assert told["in the evening"].change == pytest.approx(0)
    bread.delete()
    assert "Bread" not in {lesson.about for lesson in learning.told(creator)}


def test_the_pillars_page_says_how_many_turns_each_gets_and_why(creator, client):
    client.force_login(creator.owner)
    bread = PillarFactory(creator=creator, name="Bread")
    assert "turns for each" not in client.get("/calendar/pillars/").content.decode()
    found = outcomes_of(creator, bread, 1.0, 12) + outcomes_of(creator, None, 0.0, 12, day=2)
    services.learn(creator, found)
    page = Page(client.get("/calendar/pillars/").content.decode())
    [row] = [tag for tag in page.all("li") if "Bread" in tag.text]
    assert "1.3 turns for each, by what its twelve reels reached" in row.text


# In the writing


@pytest.fixture
def slot(creator):
    NoteFactory(
        creator=creator,
        title="Sourdough",
        text=(
            "Wild yeast eats sugar and makes gas. "
            "Cold kitchens make good bread as well. "
            "The gluten holds that gas in bubbles. "
            "A warm kitchen makes the dough rise in 4 hours. "
            "Feed your starter the evening before. "
            "Patience is the cheapest ingredient."
        ),
    )
    return SlotFactory(creator=creator, topic="Sourdough")


def test_a_writer_is_told_what_worked_and_only_what_is_clear(creator, slot):
    assert research_slot(slot).worked == ()
    found = outcomes_of(creator, None, 0.9, 20, hook="Why?")
    found += outcomes_of(creator, None, -0.9, 20, day=2)
    services.learn(creator, found)
    brief = research_slot(slot)
    assert any("opening with a question: +" in line for line in brief.worked)
    assert not any("20 to 30 s" in line for line in brief.worked)
    asked = str(ask(brief, persona_of(creator), 25)[1]["content"])
    assert "What worked with this audience so far: opening with a question" in asked


def test_the_notes_writer_opens_the_way_that_worked(creator, slot):
    def opens_with():
        hook = choose_hook(research_slot(slot), persona_of(creator), 0)
        return hook_kind(hook.evidence.sentence, "en")

    def teach(number, statement):
        found = outcomes_of(creator, None, number, 30, hook="In 3 days.", day=1)
        found += outcomes_of(creator, None, statement, 30, hook="Bread rises.", day=2)
        services.learn(creator, found)
        kind = opens_with()
        creator.slots.exclude(pk=slot.pk).delete()
        return kind

    assert teach(1.0, -1.0) == "number"
    assert teach(-1.0, 1.0) == "statement"
