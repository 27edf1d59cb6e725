"""TikTok against the sandbox: parts, drafts, direct posts, what becomes of them."""

import dataclasses
import datetime as dt
import hashlib
import hmac
import json

import pytest

from publishing.platforms import errors, tiktok_upload
from publishing.platforms.base import (
    Accepted,
    Delivered,
    Failed,
    Media,
    Published,
    Text,
    Unclear,
)
from publishing.platforms.http import Reply
from publishing.platforms.tiktok import TikTokPlatform, verify_signature
from publishing.platforms.tiktok_api import CODES, REASONS, Api, failed_for
from publishing.platforms.tiktok_upload import parts_of, stored
from tests.publishing.platforms.stages import connection_of, entrance, log_in
from tests.sandboxes import media_of

pytestmark = pytest.mark.enable_socket
KEY = "0123456789abcdef"
TEXT = Text("Sourdough: the internal life of bread #bread", title="Why?", cover_ms=1500)
DIRECT = {"mode": "direct", "privacy_level": "PUBLIC_TO_EVERYONE"}
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def just_now():
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def client(sandbox):
    return with_options()


def with_options(**options):
    return TikTokPlatform(connection_of(log_in("tiktok")[0], options=options))


@pytest.fixture
def large(film):
    """Three parts, the last of them the longest."""
    with film.open("ab") as out:
        out.truncate(3 * tiktok_upload.SMALLEST + 1234)
    return media_of(film)


def commit(client, handle, media):
    return client.commit(KEY, handle | {"video": str(media.video)})


def told(client, handle, since=LONG_AGO):
    for _ in range(5):
        try:
            return client.reconcile(KEY, handle, since)
        except errors.NotReady:
            continue
    raise AssertionError("it can never be told")


def task_of(sandbox, handle):
    return sandbox.of("tiktok").get("task", handle["publish_id"])


# Parts


@pytest.mark.parametrize(
    ("size", "each", "parts", "last"),
    [
        (1, 10_000_000, 1, 1),
        (4_999_999, 10_000_000, 1, 4_999_999),
        (19_999_999, 10_000_000, 1, 19_999_999),
        (20_000_000, 10_000_000, 2, 10_000_000),
        (50_000_123, 10_000_000, 5, 10_000_123),  # the documentation's own example
        (59_999_999, 10_000_000, 5, 19_999_999),
    ],
)
def test_the_last_part_carries_the_remainder(size, each, parts, last):
    found = parts_of(size, each)
    assert found.parts == parts == size // found.each
    assert size - found.last == last
    assert found.end(found.last) == size


@pytest.mark.parametrize("size", [5_242_880, 10_485_760, 64_000_001, 300_000_000, 4_000_000_000])
def test_any_size_is_cut_as_tiktok_wants_it(size):
    found = parts_of(size)
    assert 5_000_000 < found.each <= 64_000_000
    assert 1 <= found.parts <= 1000
    assert size - found.last <= 128_000_000


@pytest.mark.parametrize(
    ("header", "bytes_there"),
    [
        ("bytes 0-20/50", 20),  # a count
        ("bytes 0-19/50", 20),  # the last byte
        ("bytes 0-50/50", 50),
        ("bytes 0-49/50", 50),
        ("bytes */50", 0),
        ("", 0),
    ],
)
def test_what_tiktok_has_however_it_counts(header, bytes_there):
    assert stored(Reply(416, {"Content-Range": header}, "", {}), parts_of(50, 10)) == bytes_there


def test_nothing_is_seen_before_the_last_part(large, sandbox):
    client = with_options(**DIRECT)
    handle = client.prepare(KEY, large, TEXT)
    assert task_of(sandbox, handle)["received"] == 2 * tiktok_upload.SMALLEST
    assert client.check(handle) == handle
    assert sandbox.posts() == []
    assert commit(client, handle, large) == Accepted()
    (post,) = sandbox.posts()
    assert post["media_sha256"] == large.sha256


