"""Tokens are renewed ahead of time, each refresh token is spent once, and little disconnects."""

import datetime as dt
import time
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from publishing import tasks
from publishing.accounts import connecting, tokens
from publishing.models import Account, Post
from publishing.platforms.access import Grant, Tokens
from publishing.platforms.base import Profile, TokenRules
from publishing.platforms.errors import (
    AuthExpired,
    NotSent,
    RateLimited,
    TokenStale,
    Transient,
)
from publishing.posting import dispatch
from tests import factories
from tests.publishing.conftest import at_once, build_post
from tests.publishing.doubles import TokenedPlatform

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def build_account(**fields):
    known = {
        "platform": "tokened",
        "external_id": "tokened-1",
        "access_token": "a1",
        "refresh_token": "r1",
        "expires_at": timezone.now() + 5 * MINUTE,
        "issued_at": timezone.now() - 55 * MINUTE,
    }
    return factories.AccountFactory(**{**known, **fields})


@pytest.fixture
def account(script):
    return build_account()


def test_a_token_near_its_end_is_renewed_by_the_next_tick(account, script):
    assert ("publishing.tasks.renew", account.pk, "default") in tasks.due()
    tasks.renew(account.pk)
    account.refresh_from_db()
    assert (account.access_token, account.refresh_token) == ("a2", "r2")
    assert (account.token_version, account.renewing_by, account.last_error) == (1, "", "")
    assert account.renewal_sent_at is None
    assert tokens.due() == []
    tasks.renew(account.pk)  # delivered twice
    assert script.calls == ["refresh"]


def test_a_token_with_time_left_is_left_alone(script):
    account = build_account(expires_at=timezone.now() + 30 * MINUTE)
    assert tokens.due() == []
    assert tokens.fresh(account).access_token == "a1"
    assert script.calls == []


def test_a_young_token_is_not_renewed_where_the_platform_would_refuse(script, monkeypatch):
    rules = TokenRules(refreshable=True, takes_refresh_token=False, min_age=24 * 60 * MINUTE)
    young = replace(TokenedPlatform.capabilities, tokens=rules)
    monkeypatch.setattr(TokenedPlatform, "capabilities", young)
    account = build_account(issued_at=timezone.now() - 60 * MINUTE)
    assert tokens.due() == []
    Account.objects.update(issued_at=timezone.now() - 25 * 60 * MINUTE)
    assert tokens.due() == [account.pk]


def test_an_empty_refresh_token_overwrites_nothing(account, script):
    script.refresh = [Tokens("a2", expires_at=timezone.now() + 60 * MINUTE)]
    renewed = tokens.refresh(account)
    assert (renewed.access_token, renewed.refresh_token) == ("a2", "r1")


@pytest.mark.parametrize("trouble", [Transient, NotSent, RateLimited])
def test_a_platform_in_trouble_leaves_the_account_connected(account, script, trouble):
    script.refresh = [trouble("Tokened is in trouble.")]
    tasks.renew(account.pk)
    account.refresh_from_db()
    assert account.state == Account.State.CONNECTED
    assert (account.access_token, account.refresh_token) == ("a1", "r1")
    assert "in trouble" in account.last_error
    assert tokens.due() == []  # not every minute
    assert tokens.fresh(account).access_token == "a1"  # it still has minutes
    Account.objects.update(renewal_after=timezone.now() - MINUTE)
    assert tokens.due() == [account.pk]


def test_only_the_platforms_word_ends_it(account, script):
    script.refresh = [AuthExpired("Alice withdrew the permission.")]
    tasks.renew(account.pk)
    account.refresh_from_db()
    assert account.state == Account.State.RECONNECT
    assert account.last_error == "Alice withdrew the permission."
    assert tokens.due() == []


def test_an_error_of_our_own_leaves_it_connected_too(account, script):
    script.refresh = [RuntimeError("a bug")]
    with pytest.raises(RuntimeError):
        tasks.renew(account.pk)
    account.refresh_from_db()
    assert (account.state, account.renewing_by) == (Account.State.CONNECTED, "")


def test_a_token_that_ended_while_the_platform_is_down_sends_nothing(script):
    account = build_account(expires_at=timezone.now() - MINUTE)
    script.refresh = [Transient("Tokened does not answer.")]
    with pytest.raises(NotSent, match="could not be renewed yet"):
        tokens.fresh(account)
    assert Account.objects.get().state == Account.State.CONNECTED


def test_a_worker_killed_before_it_stored_the_answer_explains_the_refusal_later(
    account, script, monkeypatch
):
    """The rotating token was spent, the new one never reached the database."""
    owner = tokens._claim(account)
    assert owner
    script.spent.append("r1")
    monkeypatch.setattr(tokens, "PATIENCE_S", 0)
    with pytest.raises(NotSent):  # its lease still runs
        tokens.refresh(account)
    Account.objects.update(renewing_until=timezone.now() - MINUTE)
    assert tokens.due() == [account.pk]
    tasks.renew(account.pk)
    account.refresh_from_db()
    assert account.state == Account.State.RECONNECT
    assert "cut off before the answer was stored" in account.last_error


def test_a_worker_killed_before_its_request_left_costs_nothing(account, script):
    tokens._claim(account)
    Account.objects.update(renewing_until=timezone.now() - MINUTE)
    tasks.renew(account.pk)
    account.refresh_from_db()
    assert (account.access_token, account.renewal_sent_at) == ("a2", None)


