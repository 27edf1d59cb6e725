"""Instagram and Threads against the sandbox: what is particular to them."""

import dataclasses
import datetime as dt
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from publishing.platforms import errors
from publishing.platforms.access import Tokens
from publishing.platforms.base import (
    Absent,
    Connection,
    Failed,
    Media,
    Published,
    Text,
    Unclear,
)
from publishing.platforms.instagram import InstagramPlatform
from publishing.platforms.threads import ThreadsPlatform
from tests.publishing.films import write_film
from tests.publishing.platforms.stages import MIRA, connection_of, entrance, log_in
from tests.sandboxes import media_of
from tests.studio.sandbox.walking import BACK, allow

pytestmark = pytest.mark.enable_socket
KEY = "0123456789abcdef"
TEXT = Text("Sourdough, why it rises. #bread @mira", title="Why?")
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def just_now():
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def instagram(sandbox):
    return InstagramPlatform(connection_of(log_in("instagram")[0]))


@pytest.fixture
def threads(sandbox):
    sandbox.set_rule("threads.wait_s", 0)
    return ThreadsPlatform(connection_of(log_in("threads")[0]))


def ready(client, media, text=TEXT):
    return processed(client, client.prepare(KEY, media, text))


def processed(client, handle):
    for _ in range(5):
        try:
            return client.check(handle)
        except errors.NotReady:
            continue
    raise AssertionError("it is never ready")


# Preparing


def test_the_container_has_what_was_chosen(instagram, media, sandbox):
    chosen = {"share_to_feed": False, "trial": "MANUAL", "collaborators": ["otto"]}
    text = dataclasses.replace(TEXT, options=chosen, cover_ms=1500, ai_generated=False)
    handle = instagram.prepare(KEY, media, text)
    made = sandbox.of("instagram").get("container", handle["container"])
    assert made["caption"] == TEXT.caption
    assert not made["to_feed"]
    assert not made["ai"]
    assert made["thumb_offset"] == 1500
    assert json.loads(made["trial"]) == {"graduation_strategy": "MANUAL"}


