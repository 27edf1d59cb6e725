"""Reels of Pages against the sandbox: accepted is not published."""

import dataclasses
import datetime as dt

import pytest

from publishing.platforms import errors
from publishing.platforms.base import Absent, Accepted, Failed, Media, Published, Text, Unclear
from publishing.platforms.facebook import FacebookPlatform
from studio.sandbox.platforms.facebook_login import add_page
from tests.publishing.films import write_film
from tests.publishing.platforms.stages import connection_of, log_in
from tests.sandboxes import media_of

pytestmark = pytest.mark.enable_socket
KEY = "0123456789abcdef"
TEXT = Text("Sourdough, why it rises. #bread", title="Why?")
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def just_now():
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def client(sandbox):
    return FacebookPlatform(connection_of(log_in("facebook")[0]))


def ready(client, media, text=TEXT):
    handle = client.prepare(KEY, media, text)
    for _ in range(5):
        try:
            return client.check(handle)
        except errors.NotReady:
            continue
    raise AssertionError("it is never ready")


def test_a_finish_is_only_accepted(client, media, sandbox):
    sandbox.set_rule("facebook.publish_s", 300)
    handle = ready(client, media)
    assert client.commit(KEY, handle) == Accepted()
    for waited in (0, 120):  # however long ago it was: Facebook works on it
        with pytest.raises(errors.NotReady):
            client.reconcile(KEY, handle, just_now() - dt.timedelta(seconds=waited))
    assert sandbox.posts() == []
    sandbox.advance(301)
    found = client.reconcile(KEY, handle, LONG_AGO)
    assert found == Published(handle["reel"], client.permalink(handle["reel"]))
    assert found.permalink == f"https://www.facebook.com/reel/{handle['reel']}/"
    (post,) = sandbox.posts()
    assert (post["text"], post["flags"]["title"]) == (TEXT.caption, TEXT.title)


def test_a_late_failure_is_a_failure(client, media, sandbox):
    sandbox.fault("fail_late", platform="facebook")
    handle = ready(client, media)
    assert client.commit(KEY, handle) == Accepted()
    found = client.reconcile(KEY, handle, just_now())
    assert isinstance(found, Failed)
    assert isinstance(found.error, errors.HandleExpired)  # 1363047: their trouble, so anew
    assert sandbox.posts() == []


def test_a_film_that_it_does_not_take_is_refused_before_the_commit(client, media, tmp_path):
    film = media_of(write_film(tmp_path / "film.mp4", width=1920, height=1080))
    with pytest.raises(errors.Rejected, match="width and height"):
        ready(client, film)


def test_a_finish_that_never_arrived_is_absent_after_a_minute(client, media):
    handle = ready(client, media)
    with pytest.raises(errors.NotReady):
        client.reconcile(KEY, handle, just_now())
    assert client.reconcile(KEY, handle, just_now() - dt.timedelta(seconds=61)) == Absent()


def test_an_upload_that_is_gone_is_looked_for_in_the_list(client, media, sandbox):
    handle = ready(client, media) | {"made_at": LONG_AGO.isoformat()}
    client.commit(KEY, handle)
    sandbox.fault("status", status=400, path=rf"/{handle['reel']}$")
    lost = handle | {"reel": "122299999999999999"}
    assert isinstance(client.reconcile(KEY, lost, LONG_AGO), Unclear)


def test_the_cover_is_sent_and_a_bad_one_stops_nothing(client, media, sandbox, tmp_path):
    good, bad = tmp_path / "cover.jpg", tmp_path / "bad.jpg"
    good.write_bytes(b"\xff\xd8\xff\xe0jpeg")
    bad.write_bytes(b"no picture")
    handles = [client.prepare(KEY, dataclasses.replace(media, cover=c), TEXT) for c in (good, bad)]
    covers = [sandbox.of("facebook").get("video", one["reel"])["cover"] for one in handles]
    assert covers[0]
    assert not covers[1]


def test_an_upload_goes_on_where_it_broke_off(client, media, sandbox):
    sandbox.fault("close_after", path="video-upload")
    handle = client.prepare(KEY, media, TEXT)
    stored = sandbox.of("facebook").upload_path(handle["reel"])
    assert stored.read_bytes() == media.video.read_bytes()


def test_the_page_has_had_its_reels_for_today(client, media, sandbox):
    sandbox.set_rule("facebook.quota", 0)
    handle = ready(client, media)
    with pytest.raises(errors.RateLimited) as caught:
        client.commit(KEY, handle)
    assert caught.value.until > just_now()


def test_every_page_of_a_long_list_is_an_account(sandbox):
    pages = sandbox.of("facebook")
    for number in range(120):
        add_page(pages, str(10150000000000100 + number), f"page {number}", "10220000000000001")
    grants = log_in("facebook")
    assert len(grants) == len({grant.profile.external_id for grant in grants}) == 122
    assert all(grant.tokens.expires_at is None for grant in grants)  # no end in time
    assert all("pages_manage_posts" in grant.tokens.scopes for grant in grants)


@pytest.mark.parametrize("path", ["debug_token", "me/businesses"])
def test_a_login_can_do_without_what_not_everybody_may_ask(sandbox, path):
    sandbox.fault("status", status=404, path=path, times=None)
    assert len(log_in("facebook")) == 2


def test_without_a_linked_account_instagram_says_what_to_do(sandbox):
    for page in sandbox.of("facebook").find("account", type="page"):
        sandbox.of("facebook").change("account", page["id"], instagram="")
    with pytest.raises(errors.Rejected, match="Link one"):
        log_in("instagram_facebook")


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ({"processing_phase": {"status": "error", "errors": [{"code": 1363128}]}}, "Rejected"),
        ({"processing_phase": {"status": "error", "error": {"code": 1404078}}}, "AccountBlocked"),
        ({"publishing_phase": {"status": "error", "errors": [{"code": 7}]}}, "HandleExpired"),
        ({"publishing_phase": {"publish_status": "error"}}, "HandleExpired"),
        ({"video_status": "upload_failed"}, "HandleExpired"),
        ({"video_status": "expired"}, "HandleExpired"),
        ({"video_status": "ready", "processing_phase": {"status": "completed"}}, None),
    ],
)
def test_what_a_status_says_went_wrong(client, status, wanted):
    error = client._gone_wrong(status)
    assert (type(error).__name__ if error else None) == wanted


def test_its_limits():
    film = Media(None, 9000, 1080, 1920, 500, "")
    assert FacebookPlatform.problems(film, TEXT, {}) == []
    for change in ({"duration_ms": 90_500}, {"width": 1920, "height": 1080}, {"duration_ms": 9}):
        assert FacebookPlatform.problems(dataclasses.replace(film, **change), TEXT, {})
