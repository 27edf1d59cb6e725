"""The Mastodon client against the sandbox."""

import dataclasses
import datetime as dt

import pytest

from publishing.platforms import errors
from publishing.platforms.apps import App
from publishing.platforms.base import Absent, Connection, Published, Text, Unclear
from publishing.platforms.mastodon import MastodonAccess, MastodonPlatform
from studio.sandbox import identity
from tests.publishing.platforms.stages import connection_of, entrance, log_in
from tests.studio.sandbox.walking import BACK

pytestmark = pytest.mark.enable_socket
KEY = "0123456789abcdef"
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
TEXT = Text("Words & more at https://example.org #ai", title="Why?", language="de-AT")


@pytest.fixture
def client(sandbox):
    return MastodonPlatform(connection_of(log_in("mastodon")[0]))


def processed(client, handle):
    for _ in range(4):
        try:
            return client.check(handle)
        except errors.NotReady:
            pass
    raise AssertionError("it is never ready")


def ready(client, media, text=TEXT):
    return processed(client, client.prepare(KEY, media, text))


def shown(sandbox):
    return sandbox.posts("mastodon")


def test_a_post_with_its_cover_and_language(client, media, sandbox, tmp_path):
    cover = tmp_path / "cover.jpg"
    cover.write_bytes(b"\xff\xd8\xff\xe0")
    handle = ready(client, dataclasses.replace(media, cover=cover))
    assert client.reconcile(KEY, handle, LONG_AGO) == Absent()
    result = client.commit(KEY, handle)
    (post,) = shown(sandbox)
    assert result == Published(post["post_id"], post["flags"]["permalink"])
    assert client.permalink(result.external_id) == result.permalink
    assert (post["text"], post["media_sha256"]) == (TEXT.caption, media.sha256)
    assert post["flags"]["cover_path"]
    seen = sandbox.of("mastodon")
    assert seen.get("status", post["post_id"])["language"] == "de"
    assert seen.get("media", handle["media"])["description"] == "Why?"


def test_visibility_is_the_creators_choice(client, media, sandbox):
    client.commit(
        KEY, ready(client, media, dataclasses.replace(TEXT, options={"visibility": "unlisted"}))
    )
    assert shown(sandbox)[0]["flags"]["visibility"] == "unlisted"


@pytest.mark.parametrize("kind", ["close_after", "malformed", "html", "status_after"])
def test_a_lost_answer_is_found_and_a_repeat_is_the_same_post(client, media, sandbox, kind):
    handle = ready(client, media)
    sandbox.fault(kind, platform="mastodon", commit=True)
    with pytest.raises(errors.OutcomeUnknown):
        client.commit(KEY, handle)
    found = client.reconcile(KEY, handle, LONG_AGO)
    assert client.commit(KEY, handle) == found
    assert len(shown(sandbox)) == 1


def test_the_upload_makes_a_repeat_safe_for_longer_than_the_key(client, media, sandbox):
    handle = ready(client, media)
    first = client.commit(KEY, handle)
    sandbox.advance(2 * 3600)
    assert client.commit(KEY, handle) == first
    assert len(shown(sandbox)) == 1


def test_an_upload_that_was_cleared_away_is_sent_again(client, media, sandbox):
    handle = ready(client, media)
    sandbox.of("mastodon").delete("media", handle["media"])
    for step in (client.check, lambda handle: client.commit(KEY, handle)):
        with pytest.raises(errors.HandleExpired):
            step(handle)


def test_many_newer_posts_prove_nothing(client, media, sandbox):
    handle = ready(client, media)
    client.commit(KEY, handle)
    for number in range(20):
        client._post(f"k{number}", {"status": str(number)})
    assert isinstance(client.reconcile(KEY, handle, LONG_AGO), Unclear)


def test_what_is_unused_was_not_posted_however_many_came_after(client, media, sandbox):
    handle = ready(client, media)
    for number in range(20):
        client._post(f"k{number}", {"status": str(number)})
    assert client.reconcile(KEY, handle, LONG_AGO) == Absent()


def test_committing_too_early_is_not_ready(client, media):
    with pytest.raises(errors.NotReady):
        client.commit(KEY, client.prepare(KEY, media, TEXT))


def test_processing_that_fails_is_final(client, media, sandbox):
    sandbox.fault("fail_late", platform="mastodon")
    with pytest.raises(errors.Rejected):
        ready(client, media)


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        ("mastodon.max_characters", 10, "10 at most"),
        ("mastodon.video_size_limit", 10, "MB"),
    ],
)
def test_each_server_has_limits_of_its_own(client, media, sandbox, rule, value, said):
    sandbox.set_rule(rule, value)
    with pytest.raises(errors.Rejected, match=said):
        client.prepare(KEY, media, TEXT)
    assert sandbox.of("mastodon").find("media") == []


def test_a_disabled_account_and_a_dead_token(client, sandbox):
    sandbox.set_rule("mastodon.disabled", True)
    with pytest.raises(errors.AccountBlocked):
        client.whoami()
    identity.revoke(sandbox.of("mastodon"), client.connection.access_token)
    with pytest.raises(errors.AuthExpired):
        client.whoami()


def test_a_full_window_says_until_when(client, media, sandbox):
    sandbox.set_rule("mastodon.media_30min", 0)
    with pytest.raises(errors.RateLimited) as caught:
        client.prepare(KEY, media, TEXT)
    assert caught.value.until > dt.datetime.now(dt.UTC)


def test_comment_counts_and_whoami(client, media):
    result = client.commit(KEY, ready(client, media))
    reply = client.comment(result.external_id, "First!")
    assert client.comment(result.external_id, "First!") == reply
    counts = client.insights(result.external_id)
    assert counts.comments >= 1
    assert counts.followers is not None
    me = client.whoami()
    assert (me.external_id, me.username) == (client.connection.external_id, "mira")


def test_a_login_brings_the_servers_registration(sandbox):
    (grant,) = log_in("mastodon")
    assert grant.app
    assert grant.tokens.expires_at is None
    assert grant.profile.server == f"{sandbox.url}/mastodon"
    way = MastodonAccess(grant.app, grant.profile.server)
    way.revoke(grant.tokens)
    with pytest.raises(errors.AuthExpired):
        MastodonPlatform(connection_of(grant)).whoami()
    with pytest.raises(errors.Unsupported):
        way.refresh(grant.tokens)


def test_a_spent_code_and_a_wrong_app(sandbox):
    with pytest.raises(errors.AuthExpired):
        entrance("mastodon").exchange(code="spent", redirect_uri=BACK, verifier="")
    with pytest.raises(errors.Rejected):
        MastodonAccess(App("who", "ever")).exchange(code="c", redirect_uri=BACK, verifier="")


@pytest.mark.parametrize("server", ["http://10.0.0.1", "https://example.social"])
def test_another_server_than_the_sandbox_is_refused(sandbox, server):
    with pytest.raises(errors.Rejected):
        MastodonAccess(App(), server)
    with pytest.raises(errors.Rejected):
        MastodonPlatform(Connection("1", server=server))


@pytest.mark.parametrize(
    ("change", "text", "said"),
    [
        ({}, TEXT, None),
        ({}, Text("x" * 501), "501 characters"),
        ({"size_bytes": 10**9}, TEXT, "1000 MB"),
        ({}, Text("", options={"visibility": "secret"}), "secret"),
    ],
)
def test_what_mastodon_would_refuse_is_said_before(media, change, text, said):
    found = MastodonPlatform.problems(dataclasses.replace(media, **change), text, {})
    assert bool(found) == bool(said)
    if said:
        assert said in found[0]