@pytest.mark.parametrize("ends_at", ["count", "last"])
def test_parts_whose_answers_were_lost_are_not_sent_twice(large, sandbox, ends_at):
    sandbox.set_rule("tiktok.range_ends_at", ends_at)
    sandbox.fault("close_after", platform="tiktok", method="PUT", times=2)
    client = with_options(**DIRECT)
    handle = client.prepare(KEY, large, TEXT)
    commit(client, handle, large)
    (post,) = sandbox.posts()
    assert post["media_sha256"] == large.sha256


def test_a_last_part_that_never_arrived_is_sent_again_to_the_same_place(large, sandbox):
    client = with_options(**DIRECT)
    handle = client.prepare(KEY, large, TEXT)
    sandbox.fault("close_before", method="PUT")
    with pytest.raises(errors.OutcomeUnknown):
        commit(client, handle, large)
    with pytest.raises(errors.NotReady):  # it may still be on its way
        client.reconcile(KEY, handle, just_now())
    found = client.reconcile(KEY, handle, LONG_AGO)
    assert isinstance(found, Failed)
    assert isinstance(found.error, errors.NotSent)
    assert commit(client, client.check(handle), large) == Accepted()
    assert len(sandbox.posts()) == 1


def test_a_last_part_that_had_arrived_is_found_and_makes_no_second_post(large, sandbox):
    client = with_options(**DIRECT)
    handle = client.prepare(KEY, large, TEXT)
    sandbox.fault("close_after", method="PUT")
    with pytest.raises(errors.OutcomeUnknown):
        commit(client, handle, large)
    assert commit(client, handle, large) == Accepted()  # 416: it has them all
    assert isinstance(told(client, handle), Published)
    assert len(sandbox.posts()) == 1


def test_an_upload_that_is_given_up_does_not_wait_as_a_draft(client, large, sandbox):
    sandbox.fault("status", status=503, method="PUT", times=None)
    with pytest.raises(errors.Transient):
        client.prepare(KEY, large, TEXT)
    assert [task["state"] for task in sandbox.of("tiktok").find("task")] == ["cancelled"]


def test_an_address_lives_for_an_hour(client, media, sandbox):
    handle = client.prepare(KEY, media, TEXT)
    sandbox.advance(3601)
    with pytest.raises(errors.HandleExpired):
        commit(client, handle, media)
    made = just_now() - dt.timedelta(minutes=56)
    with pytest.raises(errors.HandleExpired):
        client.check(handle | {"made_at": made.isoformat()})


def test_another_file_than_the_one_begun_is_not_sent(client, media, large):
    handle = client.prepare(KEY, media, TEXT) | {"video": str(large.video)}
    handle["parts"] = [1, 1, 1]
    with pytest.raises(errors.HandleExpired):
        client.commit(KEY, handle)


# Drafts and direct posts


def test_a_draft_goes_to_the_inbox(client, media, sandbox):
    handle = client.prepare(KEY, media, TEXT)
    assert commit(client, handle, media) == Accepted()
    assert told(client, handle) == Delivered(handle["publish_id"])
    assert sandbox.posts() == []


def test_five_drafts_may_wait(client, media, sandbox):
    for _ in range(5):
        commit(client, client.prepare(KEY, media, TEXT), media)
    sandbox.advance(61)  # six begun a minute
    with pytest.raises(errors.QuotaExhausted, match="Five drafts"):
        client.prepare(KEY, media, TEXT)


def test_a_direct_post_has_everything_off_that_was_not_chosen(media, sandbox):
    client = with_options(**DIRECT)
    post = task_of(sandbox, client.prepare(KEY, media, TEXT))["post"]
    assert post == {
        "privacy_level": "PUBLIC_TO_EVERYONE",
        "title": TEXT.caption,
        "disable_comment": True,
        "disable_duet": True,
        "disable_stitch": True,
        "video_cover_timestamp_ms": 1500,
        "brand_content_toggle": False,
        "brand_organic_toggle": False,
        "is_aigc": True,
    }


def test_a_choice_for_the_post_goes_over_the_accounts(media, sandbox):
    client = with_options(**DIRECT, allow_comment=True)
    text = dataclasses.replace(TEXT, options={"privacy_level": "SELF_ONLY", "allow_duet": True})
    post = task_of(sandbox, client.prepare(KEY, media, text))["post"]
    assert post["privacy_level"] == "SELF_ONLY"
    assert not post["disable_comment"]
    assert not post["disable_duet"]


