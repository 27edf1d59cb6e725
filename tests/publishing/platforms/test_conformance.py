"""What every platform must do. A new one adds itself to PLATFORMS, and its stage here."""

import dataclasses
import datetime as dt
import inspect
import json

import pytest

from publishing.platforms import PLATFORMS, access, platform
from publishing.platforms.base import (
    Absent,
    Accepted,
    Capabilities,
    Delivered,
    Failed,
    Limits,
    Media,
    Platform,
    Published,
    Text,
    Unclear,
    over_limits,
)
from publishing.platforms.errors import (
    AuthExpired,
    NotReady,
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    TokenStale,
    Transient,
    Unsupported,
    redact,
)
from tests.publishing.platforms.stages import connected, connection_of, entrance, log_in
from tests.studio.sandbox.walking import BACK

pytestmark = pytest.mark.enable_socket

# The id of a post that is not there.
GONE = {
    "youtube": "nothing",
    "x": "1",
    "mastodon": "1",
    "bluesky": "at://did:plc:sandboxmira2345672345672/app.bsky.feed.post/3masbyizqxajx",
}
VERBS = ("prepare", "check", "commit", "reconcile", "permalink", "discard")
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # when it was committed: long ago
TEXT = Text("Words #one", title="Why?", day=dt.date(2026, 12, 1))


@pytest.fixture(params=sorted(PLATFORMS))
def client(request, sandbox, tmp_path) -> Platform:
    return platform(request.param)(connected(request.param, sandbox, tmp_path))


@pytest.fixture(autouse=True)
def patience(sandbox):
    """Processing takes looks, not time."""
    sandbox.set_rule("threads.wait_s", 0)
    sandbox.set_rule("tiktok.polls_until_public_id", 0)


def ready(client, key, media):
    """A handle that can be committed, as it comes out of the database."""
    text = dataclasses.replace(TEXT, caption=f"Words of {key} #one")  # some take no words twice
    handle = json.loads(json.dumps(client.prepare(key, media, text)))
    return processed(client, handle)


def processed(client, handle):
    for _ in range(5):
        try:
            return json.loads(json.dumps(client.check(handle)))
        except NotReady:
            continue
    raise AssertionError("it is never ready")


def commit(client, key, handle, media):
    """As the dispatcher does it: what is only accepted is looked for."""
    if client.capabilities.commit_sends_video:
        handle = handle | {"video": str(media.video)}
    result = client.commit(key, handle)
    return look(client, key, handle) if isinstance(result, Accepted) else result


def look(client, key, handle):
    for _ in range(8):
        try:
            return client.reconcile(key, handle, NOW)
        except NotReady:
            continue
    raise AssertionError("it can never be told")


def settled(client, key, handle, media):
    """What a commit without a clear answer comes to, by the dispatcher's rules; None: left to a
    person.
    """
    for _ in range(3):
        try:
            return commit(client, key, handle, media)
        except OutcomeUnknown:
            finding = look(client, key, handle)
        match finding:
            case Published() | Delivered():
                return finding
            case Failed(error) if error.proves_absent:
                handle = processed(client, handle)
            case Absent() if client.capabilities.commit_retry_allowed:
                continue
            case _:
                return None
    raise AssertionError("it is sent for ever")


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
    before = look(client, "k1", handle)
    assert not isinstance(before, Published | Delivered)
    result = commit(client, "k1", handle, media)
    assert isinstance(result, Published)
    assert result.external_id
    assert client.permalink(result.external_id)
    assert result.permalink in ("", client.permalink(result.external_id))
    if not isinstance(before, Unclear):  # it offers no way to look
        assert look(client, "k1", handle).external_id == result.external_id


def test_the_audience_sees_it_once_with_its_words_and_the_ai_label(client, media, sandbox):
    commit(client, "k1", ready(client, "k1", media), media)
    if client.name == "folder":
        pytest.skip("a folder has no audience")
    (post,) = sandbox.posts()
    assert "Words of k1" in post["text"]
    assert post["media_sha256"] == media.sha256
    assert post["ai_label"] == client.capabilities.ai_flag


def test_a_repeated_commit_makes_no_second_post_where_it_says_so(client, media, sandbox):
    if not client.capabilities.commit_retry_allowed:
        pytest.skip("it does not say so")
    handle = ready(client, "k2", media)
    first = commit(client, "k2", handle, media)
    assert settled(client, "k2", handle, media).external_id == first.external_id
    assert len(sandbox.posts()) == (client.name != "folder")


def test_counts_of_a_post_that_is_gone_are_refused_for_good(client):
    gone = GONE.get(client.name)
    if gone is None:
        pytest.skip("it has no counts, or does not tell")
    with pytest.raises(Rejected, match="no longer"):
        client.insights(gone)


def test_two_posts_are_two(client, media):
    ids = {commit(client, k, ready(client, k, media), media).external_id for k in ("k3", "k4")}
    assert len(ids) == 2


@pytest.mark.parametrize("kind", ["close_after", "malformed", "html", "status_after"])
def test_a_lost_answer_ends_with_one_post(client, media, sandbox, kind):
    """The key test: the commit was applied, and its answer never came."""
    handle = ready(client, "k6", media)
    sandbox.fault(kind, commit=True)
    result = settled(client, "k6", handle, media)
    if client.name != "folder":
        assert len(sandbox.posts()) == 1
        (post,) = sandbox.posts()
        assert result is None or result.external_id == post["post_id"]


