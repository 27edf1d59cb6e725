"""Addresses under which a platform fetches a reel."""

import datetime as dt
from pathlib import Path

import pytest
import requests
from django.utils import timezone

from publishing import clients, services
from publishing.models import MediaLink, Post
from publishing.platforms import PLATFORMS, errors
from publishing.platforms.base import Capabilities
from publishing.posting import dispatch, media_links
from publishing.services import CannotPost
from tests import factories
from tests.publishing.doubles import DoublePlatform

pytestmark = pytest.mark.django_db
VIDEO = factories.MP4


@pytest.fixture
def fetching(script, monkeypatch):
    """The double fetches, and is reached from the internet."""
    needs = Capabilities(commit_retry_allowed=True, ai_flag=True, needs_public_url=True)
    monkeypatch.setattr(DoublePlatform, "capabilities", needs)
    return script


@pytest.fixture
def addresses(fetching, settings, make_post):
    settings.PUBLIC_URL = "https://reels.example.org"
    return media_links.addresses(make_post())


def path_of(address):
    return address.removeprefix("https://reels.example.org")


def test_a_platform_that_is_sent_the_video_gets_no_address(script, make_post):
    with clients.media_of(make_post()) as media:
        assert (media.video_url, media.cover_url) == ("", "")
    assert not MediaLink.objects.exists()


@pytest.mark.parametrize("is_picture", [True, False])
def test_a_cover_that_is_no_picture_is_left_out(fetching, settings, make_post, is_picture):
    settings.PUBLIC_URL = "https://reels.example.org"
    post = make_post()
    if not is_picture:
        Path(post.reel.cover.path).write_bytes(b"not one")
    with clients.media_of(post) as media:
        assert (bool(media.cover), bool(media.cover_url)) == (is_picture, is_picture)
        assert media.video_url


def test_whoever_has_the_address_gets_the_file_without_a_login(client, addresses):
    crawler = {"User-Agent": "facebookexternalhit/1.1"}
    answer = client.get(path_of(addresses["video_url"]), headers=crawler)
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == VIDEO
    assert answer["Content-Type"] == "video/mp4"
    assert answer["Content-Length"] == str(len(VIDEO))
    assert "noindex" in answer["X-Robots-Tag"]
    cover = client.get(path_of(addresses["cover_url"]))
    assert cover["Content-Type"] == "image/jpeg"
    assert b"".join(cover.streaming_content) == factories.JPEG


def test_parts_and_heads(client, addresses):
    path = path_of(addresses["video_url"])
    part = client.get(path, headers={"Range": "bytes=4-8"})
    assert part.status_code == 206
    assert b"".join(part.streaming_content) == VIDEO[4:9]
    assert part["Content-Range"] == f"bytes 4-8/{len(VIDEO)}"
    head = client.head(path)
    assert (head.status_code, head["Content-Length"]) == (200, str(len(VIDEO)))
    assert not head.streaming
    head.close()
    assert client.post(path).status_code == 405


def test_an_address_is_long_random_and_stored_as_a_hash_only(addresses):
    token = addresses["video_url"].split("/")[-2]
    assert len(token) >= 43  # 32 bytes
    assert token != addresses["cover_url"].split("/")[-2]
    assert token not in str(list(MediaLink.objects.values()))


@pytest.mark.parametrize(
    "wrong",
    [lambda p: p[:-9] + "cover.jpg", lambda p: p.replace("/m/", "/m/x"), lambda p: p + "x"],
)
def test_another_address_is_none(client, addresses, wrong):
    assert client.get(wrong(path_of(addresses["video_url"]))).status_code == 404


def test_an_address_ends_by_itself(client, addresses, make_post):
    MediaLink.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert client.get(path_of(addresses["video_url"])).status_code == 404
    other = make_post()
    media_links.addresses(other)
    assert {link.post for link in MediaLink.objects.all()} == {other}


def test_an_address_ends_with_its_post(fetching, settings, make_post):
    settings.PUBLIC_URL = "https://reels.example.org"
    post = make_post()
    seen = []
    fetching.check = [lambda: seen.append(MediaLink.objects.count()) or {"container": "c"}]
    dispatch.publish(post.pk)
    post.refresh_from_db()
    assert post.state == Post.State.PUBLISHED
    assert seen == [2]
    assert not MediaLink.objects.exists()


def test_preparing_anew_ends_the_old_addresses(fetching, settings, make_post):
    settings.PUBLIC_URL = "https://reels.example.org"
    post = make_post()
    fetching.check = [errors.HandleExpired("Too old.")]
    dispatch.publish(post.pk)
    old = set(MediaLink.objects.values_list("digest", flat=True))
    media_links.addresses(post)
    assert old.isdisjoint(MediaLink.objects.values_list("digest", flat=True))


def test_without_a_public_address_the_draft_says_so(fetching, make_post):
    post = make_post()
    post.reel.posts.all().delete()
    with pytest.raises(CannotPost, match=r"Double fetches the video itself.*set PUBLIC_URL"):
        services.queue_post(post.reel, post.account, user=post.creator.owner)
    [draft] = services.post_everywhere(post.reel)
    assert draft.state == Post.State.DRAFT
    assert "PUBLIC_URL" in draft.reason


def test_a_double_on_this_machine_fetches_over_the_loopback(fetching, monkeypatch, make_post):
    """No web process runs here: whoever prepares hands the file out."""
    monkeypatch.setenv("THREADS_API_URL", "http://127.0.0.1:9")
    post = make_post()
    monkeypatch.setitem(PLATFORMS, "threads", PLATFORMS["double"])
    post.account.platform = "threads"
    address = media_links.addresses(post)["video_url"]
    assert address.startswith("http://127.0.0.1:")
    answer = requests.get(address, headers={"Range": "bytes=0-3"}, timeout=5)
    assert (answer.status_code, answer.content) == (206, VIDEO[:4])
    assert requests.head(address, timeout=5).headers["Content-Length"] == str(len(VIDEO))
    media_links.revoke(post)
    assert requests.get(address, timeout=5).status_code == 404


def test_only_a_double_comes_to_an_address_without_tls_and_not_to_the_loopback_of_another(
    monkeypatch, settings
):
    monkeypatch.setenv("THREADS_API_URL", "http://sandbox.internal:8090")
    assert not media_links.can_fetch("threads")
    settings.PUBLIC_URL = "http://studio.internal:8000"
    assert media_links.can_fetch("threads")
    monkeypatch.delenv("THREADS_API_URL")
    assert not media_links.can_fetch("threads")
