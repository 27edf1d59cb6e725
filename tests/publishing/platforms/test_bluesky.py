"""The Bluesky client against the sandbox."""

import dataclasses
import datetime as dt

import pytest

from publishing.platforms import errors
from publishing.platforms.apps import App
from publishing.platforms.atproto import record_key
from publishing.platforms.base import Absent, Connection, Published, Text
from publishing.platforms.bluesky import BlueskyAccess, BlueskyPlatform
from tests.publishing.platforms.stages import connection_of, entrance, log_in

pytestmark = pytest.mark.enable_socket
KEY = "0123456789abcdef"
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
TEXT = Text(
    "Déjà vu 👩‍👩‍👧 @otto.demo @nobody.example: https://example.org/ü. #Brot", title="Why?"
)


@pytest.fixture
def client(sandbox):
    return BlueskyPlatform(connection_of(log_in("bluesky")[0]))


def processed(client, handle):
    for _ in range(4):
        try:
            return client.check(handle)
        except errors.NotReady:
            pass
    raise AssertionError("it is never ready")


def ready(client, media, text=TEXT, key=KEY):
    return processed(client, client.prepare(key, media, text))


def record(sandbox, uri):
    return sandbox.of("bluesky").get("record", uri)["value"]


def shown(sandbox):
    return sandbox.posts("bluesky")


def test_a_post_under_its_own_key(client, media, sandbox, tmp_path):
    vtt = tmp_path / "reel.vtt"
    vtt.write_text("WEBVTT\n")
    handle = ready(client, dataclasses.replace(media, subtitles=(vtt,)))
    assert client.reconcile(KEY, handle, LONG_AGO) == Absent()
    result = client.commit(KEY, handle)
    (post,) = shown(sandbox)
    assert result.external_id == post["post_id"]
    assert result.external_id.endswith(f"/{record_key(KEY)}")
    assert post["media_sha256"] == media.sha256
    kept = record(sandbox, result.external_id)
    assert kept["langs"] == ["en"]
    assert kept["embed"]["aspectRatio"] == {"width": 1080, "height": 1920}
    assert [one["lang"] for one in kept["embed"]["captions"]] == ["en"]
    assert client.reconcile(KEY, handle, LONG_AGO) == result


def test_links_mentions_and_tags_stand_on_their_bytes(client, media, sandbox):
    result = client.commit(KEY, ready(client, media))
    kept = record(sandbox, result.external_id)
    words = [
        kept["text"].encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        for facet in kept["facets"]
    ]
    assert words == ["@otto.demo", "https://example.org/ü", "#Brot"]
    assert kept["facets"][0]["features"][0]["did"].startswith("did:plc:")


@pytest.mark.parametrize("collision", [[400, "InvalidRequest"], [409, "Conflict"], [500, "Oops"]])
def test_a_second_commit_collides_whatever_that_is_called(client, media, sandbox, collision):
    sandbox.set_rule("bluesky.collision", collision)
    handle = ready(client, media)
    assert client.commit(KEY, handle) == client.commit(KEY, handle)
    again = ready(client, media)  # as after a handle that was lost
    assert isinstance(client.commit(KEY, again), Published)
    assert len(shown(sandbox)) == 1


@pytest.mark.parametrize("kind", ["close_after", "malformed", "html", "status_after"])
def test_a_lost_answer_is_found_at_once(client, media, sandbox, kind):
    handle = ready(client, media)
    sandbox.fault(kind, platform="bluesky", commit=True)
    assert isinstance(client.commit(KEY, handle), Published)
    assert len(shown(sandbox)) == 1


def test_when_it_cannot_be_looked_up_either_it_is_open(client, media, sandbox):
    handle = ready(client, media)
    client.commit(KEY, handle)
    sandbox.fault("close_before", platform="bluesky", path="getRecord")
    with pytest.raises(errors.OutcomeUnknown):
        client.commit(KEY, handle)
    assert isinstance(client.reconcile(KEY, handle, LONG_AGO), Published)


@pytest.mark.parametrize("shape", ["wrapped", "flat"])
def test_both_shapes_of_a_job(client, media, sandbox, shape):
    sandbox.set_rule("bluesky.job_shape", shape)
    assert client.prepare(KEY, media, TEXT)["job"]


def test_the_same_bytes_are_not_stored_twice(client, media, sandbox):
    ready(client, media)
    assert client.check(client.prepare(KEY, media, TEXT))["blob"]
    assert len(sandbox.of("bluesky").find("job")) == 1


def test_processing_that_fails_is_final(client, media, sandbox):
    sandbox.fault("fail_late", platform="bluesky")
    with pytest.raises(errors.Rejected):
        ready(client, media)


