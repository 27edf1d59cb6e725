import datetime as dt
import itertools
import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publishing import platforms
from publishing.peak_times import AWAKE, PARTS, Cadence, next_slot, prior, slots, sources, weights
from publishing.posting.local_time import instants

# Ordinary zones, half an hour, a change at midnight, other months, none, both hemispheres.
ZONES = [
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"),
    *("Asia/Beirut", "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu", "UTC"),
]
PLATFORMS = list(json.loads(prior.STUDIES.read_text())["platforms"])
moments = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.UTC))
zones = st.sampled_from(ZONES).map(ZoneInfo)


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


# The wall clock


def test_an_hour_that_the_clock_skips_never_comes():
    assert instants(dt.datetime(2026, 3, 29, 2, 30), ZoneInfo("Europe/Berlin")) == []


def test_an_hour_that_the_clock_repeats_comes_twice():
    assert instants(dt.datetime(2026, 10, 25, 2, 30), ZoneInfo("Europe/Berlin")) == [
        utc(2026, 10, 25, 0, 30),
        utc(2026, 10, 25, 1, 30),
    ]


def test_half_an_hour_is_skipped_on_lord_howe():
    zone = ZoneInfo("Australia/Lord_Howe")
    assert instants(dt.datetime(2026, 10, 4, 2, 15), zone) == []
    assert len(instants(dt.datetime(2026, 10, 4, 2, 45), zone)) == 1


@given(moments, zones)
def test_every_moment_is_found_on_the_clock_again(moment, zone):
    assert moment in instants(moment.astimezone(zone).replace(tzinfo=None), zone)


# The prior


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_prior_promises_no_more_than_was_ever_measured(platform):
    week = weights(platform)
    waking = [w for hour, w in enumerate(week) if hour % 24 in AWAKE]
    assert len(week) == 168
    assert max(map(abs, waking)) <= 0.35
    assert abs(sum(waking) / len(waking)) < 0.02
    assert max(w for hour, w in enumerate(week) if hour % 24 < 5) < min(waking)


def test_the_prior_follows_the_studies():
    week = weights("instagram")
    wednesday_evening, saturday_evening = week[2 * 24 + 19], week[5 * 24 + 19]
    assert wednesday_evening == max(week)
    assert saturday_evening < 0 < wednesday_evening
    assert sources("instagram", 2, 19)[:2] == ["Buffer 2026 9.6M", "Sprout 2026 2B engagements"]


def test_a_single_window_is_worked_by_the_recipe(monkeypatch):
    """One study, one hour: 0.20 x quality, smoothed by a quarter, a tenth on the days beside."""
    data = {"p": {"studies": [{"source": "s", "quality": 1.0, "good": [[2, 14, 15]], "weak": []}]}}
    monkeypatch.setattr(prior, "_studies", lambda: data)
    weights.cache_clear()
    week = weights("p")
    weights.cache_clear()
    flat = week[2 * 24 + 11]  # an hour that the study does not reach
    lift = [week[2 * 24 + hour] - flat for hour in (13, 14, 15)]
    assert lift == pytest.approx([0.2 * 0.25 * 0.8, 0.2 * 0.5 * 0.8, 0.2 * 0.25 * 0.8])
    assert week[1 * 24 + 14] - flat == pytest.approx(0.2 * 0.5 * 0.1)


def test_a_blend_counts_by_its_shares():
    """Threads: half of Instagram and half of X, at half strength."""
    found = prior._weighed_studies("threads", prior._studies())
    assert {study["source"]: round(weight, 4) for study, weight in found} == {
        "Buffer 2026 9.6M": 0.225,
        "Sprout 2026 2B engagements": 0.225,
        "Iconosquare 2026 Reels": 0.125,
        "Later 2023 11M": 0.075,
        "Buffer 1M tweets": 0.125,
        "Hootsuite 2023": 0.075,
    }


def test_every_platform_has_an_entry_among_the_studies():
    assert set(platforms.PLATFORMS) <= set(PLATFORMS)
    assert weights("instagram_facebook") == weights("instagram")


def test_a_platform_without_a_study_gets_waking_hours():
    choice = next_slot("nowhere", ZoneInfo("UTC"), utc(2026, 11, 20, 3))
    assert choice.when_utc.hour in AWAKE
    assert "people are awake then" in choice.reason


# The choice


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*PLATFORMS, "nowhere"]), zones, moments, st.integers(0, 99))
def test_never_in_the_past_nor_in_the_night(platform, zone, after, seed):
    choice = next_slot(platform, zone, after, seed=seed)
    assert choice.when_utc >= after
    assert choice.when_utc.astimezone(zone).hour in AWAKE
    assert choice.when_utc - after < dt.timedelta(days=7)
    assert str(choice.standing) == "prior only"


