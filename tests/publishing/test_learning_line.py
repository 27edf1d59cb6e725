"""The whole way, against the sandbox: posts go out, counts are read, hours and plans follow."""

import datetime as dt
import random

import pytest
from django.utils import timezone

from publishing import tasks
from publishing.models import Insight, Post
from publishing.peak_times import weights
from publishing.results import insights, outcomes
from scripts_gen import learning
from tests.factories import (
    AccountFactory,
    CreatorFactory,
    PostFactory,
    ReelFactory,
    ScriptFactory,
    SlotFactory,
    TakeFactory,
)
from tests.publishing.platforms.stages import log_in

HOURS = {"morning": 8, "midday": 12, "afternoon": 16, "evening": 20}
N = 40
MORNING, EVENING = 2 * 24 + 8, 2 * 24 + 20  # of a Wednesday


@pytest.fixture
def account(db, sandbox):
    [grant] = log_in("threads")
    return AccountFactory(
        creator=CreatorFactory(time_zone="UTC"),
        platform="threads",
        name="Threads",
        external_id=grant.profile.external_id,
        access_token=grant.tokens.access,
    )


def post_at(account, out, part, sandbox):
    """A reel that went out then, here and where the audience is."""
    slot = SlotFactory(creator=account.creator, date=out.date(), part=part)
    take = TakeFactory(script=ScriptFactory(slot=slot, approved=True))
    external_id = f"{out:%Y%m%d%H%M}"  # the luck of a post hangs on it: the same in every run
    sandbox.publish(
        "threads",
        account.external_id,
        external_id,
        "Bread.",
        "0" * 64,
        True,
        visible_at=out.timestamp(),
    )
    return PostFactory(
        reel=ReelFactory(take=take, ready=True),
        account=account,
        due_at=out,
        published_at=out,
        state=Post.State.PUBLISHED,
        external_id=external_id,
    )


def test_counts_of_real_calls_move_the_hours_and_the_plan(account, sandbox, monkeypatch):
    parts = random.Random(5)
    start = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    before = outcomes.surface_of(account)
    assert before.draw(1) == pytest.approx(weights("threads"))
    for i in range(N):
        part = parts.choice(list(HOURS))
        out = start + dt.timedelta(days=i, hours=HOURS[part], minutes=7)
        post = post_at(account, out, part, sandbox)
        counted = out + dt.timedelta(hours=24, minutes=3)
        monkeypatch.setattr(timezone, "now", lambda counted=counted: counted)
        sandbox.advance(counted.timestamp() - sandbox.time())
        assert post.pk in insights.due()
        tasks.collect_insights(post.pk)
        row = post.insights.get(age_h=24)
        assert (row.state, row.problem) == (Insight.State.TAKEN, "")
        assert row.views > 0
        assert row.followers is not None
    after = outcomes.surface_of(account)
    assert after.n == N
    assert str(after.standing) == "learned"
    gap = after.mean[EVENING] - after.mean[MORNING]
    assert gap > before.mean[EVENING] - before.mean[MORNING] + 0.2
    assert after.lift(EVENING).low > 0

    assert outcomes.to_teach() == [account.creator.pk]
    tasks.teach(account.creator.pk)
    shares = learning.part_shares(account.creator)
    assert shares["evening"] > 2 > shares.get("morning", 0)
    told = {lesson.about: lesson for lesson in learning.told(account.creator)}
    assert told["in the evening"].change > 0 > told["in the morning"].change
