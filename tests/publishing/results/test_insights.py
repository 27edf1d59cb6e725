"""Collecting counts: when, how often, and what becomes of trouble."""

import datetime as dt
from typing import ClassVar

import pytest
from django.utils import timezone

from publishing import platforms, tasks
from publishing.models import Account, Insight, Post
from publishing.platforms.base import Capabilities, Insights
from publishing.platforms.errors import AuthExpired, RateLimited, Rejected, Transient
from publishing.results import insights
from tests.publishing.doubles import DoublePlatform

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
NOW = dt.datetime(2026, 12, 10, 12, tzinfo=dt.UTC)


class TellingPlatform(DoublePlatform):
    """One that counts; `answers` are given first, in order."""

    name = "telling"
    capabilities: ClassVar = Capabilities(
        commit_retry_allowed=True, ai_flag=True, insights=("views", "likes", "followers")
    )
    answers: ClassVar[list] = []
    asked: ClassVar[list] = []

    def insights(self, external_id):
        self.asked.append(external_id)
        answer = self.answers.pop(0) if self.answers else Insights(views=120, likes=7, followers=9)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def telling(monkeypatch):
    monkeypatch.setitem(
        platforms.PLATFORMS, "telling", "tests.publishing.results.test_insights:Telling"
    )
    monkeypatch.setattr(TellingPlatform, "answers", [])
    monkeypatch.setattr(TellingPlatform, "asked", [])
    return TellingPlatform


@pytest.fixture
def clock(monkeypatch):
    """What time it is; the test moves it."""

    class Clock:
        now = NOW

    monkeypatch.setattr(timezone, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def published(make_post, clock):
    def make(age, platform="telling", **fields):
        fields = {"external_id": "id-1", "state": Post.State.PUBLISHED} | fields
        return make_post(platform, published_at=clock.now - age, **fields)

    return make


def collect_all():
    for pk in insights.due():
        insights.collect(pk)


def test_each_age_is_read_once_when_it_comes(published, clock, telling):
    post = published(0 * HOUR)
    seen = []
    for hours in (0.5, 1, 1.1, 23, 24, 25, 71, 72, 100, 168, 169, 400):
        clock.now = NOW + hours * HOUR
        collect_all()
        seen.append(len(telling.asked))
    assert seen == [0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4]
    rows = post.insights.taken()
    assert [row.age_h for row in rows] == [1, 24, 72, 168]
    assert {(row.views, row.likes, row.followers, row.shares) for row in rows} == {
        (120, 7, 9, None)
    }
    assert not any(row.is_late for row in rows)


def test_counts_of_a_day_that_were_read_late_say_so_and_do_not_count(published):
    for age in (24 * HOUR, 29 * HOUR, 31 * HOUR):
        published(age)
    collect_all()
    rows = Insight.objects.filter(age_h=24).order_by("pk")
    assert sorted(row.is_late for row in rows) == [False, False, True]
    assert {row.taken_at for row in rows} == {NOW}
    assert Insight.objects.of_a_day().count() == 2


def test_after_a_long_sleep_only_the_age_that_is_reached_is_read(published, telling):
    post = published(100 * HOUR)
    collect_all()
    assert [row.age_h for row in post.insights.all()] == [72]
    assert len(telling.asked) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"external_id": ""},
        {"state": Post.State.DELIVERED},
        {"state": Post.State.UNCONFIRMED},
        {"platform": "double"},  # counts nothing
        {"platform": "folder"},
    ],
)
def test_where_there_is_nothing_to_count_nothing_is_asked(published, script, telling, fields):
    published(2 * HOUR, **fields)
    assert insights.due() == []


def test_a_disconnected_account_is_left_alone(published):
    post = published(2 * HOUR)
    Account.objects.update(state=Account.State.DISCONNECTED)
    assert insights.due() == []
    Account.objects.update(state=Account.State.CONNECTED)
    assert insights.due() == [post.pk]


def test_trouble_is_tried_again_later_and_never_touches_the_post(published, clock, telling):
    post = published(2 * HOUR)
    telling.answers[:] = [Transient("No answer."), Transient("No answer.")]
    waits = []
    while not post.insights.taken().exists():
        collect_all()
        row = post.insights.get()
        waits.append(row.try_after - clock.now if not row.taken_at else None)
        assert insights.due() == []
        clock.now += 20 * dt.timedelta(minutes=1)
    assert waits == [dt.timedelta(minutes=2), dt.timedelta(minutes=4), None]
    assert post.insights.get().problem == ""
    fresh = Post.objects.get(pk=post.pk)
    assert (fresh.state, fresh.reason, fresh.tries, fresh.retry_at) == ("published", "", 0, None)


def test_a_platform_that_asks_for_patience_gets_it(published, clock, telling):
    post = published(2 * HOUR)
    telling.answers[:] = [RateLimited("Slow down.", until=NOW + 3 * HOUR)]
    collect_all()
    assert post.insights.get().try_after == NOW + 3 * HOUR


def test_what_is_refused_is_not_asked_again_at_that_age(published, clock, telling):
    post = published(2 * HOUR)
    telling.answers[:] = [Rejected("This video has no counts.")]
    collect_all()
    row = post.insights.get()
    assert (row.state, row.problem) == (Insight.State.REFUSED, "This video has no counts.")
    clock.now += 5 * HOUR
    assert insights.due() == []
    clock.now = NOW + 30 * HOUR
    assert insights.due() == [post.pk]


def test_an_ended_permission_waits_for_the_creator(published, clock, telling):
    post = published(2 * HOUR)
    telling.answers[:] = [AuthExpired("Connect it again.")]
    collect_all()
    assert post.insights.get().try_after >= NOW + 6 * HOUR
    assert Post.objects.get().state == Post.State.PUBLISHED


def test_a_second_delivery_asks_nobody(published, telling):
    post = published(2 * HOUR)
    tasks.collect_insights(post.pk)
    tasks.collect_insights(post.pk)
    assert telling.asked == ["id-1"]


def test_a_worker_that_is_at_it_keeps_another_from_asking(published, clock, telling, monkeypatch):
    post = published(2 * HOUR)

    def ask_meanwhile(self, external_id):
        TellingPlatform.asked.append(external_id)
        assert insights.due() == []
        insights.collect(post.pk)
        return Insights(views=5)

    monkeypatch.setattr(TellingPlatform, "insights", ask_meanwhile)
    insights.collect(post.pk)
    assert telling.asked == ["id-1"]
    assert post.insights.get().views == 5


def test_a_worker_that_died_is_followed_by_another(published, clock, telling):
    post = published(2 * HOUR)
    Insight.objects.create(post=post, age_h=1, tries=1, try_after=NOW + insights.A_TRY)
    assert insights.due() == []
    clock.now += insights.A_TRY
    collect_all()
    assert post.insights.get().state == Insight.State.TAKEN


def test_the_tick_knows_of_it(published):
    post = published(2 * HOUR)
    assert ("publishing.tasks.collect_insights", post.pk, "default") in tasks.due()