def test_what_the_creator_switched_off_stays_off(media, sandbox):
    sandbox.set_rule("tiktok.comment_disabled", True)
    client = with_options(**DIRECT, allow_comment=True)
    assert task_of(sandbox, client.prepare(KEY, media, TEXT))["post"]["disable_comment"]


@pytest.mark.parametrize("level", [None, "FOLLOWER_OF_CREATOR"])
def test_an_audience_that_is_not_offered_is_not_guessed(media, sandbox, level):
    with pytest.raises(errors.Rejected, match="PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS"):
        with_options(mode="direct", privacy_level=level).prepare(KEY, media, TEXT)
    assert sandbox.of("tiktok").find("task") == []


def test_an_unaudited_app_posts_to_private_accounts_only(media, sandbox):
    sandbox.set_rule("tiktok.audited", False)
    client = with_options(mode="direct", privacy_level="FOLLOWER_OF_CREATOR")
    with pytest.raises(errors.Rejected, match="inbox"):
        client.prepare(KEY, media, TEXT)
    private = with_options(mode="direct", privacy_level="SELF_ONLY")
    handle = private.prepare(KEY, media, TEXT)
    commit(private, handle, media)
    found = told(private, handle)
    assert found == Published(handle["publish_id"])
    assert private.permalink(found.external_id) == ""  # private videos never have a public id
    with pytest.raises(errors.Unsupported):
        private.insights(found.external_id)


def test_a_video_longer_than_the_creator_may_post(media, sandbox):
    sandbox.set_rule("tiktok.max_seconds", 5)
    with pytest.raises(errors.Rejected, match="5 s at most"):
        with_options(**DIRECT).prepare(KEY, media, TEXT)


@pytest.mark.parametrize("with_200", [False, True])
@pytest.mark.parametrize(
    ("rule", "value", "wanted"),
    [
        ("tiktok.banned", True, errors.AccountBlocked),
        ("tiktok.posts_a_day", 0, errors.QuotaExhausted),
        ("tiktok.creator_info_per_minute", 0, errors.RateLimited),
    ],
)
def test_a_code_decides_whatever_the_status(media, sandbox, rule, value, wanted, with_200):
    sandbox.set_rule("tiktok.errors_with_200", with_200)
    sandbox.set_rule(rule, value)
    with pytest.raises(wanted):
        with_options(**DIRECT).prepare(KEY, media, TEXT)


# What became of it


def test_the_public_id_comes_later(media, sandbox):
    sandbox.set_rule("tiktok.polls_until_public_id", 3)
    sandbox.set_rule("tiktok.ids_are_numbers", True)
    client = with_options(**DIRECT)
    handle = client.prepare(KEY, media, TEXT)
    commit(client, handle, media)
    assert told(client, handle) == Published(handle["publish_id"])
    links = [client.permalink(handle["publish_id"]) for _ in range(4)]
    (post,) = sandbox.posts()
    assert links[0] == ""
    assert links[-1] == post["flags"]["permalink"]
    assert client.insights(handle["publish_id"]).views is not None


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_late_failure_has_the_class_of_its_reason(media, sandbox, reason):
    sandbox.set_rule("tiktok.fail_reason", reason)
    sandbox.fault("fail_late", platform="tiktok")
    client = with_options(**DIRECT)
    handle = client.prepare(KEY, media, TEXT)
    commit(client, handle, media)
    found = told(client, handle)
    assert isinstance(found, Failed)
    assert type(found.error) is REASONS[reason].kind
    assert sandbox.posts() == []


def test_an_unknown_reason_is_a_refusal_in_its_words():
    assert "new_reason" in str(failed_for("new_reason"))
    assert type(failed_for(None)) is errors.Rejected
    assert failed_for("spam_risk_too_many_posts").until > just_now()


