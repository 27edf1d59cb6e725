"""Every platform is connected through the dashboard, against the sandbox, over real sockets."""

import datetime as dt
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from publishing import platforms, tasks
from publishing.accounts import connecting, tokens
from publishing.models import Account
from publishing.platforms.errors import AuthExpired
from studio.sandbox import identity
from tests import factories
from tests.publishing.conftest import at_once
from tests.publishing.platforms.stages import MIRA, log_in
from tests.studio.sandbox.walking import allow

pytestmark = pytest.mark.django_db
PASSWORD = "sandbox-password"


def kinds(kind):
    known = [name for name in platforms.PLATFORMS if name != "folder"]
    return [name for name in known if platforms.access(name).kind == kind]


@pytest.fixture
def creator():
    return factories.CreatorFactory()


@pytest.fixture
def owner(client, creator, sandbox):
    client.force_login(creator.owner)
    return client


def walk(owner, login_page, name):
    """Allow it on the platform's page and come back."""
    parts = urlsplit(login_page)
    asked = dict(parse_qsl(parts.query))
    answer = allow(parts._replace(query="").geturl(), MIRA.get(name, "mira"), **asked)
    response = owner.get(reverse("connect-callback", args=[name]), answer)
    if "/choose/" in response.headers["Location"]:
        where = response.headers["Location"]
        first = owner.get(where).context["profiles"][0].external_id
        response = owner.post(where, {"account": [first]})
    return response


@pytest.mark.parametrize("name", kinds("oauth"))
def test_a_login_in_the_dashboard_connects_a_working_account(owner, creator, name):
    began = owner.get(reverse("connect-start", args=[name, creator.pk]))
    walk(owner, began.headers["Location"], name)
    account = Account.objects.get()
    assert account.platform == name
    connecting.check(account)
    account.refresh_from_db()
    assert (account.state, account.last_error) == ("connected", "")
    page = owner.get(reverse("account-detail", args=[account.pk])).content.decode()
    assert account.access_token not in page
    assert owner.get(reverse("account-list")).status_code == 200
    connecting.disconnect(account)
    tasks.forget(account.pk)
    account.refresh_from_db()
    assert (account.access_token, account.refresh_token) == ("", "")


@pytest.mark.parametrize(
    "name",
    [name for name in kinds("oauth") if platforms.platform(name).capabilities.tokens.rotates],
)
def test_a_rotating_token_is_renewed_there(owner, creator, name):
    began = owner.get(reverse("connect-start", args=[name, creator.pk]))
    walk(owner, began.headers["Location"], name)
    before = Account.objects.get()
    after = tokens.refresh(before)
    assert after.access_token != before.access_token
    assert after.refresh_token != before.refresh_token
    connecting.check(after)


@pytest.mark.parametrize("name", kinds("server"))
def test_an_account_on_a_server_of_its_own_is_connected(owner, creator, sandbox, name):
    url = reverse("connect-start", args=[name, creator.pk])
    shown = owner.post(url, {"server": f"{sandbox.url}/mastodon"})
    walk(owner, shown.context["login_page"], name)
    account = Account.objects.get()
    assert account.app_id
    assert account.app_secret
    connecting.check(account)


@pytest.mark.parametrize("name", kinds("password"))
def test_an_app_password_connects_and_is_not_kept(owner, creator, sandbox, name):
    url = reverse("connect-start", args=[name, creator.pk])
    wrong = owner.post(url, {"identifier": MIRA[name], "password": "wrong"})
    assert wrong.status_code == 422
    owner.post(url, {"identifier": MIRA[name], "password": PASSWORD})
    account = Account.objects.get()
    connecting.check(account)
    assert PASSWORD not in (account.access_token, account.refresh_token)


@pytest.fixture
def x_account(sandbox, db):
    """Connected to the sandbox, its token about to run out."""
    [grant] = log_in("x")
    account = connecting.connect(factories.CreatorFactory(), "x", grant)
    Account.objects.update(expires_at=timezone.now() + dt.timedelta(minutes=5))
    account.refresh_from_db()
    return account


def renewals(sandbox):
    return [call for call in sandbox.log if call["path"].endswith("/oauth2/token")][1:]


@pytest.mark.django_db(transaction=True)
def test_workers_that_renew_at_once_spend_the_refresh_token_once(on_file, sandbox):
    """X ends the connection when a refresh token comes twice."""
    [grant] = log_in("x")
    account = connecting.connect(factories.CreatorFactory(), "x", grant)
    sandbox.fault("latency", platform="x", path="oauth2/token", seconds=0.3)
    assert at_once(*[lambda: tokens.refresh(account)] * 4) == []
    assert len(renewals(sandbox)) == 1
    connecting.check(account)


def test_a_renewal_whose_answer_is_lost_is_explained_and_not_silent(x_account, sandbox):
    sandbox.fault("close_after", platform="x", path="oauth2/token")
    tasks.renew(x_account.pk)
    x_account.refresh_from_db()
    assert x_account.state == "connected"  # nobody knows yet
    assert x_account.renewal_sent_at
    Account.objects.update(renewal_after=None)
    tasks.renew(x_account.pk)
    x_account.refresh_from_db()
    assert x_account.state == "reconnect"
    assert "cut off before the answer was stored" in x_account.last_error


@pytest.mark.parametrize("kind", ["close_before", "status"])
def test_a_renewal_that_never_arrived_costs_nothing(x_account, sandbox, kind):
    sandbox.fault(kind, platform="x", path="oauth2/token", status=503)
    tasks.renew(x_account.pk)
    Account.objects.update(renewal_after=None)
    tasks.renew(x_account.pk)
    renewed = Account.objects.get()
    assert (renewed.state, renewed.token_version) == ("connected", x_account.token_version + 1)
    connecting.check(renewed)


def test_a_token_withdrawn_there_is_found_out_by_the_test_button(x_account, sandbox):
    identity.revoke_account(sandbox.of("x"), MIRA["x"])
    with pytest.raises(AuthExpired):
        connecting.check(x_account)
    x_account.refresh_from_db()
    assert x_account.state == "reconnect"
