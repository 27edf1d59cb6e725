"""From counts to a better hour and to lessons."""

import datetime as dt

import numpy as np
import pytest
from django.utils import timezone

from publishing import tasks
from publishing.models import Insight, Post
from publishing.posting.hours import good_hour
from publishing.results import outcomes
from scripts_gen.models import Lesson
from tests.factories import (
    AccountFactory,
    CreatorFactory,
    PostFactory,
    ReelFactory,
    ScriptFactory,
    SlotFactory,
    TakeFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def creator():
    return CreatorFactory(time_zone="Europe/Berlin")


@pytest.fixture
def account(creator):
    return AccountFactory(creator=creator, platform="instagram", name="Instagram")


def result(account, local, *, late=0, day=None, **counts):
    """A post that went out at `local` (naive, in the creator's zone), counted after 24 hours."""
    creator = account.creator
    out = local.replace(tzinfo=creator.zone).astimezone(dt.UTC)
    slot = SlotFactory(creator=creator, date=day or local.date(), part="evening")
    take = TakeFactory(script=ScriptFactory(slot=slot, approved=True))
    post = PostFactory(
        reel=ReelFactory(take=take, ready=True),
        account=account,
        due_at=out,
        published_at=out,
        state=Post.State.PUBLISHED,
        external_id="x",
    )
    return Insight.objects.create(
        post=post,
        age_h=24,
        state=Insight.State.TAKEN,
        taken_at=out + dt.timedelta(hours=24 + late),
        **counts,
    )


def many(account, n, views, *, start=dt.date(2026, 1, 5)):
    """n results, one a day, in turns at 9 and at 21 h; views(hour) says what each got."""
    for i in range(n):
        hour = (9, 21)[i % 2]
        when = dt.datetime.combine(start + dt.timedelta(days=i), dt.time(hour, 20))
        result(account, when, views=views(hour))


def test_results_are_of_the_first_day_in_local_time_and_comparable(creator, account):
    result(account, dt.datetime(2026, 7, 1, 19, 5), views=100)
    result(account, dt.datetime(2026, 1, 7, 19, 5), views=80)
    result(account, dt.datetime(2026, 7, 2, 19, 5), views=900, late=30)
    found = outcomes.results_of(creator)
    assert [one.count for one in found] == [80, 100]
    assert {one.cell for one in found} == {2 * 24 + 19}  # winter and summer time alike
    assert {one.part for one in found} == {"evening"}
    assert found[1].gain > 0 > found[0].gain


def test_where_no_views_are_told_reach_or_reactions_count(creator, account):
    result(account, dt.datetime(2026, 7, 1, 19), reach=50, likes=1)
    result(account, dt.datetime(2026, 7, 2, 19), reach=60)
    other = AccountFactory(creator=creator, platform="bluesky")
    result(other, dt.datetime(2026, 7, 3, 19), likes=4, comments=1, shares=2)
    silent = AccountFactory(creator=creator, platform="x")
    result(silent, dt.datetime(2026, 7, 4, 19))
    assert [one.count for one in outcomes.results_of(creator)] == [50, 60, 7]


def test_results_of_somebody_else_do_not_count(creator, account):
    result(AccountFactory(platform="instagram"), dt.datetime(2026, 7, 1, 19), views=5)
    assert outcomes.results_of(creator) == []


def test_a_good_hour_is_the_studies_until_there_are_results_and_then_follows_them(account):
    creator = account.creator
    day = timezone.now().date() + dt.timedelta(days=9)
    slot = SlotFactory(creator=creator, date=day, part="evening")
    reel = ReelFactory(
        take=TakeFactory(script=ScriptFactory(slot=slot, approved=True)), ready=True
    )

    def hour():
        return good_hour(account, reel)

    assert str(hour().standing) == "prior only"
    rng = np.random.default_rng(3)
    many(account, 120, lambda h: round(200 * (3 if h == 21 else 1) * rng.lognormal(0, 0.2)))
    choice = hour()
    assert str(choice.standing) == "learned"
    assert choice.when_utc.astimezone(creator.zone).hour in (20, 21, 22)
    assert choice.lift is not None
    assert choice.lift.low > 0
    assert "Learned from 120 of your own posts" in choice.reason
    assert hour() == choice  # what is suggested is what is taken


def test_what_was_learned_on_one_account_helps_another(creator, account):
    many(account, 60, lambda h: 900 if h == 21 else 300)
    other = AccountFactory(creator=creator, platform="threads")
    surface = outcomes.surface_of(other)
    alone = outcomes.surface_of(other, [])
    assert surface.n == 0
    assert surface.mean[2 * 24 + 21] - surface.mean[2 * 24 + 9] > 0.2 + (
        alone.mean[2 * 24 + 21] - alone.mean[2 * 24 + 9]
    )


def test_a_creator_is_taught_once_for_every_new_result(creator, account):
    assert outcomes.to_teach() == []
    row = result(account, dt.datetime(2026, 7, 1, 19), views=10)
    assert ("publishing.tasks.teach", creator.pk, "default") in tasks.due()
    tasks.teach(creator.pk)
    assert outcomes.to_teach() == []
    assert creator.lessons.get(subject=Lesson.Subject.ALL).n == 1
    row.taken_at = row.post.published_at + dt.timedelta(hours=25)
    result(account, dt.datetime(2026, 7, 2, 19), views=10)
    creator.lessons.update(learned_at=dt.datetime(2026, 7, 3, 1, tzinfo=dt.UTC))
    assert outcomes.to_teach() == [creator.pk]


def test_results_that_say_nothing_are_looked_at_once(creator, account):
    result(account, dt.datetime(2026, 7, 1, 19))
    tasks.teach(creator.pk)
    assert outcomes.to_teach() == []
