"""What every platform must do. A new one adds itself to PLATFORMS, and its stage here."""

import dataclasses
import datetime as dt
import inspect
import json

import pytest

from publishing.platforms import PLATFORMS, platform
from publishing.platforms.base import (
    Absent,
    Capabilities,
    Limits,
    Media,
    Platform,
    Published,
    Text,
    Unclear,
    over_limits,
)
from publishing.platforms.errors import NotReady, PlatformError, RateLimited, redact
from tests.publishing.platforms.stages import connected

pytestmark = pytest.mark.enable_socket

VERBS = ("prepare", "check", "commit", "reconcile", "permalink", "discard")
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # when it was committed: long ago
TEXT = Text("Words #one", title="Why?", day=dt.date(2026, 12, 1))


@pytest.fixture(params=sorted(PLATFORMS))
def client(request, sandbox, tmp_path) -> Platform:
    return platform(request.param)(connected(request.param, sandbox, tmp_path))


def ready(client, key, media):
    """A handle that can be committed, as it comes out of the database."""
    text = dataclasses.replace(TEXT, caption=f"Words of {key} #one")  # some take no words twice
    handle = json.loads(json.dumps(client.prepare(key, media, text)))
    for _ in range(5):
        try:
            return json.loads(json.dumps(client.check(handle)))
        except NotReady:
            continue
    raise AssertionError("it is never ready")


def test_it_says_what_it_is_and_can(client):
    assert platform(client.name) is type(client)
    assert client.label
    assert isinstance(client.limits, Limits)
    assert isinstance(client.capabilities, Capabilities)


def test_its_verbs_take_what_the_protocol_says(client):
    for verb in VERBS:
        ours = inspect.signature(getattr(type(client), verb)).parameters
        assert list(ours) == list(inspect.signature(getattr(Platform, verb)).parameters)


def test_a_post_goes_through_with_a_handle_that_survives_the_database(client, media):
    handle = ready(client, "k1", media)
    before = client.reconcile("k1", handle, NOW)
    assert isinstance(before, Absent | Unclear)
    result = client.commit("k1", handle)
    assert isinstance(result, Published)
    assert result.external_id
    can_look = not isinstance(before, Unclear)
    assert client.reconcile("k1", handle, NOW) == (result if can_look else before)
    assert client.permalink(result.external_id) == result.permalink


def test_a_repeated_commit_makes_no_second_post_where_it_says_so(client, media):
    if not client.capabilities.commit_retry_allowed:
        pytest.skip("it does not say so")
    handle = ready(client, "k2", media)
    assert client.commit("k2", handle) == client.commit("k2", handle)


def test_two_posts_are_two(client, media):
    ids = {client.commit(key, ready(client, key, media)).external_id for key in ("k3", "k4")}
    assert len(ids) == 2


def test_what_is_discarded_is_not_live(client, media):
    handle = client.prepare("k5", media, TEXT)
    client.discard("k5", handle)
    client.discard("k5", handle)
    assert not isinstance(client.reconcile("k5", handle, NOW), Published)


def test_an_unknown_platform_is_a_key_error():
    with pytest.raises(KeyError):
        platform("myspace")


def all_errors(cls=PlatformError):
    for sub in cls.__subclasses__():
        yield sub
        yield from all_errors(sub)


def test_each_error_class_has_a_code_of_its_own():
    codes = [cls.code for cls in all_errors()]
    assert len(codes) == len(set(codes))
    assert {
        *("transient", "rate_limited", "reauth", "refresh", "invalid_content"),
        *("account_blocked", "quota_exhausted", "not_ready", "expired_handle", "duplicate"),
        "unknown_outcome",
    } <= set(codes)


def test_the_story_has_words_for_every_outcome():
    from publishing.story import OUTCOMES

    assert {cls.code for cls in all_errors()} <= set(OUTCOMES)


def test_open_outcomes_prove_nothing():
    assert {cls.code for cls in all_errors() if not cls.proves_absent} == {
        "transient",
        "duplicate",
        "unknown_outcome",
    }


@pytest.mark.parametrize(
    "reply",
    [
        "https://graph.test/me?access_token=EAABsecret&x=1",
        '{"refresh_token": "secret-1"}',
        "Authorization: Bearer secret.a-b_c",
        "upload_url=https://up.test/secret",
        "https://up.test/session?upload_id=secret",
        '{"token":"secret","uploadUrl":"https://up.test/secret"}',
        "a word before eyJhbGciOi.eyJzdWIiOi.c2VjcmV0-secret and after",
    ],
)
def test_secrets_are_hidden(reply):
    assert "secret" not in redact(reply)
    assert "secret" not in RateLimited("Slow down.", reply=reply).reply


def test_what_helps_to_understand_is_kept():
    reply = '{"error": {"code": 190, "message": "Session has expired"}}'
    assert redact(reply) == reply


def test_a_long_reply_is_shortened():
    assert len(redact("x" * 10_000)) == 600


LIMITS = Limits(
    min_ms=3000,
    max_ms=90_000,
    max_bytes=1000,
    caption_chars=30,
    hashtags=2,
    aspect=(9, 16),
)
GOOD = Media(None, 9000, 1080, 1920, 500, "")


@pytest.mark.parametrize(
    ("media", "caption", "said"),
    [
        ({}, "fine #a #b", []),
        ({"duration_ms": 2000}, "", ["2 s long"]),
        ({"duration_ms": 90_001}, "", ["90 s at most"]),
        ({"size_bytes": 2_000_000}, "", ["2 MB"]),
        ({"width": 1920, "height": 1080}, "", ["1920x1080", "9:16"]),
        ({}, "x" * 31, ["31 characters"]),
        ({}, "#a #b #c", ["3 hashtags"]),
        ({"duration_ms": 1000}, "x" * 31, ["1 s long", "31 characters"]),
    ],
)
def test_limits_are_said_before_anything_is_sent(media, caption, said):
    found = over_limits(
        "Place", LIMITS, dataclasses.replace(GOOD, **media), Text(caption), len(caption)
    )
    assert bool(found) == bool(said)
    for words in said:
        assert any(words in sentence for sentence in found)
