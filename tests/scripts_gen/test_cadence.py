import datetime as dt
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts_gen.cadence import (
    Place,
    amount,
    estimate_ms,
    monday_of,
    next_pillar,
    plan,
    syllables,
)

MONDAY = dt.date(2026, 11, 23)


# How long words take


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("bread", 1, 1), ("sourdough", 2, 2), ("make", 1, 1.5), ("table", 2, 2), ("12", 2, 5)],
)
def test_syllables_are_about_what_is_said(text, low, high):
    assert low <= syllables(text) <= high


def test_a_script_of_seventy_words_takes_about_half_a_minute():
    text = (
        "Most people stir too hard and too long. Risotto needs movement, not punishment. Rice is "
        "wrapped in starch. When you stir, the grains rub against each other and let go of that "
        "starch, and that is what makes the sauce creamy. But if you stir without a break, the "
        "grains break too, and you get glue. Toast the rice dry for two minutes."
    )
    assert 18_000 < estimate_ms(text) < 28_000


def test_more_words_take_longer_and_none_take_nothing():
    assert estimate_ms("") == estimate_ms("… 🙂") == 0
    assert estimate_ms("One two.") < estimate_ms("One two. Three four.")


@pytest.mark.parametrize("tag", ["en", "de-AT", "fr", "zh", "ja", "ar", "xx"])
def test_every_language_has_a_rate(tag):
    assert estimate_ms("Brot backen 面包 خبز", tag) > 500


def test_numbers_count_as_they_are_read():
    assert estimate_ms("It costs 1,250 euros.") > estimate_ms("It costs 5 euros.") + 400


def test_signs_without_spaces_are_counted_as_they_are_said():
    mandarin = "人人生而自由，在尊严和权利上一律平等。"  # 17 syllables, a comma
    assert estimate_ms(mandarin, "zh") == estimate_ms(mandarin, "cmn") == 4049
    assert syllables("Python入門", "yue") == syllables("Python") + 2
    assert syllables("トム・ヨーク", "ja") == 5
    assert syllables("人々", "ja") == syllables("人人", "ja")
    written = "人間は、理性と良心とを授けられており、互いに行動しなければならない。"
    read = (
        "にんげんは、りせいとりょうしんとをさずけられており、たがいにこうどうしなければならない。"
    )
    assert estimate_ms(written, "ja") == pytest.approx(estimate_ms(read, "ja"), rel=0.05)


def test_how_much_to_write_is_said_in_words_only_where_there_are_spaces():
    assert (amount(25, "de"), amount(25, "cmn")) == ("60 words", "100 characters")


# Which days and parts


def test_three_a_week_are_spread_evenly():
    days = [place.date.weekday() for place in plan(MONDAY)]
    assert days == [1, 3, 5]


def test_a_week_is_filled_up_not_over():
    taken = [Place(MONDAY, "evening"), Place(MONDAY + dt.timedelta(days=3), "evening")]
    places = plan(MONDAY, taken=taken)
    assert len(places) == 1
    assert abs((places[0].date - taken[1].date).days) >= 2
    assert plan(MONDAY, taken=[*taken, *places]) == []


def test_days_that_are_over_stay_empty():
    friday = MONDAY + dt.timedelta(days=4)
    assert all(place.date >= friday for place in plan(MONDAY, first_day=friday))
    assert plan(MONDAY, first_day=MONDAY + dt.timedelta(days=7)) == []


def test_no_part_is_crowded():
    history: list[Place] = []
    for week in range(8):
        history += plan(MONDAY + dt.timedelta(days=7 * week), history=history)
    parts = Counter(place.part for place in history)
    assert set(parts) == {"evening", "midday"}
    assert 6 <= parts["midday"] <= 9


def test_pillars_get_their_share_and_take_turns():
    used: list[int | None] = []
    for _ in range(24):
        used.append(next_pillar([(1, 1), (2, 2), (3, 1)], used))
    assert Counter(used) == {1: 6, 2: 12, 3: 6}
    assert all(one != other for one, other in pairwise(used))


def test_a_heavy_pillar_may_follow_itself():
    used: list[int | None] = []
    for _ in range(12):
        used.append(next_pillar([(1, 3), (2, 1)], used))
    assert Counter(used) == {1: 9, 2: 3}


def test_resting_pillars_and_deleted_ones_are_left_out():
    assert next_pillar([(1, 0)], []) is None
    assert next_pillar([], [1, None]) is None
    assert next_pillar([(1, 1), (2, 1)], [9, None, 1]) == 2


@given(
    st.integers(0, 6),
    st.integers(0, 10),
    st.lists(st.integers(0, 6), max_size=7, unique=True),
)
def test_a_plan_never_puts_two_on_a_day(first, per_week, taken):
    busy = [Place(MONDAY + dt.timedelta(days=n), "evening") for n in taken]
    first_day = MONDAY + dt.timedelta(days=first)
    places = plan(MONDAY, taken=busy, per_week=per_week, first_day=first_day)
    days = [place.date for place in [*busy, *places]]
    assert len(days) == len(set(days))
    assert all(first_day <= place.date < MONDAY + dt.timedelta(days=7) for place in places)
    assert len(places) <= max(0, per_week - len(busy))


def test_any_day_knows_its_monday():
    assert monday_of(dt.date(2026, 11, 29)) == MONDAY
