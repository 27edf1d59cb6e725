"""The page of results: what it says, whose it is, and that it is well made."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from publishing.models import Insight, Post
from publishing.peak_times import Standing
from publishing.results import charts, outcomes
from publishing.results.page import standing_words
from tests.factories import (
    AccountFactory,
    CreatorFactory,
    PillarFactory,
    PostFactory,
    ReelFactory,
    ScriptFactory,
    SlotFactory,
    TakeFactory,
    UserFactory,
)
from tests.studio.pages import Page, complaints

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client):
    client.user = UserFactory()
    client.force_login(client.user)
    return client


@pytest.fixture
def account(signed_in):
    creator = CreatorFactory(owner=signed_in.user, name="Ada", time_zone="Europe/Berlin")
    return AccountFactory(creator=creator, platform="instagram", name="Instagram")


def results_on(account, n, *, before=0, hour=19, views=lambda i: 100 + i, pillar=None, **counts):
    start = timezone.now() - dt.timedelta(days=n + 2 + before)
    for i in range(n):
        out = start + dt.timedelta(days=i)
        out = out.astimezone(account.creator.zone).replace(hour=hour, minute=5)
        slot = SlotFactory(creator=account.creator, date=out.date(), pillar=pillar, part="evening")
        take = TakeFactory(script=ScriptFactory(slot=slot, approved=True))
        post = PostFactory(
            reel=ReelFactory(take=take, ready=True),
            account=account,
            published_at=out,
            due_at=out,
            state=Post.State.PUBLISHED,
            external_id="x",
        )
        row = {"views": views(i), "likes": 4, "followers": 50 + i} | counts
        Insight.objects.create(
            post=post,
            age_h=24,
            state=Insight.State.TAKEN,
            taken_at=out + dt.timedelta(hours=24),
            **row,
        )


def shown(client, query=""):
    response = client.get(f"/results/{query}")
    assert response.status_code == 200
    html = response.content.decode()
    assert complaints(html) == []
    return Page(html)


def text_of(page, name="main"):
    [tag] = page.all(name)
    return tag.text


def test_a_week_of_168_hours_with_its_legend_and_its_best_hours_in_words(signed_in, account):
    results_on(account, 12, pillar=PillarFactory(creator=account.creator, name="Bread"))
    outcomes.teach(account.creator.pk)
    page = shown(signed_in)
    said = text_of(page)
    cells = [tag for tag in page.all("td") if tag.attrs.get("class", "").startswith("heat-")]
    assert len(cells) == 168
    assert re.search(r"Monday 0:00, −\d+ %, with 80 % certainty between", cells[0].attrs["title"])
    assert "Learning (12)" in said
    assert {"20 % worse", "average", "20 % better"} <= {tag.text for tag in page.all("li")}
    assert re.search(r"between \d+ and \d+ ?[+−]?\d+ %, with 80 % certainty between", said)
    assert "A reel reaches about 106 in a day." in said
    assert "Views in the first 24 hours" in said
    assert "Followers" in said
    assert "Bread" in said
    assert "Twelve reels" in said


def test_a_creator_without_results_sees_the_studies(signed_in, account):
    said = text_of(shown(signed_in))
    assert "No reel has been out for a day yet." in said
    assert "Prior only" in said
    assert "Your own posts count from the fifth result on." in said
    assert "Buffer 2026 9.6M" in said


def test_nobody_and_nothing_connected(signed_in):
    assert "Somebody has to be on stage first." in text_of(shown(signed_in))
    AccountFactory(creator=CreatorFactory(owner=signed_in.user))  # a folder counts nothing
    assert "Nothing to count yet" in text_of(shown(signed_in))


def test_the_account_with_the_most_results_is_shown_unless_another_is_asked_for(
    signed_in, account
):
    other = AccountFactory(creator=account.creator, platform="tiktok", name="My TikTok")
    results_on(other, 3, views=lambda i: 900)
    assert "about 900" in text_of(shown(signed_in))
    assert "No reel has been out for a day yet" in text_of(
        shown(signed_in, f"?account={account.pk}")
    )


def test_somebody_elses_results_are_not_to_be_had(signed_in, account):
    foreign = AccountFactory(platform="instagram", name="Foreign")
    results_on(foreign, 6, views=lambda i: 7777)
    for query in (f"?account={foreign.pk}", f"?creator={foreign.creator.handle}"):
        said = text_of(shown(signed_in, query))
        assert "7777" not in said
        assert "Foreign" not in said


def test_a_long_history_costs_no_more_queries_than_a_short_one(signed_in, account):
    results_on(account, 3)
    with CaptureQueriesContext(
        connection,
    ) as few:
        shown(signed_in)
    results_on(account, 12, before=3)
    with CaptureQueriesContext(connection) as many:
        shown(signed_in)
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("basis", "n", "says"),
    [
        ("prior only", 1, "One post has a result so far."),
        ("prior only", 3, "Three posts have a result so far."),
        ("learning", 12, "12 of your own posts have moved this a little."),
        ("learned", 90, "Learned from 90 of your own posts"),
        ("no reliable pattern", 60, "60 of your own posts show no reliable pattern by hour."),
    ],
)
def test_how_far_it_can_be_believed_is_said_in_words(basis, n, says):
    assert says in standing_words(Standing(basis, n), "instagram")


def test_a_post_shows_its_own_counts_and_says_what_was_read_late(signed_in, account):
    results_on(account, 1)
    post = Post.objects.get()
    Insight.objects.create(
        post=post,
        age_h=72,
        state=Insight.State.TAKEN,
        taken_at=post.published_at + dt.timedelta(hours=100),
        views=300,
    )
    Insight.objects.create(post=post, age_h=168, problem="No answer.")
    html = signed_in.get(f"/posts/{post.pk}/").content.decode()
    assert complaints(html) == []
    rows = [tag.text for tag in Page(html).all("tr")]
    assert rows == [
        "After Views Likes",
        "24 h 100 4",
        "4 days read late 300 –",
    ]


def test_bars_stand_on_the_ground_and_end_below_the_edge():
    drawn = charts.bars([3, 0, 87])
    assert drawn.top == 100
    assert drawn.middle == 3
    assert [bar.y + bar.height for bar in drawn.bars] == pytest.approx([charts.HEIGHT] * 3)
    assert charts.bars([]).bars == []
    assert [charts.nice(value) for value in (0, 1, 7, 10, 11, 450, 1001)] == [
        *(1, 1, 8, 10, 20, 600, 2000)
    ]


def test_a_span_is_cut_off_at_its_edges():
    assert charts.span(-0.2, 0.0, 3.0) == charts.Span(40, 60, 50)


def test_a_line_rises_with_its_values():
    points = [tuple(map(float, point.split(","))) for point in charts.line([5, 5, 9]).split()]
    assert [x for x, _ in points] == [0, 50, 100]
    assert points[0][1] == points[1][1] > points[2][1]
