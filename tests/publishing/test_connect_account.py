"""Tokens that one has already, from the command line."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command

from publishing.models import Account, Post
from publishing.platforms.errors import AuthExpired
from publishing.services import connect_folder
from tests import factories
from tests.publishing.conftest import build_post

pytestmark = pytest.mark.django_db


def connect(*more, creator="alice", platform="tokened", id="t-1", **options):
    out = io.StringIO()
    call_command(
        "connect_account",
        f"--platform={platform}",
        f"--creator={creator}",
        f"--external-id={id}",
        *more,
        stdout=out,
        stderr=io.StringIO(),
        **options,
    )
    return Account.objects.get(pk=int(out.getvalue()))


@pytest.fixture(autouse=True)
def alice(script):
    return factories.CreatorFactory(handle="alice")


def test_it_prints_the_accounts_number_and_asks_nobody(script):
    account = connect(
        "--access-token=a1",
        "--refresh-token=r1",
        "--expires=2027-01-31T18:00:00+01:00",
        "--option=mode=direct",
        "--option=allow_duet=true",
        "--username=alice_there",
    )
    assert (account.access_token, account.refresh_token) == ("a1", "r1")
    assert account.expires_at == dt.datetime(2027, 1, 31, 17, tzinfo=dt.UTC)
    assert account.options == {"mode": "direct", "allow_duet": True}
    assert (account.name, account.state) == ("Tokened (alice_there)", "connected")
    assert script.calls == []


def test_the_same_account_again_lets_its_posts_go_on():
    post = build_post(platform="tokened", state=Post.State.WAITING)
    Account.objects.update(state="reconnect", refresh_token="r1", last_error="It ended.")
    again = connect("--access-token=a2", creator=post.creator.handle, id=post.account.external_id)
    assert again.pk == post.account_id
    assert (again.state, again.refresh_token, again.last_error) == ("connected", "r1", "")
    post.refresh_from_db()
    assert post.retry_at


def test_tokens_need_not_stand_in_the_shells_history(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("from-stdin\nrefresh-stdin\n"))
    account = connect("--access-token=-", "--refresh-token=-")
    assert (account.access_token, account.refresh_token) == ("from-stdin", "refresh-stdin")
    monkeypatch.setenv("ACCESS_TOKEN", "from-environment")
    assert connect().access_token == "from-environment"


def test_it_asks_the_platform_when_told_to(script):
    connect("--access-token=a1", "--check")
    assert script.calls == ["whoami"]
    script.whoami = [AuthExpired("Tokened does not know this token.")]
    with pytest.raises(CommandError, match="is kept, but: Tokened does not know"):
        connect("--access-token=a1", "--check")
    assert Account.objects.get().state == Account.State.RECONNECT


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"platform": "myspace"}, "no platform “myspace”"),
        ({"creator": "bob"}, "no creator “bob”"),
        ({"more": ["--access-token=a", "--expires=tomorrow"]}, "“tomorrow” is no time"),
        ({"more": ["--access-token=a", "--option=mode"]}, "“mode” is no option"),
        ({"more": ["--access-token=a\nb"]}, "signs that no token has"),
        ({"more": ["--access-token=a"], "id": " "}, "what the platform calls"),
        ({"more": ["--access-token=a", "--server=example.social"]}, "is an address"),
        ({"more": []}, "needs an --access-token"),
        ({"more": ["--access-token=a", "--expires=0001-01-01T00:00+14:00"]}, "a token ends"),
        ({"more": ["--access-token=a", "--expires=9999-12-31T23:59-14:00"]}, "a token ends"),
        ({"platform": "folder", "id": "relative/path"}, "its whole path"),
        (
            {"platform": "mastodon", "more": ["--access-token=a", "--server=http://10.0.0.1"]},
            "begin with https",
        ),
        (
            {"platform": "youtube", "more": ["--access-token=a", "--option=privacy=nobody"]},
            "privacy=nobody",
        ),
        (
            {"platform": "youtube", "more": ["--access-token=a", "--option=made_for_kids=1"]},
            "true or false",
        ),
        (
            {"platform": "youtube", "more": ["--access-token=a", "--option=privcy=private"]},
            "no option privcy",
        ),
        ({"more": ["--access-token=a", "--option=min_gap_minutes=x"]}, "min_gap_minutes=x"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_said_in_one_sentence(given, sentence):
    more = given.pop("more", ["--access-token=a"])
    with pytest.raises(CommandError, match=sentence) as found:
        connect(*more, **given)
    assert "\n" not in str(found.value)
    assert not Account.objects.exists()


def test_a_folder_needs_no_token(alice):
    path = connect_folder(alice).external_id
    assert connect(platform="folder", id=path).state == Account.State.CONNECTED


def test_a_number_among_the_options_is_a_number():
    account = connect("--access-token=a1", "--option=min_gap_minutes=30")
    assert account.options == {"min_gap_minutes": 30}
