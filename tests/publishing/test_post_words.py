"""Words and choices of one post, as its platform takes them, in the browser."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from publishing.accounts import creator_info
from publishing.models import Attempt, Post
from publishing.platforms.base import Capabilities, Limits
from publishing.platforms.tiktok_creator import CreatorInfo
from tests import factories
from tests.publishing.conftest import build_post
from tests.publishing.doubles import DoublePlatform
from tests.publishing.test_views import another, fresh, words

pytestmark = pytest.mark.django_db
State = Post.State
LEVELS = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
ANYTHING = CreatorInfo("Mira", "mira", LEVELS, (), None)


@pytest.fixture
def post(script):
    return build_post(due_at=timezone.now() + dt.timedelta(hours=3))


@pytest.fixture
def owner(client, post):
    client.force_login(post.creator.owner)
    return client


def reel_without_post(post):
    slot = factories.SlotFactory(creator=post.creator)
    take = factories.TakeFactory(script=factories.ScriptFactory(approved=True, slot=slot))
    return factories.ReelFactory(ready=True, take=take, portrait=post.reel.portrait)


@pytest.fixture
def places(post):
    """The double, TikTok and YouTube of one creator."""
    tiktok, youtube = (
        factories.AccountFactory(
            creator=post.creator, platform=name, name=label, access_token="t", options=options
        )
        for name, label, options in (
            ("tiktok", "TikTok (Alice)", {"mode": "direct"}),
            ("youtube", "YouTube (Alice)", {"privacy": "unlisted"}),
        )
    )
    return {"double": post.account, "tiktok": tiktok, "youtube": youtube}


def test_each_place_has_its_own_suggestion(owner, post, places, monkeypatch):
    monkeypatch.setattr(DoublePlatform, "limits", Limits(caption_chars=15))
    url = reverse("post-create", args=[reel_without_post(post).pk])
    short = words(owner.get(f"{url}?account={places['double'].pk}"))
    assert "Double takes 15 characters." in short
    assert "rises. #sourdough</textarea>" not in short
    long = words(owner.get(f"{url}?account={places['youtube'].pk}"))
    assert "rises. #sourdough</textarea>" in long
    assert 'name="title"' in long
    assert 'name="title"' not in short
    assert f'?account={places["tiktok"].pk}"' in long


def test_a_direct_post_to_tiktok_needs_its_audience_chosen(owner, post, places, monkeypatch):
    reel = reel_without_post(post)
    url = reverse("post-create", args=[reel.pk])
    page = words(owner.get(f"{url}?account={places['tiktok'].pk}"))
    assert "you agree to TikTok&#x27;s Music Usage Confirmation" in page
    given = {"account": places["tiktok"].pk, "caption": "Mine", "when": "peak"}
    refused = owner.post(url, given)
    assert refused.status_code == 422
    assert "there is no default" in words(refused)
    monkeypatch.setattr(creator_info, "ask", lambda account: creator_info.Told(ANYTHING))
    own = {"own": "on", "mode": "direct", "privacy_level": "SELF_ONLY", "brand_content": "on"}
    assert "Branded content cannot be" in words(owner.post(url, given | own))
    del own["brand_content"]
    owner.post(url, given | own)
    made = Post.objects.get(reel=reel)
    assert made.options["privacy_level"] == "SELF_ONLY"
    assert made.options["allow_comment"] is False
    assert made.is_approved


def test_choices_that_are_not_made_leave_the_accounts(owner, post, places):
    reel = reel_without_post(post)
    url = reverse("post-create", args=[reel.pk])
    given = {"account": places["youtube"].pk, "caption": "Mine", "when": "peak", "title": "Why?"}
    owner.post(url, given | {"privacy": "private"})
    made = Post.objects.get(reel=reel)
    assert (made.title, made.options) == ("Why?", {})


def test_the_words_of_a_post_can_be_changed_with_its_first_comment(owner, post, monkeypatch):
    able = Capabilities(commit_retry_allowed=True, ai_flag=True, first_comment=True)
    monkeypatch.setattr(DoublePlatform, "capabilities", able)
    assert 'name="first_comment"' in words(owner.get(reverse("post-detail", args=[post.pk])))
    owner.post(
        reverse("post-update", args=[post.pk]), {"caption": "New", "first_comment": "More below"}
    )
    assert (fresh(post).caption, post.first_comment) == ("New", "More below")
    assert post.is_approved


def test_what_was_approved_covers_comment_title_and_choices(post):
    assert post.is_approved
    for change in ({"title": "Other"}, {"first_comment": "Hi"}, {"options": {"privacy": "x"}}):
        other = fresh(post)
        for name, value in change.items():
            setattr(other, name, value)
        assert not other.is_approved


def test_what_waits_in_an_inbox_is_not_called_live(owner, post):
    Post.objects.update(
        state=State.DELIVERED, external_id="v_inbox_1", reason="Open Double and finish it there."
    )
    Attempt.objects.create(post=post, phase="reconcile", worker="w", outcome="ok")
    page = words(owner.get(reverse("post-detail", args=[post.pk])))
    assert "It was looked for, and it is in the inbox" in page
    assert "Open Double and finish it there." in page
    assert "it is live" not in page
    assert "has not said its link" not in page


def test_what_was_chosen_for_one_post_is_said_beside_its_words(owner, places, post):
    chosen = build_post(
        reel=reel_without_post(post),
        account=places["youtube"],
        options={"privacy": "private", "made_for_kids": False},
    )
    page = words(owner.get(reverse("post-detail", args=[chosen.pk])))
    assert '<span class="meta">Who sees it:</span> Only me' in page
    assert '<span class="meta">It is made for children:</span> no' in page


def test_a_platform_that_cannot_fetch_says_so_before_anything_is_sent(
    owner, post, settings, monkeypatch
):
    needs = Capabilities(commit_retry_allowed=True, ai_flag=True, needs_public_url=True)
    monkeypatch.setattr(DoublePlatform, "capabilities", needs)
    url = reverse("post-create", args=[reel_without_post(post).pk])
    assert "set PUBLIC_URL" in words(owner.get(url))
    settings.PUBLIC_URL = "https://reels.example.org"
    assert "set PUBLIC_URL" not in words(owner.get(url))


def test_a_post_as_data_has_the_shape_of_post_status(owner, post, client):
    Attempt.objects.create(post=post, phase="prepare", worker="w", outcome="transient")
    told = owner.get(reverse("post-data", args=[post.pk])).json()
    assert (told["id"], told["state"], told["external_id"]) == (post.pk, "scheduled", "")
    [attempt] = told["attempts"]
    assert (attempt["phase"], attempt["outcome"]) == ("prepare", "transient")
    assert attempt["finished_at"] is None
    stranger = factories.UserFactory()
    client.force_login(stranger)
    assert client.get(reverse("post-data", args=[post.pk])).status_code == 404


def test_a_post_that_waits_prepared_says_when_it_goes_out(owner, post):
    Post.objects.update(state=State.READY, retry_at=post.due_at)
    page = words(owner.get(reverse("post-detail", args=[post.pk])))
    assert "It goes out <span" in page
    assert "It is prepared there and goes out" in page
    assert "every 3s" not in page


def test_a_live_post_tells_of_a_comment_that_is_missing(owner, post):
    late = another(post, state=State.PUBLISHED, external_id="7", published_at=timezone.now())
    late.reason = "It is live. Whether its first comment is there is not known; look there."
    late.save()
    page = words(owner.get(reverse("post-detail", args=[late.pk])))
    assert "first comment is there is not known" in page
    assert "has not said its link yet" in page


def test_an_accounts_gap_is_chosen_on_its_page(owner, post):
    url = reverse("account-update", args=[post.account.pk])
    owner.post(url, {"min_gap_minutes": "90"})
    post.account.refresh_from_db()
    assert post.account.options == {"min_gap_minutes": 90}
    assert owner.post(url, {"min_gap_minutes": "-1"}).status_code == 422
    owner.post(url, {"min_gap_minutes": ""})
    post.account.refresh_from_db()
    assert post.account.options == {}