def test_a_forgotten_job_is_begun_again(client, media, sandbox):
    handle = client.prepare(KEY, media, TEXT)
    sandbox.of("bluesky").delete("job", handle["job"])
    with pytest.raises(errors.HandleExpired):
        client.check(handle)


@pytest.mark.parametrize(
    ("rule", "value", "kind"),
    [
        ("bluesky.videos_a_day", 0, errors.QuotaExhausted),
        ("bluesky.email_confirmed", False, errors.AccountBlocked),
        ("bluesky.max_bytes", 10, errors.Rejected),
        ("bluesky.takedown", True, errors.AccountBlocked),
    ],
)
@pytest.mark.parametrize("says_limits", [True, False])
def test_what_the_video_service_refuses(client, media, sandbox, rule, value, kind, says_limits):
    sandbox.set_rule(rule, value)
    if not says_limits:
        sandbox.fault("status", platform="bluesky", path="getUploadLimits", times=None)
    with pytest.raises(kind):
        client.prepare(KEY, media, TEXT)


def test_a_clock_that_is_wrong_is_told(client, media, sandbox):
    sandbox.advance(3600)
    with pytest.raises(errors.Rejected, match="clock of this machine"):
        client.prepare(KEY, media, TEXT)


def test_an_expired_session_is_stale_and_a_400(client, media, sandbox):
    handle = ready(client, media)
    sandbox.advance(3 * 3600)
    with pytest.raises(errors.TokenStale):
        client.commit(KEY, handle)
    assert shown(sandbox) == []


def test_a_session_rotates_and_ends(sandbox):
    way, (grant,) = entrance("bluesky"), log_in("bluesky")
    assert grant.profile.server == f"{sandbox.url}/bluesky"
    assert grant.tokens.expires_at < grant.tokens.refresh_expires_at
    newer = way.refresh(grant.tokens)
    assert newer.refresh != grant.tokens.refresh
    with pytest.raises(errors.AuthExpired):
        way.refresh(grant.tokens)
    way.revoke(newer)
    with pytest.raises(errors.AuthExpired):
        way.refresh(newer)


@pytest.mark.parametrize("kind", ["close_before", "status", "html", "malformed"])
def test_trouble_while_renewing_leaves_the_session(sandbox, kind):
    way, (grant,) = entrance("bluesky"), log_in("bluesky")
    sandbox.fault(kind, platform="bluesky", path="refreshSession")
    with pytest.raises(errors.Transient):
        way.refresh(grant.tokens)


def test_signing_in(sandbox):
    way = entrance("bluesky")
    assert way.sign_in(" @mira.demo ", "sandbox-password").profile.username == "mira.demo"
    with pytest.raises(errors.AuthExpired, match="app password"):
        way.sign_in("mira.demo", "wrong")
    sandbox.set_rule("bluesky.auth_factor", True)
    with pytest.raises(errors.AuthExpired, match="app password instead"):
        way.sign_in("mira.demo", "sandbox-password")
    sandbox.set_rule("bluesky.sessions_5min", 0)
    with pytest.raises(errors.RateLimited) as caught:
        way.sign_in("mira.demo", "sandbox-password")
    assert caught.value.until is not None


def test_a_server_that_is_none(sandbox):
    with pytest.raises(errors.Rejected):
        BlueskyPlatform(Connection("did:plc:x", server="http://10.0.0.1"))
    with pytest.raises(errors.Rejected):
        BlueskyAccess(App(), "http://10.0.0.1").sign_in("a", "b")


def test_comment_counts_and_whoami(client, media, sandbox):
    result = client.commit(KEY, ready(client, media))
    reply = client.comment(result.external_id, "More at https://example.org")
    assert client.comment(result.external_id, "More at https://example.org") == reply
    assert record(sandbox, reply)["reply"]["root"]["uri"] == result.external_id
    counts = client.insights(result.external_id)
    assert counts.comments >= 1
    assert counts.followers is not None
    me = client.whoami()
    assert (me.external_id, me.username) == (client.connection.external_id, "mira.demo")


@pytest.mark.parametrize(
    ("change", "text", "said"),
    [
        ({}, Text("👩‍👩‍👧" * 100), None),
        ({}, Text("👩‍👩‍👧" * 200), "3600 bytes"),
        ({}, Text("é" * 301), "301 characters"),
        ({"size_bytes": 100_000_001}, TEXT, "100 MB"),
    ],
)
def test_what_bluesky_would_refuse_is_said_before(media, change, text, said):
    found = BlueskyPlatform.problems(dataclasses.replace(media, **change), text, {})
    assert bool(found) == bool(said)
    if said:
        assert said in found[0]
