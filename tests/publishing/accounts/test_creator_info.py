"""TikTok's audit: what the creator may choose is asked for and shown before a direct post."""

import threading
import time

import pytest
from django.core.cache import cache
from django.urls import reverse

from publishing.accounts import connecting, creator_info
from publishing.models import Account, Post
from publishing.platforms.errors import Transient
from tests import factories
from tests.publishing.conftest import build_post
from tests.publishing.platforms.stages import log_in

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]
HTMX = {"HX-Request": "true"}
DIRECT = {"mode": "direct", "privacy_level": "SELF_ONLY"}


@pytest.fixture(autouse=True)
def nothing_is_known():
    cache.clear()


@pytest.fixture
def account(sandbox):
    creator = factories.CreatorFactory()
    return connecting.connect(creator, "tiktok", log_in("tiktok")[0])


@pytest.fixture
def reel(account):
    slot = factories.SlotFactory(creator=account.creator)
    take = factories.TakeFactory(script=factories.ScriptFactory(approved=True, slot=slot))
    portrait = factories.PortraitFactory(creator=account.creator)
    reel = factories.ReelFactory(ready=True, take=take, portrait=portrait)
    factories.ConsentFactory(creator=account.creator)
    return reel


@pytest.fixture
def owner(client, account):
    client.force_login(account.creator.owner)
    return client


def words(response):
    return " ".join(response.content.decode().split())


def fields_of(owner, account, **asked):
    return owner.get(reverse("choice-fields", args=[account.pk]), asked, headers=HTMX)


def asked(sandbox):
    """How often TikTok was."""
    return sandbox.calls["tiktok"]


def test_the_form_shows_whose_account_it_is_and_what_it_may_choose(owner, account, sandbox):
    sandbox.set_rule("tiktok.private_account", True)
    sandbox.set_rule("tiktok.comment_disabled", True)
    page = fields_of(owner, account)
    assert "Direct posts appear as <strong>Mira" in words(page)
    form = page.context["form"]
    levels = [value for value, _ in form.fields["privacy_level"].choices]
    assert levels == ["", "FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    assert form["privacy_level"].value() is None
    assert all(form.fields[f"allow_{what}"].disabled for what in ("comment", "duet", "stitch"))
    assert "Switched off in your TikTok settings." in words(page)


def test_what_the_creator_allows_can_be_ticked_and_is_not_ticked(owner, account):
    form = fields_of(owner, account).context["form"]
    assert not any(form[f"allow_{what}"].value() for what in ("comment", "duet", "stitch"))
    assert not any(form.fields[f"allow_{what}"].disabled for what in ("comment", "duet", "stitch"))


def test_pages_do_not_wait_for_tiktok(owner, account, reel, sandbox):
    before = asked(sandbox)
    pages = [
        owner.get(reverse("account-detail", args=[account.pk])),
        owner.get(reverse("post-create", args=[reel.pk])),
    ]
    assert asked(sandbox) == before
    for page, subject in zip(pages, ("", f"?reel={reel.pk}"), strict=True):
        url = reverse("choice-fields", args=[account.pk]) + subject
        assert f'hx-get="{url}" hx-trigger="load"' in words(page)
        assert 'name="privacy_level"' not in words(page)
        assert f'<a href="{url}">Ask it now</a>' in words(page)


def test_it_is_asked_once_a_minute(owner, account, sandbox):
    before = asked(sandbox)
    for _ in range(3):
        fields_of(owner, account)
    assert asked(sandbox) == before + 1
    page = words(owner.get(reverse("account-detail", args=[account.pk])))
    assert "Direct posts appear as" in page
    assert "hx-trigger" not in page.partition('id="choice-fields"')[2].partition(">")[0]


def test_without_scripts_the_page_itself_asks(owner, account, reel):
    url = reverse("choice-fields", args=[account.pk])
    for query in ("", f"?reel={reel.pk}"):
        page = owner.get(url + query, follow=True)
        assert page.redirect_chain
        assert 'name="privacy_level"' in words(page)


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        ("tiktok.posts_a_day", 0, "TikTok takes no more posts of this account today."),
        ("tiktok.banned", True, "TikTok does not let this account post."),
    ],
)
def test_a_creator_who_may_not_post_is_told(owner, account, sandbox, rule, value, said):
    sandbox.set_rule(rule, value)
    page = words(fields_of(owner, account))
    assert f"TikTok does not say what may be chosen for direct posts. {said}" in page
    refused = owner.post(reverse("account-update", args=[account.pk]), DIRECT)
    assert refused.status_code == 422
    assert said in words(refused)
    assert "Nothing new can be chosen for direct posts" in words(refused)
    account.refresh_from_db()
    assert (account.options, account.state) == ({}, "connected")