def test_a_cover_picture_goes_before_a_moment_of_the_video(instagram, media, sandbox, tmp_path):
    (tmp_path / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0jpeg")
    cover = media.video_url.rpartition("/")[0] + "/cover.jpg"
    text = dataclasses.replace(TEXT, cover_ms=1500)
    handle = instagram.prepare(KEY, dataclasses.replace(media, cover_url=cover), text)
    made = sandbox.of("instagram").get("container", handle["container"])
    assert made["cover"]
    assert made["thumb_offset"] == 0


def test_a_spent_allowance_is_read_before_anything_is_made(instagram, media, sandbox):
    sandbox.set_rule("instagram.quota", 0)
    with pytest.raises(errors.QuotaExhausted, match="0 posts a day"):
        instagram.prepare(KEY, media, TEXT)
    assert sandbox.of("instagram").find("container") == []


def test_an_allowance_that_cannot_be_read_stops_nothing(instagram, media, sandbox):
    sandbox.fault("status", status=500, path="content_publishing_limit")
    assert instagram.prepare(KEY, media, TEXT)["container"]


def test_a_busy_account_is_left_alone_before_the_limit_is_hit(instagram, media, monkeypatch):
    monkeypatch.setattr("publishing.platforms.meta.strain", lambda reply: 81.0)
    with pytest.raises(errors.RateLimited) as caught:
        instagram.prepare(KEY, media, TEXT)
    assert caught.value.until > just_now()
    handle = {"container": "1", "made_at": just_now().isoformat()}
    assert instagram.graph.poll_s > 60
    with pytest.raises(errors.NotReady):
        instagram.check(handle)


def test_too_many_calls_are_waited_out(instagram, media, sandbox):
    sandbox.set_rule("instagram.calls_an_hour", 1)  # the login has had it
    with pytest.raises(errors.RateLimited) as caught:
        instagram.prepare(KEY, media, TEXT)
    assert dt.timedelta() < caught.value.until - just_now() <= dt.timedelta(hours=1, minutes=1)


@pytest.mark.parametrize("client", ["instagram", "threads"])
def test_without_a_public_address_nothing_is_sent(client, media, request):
    client = request.getfixturevalue(client)
    with pytest.raises(errors.Rejected, match="public https address"):
        client.prepare(KEY, dataclasses.replace(media, video_url=""), TEXT)


def test_a_video_that_our_own_server_does_not_give_is_tried_again(instagram, media):
    gone = dataclasses.replace(media, video_url=media.video_url + "x")
    with pytest.raises(errors.HandleExpired, match="does not answer"):
        instagram.prepare(KEY, gone, TEXT)


def test_a_video_that_we_give_and_instagram_cannot_take_is_refused(instagram, media, sandbox):
    handle = ready(instagram, media)
    handle["video_url"] = media.video_url
    sandbox.of("instagram").change("container", handle["container"], error="2207052")
    with pytest.raises(errors.Rejected, match="could not fetch"):
        instagram.check(handle)


def test_an_account_that_the_token_does_not_show_must_be_reconnected(sandbox, media):
    other = connection_of(log_in("instagram")[0])
    other = dataclasses.replace(other, external_id="17841499999999999")
    with pytest.raises(errors.AuthExpired):
        InstagramPlatform(other).prepare(KEY, media, TEXT)


@pytest.mark.parametrize(
    ("fate", "wanted"),
    [("2207026", errors.Rejected), ("2207082", errors.HandleExpired)],
)
def test_what_processing_finds_has_its_class(instagram, media, sandbox, fate, wanted):
    handle = instagram.prepare(KEY, media, TEXT)
    sandbox.of("instagram").change("container", handle["container"], error=fate)
    with pytest.raises(wanted):
        instagram.check(handle)


def test_a_film_that_threads_does_not_take(threads, tmp_path, media):
    film = write_film(tmp_path / "film.mp4", width=3840, height=2160)
    wide = media_of(film, media.video_url)
    with pytest.raises(errors.Rejected, match="width and height"):
        ready(threads, wide)


@pytest.mark.parametrize("client", ["instagram", "threads"])
def test_a_container_lives_for_a_day(client, media, sandbox, request):
    client = request.getfixturevalue(client)
    handle = ready(client, media)
    sandbox.advance(25 * 3600)
    with pytest.raises(errors.HandleExpired):
        client.check(handle)
    with pytest.raises((errors.HandleExpired, errors.NotReady)):
        client.commit(KEY, handle)
    found = client.reconcile(KEY, handle, LONG_AGO)
    assert isinstance(found, Failed)
    assert isinstance(found.error, errors.HandleExpired)


def test_what_is_not_found_right_after_it_was_made_is_waited_for(instagram, media):
    handle = instagram.prepare(KEY, media, TEXT) | {"container": "179099999999999999"}
    with pytest.raises(errors.NotReady):
        instagram.check(handle)
    handle["made_at"] = LONG_AGO.isoformat()
    with pytest.raises(errors.HandleExpired):
        instagram.check(handle)


# Committing, and looking


def test_threads_wants_to_be_left_alone_for_half_a_minute(threads, media, sandbox):
    sandbox.set_rule("threads.wait_s", 30)
    handle = threads.prepare(KEY, media, TEXT)
    with pytest.raises(errors.NotReady) as caught:
        threads.check(handle)
    assert caught.value.retry_after_s == 30
    sandbox.advance(31)
    assert threads.check(handle) == handle


@pytest.mark.parametrize("client", ["instagram", "threads"])
def test_a_commit_before_it_is_processed_shows_nothing(client, media, sandbox, request):
    client = request.getfixturevalue(client)
    sandbox.set_rule("threads.polls_until_finished", 3)
    handle = client.prepare(KEY, media, TEXT)
    with pytest.raises(errors.NotReady):
        client.commit(KEY, handle)
    assert sandbox.posts() == []


@pytest.mark.parametrize("client", ["instagram", "threads"])
def test_a_spent_container_is_not_prepared_anew(client, media, sandbox, request):
    """It is refused as one that never was; prepared anew it would be posted twice."""
    client = request.getfixturevalue(client)
    handle = ready(client, media)
    first = client.commit(KEY, handle)
    handle["made_at"] = LONG_AGO.isoformat()
    with pytest.raises(errors.OutcomeUnknown):
        client.commit(KEY, handle)
    found = client.reconcile(KEY, handle, just_now())
    assert found.external_id == first.external_id
    assert found.permalink == client.permalink(first.external_id)


def test_what_is_found_published_is_not_published_again(instagram, media, sandbox):
    """A worker died after its commit, and the row went back by hand."""
    handle = ready(instagram, media)
    first = instagram.commit(KEY, handle)
    again = instagram.check(handle)
    calls = sandbox.calls["all"]
    with pytest.raises(errors.OutcomeUnknown):
        instagram.commit(KEY, again)
    assert sandbox.calls["all"] == calls
    assert instagram.reconcile(KEY, again, just_now()).external_id == first.external_id


def test_a_refusal_that_cannot_be_looked_into_stays_open(instagram, media, sandbox):
    handle = ready(instagram, media)
    instagram.commit(KEY, handle)
    sandbox.fault("close_before", path=handle["container"])
    with pytest.raises(errors.OutcomeUnknown):
        instagram.commit(KEY, handle)


@pytest.mark.parametrize("client", ["instagram", "threads"])
def test_a_look_waits_a_minute_before_it_says_absent(client, media, request):
    client = request.getfixturevalue(client)
    handle = ready(client, media)
    with pytest.raises(errors.NotReady) as caught:
        client.reconcile(KEY, handle, just_now() - dt.timedelta(seconds=20))
    assert 30 < caught.value.retry_after_s <= 41
    assert client.reconcile(KEY, handle, just_now() - dt.timedelta(seconds=61)) == Absent()


def test_an_older_post_with_the_same_words_is_another(instagram, media, sandbox):
    first = instagram.commit(KEY, ready(instagram, media))
    sandbox.advance(3600)
    handle = ready(instagram, media)
    second = instagram.commit(KEY, handle)
    since = sandbox.now() - dt.timedelta(minutes=1)
    assert instagram.reconcile(KEY, handle, since).external_id == second.external_id
    sandbox.delete_post("instagram", second.external_id)
    with pytest.raises(errors.NotReady, match="does not list it"):
        instagram.reconcile(KEY, handle, since)
    assert first.external_id != second.external_id


def test_a_container_that_nobody_knows_any_more_is_looked_for_in_the_list(instagram, media):
    handle = ready(instagram, media)
    live = instagram.commit(KEY, handle)
    lost = handle | {"container": "179099999999999999", "made_at": LONG_AGO.isoformat()}
    assert instagram.reconcile(KEY, lost, just_now()).external_id == live.external_id
    lost["words"] = "Never said."
    assert isinstance(instagram.reconcile(KEY, lost, just_now()), Unclear)


def test_a_link_that_lags_is_no_failure(instagram, media, sandbox):
    sandbox.set_rule("instagram.permalink_missing_reads", 1)
    live = instagram.commit(KEY, ready(instagram, media))
    assert isinstance(live, Published)
    assert instagram.permalink(live.external_id) == ""
    assert instagram.permalink(live.external_id).startswith("https://www.instagram.com/reel/")


def test_the_first_comment_of_threads_is_a_reply(threads, media, sandbox):
    live = threads.commit(KEY, ready(threads, media))
    id = threads.comment(live.external_id, "More in the description.")
    assert sandbox.of("threads").get("reply", id)["post"] == live.external_id
    assert len(sandbox.posts()) == 1


# Limits

FILM = Media(None, 9000, 1080, 1920, 500, "")


@pytest.mark.parametrize(
    ("media", "text", "said"),
    [
        ({}, {}, ""),
        ({}, {"caption": "x" * 2201}, "2201 characters"),
        ({}, {"caption": "#a " * 31}, "31 hashtags"),
        ({}, {"caption": "@a " * 21}, "21 people"),
        ({"duration_ms": 2900}, {}, "3 s or more"),
        ({"duration_ms": 901_000}, {}, "900 s at most"),
        ({"size_bytes": 301_000_000}, {}, "300 MB"),
        ({"width": 2160, "height": 3840}, {}, "2160 pixels wide"),
        ({}, {"options": {"trial": "YES"}}, "trial reel"),
        ({}, {"options": {"collaborators": list("abcd")}}, "3 collaborators"),
        ({}, {"cover_ms": 9001}, "cover"),
    ],
)
def test_instagrams_limits(media, text, said):
    found = InstagramPlatform.problems(
        dataclasses.replace(FILM, **media), dataclasses.replace(TEXT, **text), {}
    )
    assert len(found) == bool(said)
    assert said in "".join(found)


@pytest.mark.parametrize(
    ("caption", "length"),
    [("abc", 3), ("é", 1), ("日本", 2), ("🙂", 4), ("👍🏽", 8), ("❤️", 6), ("🇩🇪", 8), ("#1", 2)],
)
def test_threads_counts_emoji_by_their_bytes(caption, length):
    assert ThreadsPlatform.caption_length(caption) == length


@pytest.mark.parametrize(
    ("caption", "options", "said"),
    [
        ("x" * 500, {}, ""),
        ("x" * 497 + "🙂", {}, "501 characters"),
        (" ".join(f"https://example.org/{n}" for n in range(6)), {}, "5 links"),
        ("fine", {"reply_control": "nobody"}, "reply"),
    ],
)
def test_threads_limits(caption, options, said):
    found = ThreadsPlatform.problems(FILM, Text(caption), options)
    assert len(found) == bool(said)
    assert said in "".join(found)


# Logging in


@pytest.mark.parametrize("name", ["instagram", "threads"])
def test_a_token_that_is_younger_than_a_day_stays_as_it_is(sandbox, name):
    tokens = log_in(name)[0].tokens
    with pytest.raises(errors.Transient):
        entrance(name).refresh(tokens)


@pytest.mark.parametrize("name", ["instagram", "threads"])
def test_a_token_that_has_run_out_needs_a_new_login(sandbox, name):
    tokens = log_in(name)[0].tokens
    sandbox.advance(61 * 86400)
    with pytest.raises(errors.AuthExpired):
        entrance(name).refresh(tokens)
    with pytest.raises(errors.AuthExpired):
        entrance(name).refresh(Tokens("x", expires_at=LONG_AGO))


@pytest.mark.parametrize(
    ("name", "left", "missing"),
    [
        ("instagram", "instagram_business_basic", "instagram_business_content_publish"),
        ("instagram_facebook", "instagram_basic,pages_show_list", "instagram_content_publish"),
        ("facebook", "pages_show_list,pages_read_engagement", "pages_manage_posts"),
    ],
)
def test_a_permission_that_was_unticked_is_named(sandbox, name, left, missing):
    way = entrance(name)
    url = urlsplit(way.authorize_url(redirect_uri=BACK, state="s1", challenge=""))
    asked = dict(parse_qsl(url.query)) | {"scope": left}
    code = allow(url._replace(query="").geturl(), MIRA[name], **asked)["code"]
    with pytest.raises(errors.Rejected, match=missing):
        way.exchange(code=code, redirect_uri=BACK, verifier="")


def test_secrets_are_in_no_representation(sandbox):
    connection = connection_of(log_in("instagram")[0])
    assert connection.access_token not in repr(connection)
    assert isinstance(connection, Connection)