@pytest.mark.parametrize("fault", [{"kind": "close_before"}, {"kind": "status", "status": 503}])
def test_a_commit_that_never_arrived_ends_with_one_post_or_none(client, media, sandbox, fault):
    if client.name == "folder":
        pytest.skip("a folder is not called")
    handle = ready(client, "k7", media)
    sandbox.fault(**fault, commit=True)
    result = settled(client, "k7", handle, media)
    assert len(sandbox.posts()) == (result is not None)
    if client.capabilities.commit_retry_allowed:
        assert result is not None


def test_a_refused_commit_shows_nothing(client, media, sandbox):
    if client.name == "folder":
        pytest.skip("a folder is not called")
    handle = ready(client, "k8", media)
    sandbox.fault("status", status=429, commit=True)
    with pytest.raises(RateLimited):
        commit(client, "k8", handle, media)
    assert sandbox.posts() == []


FAULTS = [  # test_faults has the others
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 500},
    {"kind": "revoke_token"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: f"{one['kind']}{one.get('status', '')}")
def test_trouble_has_a_class_and_no_secrets(client, media, sandbox, fault):
    """Every call of a post in turn meets it; what is raised is ours, and tells no token."""
    if client.name == "folder":
        pytest.skip("a folder is not called")
    raised = []
    for skip in range(6):
        sandbox.faults.clear()
        sandbox.fault(**fault, skip=skip)
        try:
            ready(client, f"k{skip}", media)
        except PlatformError as e:
            raised.append(e)
    assert raised
    assert not any(client.connection.access_token in f"{e} {e.reply}" for e in raised)
    if fault["kind"] == "revoke_token":
        assert {type(e) for e in raised} <= {AuthExpired, TokenStale}
    assert sandbox.posts() == []


def test_a_first_comment_where_there_is_one(client, media):
    result = commit(client, "k9", ready(client, "k9", media), media)
    if client.capabilities.first_comment:
        assert client.comment(result.external_id, "More of it in the description.")
    else:
        with pytest.raises(Unsupported):
            client.comment(result.external_id, "More of it in the description.")


def test_it_fills_the_counts_that_it_promises(client, media, sandbox):
    result = commit(client, "k9", ready(client, "k9", media), media)
    sandbox.advance(1800)
    if not client.capabilities.insights:
        with pytest.raises(Unsupported):
            client.insights(result.external_id)
        return
    if client.name == "linkedin":
        pytest.skip("it shows only companies their counts")
    counts = dataclasses.asdict(client.insights(result.external_id))
    filled = {name for name, value in counts.items() if value is not None}
    assert "likes" in filled
    assert filled <= set(client.capabilities.insights)
    # Some counts come days later, or from some servers only.
    assert len(filled) >= len(client.capabilities.insights) - 3


@pytest.fixture(params=[name for name in sorted(PLATFORMS) if name != "folder"])
def name(request, sandbox):
    return request.param


def test_a_login_gives_accounts_that_work(name):
    for grant in log_in(name):
        assert grant.profile.external_id
        assert grant.tokens.access not in repr(grant)
        whose = platform(name)(connection_of(grant)).whoami()
        assert whose.external_id == grant.profile.external_id


def test_a_login_works_once(name, sandbox):
    way = entrance(name)
    if way.kind == "password":
        pytest.skip("it has no code")
    with pytest.raises(PlatformError) as caught:
        way.exchange(code="used-code#_", redirect_uri=BACK, verifier="v" * 64)
    assert "used-code" not in f"{caught.value} {caught.value.reply}"


def test_tokens_are_renewed_as_its_rules_say(name, sandbox):
    rules, way = platform(name).capabilities.tokens, entrance(name)
    grant = log_in(name)[0]
    if rules is None or not rules.refreshable:
        return
    sandbox.advance(rules.min_age.total_seconds() + 60)
    newer = way.refresh(grant.tokens)
    assert newer.access != grant.tokens.access
    assert bool(newer.refresh and newer.refresh != grant.tokens.refresh) == rules.rotates
    fresh = dataclasses.replace(grant, tokens=newer)
    assert platform(name)(connection_of(fresh)).whoami().external_id


@pytest.mark.parametrize("fault", [{"kind": "close_before"}, {"kind": "status", "status": 500}])
def test_trouble_while_renewing_ends_no_connection(name, sandbox, fault):
    rules, way = platform(name).capabilities.tokens, entrance(name)
    tokens = log_in(name)[0].tokens
    if rules is None or not rules.refreshable:
        pytest.skip("nothing is renewed")
    sandbox.advance(rules.min_age.total_seconds() + 60)
    sandbox.fault(**fault)
    with pytest.raises(Transient):
        way.refresh(tokens)


def test_access_can_be_given_back(name):
    grant = log_in(name)[0]
    way = access(name)(grant.app) if grant.app else entrance(name)
    way.revoke(grant.tokens)


def test_what_is_discarded_is_not_live(client, media):
    handle = client.prepare("k5", media, TEXT)
    client.discard("k5", handle)
    client.discard("k5", handle)
    assert not isinstance(look(client, "k5", handle), Published)


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
    from publishing.posting.story import OUTCOMES

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
