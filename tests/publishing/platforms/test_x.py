"""The X client against the sandbox."""

import dataclasses
import datetime as dt

import pytest

from publishing.platforms import errors, x
from publishing.platforms.base import Absent, Connection, Media, Published, Text, Unclear
from publishing.platforms.x import XPlatform
from studio.sandbox import identity
from tests.publishing.platforms.stages import connection_of, entrance, log_in

pytestmark = pytest.mark.enable_socket
KEY = "0123456789abcdef"
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
TEXT = Text("Fish & chips at https://example.org/menu #ai", title="Why?")


@pytest.fixture
def client(sandbox):
    return XPlatform(connection_of(log_in("x")[0]))


def processed(client, handle):
    for _ in range(4):
        try:
            return client.check(handle)
        except errors.NotReady:
            pass
    raise AssertionError("it is never ready")


def ready(client, media, text=TEXT):
    return processed(client, client.prepare(KEY, media, text))


def test_a_post_with_the_ai_label(client, media, sandbox):
    handle = ready(client, media)
    assert client.reconcile(KEY, handle, LONG_AGO) == Absent()
    result = client.commit(KEY, handle)
    (post,) = sandbox.posts("x")
    assert result == Published(post["post_id"], post["flags"]["permalink"])
    assert post["text"] == TEXT.caption
    assert post["ai_label"]
    assert post["media_sha256"] == media.sha256
    assert client.reconcile(KEY, handle, LONG_AGO) == result


def test_a_large_video_goes_in_parts(client, film, media, sandbox, monkeypatch):
    monkeypatch.setattr(x, "PART", 1000)
    with film.open("ab") as out:
        out.truncate(film.stat().st_size + 3500)
    large = Media(film, 6000, 1080, 1920, film.stat().st_size, "")
    sandbox.fault("close_after", platform="x", path="append", skip=1)
    ready(client, large)
    media_id = sandbox.of("x").find("media")[0]["id"]
    assert sandbox.of("x").upload_path(media_id).read_bytes() == film.read_bytes()


def test_without_processing_info_it_is_ready_at_once(client, media, sandbox):
    sandbox.set_rule("x.processing_info", False)
    assert "since" in client.check(client.prepare(KEY, media, TEXT))


@pytest.mark.parametrize(
    ("name", "kind"), [("InvalidMedia", errors.Rejected), ("InternalError", errors.HandleExpired)]
)
def test_a_video_that_cannot_be_processed(client, media, sandbox, name, kind):
    sandbox.set_rule("x.fail_name", name)
    sandbox.fault("fail_late", platform="x")
    with pytest.raises(kind):
        ready(client, media)


def test_an_upload_older_than_a_day_is_sent_again(client, media):
    handle = ready(client, media)
    yesterday = (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)).isoformat()
    for step in (client.check, lambda handle: client.commit(KEY, handle)):
        with pytest.raises(errors.HandleExpired):
            step(handle | {"expires": yesterday})


def test_a_lost_answer_is_looked_up_in_the_timeline(client, media, sandbox):
    XPlatform(client.connection).commit("before", ready(client, media, Text("Before")))
    handle = ready(client, media)
    assert handle["since"] == sandbox.posts("x")[0]["post_id"]
    sandbox.fault("close_after", platform="x", commit=True)
    with pytest.raises(errors.OutcomeUnknown):
        client.commit(KEY, handle)
    found = client.reconcile(KEY, handle, LONG_AGO)
    assert found.external_id == sandbox.posts("x")[1]["post_id"]
    # X may not say which video a post has; then the words count.
    assert client.reconcile(KEY, handle | {"media_key": ""}, LONG_AGO) == found
    other = handle | {"media_key": "", "text": "Other words"}
    assert client.reconcile(KEY, other, LONG_AGO) == Absent()


def test_it_is_not_given_up_while_a_request_may_still_be_worked_on(client, media):
    handle = ready(client, media)
    with pytest.raises(errors.NotReady):
        client.reconcile(KEY, handle, dt.datetime.now(dt.UTC))


def test_many_newer_posts_prove_nothing(client, media, sandbox):
    handle = ready(client, media)
    for number in range(10):
        sandbox.of("x").put("tweet", f"9{number:020}", **_tweet(client, str(number)))
    assert isinstance(client.reconcile(KEY, handle, LONG_AGO), Unclear)


