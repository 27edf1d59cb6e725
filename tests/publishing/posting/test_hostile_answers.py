"""A server may answer anything: the pages say so in a sentence, and nothing half is kept."""

import contextlib
import datetime as dt
import http.server
import json
import threading

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from publishing.accounts import connecting, logins
from publishing.accounts.connecting import CannotConnect
from publishing.models import Account, Insight, Login, Post
from publishing.platforms import access
from publishing.platforms.errors import PlatformError
from publishing.results import insights
from tests import factories
from tests.publishing.conftest import build_post
from tests.publishing.platforms.test_faults import HOSTED

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>"
NAMES = ("id", "did", "user_id", "access_token", "accessJwt", "refreshJwt", "client_id", "data")
MORE = (
    "client_secret",
    "username",
    "name",
    "handle",
    "display_name",
    "didDoc",
    "service",
    "items",
)
ANSWERS = [
    [],
    7,
    None,
    EVIL,
    *(dict.fromkeys((*NAMES, *MORE), value) for value in ([], {}, ["a"], [[]], [None], 1, "\0")),
    {name: {name: {"id": [EVIL]}} for name in (*NAMES, *MORE)},
    {"did": "d", "accessJwt": "a", "refreshJwt": "r", "handle": {}, "didDoc": {"service": ["x"]}},
    {"access_token": "a", "expires_in": 1e300, "scope": 5, "data": {"user": [1]}},
]


@pytest.fixture(scope="module")
def _evil():
    """A server with one answer for everything, in `said`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.dumps(server.said).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815, the name http.server looks for

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def evil(_evil, monkeypatch):
    monkeypatch.setenv("SANDBOX_URL", f"http://127.0.0.1:{_evil.server_address[1]}")
    return _evil


def log_in(user: User, creator, name: str) -> None:
    if access(name).kind == "password":
        logins.sign_in(creator, name, identifier="a", password="b")
        return
    logins.begin(user, "s", creator, name, redirect_uri="https://here.example/back")
    state = Login.objects.latest("pk").state
    login = logins.finish(user, "s", name, {"state": state, "code": "c"})
    logins.take(login, [grant.profile.external_id for grant in logins.grants_of(login)])


@pytest.mark.parametrize("name", HOSTED)
def test_a_login_with_an_odd_answer_ends_in_a_sentence(evil, name):
    creator = factories.CreatorFactory()
    for evil.said in ANSWERS:
        with contextlib.suppress(CannotConnect):
            log_in(creator.owner, creator, name)
    for account in Account.objects.all():
        assert account.external_id.strip()


@pytest.mark.parametrize("name", HOSTED)
def test_testing_an_account_with_an_odd_answer_ends_in_a_sentence(evil, name):
    account = factories.AccountFactory(platform=name, external_id="1", access_token="a")
    for evil.said in ANSWERS:
        with contextlib.suppress(PlatformError):
            connecting.check(account)


@pytest.mark.parametrize("name", sorted(set(HOSTED) - {"linkedin"}))
def test_counts_that_are_none_are_nothing(evil, name):
    odd = [*ANSWERS, {"favourites_count": -1, "replies_count": [1], "reblogs_count": 10**30}]
    account = factories.AccountFactory(platform=name, external_id="1", access_token="a")
    post = build_post(
        account=account,
        state=Post.State.PUBLISHED,
        external_id="1",
        published_at=timezone.now() - dt.timedelta(hours=1, minutes=1),
    )
    for evil.said in odd:
        Insight.objects.all().delete()
        Account.objects.update(state=Account.State.CONNECTED)
        insights.collect(post.pk)
        reading = Insight.objects.get()
        assert (reading.state == Insight.State.TAKEN) != bool(reading.problem)
        assert reading.likes is None or reading.likes >= 0