@settings(max_examples=30, deadline=None)
@given(zones, moments, st.lists(st.integers(0, 14 * 24), max_size=12), st.integers(0, 99))
def test_the_gap_and_the_daily_cap_are_kept(zone, after, hours, seed):
    cadence = Cadence()
    taken = [after + dt.timedelta(hours=n) for n in hours]
    when = next_slot("folder", zone, after, taken, seed=seed).when_utc
    assert all(abs(when - other) >= cadence.min_gap for other in taken)
    day = when.astimezone(zone).date()
    assert sum(other.astimezone(zone).date() == day for other in taken) < cadence.a_day


@settings(max_examples=40, deadline=None)
@given(
    zones,
    moments,
    st.integers(1, 60),
    st.sampled_from(list(PARTS)),
    st.sampled_from(PLATFORMS),
    st.integers(0, 99),
)
def test_the_planned_part_of_the_day_is_honoured(zone, after, days, part, platform, seed):
    day = after.astimezone(zone).date() + dt.timedelta(days=days)
    choice = next_slot(platform, zone, after, day=day, part=part, seed=seed)
    local = choice.when_utc.astimezone(zone)
    first, end = PARTS[part]
    assert local.date() == day
    assert first <= local.hour < end
    assert part in choice.reason


def test_the_best_hour_inside_the_planned_part_is_chosen():
    zone, day = ZoneInfo("Europe/Berlin"), dt.date(2026, 12, 2)  # a Wednesday
    when = next_slot("instagram", zone, utc(2026, 11, 20), day=day, part="midday").when_utc
    local = when.astimezone(zone)
    assert local.hour == max(
        range(*PARTS["midday"]), key=lambda hour: weights("instagram")[2 * 24 + hour]
    )


def test_a_planned_part_that_is_over_falls_back_to_the_rest_of_the_day():
    zone = ZoneInfo("UTC")
    choice = next_slot(
        "folder", zone, utc(2026, 12, 2, 15), day=dt.date(2026, 12, 2), part="morning"
    )
    assert choice.when_utc.date() == dt.date(2026, 12, 2)
    assert "still free" in choice.reason


def test_a_planned_day_that_is_over_falls_back_to_the_next_good_hour():
    choice = next_slot(
        "folder", ZoneInfo("UTC"), utc(2026, 12, 2, 23), day=dt.date(2026, 12, 2), part="evening"
    )
    assert choice.when_utc > utc(2026, 12, 2, 23)
    assert "next good hour" in choice.reason


def test_a_planned_day_that_a_zone_skipped_falls_back():
    """Samoa had no 30 December 2011."""
    choice = next_slot(
        "folder",
        ZoneInfo("Pacific/Apia"),
        utc(2011, 12, 28),
        day=dt.date(2011, 12, 30),
        part="evening",
    )
    assert choice.when_utc.astimezone(ZoneInfo("Pacific/Apia")).date() > dt.date(2011, 12, 30)


def test_the_minute_moves_with_the_seed_by_up_to_seven():
    def at(seed):
        return next_slot(
            "folder", ZoneInfo("UTC"), utc(2026, 12, 1), day=dt.date(2026, 12, 2), seed=seed
        ).when_utc

    chosen = {at(seed) for seed in range(60)}
    assert len({when.hour for when in chosen}) == 1
    assert len(chosen) == 15
    assert max(chosen) - min(chosen) == dt.timedelta(minutes=14)
    assert at(3) == at(3)


def test_an_evening_of_a_day_with_a_clock_change_is_right_in_utc():
    zone = ZoneInfo("Europe/Berlin")
    for day, offset_h in ((dt.date(2026, 3, 29), 2), (dt.date(2026, 10, 25), 1)):
        when = next_slot("folder", zone, utc(2026, 3, 1), day=day, part="evening").when_utc
        local = when.astimezone(zone)
        assert local.utcoffset() == dt.timedelta(hours=offset_h)
        assert 18 <= local.hour < 23


def test_without_quiet_hours_the_skipped_hour_is_not_chosen_and_the_repeated_one_once():
    zone, cadence = ZoneInfo("Europe/Berlin"), Cadence(quiet=None, min_gap=dt.timedelta(minutes=1))
    free = slots._Free(zone, utc(2026, 3, 1), (), cadence)
    week = weights("folder")
    for day, hours in ((dt.date(2026, 3, 29), 23), (dt.date(2026, 10, 25), 25)):
        found = list(free.candidates([day], tuple(range(24)), 0, week, capped=True))
        times = [candidate.when_utc for candidate in found]
        assert len(times) == hours * 4
        assert len(set(times)) == len(times)


def test_full_days_are_skipped_however_many_they_are():
    start = utc(2026, 12, 1)
    taken = [
        start + dt.timedelta(days=day, hours=hour)
        for day, hour in itertools.product(range(20), (9, 19))
    ]
    when = next_slot("folder", ZoneInfo("UTC"), start, taken).when_utc
    assert when.date() == dt.date(2026, 12, 21)


def test_hours_that_leave_no_time_are_refused():
    with pytest.raises(ValueError, match="no time to post"):
        next_slot(
            "folder",
            ZoneInfo("UTC"),
            utc(2026, 12, 1),
            [utc(2026, 12, 1, 12)],
            cadence=Cadence(min_gap=dt.timedelta(days=400)),
        )