def test_an_answer_that_comes_after_a_reconnect_is_dropped(account, script):
    def answer():
        Account.objects.update(access_token="own", refresh_token="r9", token_version=7)
        return Tokens("a2", "r2")

    script.refresh = [answer]
    assert tokens.refresh(account).access_token == "own"
    assert Account.objects.get().refresh_token == "r9"


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_spends_the_refresh_token(script, on_file):
    account, got = build_account(), []

    def slowly():
        time.sleep(0.2)  # long enough for the other to arrive
        return Tokens("a2", "r2", timezone.now() + 60 * MINUTE)

    script.refresh = [slowly, AssertionError("spent twice"), AssertionError("spent twice")]
    wrong = at_once(*[lambda: got.append(tokens.refresh(account).access_token)] * 3)
    assert (wrong, got, script.calls) == ([], ["a2"] * 3, ["refresh"])


def test_a_lost_key_asks_for_a_reconnect_and_keeps_what_is_stored(account, script, settings):
    old = settings.TOKEN_KEYS
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    account = Account.objects.get()
    assert account.access_token == ""
    with pytest.raises(AuthExpired, match="TOKEN_KEYS"):
        tokens.fresh(account)
    assert Account.objects.get().state == Account.State.RECONNECT
    account.refresh_from_db()
    account.save()
    settings.TOKEN_KEYS = old
    found = Account.objects.get()
    assert (found.access_token, found.refresh_token) == ("a1", "r1")
    connecting.check(found)
    assert Account.objects.get().state == Account.State.CONNECTED


def test_a_reconnected_account_lets_its_posts_go_on(script):
    post = build_post(platform="tokened", state=Post.State.WAITING)
    Account.objects.update(state=Account.State.RECONNECT, refresh_token="r1")
    grant = Grant(Profile(post.account.external_id, "alice"), Tokens("a5"))
    account = connecting.connect(post.account.creator, "tokened", grant)
    assert account.pk == post.account_id
    assert (account.state, account.access_token, account.refresh_token) == (
        Account.State.CONNECTED,
        "a5",
        "r1",
    )
    post.refresh_from_db()
    assert post.retry_at is not None


def test_disconnecting_gives_the_access_back_and_forgets_it(account, script):
    connecting.disconnect(account)
    assert ("publishing.tasks.forget", account.pk, "default") in tasks.due()
    tasks.forget(account.pk)
    account.refresh_from_db()
    assert (account.access_token, account.refresh_token, account.state) == ("", "", "disconnected")
    assert script.calls == ["revoke a1"]
    assert tasks.due() == []


def test_a_permission_for_another_account_is_told_apart(account, script):
    script.whoami = [Profile("somebody-else", "bob")]
    Account.objects.update(expires_at=timezone.now() + 60 * MINUTE)
    with pytest.raises(AuthExpired, match="bob"):
        connecting.check(Account.objects.get())
    assert Account.objects.get().state == Account.State.RECONNECT


def a_post(**account):
    post = build_post(platform="tokened")
    fields = {"access_token": "a1", "refresh_token": "r1", **account}
    Account.objects.filter(pk=post.account_id).update(**fields)
    return post


@pytest.mark.parametrize("step", ["prepare", "check", "commit"])
def test_a_stale_token_is_renewed_and_the_step_made_again(script, step):
    post = a_post()
    setattr(script, step, [TokenStale("expired there")])
    dispatch.publish(post.pk)
    post.refresh_from_db()
    assert (post.state, script.live) == (Post.State.PUBLISHED, [post.key])
    assert script.calls.count(step) == 2
    assert script.calls.count("refresh") == 1
    account = Account.objects.get(pk=post.account_id)
    assert account.access_token == "a2"
    assert account.last_used_at is not None


def test_a_token_that_cannot_be_renewed_before_a_commit_sends_nothing(script):
    post = a_post()
    script.commit = [TokenStale("expired there")]
    script.refresh = [Transient("no answer")]
    dispatch.publish(post.pk)
    post.refresh_from_db()
    assert (post.state, script.live) == (Post.State.WAITING, [])
    assert not post.attempts.filter(phase="commit", proved_absent=False).exists()


def test_a_withdrawn_permission_holds_the_post_until_the_account_is_connected_again(script):
    post = a_post()
    script.prepare = [TokenStale("expired there")]
    script.refresh = [AuthExpired("withdrawn")]
    dispatch.publish(post.pk)
    post.refresh_from_db()
    assert (post.state, post.retry_at) == (Post.State.WAITING, None)
    assert Account.objects.get(pk=post.account_id).state == Account.State.RECONNECT
    grant = Grant(Profile(post.account.external_id), Tokens("a7", "r7"))
    connecting.connect(post.account.creator, "tokened", grant)
    dispatch.publish(post.pk)
    post.refresh_from_db()
    assert post.state == Post.State.PUBLISHED


@pytest.mark.parametrize("state", [Post.State.PROCESSING, Post.State.READY])
def test_what_was_prepared_under_a_lost_key_is_prepared_anew(script, settings, state):
    post = build_post(state=state, handle={"container": "c-1"})
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    dispatch.publish(post.pk)
    post.refresh_from_db()
    assert (post.state, script.live) == (Post.State.PUBLISHED, [post.key])
    assert script.calls[0] == "prepare"


def test_a_post_that_missed_its_accounts_reconnect_goes_on(script):
    """The account was connected again between the platform's refusal and the post's own row."""
    post = a_post()

    def refused():
        Account.objects.filter(pk=post.account_id).update(token_version=5, access_token="a9")
        raise AuthExpired("withdrawn")

    script.prepare = [refused]
    dispatch.publish(post.pk)
    post.refresh_from_db()
    assert (post.state, post.retry_at) == (Post.State.WAITING, None)
    assert Account.objects.get(pk=post.account_id).state == Account.State.CONNECTED
    assert ("publishing.tasks.publish", post.pk, "publish") in tasks.due()
    dispatch.publish(post.pk)
    post.refresh_from_db()
    assert post.state == Post.State.PUBLISHED