def test_a_lost_publish_id_is_looked_for_among_the_own_videos(media, sandbox):
    client = with_options(**DIRECT)
    handle = client.prepare(KEY, media, TEXT)
    commit(client, handle, media)
    (post,) = sandbox.posts()
    lost = handle | {"publish_id": "v_pub_file~v2-1.0"}
    found = client.reconcile(KEY, lost, just_now())
    assert found == Published(post["post_id"], post["flags"]["permalink"])
    later = just_now() + dt.timedelta(hours=1)
    assert isinstance(client.reconcile(KEY, lost, later), Unclear)
    assert isinstance(client.reconcile(KEY, lost | {"title": ""}, just_now()), Unclear)


def answered(code, status=400):
    body = {"data": {}, "error": {"code": code, "message": "internal spam_risk", "log_id": "1"}}
    return Reply(status, {}, json.dumps(body), body)


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_code_has_its_class(sandbox, code):
    with pytest.raises(CODES[code].kind):
        Api()._data(answered(code), False)


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (answered("a_new_code", 403), errors.Rejected),
        (answered("a_new_code", 503), errors.Transient),
        (answered("", 200), errors.Transient),
        (Reply(200, {}, "[]", []), errors.Transient),
    ],
)
def test_what_is_in_no_table(sandbox, reply, wanted):
    with pytest.raises(wanted):
        Api()._data(reply, False)


# Tokens and webhooks


@pytest.mark.parametrize("with_200", [False, True])
def test_a_spent_refresh_token_ends_the_connection(sandbox, with_200):
    sandbox.set_rule("tiktok.errors_with_200", with_200)
    way, tokens = entrance("tiktok"), log_in("tiktok")[0].tokens
    newer = way.refresh(tokens)
    assert newer.refresh not in ("", tokens.refresh)
    with pytest.raises(errors.AuthExpired):
        way.refresh(tokens)


def test_a_revoked_token_works_no_more(sandbox):
    grant = log_in("tiktok")[0]
    entrance("tiktok").revoke(grant.tokens)
    with pytest.raises(errors.TokenStale):
        TikTokPlatform(connection_of(grant)).whoami()


BODY = b'{"event":"post.publish.complete","content":"{}"}'
AT = dt.datetime(2026, 11, 21, 16, 0, tzinfo=dt.UTC)


def header(secret="secret", at=AT, body=BODY):
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    return f"t={stamp},s={digest.hexdigest()}"


def test_a_webhook_from_tiktok_is_taken():
    assert verify_signature("secret", header(), BODY, AT + dt.timedelta(minutes=4))


@pytest.mark.parametrize(
    ("given", "body", "now"),
    [
        (header("another"), BODY, AT),
        (header(), BODY + b" ", AT),
        (header(), BODY, AT + dt.timedelta(minutes=6)),
        (header(), BODY, AT - dt.timedelta(minutes=6)),
        ("", BODY, AT),
        ("t=,s=", BODY, AT),
        ("t=abc,s=00", BODY, AT),
        ("t=²,s=00", BODY, AT),
        ("s=é,t=" + str(int(AT.timestamp())), BODY, AT),
    ],
)
def test_any_other_webhook_is_refused(given, body, now):
    assert not verify_signature("secret", given, body, now)


def test_without_a_secret_no_webhook_is_taken():
    assert not verify_signature("", header(""), BODY, AT)


# Limits

FILM = Media(None, 9000, 1080, 1920, 500, "")


@pytest.mark.parametrize(
    ("media", "caption", "options", "said"),
    [
        ({}, "fine", {}, ""),
        ({}, "🙂" * 1101, {}, "2202 characters"),
        ({"duration_ms": 601_000}, "", {}, "600 s at most"),
        ({"width": 202, "height": 360}, "", {}, "360 to 4096"),
        ({}, "", {"mode": "draft"}, "inbox"),
        ({}, "", {"mode": "direct"}, "no default"),
        ({}, "", {"mode": "direct", "privacy_level": "ALL"}, "no audience named ALL"),
        ({}, "", DIRECT, ""),
        (
            {},
            "",
            {"mode": "direct", "privacy_level": "SELF_ONLY", "brand_content": True},
            "cannot be private",
        ),
    ],
)
def test_its_limits(media, caption, options, said):
    found = TikTokPlatform.problems(dataclasses.replace(FILM, **media), Text(caption), options)
    assert len(found) == bool(said)
    assert said in "".join(found)