def test_an_answer_that_says_nothing_is_no_empty_timeline(client, media, sandbox):
    handle = ready(client, media)
    sandbox.fault("malformed", platform="x", path=r"users/\d+/tweets")
    with pytest.raises(errors.Transient):
        client.reconcile(KEY, handle, LONG_AGO)


def test_the_same_words_again_are_a_duplicate(client, media):
    client.commit(KEY, ready(client, media))
    with pytest.raises(errors.Duplicate):
        client.commit("other", ready(client, media))


def test_a_suspended_account_is_blocked(client, media, sandbox):
    handle = ready(client, media)
    sandbox.set_rule("x.suspended", True)
    with pytest.raises(errors.AccountBlocked):
        client.commit(KEY, handle)


def test_a_video_too_long_for_the_account(client, media, sandbox):
    handle = ready(client, media)
    sandbox.set_rule("x.max_seconds", 1)
    with pytest.raises(errors.Rejected, match="too long or too large"):
        client.commit(KEY, handle)


def test_a_full_window_says_until_when(client, media, sandbox):
    handle = ready(client, media)
    sandbox.set_rule("x.tweets_per_window", 0)
    with pytest.raises(errors.RateLimited) as caught:
        client.commit(KEY, handle)
    assert caught.value.until > dt.datetime.now(dt.UTC)


def test_a_used_up_allowance_is_more_than_a_full_window(client, media, sandbox):
    handle = ready(client, media)
    sandbox.set_rule("x.usage_capped", True)
    with pytest.raises(errors.QuotaExhausted) as caught:
        client.commit(KEY, handle)
    assert caught.value.until - dt.datetime.now(dt.UTC) > dt.timedelta(hours=23)


def test_trouble_while_posting_leaves_it_open(client, media, sandbox):
    handle = ready(client, media)
    for kind in ("close_before", "status", "malformed", "html", "status_after"):
        sandbox.faults.clear()
        sandbox.fault(kind, platform="x", commit=True, status=503)
        with pytest.raises(errors.OutcomeUnknown):
            client.commit(KEY, handle | {"text": kind})


def test_a_token_without_the_scope_must_be_connected_again(client, sandbox):
    token = identity.issue_token(
        sandbox.of("x"), client.connection.external_id, scopes=["tweet.read", "users.read"]
    )
    weak = XPlatform(Connection(client.connection.external_id, access_token=token))
    with pytest.raises(errors.AuthExpired):
        weak.comment("1", "words")


def test_comment_counts_and_whoami(client, media):
    result = client.commit(KEY, ready(client, media))
    assert client.comment(result.external_id, "First!")
    assert client.insights(result.external_id).comments >= 1
    me = client.whoami()
    assert (me.external_id, me.username) == (client.connection.external_id, "mira_demo")
    assert me.picture_url


def test_a_refresh_token_works_once(sandbox):
    way, (grant,) = entrance("x"), log_in("x")
    newer = way.refresh(grant.tokens)
    assert newer.refresh
    assert newer.refresh != grant.tokens.refresh
    way.revoke(newer)
    with pytest.raises(errors.AuthExpired):
        way.refresh(newer)


@pytest.mark.parametrize("kind", ["close_before", "status", "html"])
def test_trouble_at_the_token_server_leaves_the_connection(sandbox, kind):
    way, (grant,) = entrance("x"), log_in("x")
    sandbox.fault(kind, platform="x", path="/token")
    with pytest.raises(errors.Transient):
        way.refresh(grant.tokens)


@pytest.mark.parametrize(
    ("change", "text", "said"),
    [
        ({}, TEXT, None),
        ({"duration_ms": 140_001}, TEXT, "140 s at most"),
        ({}, Text("日" * 141), "282 characters"),
        ({}, Text("", options={"reply_settings": "nobody"}), "nobody"),
    ],
)
def test_what_x_would_refuse_is_said_before(media, change, text, said):
    found = XPlatform.problems(dataclasses.replace(media, **change), text, {})
    assert bool(found) == bool(said)
    if said:
        assert said in found[0]


def _tweet(client, text):
    return {
        "account": client.connection.external_id,
        "text": text,
        "media": "",
        "parent": "",
        "conversation": "",
        "made": 0,
        "ai": False,
    }