def test_a_connection_for_drafts_alone_stays_a_connection(owner, account, sandbox):
    sandbox.fault("status", platform="tiktok", path="creator_info", status=401, times=None)
    assert "direct posts" in words(fields_of(owner, account))
    update = reverse("account-update", args=[account.pk])
    assert owner.post(update, {"mode": "inbox", "min_gap_minutes": 30}).status_code == 302
    assert Account.objects.get().options["min_gap_minutes"] == 30


def test_a_lost_permission_is_said(owner, account):
    Account.objects.update(state="reconnect")
    assert "must be connected again" in words(fields_of(owner, account))


def test_what_was_chosen_earlier_stays_while_tiktok_is_silent(owner, account, sandbox):
    update = reverse("account-update", args=[account.pk])
    assert owner.post(update, DIRECT).status_code == 302
    cache.clear()
    sandbox.fault("status", platform="tiktok", path="creator_info", status=500, times=None)
    assert owner.post(update, {**DIRECT, "min_gap_minutes": 30}).status_code == 302
    assert owner.post(update, {**DIRECT, "allow_duet": "on"}).status_code == 422
    account.refresh_from_db()
    assert account.options["min_gap_minutes"] == 30
    assert account.options["allow_duet"] is False


def test_only_what_is_offered_is_taken(owner, account, reel, sandbox):
    sandbox.set_rule("tiktok.private_account", True)
    given = {"account": account.pk, "caption": "Mine", "when": "peak", "own": "on"}
    url = reverse("post-create", args=[reel.pk])
    everybody = DIRECT | {"privacy_level": "PUBLIC_TO_EVERYONE"}
    refused = owner.post(url, given | everybody)
    assert refused.status_code == 422
    assert "TikTok does not offer this audience here." in words(refused)
    owner.post(url, given | DIRECT | {"allow_duet": "on"})
    post = Post.objects.get()
    assert post.options["privacy_level"] == "SELF_ONLY"
    assert post.options["allow_duet"] is False  # switched off in a private account


def test_a_reel_longer_than_the_creator_may_post_is_said_at_once(owner, account, reel, sandbox):
    sandbox.set_rule("tiktok.max_seconds", 1)
    said = "TikTok takes 1 s at most from this account."
    assert said in words(fields_of(owner, account, reel=reel.pk))
    given = {"account": account.pk, "caption": "Mine", "when": "peak", "own": "on"}
    refused = owner.post(reverse("post-create", args=[reel.pk]), given | DIRECT)
    assert refused.status_code == 422
    assert said in words(refused)
    assert said not in words(fields_of(owner, account))


def test_a_post_shows_its_own_choices(owner, account, reel):
    post = build_post(account=account, reel=reel, options={**DIRECT, "allow_comment": True})
    form = fields_of(owner, account, post=post.pk).context["form"]
    assert form["privacy_level"].value() == "SELF_ONLY"
    assert form["allow_comment"].value() is True
    page = owner.get(reverse("post-detail", args=[post.pk]), {"ask": 1})
    assert 'name="privacy_level"' in words(page)


def test_a_slow_tiktok_is_not_waited_for(account, sandbox, monkeypatch):
    monkeypatch.setattr(creator_info, "PATIENCE_S", 0.2)
    sandbox.fault("latency", platform="tiktok", path="creator_info", seconds=1)
    began = time.monotonic()
    assert creator_info.ask(account).problem == "TikTok does not answer just now."
    assert time.monotonic() - began < 0.9
    for left in threading.enumerate():
        if left.name == "creator-info":
            left.join(10)


def test_what_a_slow_call_raises_is_raised():
    def call():
        raise Transient("No.")

    with pytest.raises(Transient, match="No"):
        creator_info._within(1, call)


def test_another_owners_account_post_and_reel_are_not_there(client, owner, account, reel):
    other = factories.AccountFactory(platform="tiktok")
    post = build_post(account=account, reel=reel)
    client.force_login(other.creator.owner)
    assert fields_of(client, account).status_code == 404
    assert fields_of(client, other, post=post.pk).status_code == 404
    assert fields_of(client, other, reel=reel.pk).status_code == 404


def test_a_platform_that_wants_no_question_has_its_fields_at_once(owner, account, sandbox):
    youtube = factories.AccountFactory(creator=account.creator, platform="youtube", name="Y")
    page = words(owner.get(reverse("account-detail", args=[youtube.pk])))
    assert 'name="privacy"' in page
    assert "hx-trigger" not in page.partition('id="choice-fields"')[2].partition(">")[0]
