"""Connecting in the browser: the login page and back, forms, tests, options, letting go."""

import datetime as dt
import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.fernet import Fernet
from django.urls import reverse
from django.utils import timezone

from publishing import tasks
from publishing.accounts import logins, option_forms
from publishing.models import Account, Login
from publishing.platforms.access import Grant, Tokens
from publishing.platforms.base import Profile
from publishing.platforms.errors import AuthExpired, Transient
from tests import factories

pytestmark = pytest.mark.django_db
CALLBACK = "/connect/tokened/callback/"


def words(response):
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(text))


@pytest.fixture
def creator(script, monkeypatch):
    monkeypatch.setenv("X_CLIENT_ID", "our-app")
    monkeypatch.setenv("X_CLIENT_SECRET", "our-secret")
    monkeypatch.delenv("SANDBOX_URL", raising=False)
    return factories.CreatorFactory(handle="alice")


@pytest.fixture
def owner(client, creator):
    client.force_login(creator.owner)
    return client


def start(owner, creator, **query):
    """Begin a login: what the platform's page is asked with."""
    response = owner.get(reverse("connect-start", args=["tokened", creator.pk]), query)
    assert response.status_code == 302, words(response)
    return {k: v[0] for k, v in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def come_back(owner, **answer):
    return owner.get(CALLBACK, answer, follow=True)


def test_a_login_there_and_back_connects_the_account(owner, creator):
    asked = start(owner, creator)
    assert asked["redirect_uri"] == f"http://testserver{CALLBACK}"
    login = Login.objects.get()
    assert logins.challenge(login.verifier, "S256") == asked["challenge"]
    page = words(come_back(owner, state=asked["state"], code="c1"))
    assert "Connected: Tokened (Alice there)." in page
    account = Account.objects.get()
    assert (account.creator, account.username, account.access_token) == (creator, "alice", "a1")
    assert "Renews itself." in page
    assert not Login.objects.exists()
    for secret in ("a1", "r1", "our-secret"):
        assert f">{secret}<" not in page


def test_a_state_is_good_once(owner, creator):
    asked = start(owner, creator)
    come_back(owner, state=asked["state"], code="c1")
    again = come_back(owner, state=asked["state"], code="c1")
    assert "This login was not begun here, or it is over." in words(again)
    assert Account.objects.count() == 1


def test_a_state_that_was_tampered_with_or_is_missing_connects_nothing(owner, creator):
    asked = start(owner, creator)
    for answer in ({"code": "c1"}, {"state": asked["state"] + "x", "code": "c1"}, {"state": "\0"}):
        assert "was not begun here" in words(come_back(owner, **answer))
    assert not Account.objects.exists()


def test_somebody_elses_state_connects_nothing(owner, creator, client_class):
    asked = start(owner, creator)
    thief = factories.UserFactory()
    other = client_class()
    other.force_login(thief)
    assert "by somebody else" in words(come_back(other, state=asked["state"], code="c1"))
    same_person_elsewhere = client_class()
    same_person_elsewhere.force_login(creator.owner)
    page = words(come_back(same_person_elsewhere, state=asked["state"], code="c1"))
    assert "in another browser" in page
    assert not Account.objects.exists()


@pytest.fixture
def client_class():
    from django.test import Client

    return Client


def test_a_login_that_took_too_long_is_begun_again(owner, creator):
    asked = start(owner, creator)
    Login.objects.update(created_at=timezone.now() - dt.timedelta(minutes=11))
    page = words(come_back(owner, state=asked["state"], code="c1"))
    assert "longer than ten minutes" in page
    assert not Account.objects.exists()


def test_who_refuses_is_told_so(owner, creator):
    asked = start(owner, creator)
    page = words(come_back(owner, state=asked["state"], error="access_denied"))
    assert "You did not allow it at Tokened; nothing was connected." in page


def test_a_code_the_platform_does_not_take_is_a_sentence(owner, creator, script):
    asked = start(owner, creator)
    script.exchange = [AuthExpired("Tokened says the code was used.")]
    assert "the code was used" in words(come_back(owner, state=asked["state"], code="c1"))


def test_of_several_accounts_one_is_chosen(owner, creator, script):
    asked = start(owner, creator)
    script.exchange = [
        [
            Grant(Profile("p1", name="Bread"), Tokens("page-1", expires_at=timezone.now())),
            Grant(Profile("p2", name="Cake"), Tokens("page-2")),
        ]
    ]
    page = come_back(owner, state=asked["state"], code="c1")
    assert "Bread" in words(page)
    assert "page-1" not in page.content.decode()
    where = page.redirect_chain[-1][0]
    assert "Choose at least one" in words(owner.post(where, {}, follow=True))
    owner.post(where, {"account": ["p2"]})
    assert [account.external_id for account in Account.objects.all()] == ["p2"]
    assert owner.get(where).status_code == 404


def test_another_account_than_the_lost_one_is_said(owner, creator):
    lost = factories.AccountFactory(
        creator=creator, platform="tokened", external_id="old", name="Old", state="reconnect"
    )
    asked = start(owner, creator, account=lost.pk)
    page = words(come_back(owner, state=asked["state"], code="c1"))
    assert "You signed in to another account than Old" in page
    lost.refresh_from_db()
    assert lost.state == "reconnect"


def test_without_an_app_the_page_says_which_variables(owner, creator, monkeypatch):
    monkeypatch.delenv("X_CLIENT_ID")
    page = words(owner.get(reverse("account-list")))
    assert "X_CLIENT_ID and X_CLIENT_SECRET" in page
    assert "python manage.py sandbox" in page
    response = owner.get(reverse("connect-start", args=["tokened", creator.pk]), follow=True)
    assert "X_CLIENT_ID" in words(response)


def test_a_secret_file_that_is_not_there_is_an_app_that_is_not_there(owner, monkeypatch):
    monkeypatch.setenv("X_CLIENT_SECRET_FILE", "/nowhere")
    assert "X_CLIENT_ID and X_CLIENT_SECRET" in words(owner.get(reverse("account-list")))


def test_logins_come_back_to_the_public_address(owner, creator, settings):
    settings.PUBLIC_URL = "https://reels.example.org"
    response = owner.get(reverse("connect-start", args=["tokened", creator.pk]), follow=True)
    assert "Open the studio there" in words(response)
    settings.ALLOWED_HOSTS = ["reels.example.org"]
    response = owner.get(
        reverse("connect-start", args=["tokened", creator.pk]),
        headers={"host": "reels.example.org"},
    )
    query = parse_qs(urlsplit(response.headers["Location"]).query)
    assert query["redirect_uri"] == [f"https://reels.example.org{CALLBACK}"]


def build(creator, **fields):
    known = {"platform": "tokened", "access_token": "a1", "refresh_token": "r1", "name": "Alice"}
    return factories.AccountFactory(creator=creator, **{**known, **fields})


def test_the_test_button_says_whose_it_is_or_what_is_wrong(owner, creator, script):
    account = build(creator)
    script.whoami = [Profile(account.external_id, "alice", "Alice B."), Transient("No answer.")]
    url = reverse("account-test", args=[account.pk])
    answer = owner.post(url, headers={"hx-request": "true"})
    assert "It works: Alice B. (@alice)." in words(answer)
    assert "account-facts" in answer.content.decode()
    assert "No answer." in words(owner.post(url, follow=True))
    account.refresh_from_db()
    assert account.state == "connected"
    assert account.last_used_at


def test_a_test_that_works_ends_the_need_to_reconnect(owner, creator):
    account = build(creator, state="reconnect")
    owner.post(reverse("account-test", args=[account.pk]))
    account.refresh_from_db()
    assert account.state == "connected"


def test_a_countdown_says_who_renews(owner, creator):
    account = build(
        creator, refresh_token="", expires_at=timezone.now() + dt.timedelta(days=12, hours=1)
    )
    page = words(owner.get(reverse("account-detail", args=[account.pk])))
    assert "Must be renewed by you in twelve days" in page


def test_a_lost_key_is_a_sentence_on_every_page(owner, creator, settings):
    account = build(creator, app_secret="s")
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    for name in ("today", "account-list", "post-list"):
        assert owner.get(reverse(name)).status_code == 200
    page = words(owner.get(reverse("account-detail", args=[account.pk])))
    assert "TOKEN_KEYS" in page
    assert "Must be reconnected" in page
    assert "must be connected again" in page
    assert "Connect again" in words(owner.get(reverse("account-list")))
    test = owner.post(reverse("account-test", args=[account.pk]), follow=True)
    assert "Put the key back" in words(test)


def test_options_are_kept_for_the_account(owner, creator, monkeypatch):
    monkeypatch.setitem(option_forms.OPTIONS, "tokened", option_forms.TikTokOptions)
    account = build(creator)
    url = reverse("account-update", args=[account.pk])
    wrong = owner.post(url, {"mode": "direct"})
    assert wrong.status_code == 422
    assert "TikTok allows no default" in words(wrong)
    owner.post(url, {"mode": "direct", "privacy_level": "SELF_ONLY", "allow_duet": "on"})
    account.refresh_from_db()
    assert account.options["mode"] == "direct"
    assert account.options["allow_duet"] is True
    assert account.options["allow_comment"] is False


@pytest.mark.parametrize("name", ["account-detail", "account-test", "account-update"])
def test_another_owners_account_is_not_there(client, creator, name):
    account = build(creator)
    client.force_login(factories.UserFactory())
    url = reverse(name, args=[account.pk])
    assert (client.get if name == "account-detail" else client.post)(url).status_code == 404


def test_another_owners_creator_cannot_be_connected(client, creator):
    client.force_login(factories.UserFactory())
    url = reverse("connect-start", args=["tokened", creator.pk])
    assert client.get(url).status_code == 404


def test_the_list_costs_the_same_with_many_accounts(owner, creator, django_assert_max_num_queries):
    for n in range(12):
        build(creator, external_id=f"t-{n}", state="reconnect")
    with django_assert_max_num_queries(12):
        owner.get(reverse("account-list"))


def test_where_letters_go_is_the_owners_choice(owner, creator, settings):
    assert "Be told by e-mail" not in words(owner.get(reverse("account-list")))
    settings.EMAIL_URL = "smtp://mail.test"
    assert "Be told by e-mail" in words(owner.get(reverse("account-list")))
    url = reverse("account-mail")
    assert owner.post(url, {"email": "not an address"}).status_code == 422
    page = words(owner.post(url, {"email": "alice@example.org"}, follow=True))
    assert "Letters go to alice@example.org" in page


def test_a_login_nobody_came_back_from_is_forgotten(owner, creator):
    start(owner, creator)
    Login.objects.update(created_at=timezone.now() - dt.timedelta(minutes=11))
    [(_, pk, _)] = [job for job in tasks.due() if job[0] == "publishing.tasks.drop_login"]
    tasks.drop_login(pk)
    assert not Login.objects.exists()
